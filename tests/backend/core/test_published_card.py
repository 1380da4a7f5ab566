"""What a buyer needs of a stranger's card is right or refused in words; nothing else is in the way."""

from __future__ import annotations

import json

import pytest

from biodesci.core import cid
from biodesci.core.documents import published_card
from biodesci.core.errors import IntegrityError, NotFoundError

DIGEST = b"\x03" * 32
URL = f"ipfs://{cid.from_digest(DIGEST)}"
DISEASES = {"named": [{"id": "MONDO:0005068", "name": "x"}], "ontology": "2026-05-05"}
CARD = {"distribution": [{"contentUrl": URL}], "biodesci:diseases": DISEASES}
DEEP = b"[" * 200_000 + b"]" * 200_000


def raw(**changes: object) -> bytes:
    return json.dumps(CARD | changes).encode()


def test_both_are_read() -> None:
    assert published_card.content(raw()) == DIGEST
    said = published_card.diseases(raw())
    assert (said.numbers, said.ontology) == ((5068,), "2026-05-05")


@pytest.mark.parametrize(
    "elsewhere",
    [b'"x": NaN', b'"x": "\\ud800"', b'"name": 7', b'"name": "a", "name": "b"', b'"usageInfo": null'],
)
def test_what_is_amiss_elsewhere_keeps_no_buyer_from_the_file(elsewhere: bytes) -> None:
    card = b"{" + elsewhere + b", " + raw()[1:]
    assert published_card.content(card) == DIGEST
    assert published_card.diseases(card).numbers == (5068,)
    assert published_card.content(raw(**{"biodesci:diseases": 7})) == DIGEST
    assert published_card.diseases(raw(distribution=None)).numbers == (5068,)
    more = [{"contentUrl": URL, "biodesci:new": {}, "contentSize": []}, None]
    assert published_card.content(raw(distribution=more)) == DIGEST


@pytest.mark.parametrize(
    "card",
    [
        b"", b"\xff", b"[]", b"null", b"{}", DEEP,
        *(raw(distribution=d) for d in (None, {}, [], "x", [None], [{}], [{"contentUrl": 7}])),
        *(raw(distribution=[{"contentUrl": u}]) for u in ("", "ipfs://", "ipfs://x", URL + "x", "https://x")),
    ],
    ids=range(18),
)  # fmt: skip
def test_a_card_that_does_not_name_its_container_is_refused(card: bytes) -> None:
    with pytest.raises(IntegrityError, match="does not say where its container is") as caught:
        published_card.content(card)
    assert "refund" in caught.value.hint


@pytest.mark.parametrize(
    "card",
    [
        b"", b"\xff", b"[]", b"{}", DEEP,
        *(
            raw(**{"biodesci:diseases": d})
            for d in (
                None, [], "x", {}, DISEASES | {"ontology": 7}, DISEASES | {"named": {}},
                DISEASES | {"named": [None]}, DISEASES | {"named": [{"id": 5068}]},
                DISEASES | {"named": [{"id": "heart"}]}, {"named": DISEASES["named"]},
            )
        ),
    ],
    ids=range(15),
)  # fmt: skip
def test_a_card_that_names_no_diseases_is_refused(card: bytes) -> None:
    with pytest.raises(NotFoundError, match="does not name the diseases") as caught:
        published_card.diseases(card)
    assert "--mondo" in caught.value.hint
