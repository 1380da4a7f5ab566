"""What an institution may say of itself, and what a card may name as its domain."""

from __future__ import annotations

from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from biodesci.core import ror, typed_data
from biodesci.core.documents.institution import LONGEST_LIFE, Institution, Network, announced
from biodesci.core.errors import InputError

ACCOUNT = "0x1a642f0E3c3aF545E7AcBD38b07251B3990914F1"


def institution(**changed: Any) -> Institution:
    fields = {"domain": "hospital.example", "account": ACCOUNT, "name": "Klinik", "issued": 0, "expires": 9}
    return Institution(**{**fields, **changed})


# Of universities, as https://ror.org has them.
@pytest.mark.parametrize("id_", ["05gq02987", "02mhbdp94", "03yrm5c26", "042nb2s44", "052gg0110"])
def test_ids_of_ror_are_taken_as_url_and_alone(id_: str) -> None:
    url = f"https://ror.org/{id_}"
    assert {ror.parse(text) for text in (id_, url, f"ror.org/{id_}", f" {url.upper()} ")} == {url}


@pytest.mark.parametrize(
    "text",
    [
        *("05gq02978", "05gq02986", "50gq02987", "05gp02987"),  # mistyped: swapped, changed
        *("05gq0298", "15gq02987", "05gqo2987", "05gqi2987", "", "https://ror.org/"),
        *("https://evil.example/05gq02987", "http://ror.org/05gq02987", "https://ror.org/05gq02987/x"),
    ],
)
def test_what_is_no_id_of_ror_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        ror.parse(text)


def test_each_mistyped_character_and_each_swap_is_noticed() -> None:
    right, alphabet = "05gq02987", "0123456789abcdefghjkmnpqrstvwxyz"
    wrong = {
        right[:at] + letter + right[at + 1 :]
        for at in range(1, 9)
        for letter in alphabet
        if letter != right[at]
    }
    wrong |= {right[:at] + right[at + 1] + right[at] + right[at + 2 :] for at in range(1, 8)} - {right}
    for text in wrong:
        with pytest.raises(InputError):
            ror.parse(text)


@pytest.mark.parametrize(
    "name", ["Universitätsklinikum Münster", "東京大学 医学部", "Ελληνικό Ινστιτούτο", "A & B"]
)
def test_names_of_all_scripts_are_taken(name: str) -> None:
    assert institution(name=name).name == name


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            " ",
            " Klinik",
            "Klinik ",
            "K" * 121,
            "Klinik\n",
            "Klinik\x1b[2J",
            "Klinik\u202egro",
            "Kli\u200bnik",
        ),
        "Klіnik",  # the first i is Cyrillic
        "Ηospital",  # the first letter is Greek
        "Mu\u0308nster",
        "half \ud800",
    ],
)
def test_names_that_deceive_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        institution(name=name)


@pytest.mark.parametrize(
    "changed",
    [
        {"domain": "Hospital.example"},
        {"domain": "hоspital.example"},
        {"domain": "127.0.0.1"},
        {"domain": "hospital.local"},
        {"ror": "https://ror.org/05gq02986"},
        {"ror": "05gq02987"},
        {"issued": 9},
        {"expires": LONGEST_LIFE + 1},
    ],
)
def test_other_fields_that_do_not_fit_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        institution(**changed)


def test_a_proof_for_all_chains_is_signed_in_a_domain_without_one() -> None:
    """By EIP-712, straight: neither the chain's number nor a contract stands in the domain."""
    document = typed_data.institution(None, institution())
    encoded = encode_typed_data(full_message=document)
    parts = b"EIP712Domain(string name,string version)", b"BioDeSci Institutions", b"1"
    assert encoded.header == keccak(b"".join(map(keccak, parts)))
    bound = typed_data.institution(Network(chain_id=1, contract=ACCOUNT), institution())
    assert encode_typed_data(full_message=bound).header != encoded.header
    assert encode_typed_data(full_message=bound).body == encoded.body


@pytest.mark.parametrize(
    "url", ["https://hospital.example", "https://hospital.example/", "https://Hospital.example/en/research"]
)
def test_a_card_names_a_domain_by_its_creators_url(url: str) -> None:
    assert announced({"creator": {"@type": "sc:Organization", "name": "A", "url": url}}) == "hospital.example"


@pytest.mark.parametrize(
    "creator",
    [
        *(
            None,
            "https://hospital.example",
            [],
            {},
            {"url": None},
            {"url": 7},
            {"url": ["https://a.example"]},
        ),
        *(
            {"url": url}
            for url in ("http://hospital.example", "https://127.0.0.1", "https://[::1]/", "https://")
        ),
        *(
            {"url": url}
            for url in ("https://u@hospital.example", "https://hospital.example:8443", "https://[")
        ),
        *({"url": url} for url in ("https://x.local", "https://hоspital.example", "ipfs://a.example")),
        {"url": "https://hospital.example/" + "a" * 600},
    ],
)
def test_a_card_that_names_no_public_domain_names_none(creator: object) -> None:
    assert announced({"creator": creator}) is None
    assert announced({}) is None
