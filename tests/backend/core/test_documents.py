"""Files from other people: what does not fit is one message, whatever is in them."""

from __future__ import annotations

import json

import pytest

from biodesci.core import documents, visa
from biodesci.core.errors import InputError, RevertedError
from biodesci.market import orders
from biodesci.party import keys

DEEP = b"[" * 200_000
REGISTRATION = {
    "format": "biodesci-registration/1",
    "chainId": 1,
    "registry": "0x" + "11" * 20,
    "account": "0x" + "22" * 20,
    "publicKey": "0x12",
    "deadline": 1,
    "signature": "0x34",
}


@pytest.mark.parametrize("load", [visa.load, orders.load, keys.load_registration])
@pytest.mark.parametrize("raw", [b"", b"\xff", b"{", DEEP], ids=["empty", "bytes", "cut off", "deep"])
def test_what_is_no_json_is_refused(load, raw):
    with pytest.raises(InputError, match=r"This is no \w+: not a JSON file") as caught:
        load(raw)
    assert caught.value.hint


@pytest.mark.parametrize("load", [visa.load, orders.load, keys.load_registration])
@pytest.mark.parametrize("document", [None, 1, "text", [], {}, {"format": {}}], ids=str)
def test_what_is_another_document_is_refused(load, document):
    with pytest.raises(InputError, match=r"This is no \w+"):
        load(json.dumps(document).encode())


@pytest.mark.parametrize(
    "change",
    [
        {"chainId": "one"},
        {"deadline": float("inf")},
        {"deadline": 2**256},
        {"deadline": True},
        {"account": "0x22"},
        {"publicKey": None},
        {"signature": "34"},
    ],
    ids=str,
)
def test_a_registration_with_a_spoiled_field_is_refused(change):
    assert keys.load_registration(json.dumps(REGISTRATION).encode()).public_key == b"\x12"
    with pytest.raises(InputError, match="no registration: a field is missing or spoiled"):
        keys.load_registration(json.dumps({**REGISTRATION, **change}).encode())


def test_numbers_are_as_large_as_their_field():
    assert documents.whole("18446744073709551615", 64) == 2**64 - 1
    for value in (2**64, "18446744073709551616", -1, "-1", "1_0", "１", 1.0, True, None, "9" * 5_000):
        with pytest.raises(ValueError, match=r"whole number|integer string"):
            documents.whole(value, 64)


def test_a_refusal_shows_bytes_as_they_are_written_elsewhere():
    shown = RevertedError("VisaRegistry_Revoked", ("0x12", b"\x0a" * 4))
    assert shown.message == "The contract refused: VisaRegistry_Revoked(0x12, 0x0a0a0a0a)."
