"""What is needed of a stranger's model card is right or refused in words; nothing else is in the way."""

from __future__ import annotations

import json

import pytest

from biodesci.core.documents.registered_card import RegisteredCard
from biodesci.core.errors import IntegrityError

ARCHITECTURE = {"name": "biodesci/mlp/v1", "features": 5, "hidden": [7], "classes": 2, "activation": "tanh"}
CARD = {"architecture": ARCHITECTURE, "keyId": "ab" * 16, "mode": "dense", "name": "Heart"}
DEEP = b"[" * 200_000 + b"]" * 200_000
NEEDED = ("architecture", "key_id", "mode")


def raw(**changes: object) -> bytes:
    return json.dumps(CARD | changes).encode()


def card(data: bytes) -> RegisteredCard:
    return RegisteredCard(7, data)


def test_all_that_is_needed_is_read() -> None:
    read = card(raw())
    assert (read.architecture, read.key_id, read.mode, read.name) == (
        ARCHITECTURE,
        "ab" * 16,
        "dense",
        "Heart",
    )
    assert read.fields == CARD


@pytest.mark.parametrize(
    "elsewhere",
    [b'"x": NaN', b'"x": "\\ud800"', b'"security": 7', b'"new": 1, "new": 2', b'"weights": null'],
)
def test_what_is_amiss_elsewhere_keeps_nobody_from_the_model(elsewhere: bytes) -> None:
    read = card(b"{" + elsewhere + b", " + raw()[1:])
    assert (read.architecture, read.key_id, read.mode) == (ARCHITECTURE, "ab" * 16, "dense")
    assert card(raw(architecture=None, mode=1, name=[])).key_id == "ab" * 16
    assert card(raw(keyId=None, mode=1, name=[])).architecture == ARCHITECTURE
    assert card(raw(keyId=None, architecture=7)).mode == "dense"


@pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"null", b'"x"', DEEP], ids=range(6))
def test_what_is_no_object_is_refused(data: bytes) -> None:
    for name in (*NEEDED, "name", "fields"):
        with pytest.raises(IntegrityError, match="The card of model 7 is no JSON object"):
            getattr(card(data), name)


@pytest.mark.parametrize("value", [None, 7, [], True])
def test_what_is_amiss_where_it_is_needed_is_refused(value: object) -> None:
    for changes in ({"architecture": value, "keyId": value, "mode": value}, None):
        read = card(b"{}" if changes is None else raw(**changes))
        for name, why in zip(NEEDED, ("does not describe", "names no key", "names no mode"), strict=True):
            with pytest.raises(IntegrityError, match=why) as caught:
                getattr(read, name)
            assert caught.value.hint == "Ask the model owner for a correct card."


def test_an_architecture_that_has_no_hash_is_refused() -> None:
    with pytest.raises(IntegrityError, match="does not describe"):
        _ = card(raw(architecture={"features": float("nan")})).architecture


def test_a_name_that_is_no_text_is_none() -> None:
    assert card(raw(name=7)).name == card(b"{}").name == ""


def test_a_name_can_be_shown_whatever_stands_in_it() -> None:
    shown = card(raw(name="\ud800a\0" + "x" * 1_000)).name
    assert shown.encode("utf-8").decode().startswith("\N{REPLACEMENT CHARACTER}a x")
    assert len(shown) == 300
