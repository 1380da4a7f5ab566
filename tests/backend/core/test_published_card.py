"""Cards of strangers: what is needed is right or refused in words, and nothing else is in the way.

The vectors are the page's, too (frontend/src/lib/card.test.ts).
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from biodesci.core import cid
from biodesci.core.documents import published_card
from biodesci.core.documents.published_card import PublishedCard
from biodesci.core.errors import BioDeSciError, InputError, IntegrityError, NotFoundError

VECTORS = Path(__file__).parents[2] / "vectors"
CASES = json.loads((VECTORS / "cards.json").read_text())["cases"]
WHOLE = json.loads((VECTORS / "published" / "card-0.6-table.json").read_bytes())
OPAQUE = json.loads((VECTORS / "published" / "card-0.6-opaque.json").read_bytes())
URL = f"ipfs://{cid.from_digest(bytes([3]) * 32)}"
DEEP = b"[" * 200_000 + b"]" * 200_000
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])


def raw(case: dict[str, Any]) -> bytes:
    return bytes.fromhex(case["hex"]) if "hex" in case else case["card"].encode()


@cases
def test_the_container_is_read_or_refused_as_the_page_does(case):
    if case["content"] is not None:
        assert published_card.content(raw(case)).hex() == case["content"]
        return
    with pytest.raises(IntegrityError, match="does not say where its container is") as caught:
        published_card.content(raw(case))
    assert "refund" in caught.value.hint


@cases
def test_the_diseases_are_read_or_refused_as_the_page_does(case):
    if case["diseases"] is not None:
        read = published_card.diseases(raw(case))
        assert {"numbers": list(read.numbers), "ontology": read.ontology} == case["diseases"]
        return
    with pytest.raises(NotFoundError, match="does not name the diseases") as caught:
        published_card.diseases(raw(case))
    assert "--mondo" in caught.value.hint


@pytest.mark.parametrize("card", [b"[" * 100_000, DEEP], ids=["open", "closed"])
def test_a_card_nested_too_deeply_is_refused_in_words(card):
    with pytest.raises(IntegrityError):
        published_card.content(card)
    with pytest.raises(NotFoundError):
        published_card.diseases(card)
    with pytest.raises(InputError, match="no JSON object"):
        PublishedCard.read(card)


@pytest.mark.parametrize("card", [WHOLE, OPAQUE], ids=["table", "opaque"])
def test_what_we_write_is_listed_with_and_without_what_is_ours(card):
    PublishedCard(card).require_listable()
    for more in ({"biodesci:new": {}}, {"keywords": 7}, {"creator": []}, {"recordSet": "x"}):
        PublishedCard(card | more).require_listable()
    for key in ("description", "creator", "biodesci:terms", "biodesci:records", "biodesci:identifierCheck"):
        PublishedCard({k: v for k, v in card.items() if k != key}).require_listable()


@pytest.mark.parametrize("key", ["name", "distribution", "usageInfo", "conformsTo"])
@pytest.mark.parametrize("value", [None, [], 7, "", {}, ["GRU", "x"]], ids=str)
def test_a_card_with_a_wrong_field_is_not_listed(key, value):
    for changed in (OPAQUE | {key: value}, {k: v for k, v in OPAQUE.items() if k != key}):
        with pytest.raises(InputError, match="cannot be listed: ") as caught:
            PublishedCard(changed).require_listable()
        assert key in caught.value.message


@pytest.mark.parametrize("key", [key for key in OPAQUE["distribution"][0] if not key.startswith("@")])
@pytest.mark.parametrize("value", [None, [], "", "-1", {}, True], ids=str)
def test_a_card_with_a_wrong_file_is_not_listed(key, value):
    if key in ("name", "encodingFormat") and isinstance(value, str):
        return
    (file,) = OPAQUE["distribution"]
    for changed in (file | {key: value}, {k: v for k, v in file.items() if k != key}):
        with pytest.raises(InputError, match=r"cannot be listed: in distribution\.0, the field ") as caught:
            PublishedCard(OPAQUE | {"distribution": [changed]}).require_listable()
        assert key in caught.value.message


def test_a_card_of_many_faults_costs_no_more_than_one_of_one():
    many = [0] * 300_000
    terms = json.dumps(OPAQUE | {"usageInfo": many}).encode()
    named = json.dumps(OPAQUE | {"biodesci:diseases": {"named": many, "ontology": "x"}}).encode()
    began = time.process_time()
    with pytest.raises(InputError, match=r"usageInfo\.0: input should be a valid string"):
        PublishedCard.read(terms).require_listable()
    with pytest.raises(NotFoundError, match="does not name the diseases"):
        published_card.diseases(named)
    assert time.process_time() - began < 4  # of all faults it would be more, and gigabytes


@pytest.mark.parametrize("size", [1064, "1064", "1064 B", "1064\tbytes"])
def test_a_size_is_a_number_or_a_text_that_begins_with_one(size):
    card = OPAQUE | {"distribution": [OPAQUE["distribution"][0] | {"contentSize": size}]}
    PublishedCard(card).require_listable()
    file = PublishedCard(card).file
    assert file is not None
    assert published_card.number(file.size) == 1064


@pytest.mark.parametrize(
    "text", [None, "", "B", "-1", "1e3", "1.5", "1_0", "9" * 16, "\u0661\u0662", "7B", "7\n", "7\xa0B"]
)
def test_what_is_no_size_is_none(text):
    assert published_card.number(text) is None


def test_people_are_shown_what_is_there():
    card = PublishedCard(WHOLE)
    assert (card.name, card.description(5), card.keywords(1)) == ("Cohort of Zürich", "Heart", ["heart"])
    assert card.records == 220
    assert card.file is not None
    assert (card.file.content, card.file.name) == (bytes([3]) * 32, "cohort.csv")
    assert card.file.in_card()["contentSize"] == "1064 B"
    assert card.diseases is not None
    assert [one.id for one in card.diseases.named] == ["MONDO:0005010", "MONDO:0005252"]


@pytest.mark.parametrize(
    ("named", "shown"),
    [
        (None, None),
        ("https://Data.Hospital.example:443/", "https://data.hospital.example"),
        ("http://data.hospital.example", ""),
        ("https://data.hospital.example/" + "x" * 300, ""),
        ("https://data.hospital.example\0", ""),
        ("", ""),
        (7, ""),
        ({"@id": "server"}, ""),
    ],
    ids=str,
)
def test_a_server_that_cannot_be_asked_is_not_shown_and_makes_no_file_public(named, shown):
    file = OPAQUE["distribution"][0] | {"biodesci:servedAt": named}
    card = PublishedCard({"distribution": [file]})
    assert card.file is not None
    assert card.file.served_at == shown
    again = PublishedCard({"distribution": [card.file.in_card()]}).file  # as the index keeps it
    assert again == card.file


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


SHOWN = ["name", "description", "keywords", "biodesci:records", "distribution", "biodesci:diseases"]


@given(
    st.dictionaries(
        st.sampled_from(SHOWN),
        JSON | st.just([{"contentUrl": URL}]) | st.just({"named": [{"id": "MONDO:0005010"}]}),
    )
)
def test_whatever_stands_in_a_card_people_are_shown_something(fields):
    card = PublishedCard(fields)
    assert len(card.name or "") <= 300
    assert len(card.description(9)) <= 9
    assert len(card.keywords(3)) <= 3
    assert card.records is None or 0 <= card.records < 10**15
    assert card.file is None or card.file.content in (None, bytes([3]) * 32)
    assert card.diseases is None or isinstance(card.diseases.in_card(), dict)
    with pytest.raises(BioDeSciError):
        card.require_listable()


@pytest.mark.parametrize(
    ("given", "root"),
    [
        ("0x" + "aB" * 32, "ab" * 32),
        ("AB" * 32, "ab" * 32),
        ("0X" + "ab" * 32, None),
        ("ab" * 32 + "\n", None),
        ("ab" * 31, None),
        (7, None),
        (None, None),
    ],
)
def test_a_content_root_is_read_as_on_the_page(given, root):
    card = json.dumps({"distribution": [{"biodesci:contentRoot": given}]}).encode()
    read = published_card.content_root(card)
    assert (read and read.hex()) == root
