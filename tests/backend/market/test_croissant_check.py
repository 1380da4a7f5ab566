"""Every card loads in mlcroissant, and so do the records of a file that a licensee decrypted."""

from __future__ import annotations

import json
import socket
from datetime import date
from pathlib import Path

import pytest

from biodesci.core.container import ContainerInfo
from biodesci.core.croissant import Edition
from biodesci.core.errors import InputError
from biodesci.inspection.inspect import inspect
from biodesci.market.card import DatasetMeta, compose
from biodesci.market.croissant_check import of_decrypted, require_valid

VECTORS = Path(__file__).parents[2] / "vectors"
INFO = ContainerInfo(b"\x01" * 32, 1064, 1000, 1 << 20, b"\x02" * 32)
META = DatasetMeta("Kohorte „Zürich“", "", 1 << 2)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("the check asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def carded(folder: Path, name: str, text: str) -> tuple[Path, bytes]:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    card = compose(META, inspect(file), b"\x03" * 32, INFO, Edition(3, date(2026, 11, 30)))
    return file, card.to_bytes()


def rows(*columns: str, count: int = 40) -> str:
    lines = [",".join(columns)]
    return (
        "\n".join([*lines, *(",".join(str(i + j) for j in range(len(columns))) for i in range(count))]) + "\n"
    )


@pytest.mark.parametrize(
    "columns",
    [
        ("chol", "age"),
        ("", "chol"),  # an index that pandas wrote
        ("chol level", " x ", "a/b", "größe", "50%"),
        ("a" * 300, "b" * 200, "c"),
        ("records", "data", "container", "column-1", "Unnamed: 0"),
    ],
)
def test_cards_of_odd_columns_are_croissant(tmp_path, columns):
    require_valid(carded(tmp_path, "t.csv", rows(*columns))[1])


@pytest.mark.parametrize("count", [0, 1, 9])
def test_cards_of_tables_that_tell_nothing_are_croissant(tmp_path, count):
    _, card = carded(tmp_path, "t.csv", rows("chol", "age", count=count))
    require_valid(card)
    assert b"statistics" not in card


@pytest.mark.parametrize("name", ["dataset-card.json", "dataset-card-opaque.json"])
def test_the_vectors_are_croissant(name):
    require_valid((VECTORS / "documents" / name).read_bytes())


def test_what_is_no_croissant_is_refused_with_the_reason():
    card = json.loads((VECTORS / "documents" / "dataset-card.json").read_bytes())
    card["recordSet"][0]["field"][0]["@id"] = "records/white space"
    with pytest.raises(InputError, match="white space"):
        require_valid(json.dumps(card).encode())


def test_a_card_says_what_others_cite_it_by(tmp_path):
    _, card = carded(tmp_path, "t.csv", rows("chol"))
    fields = json.loads(card)
    assert (fields["version"], fields["datePublished"]) == ("3.0.0", "2026-11-30")
    assert fields["license"] == "http://purl.obolibrary.org/obo/DUO_0000006"
    assert fields["url"] in fields["citeAs"]
    assert "Kohorte" in fields["citeAs"]
    container, plain = fields["distribution"]
    assert (container["encodingFormat"], plain["encodingFormat"]) == ("application/octet-stream", "text/csv")
    assert plain["containedIn"] == {"@id": container["@id"]}
    # The hash of the plain file would let anybody confirm a guess at it.
    assert "sha256" not in plain


@pytest.mark.parametrize("separator", [",", "\t"])
@pytest.mark.parametrize("columns", [("", "chol level"), ("crp", "crp"), ("age", "")])
def test_a_licensee_loads_the_records_of_the_decrypted_file(tmp_path, columns, separator):
    from mlcroissant import Dataset

    file, card = carded(tmp_path, "t.csv", rows(*columns, count=12).replace(",", separator))
    dataset = Dataset(jsonld=of_decrypted(card, file), mapping={"data": str(file)})
    records = list(dataset.records("records"))
    assert [list(record.values()) for record in records] == [[i, i + 1] for i in range(12)]


def test_a_separator_that_mlcroissant_does_not_read_is_refused_in_words(tmp_path):
    file, card = carded(tmp_path, "t.csv", rows("crp", "age").replace(",", ";"))
    with pytest.raises(InputError, match="another separator"):
        of_decrypted(card, file)


def test_a_card_of_an_earlier_version_is_refused_in_words(tmp_path):
    with pytest.raises(InputError, match="earlier version"):
        of_decrypted((VECTORS / "published" / "card-0.6-table.json").read_bytes(), tmp_path)
