"""What docs/deployment.md tells an operator to type makes roles that can do what they need, and no more."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from biodesci.core.errors import ConfigurationError
from biodesci.index import queries
from biodesci.index.database import Block, Store
from biodesci.store.work import Work

PAGE = Path(__file__).parents[3] / "docs/deployment.md"
WRITES, READS = "of the indexer", "of the API"


def blocks() -> list[list[str]]:
    """The statements of each block of SQL, with passwords in them."""
    section = PAGE.read_text().partition("\n## Databases\n")[2].partition("\n## ")[0]
    made = []
    for block, password in zip(
        re.findall(r"```sql\n(.*?)```", section, re.DOTALL), (WRITES, READS), strict=True
    ):
        lines = [line for line in block.splitlines() if line and not line.startswith("--")]
        made.append([line.replace("'...'", f"'{password}'") for line in lines])
    return made


@pytest.fixture
def server(postgres):
    yield postgres
    postgres.drop("biodesci")
    postgres.admin("DROP ROLE IF EXISTS biodesci", "DROP ROLE IF EXISTS biodesci_api")


def test_the_roles_of_the_page_do_what_they_need(server):
    first, second = blocks()
    server.admin(*first)
    writes = server.url("biodesci", user="biodesci", password=WRITES)
    reads = server.url("biodesci", user="biodesci_api", password=READS)
    with Store(writes) as store, Work(writes) as work:
        work.put_checkpoint("a", b"a")
        store.apply([], Block(6, "0x6", 6))
        by_admin = [line for line in second if "SCHEMA" not in line]
        server.admin(*by_admin)
        with psycopg.connect(writes, autocommit=True) as owner:
            for statement in second[len(by_admin) :]:
                owner.execute(statement)
        with Store(reads, read_only=True) as reader:
            assert queries.as_of(reader) == 6
            assert queries.datasets(reader, before=9, limit=9, text="heart", owner="") == []
        with store.transaction() as connection:
            connection.execute(text("UPDATE index_version SET version_num = '9999'"))
    with Store(writes) as store:  # made anew, as by another version of the program
        store.apply([], Block(7, "0x7", 7))
        with Store(reads, read_only=True) as reader:
            assert queries.as_of(reader) == 7
    with pytest.raises(ConfigurationError):
        Work(reads)
    for statement in (
        "SELECT * FROM biodesci_work.checkpoints",
        "DELETE FROM biodesci_index.blocks",
        "CREATE TABLE public.mine (id INTEGER)",
        "CREATE SCHEMA mine",
    ):
        with psycopg.connect(reads) as stranger, pytest.raises(psycopg.errors.InsufficientPrivilege):
            stranger.execute(statement)
