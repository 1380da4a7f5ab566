"""No question that anybody may ask reads a whole table: each query's plan, on both engines."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import BindParameter, Select, event
from sqlalchemy.sql import visitors

from biodesci.index import activity, queries, search
from biodesci.index.database import Store
from biodesci.index.queries import access, data, evaluation

NUMBERS = {"before", "limit", "many", "id", "dataset", "model", "block", "log_index", "state"}
# What counts all rows of a table reads an index of it.
COUNTS = {"_COUNTS"}
# What ends as soon as a page is full must not put all rows in order first.
IN_ORDER = {
    "search._NEWEST",
    "search._NEWEST_OF_OWNER",
    "datasets",
    "datasets of an owner",
    "licenses of licensee",
}


def statements() -> dict[str, Select[Any]]:
    modules = [value for value in vars(queries).values() if isinstance(value, ModuleType)]
    made = {
        f"{module.__name__.rsplit('.', 1)[-1]}.{name}": value
        for module in (*modules, activity, search)
        for name, value in vars(module).items()
        if isinstance(value, Select) and name not in COUNTS and value.whereclause is not None
    }
    for who in ("licensee", "arbiter", "dataset"):
        made[f"licenses of {who}"] = access._license_page((who,))
    made["datasets of an owner"] = data._dataset_page(of_owner=True)
    made["datasets"] = data._dataset_page(of_owner=False)
    for of_model in (True, False):
        for of_account in (True, False):
            query = evaluation._inference_page(of_model=of_model, of_account=of_account)
            made[f"inferences {of_model} {of_account}"] = query
    made["activity"] = activity._page_of(("dataset", "license"))
    return made


def values(query: Select[Any]) -> dict[str, Any]:
    """One for each parameter of the query that has none."""
    given: dict[str, Any] = {}
    for part in visitors.iterate(query):
        if isinstance(part, BindParameter) and part.required:
            whole = part.key in NUMBERS or (part.expanding and part.key in ("ids", "datasets"))
            one: Any = 1 if whole else "x"
            given[part.key] = [one] if part.expanding else one
    return given


@pytest.mark.parametrize("name", sorted(statements()))
def test_no_query_reads_a_whole_table(store, name):
    plan: list[str] = []

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        how = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
        cursor.execute(f"{how} {statement}", parameters)
        plan.extend(str(row[-1]).strip() for row in cursor.fetchall())

    with store.snapshot() as connection:
        event.listen(connection, "before_cursor_execute", explain)
        try:
            connection.execute(statements()[name], values(statements()[name])).all()
        finally:
            event.remove(connection, "before_cursor_execute", explain)
    assert plan
    # SQLite scans what other parts of the query have made, and FTS5's table where it is asked.
    made = r"SCAN (?!grams VIRTUAL|\(|anon_|CONSTANT)"
    assert not [line for line in plan if re.search(rf"\b{made}|Seq Scan", line)], plan
    assert name not in IN_ORDER or not re.search(r"\bSort\b|TEMP B-TREE", " ".join(plan)), plan


@pytest.fixture(scope="module")
def stores(tmp_path_factory, postgres):
    name = postgres.database()
    with (
        Store(tmp_path_factory.mktemp("plans") / "i.sqlite") as file,
        Store(postgres.url(name)) as server,
    ):
        yield {"sqlite": file, "postgresql": server}
    postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, stores):
    return stores[request.param]
