"""Of a table with more columns than a card describes, a file beside the card names them all."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from biodesci.core import cid
from biodesci.core.container import ContainerInfo
from biodesci.core.croissant import Edition
from biodesci.core.documents.dataset_card import MAX_FIELDS, DatasetCard
from biodesci.core.documents.published_card import PublishedCard
from biodesci.core.errors import InputError
from biodesci.inspection.inspect import Inspection, inspect
from biodesci.ipfs import unixfs
from biodesci.ipfs.client import Ipfs
from biodesci.market.card import DatasetMeta, compose, schema_files
from biodesci.market.croissant_check import of_decrypted, require_valid
from biodesci.market.healthdcat import document
from biodesci.market.publish import publish, withdrawn_files
from tests.backend.acting import acting
from tests.backend.market.test_healthdcat import ENTRY

CONTENT = b"\x03" * 32
INFO = ContainerInfo(b"\x01" * 32, 1064, 1000, 1 << 20, b"\x02" * 32)
FIRST = Edition(1, date(2026, 11, 30))
META = DatasetMeta("Expression", "", 1 << 2, confirmed=True)
WIDTH = 700


def wide(path: Path, width: int = WIDTH) -> Path:
    rows = [",".join(str((i + j) % 40) for i in range(width)) for j in range(24)]
    path.write_text("\n".join([",".join(f"gene_{i}" for i in range(width)), *rows]) + "\n")
    return path


def composed(inspection: Inspection) -> DatasetCard:
    return compose(META, inspection, CONTENT, INFO, FIRST)


def test_a_card_names_the_schema_of_a_wide_table(tmp_path):
    file = wide(tmp_path / "wide.csv")
    inspection = inspect(file)
    card = composed(inspection)
    (schema,), (named,) = schema_files(card, inspection), card.schema_files
    assert (named.id, named.name, named.size) == ("schema", "schema.parquet", len(schema))
    assert named.content == unixfs.digest_of(io.BytesIO(schema))
    assert pq.read_schema(io.BytesIO(schema)).names == [f"gene_{i}" for i in range(WIDTH)]
    # The card is Croissant, is read by those who know two files alone, and its records load.
    require_valid(card.to_bytes())
    shown = PublishedCard.read(card.to_bytes()).file
    assert shown is not None
    assert (shown.content, shown.name) == (CONTENT, "data.csv")
    loaded = of_decrypted(card.to_bytes(), file)
    assert [part["@id"] for part in loaded["distribution"]] == ["data"]
    assert document(card, ENTRY, "turtle")


def test_a_card_with_room_for_all_columns_names_none(tmp_path):
    inspection = inspect(wide(tmp_path / "few.csv", MAX_FIELDS))
    card = composed(inspection)
    assert (card.fields_told, card.schema_files) == (MAX_FIELDS, ())
    assert schema_files(card, inspection) == []


def test_of_several_tables_those_are_named_that_the_card_describes_in_part(tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    for number, width in enumerate((300, 250, 100)):
        wide(folder / f"{number}.csv", width)
    inspection = inspect(folder)
    card = composed(inspection)
    assert [table.columns for table in card.record_set or ()] == [300, 250]
    assert [file.id for file in card.schema_files] == ["schema-2", "schema-3"]
    widths = [len(pq.read_schema(io.BytesIO(file)).names) for file in schema_files(card, inspection)]
    assert widths == [250, 100]
    require_valid(card.to_bytes())


@pytest.mark.parametrize(
    "change",
    [
        lambda files: [files[2], files[1], files[0]],
        lambda files: [*files, files[2]],
        lambda files: [files[0], files[1], files[2] | {"name": "Weber Anna.parquet"}],
        lambda files: [files[0], files[1], files[2] | {"@id": "schema-0"}],
        lambda files: [files[0], files[1], files[2] | {"contentUrl": "https://example.org/schema"}],
    ],
)
def test_a_card_with_other_files_is_refused(tmp_path, change):
    fields = json.loads(composed(inspect(wide(tmp_path / "wide.csv"))).to_bytes())
    fields["distribution"] = change(fields["distribution"])
    with pytest.raises(InputError):
        DatasetCard.parse(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode())


def test_the_schema_is_on_ipfs_with_the_card_and_goes_when_it_is_withdrawn(chain_for, ipfs_node, tmp_path):
    chain, ipfs, home = chain_for(), Ipfs(ipfs_node.api), tmp_path / "home"
    done = publish(acting(chain, ipfs, home), wide(tmp_path / "wide.csv"), META)
    card = DatasetCard.parse(ipfs.cat(cid.to_digest(done.card)))
    (named,) = card.schema_files
    assert ipfs.is_pinned(named.content)
    assert len(pd.read_parquet(io.BytesIO(ipfs.cat(named.content))).columns) == WIDTH
    chain.send(chain.datasets.functions.withdraw(done.dataset_id, 1))
    assert set(withdrawn_files(chain, home)) == {
        *(cid.to_digest(text) for text in (done.card, done.content)),
        named.content,
    }
