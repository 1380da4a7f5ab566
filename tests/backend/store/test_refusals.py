"""What PostgreSQL refuses is said for what it is, with what to do; never as silence, or with a password."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from biodesci.core.errors import BioDeSciError
from biodesci.index.database import Store
from biodesci.store.work import Work, trouble
from tests.backend.postgres import Server

WRONG = "a-wrong-secret"


@pytest.fixture
def weak(postgres: Server) -> Iterator[str]:
    """A role that may do nothing."""
    postgres.admin(f"CREATE ROLE weak LOGIN PASSWORD '{WRONG}'", "CREATE ROLE absent PASSWORD 'x'")
    yield "weak"
    postgres.admin("DROP OWNED BY weak", "DROP ROLE weak", "DROP ROLE absent")


def said(url: str, kind: type[Work] | type[Store]) -> BioDeSciError:
    with pytest.raises(BioDeSciError) as caught:
        kind(url)
    assert WRONG not in str(caught.value)
    assert "does not answer" not in str(caught.value)
    assert "free space" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("kind", [Work, Store])
def test_a_role_or_password_that_the_server_refuses(
    postgres: Server, weak: str, kind: type[Work] | type[Store]
) -> None:
    name = postgres.database()
    for url in (
        postgres.url(name, password=WRONG),
        postgres.url(name, user="nobody-at-all"),
        postgres.url(name, user="nobody-at-all", password=WRONG),
        postgres.url(name, user="absent", password="x"),
        f"postgresql://postgres@127.0.0.1:{postgres.port}/{name}",  # and without one
    ):
        error = said(url, kind)
        assert "the server refuses this role or its password" in error.message
        assert "DATABASE_URL" in error.hint
        assert "pg_hba.conf" in error.hint
    assert "refuses this role" in (trouble(postgres.url(name, password=WRONG)) or "")
    assert trouble(postgres.url(name)) is None


@pytest.mark.parametrize("kind", [Work, Store])
def test_a_database_that_is_not_there(postgres: Server, kind: type[Work] | type[Store]) -> None:
    error = said(postgres.url("not_there"), kind)
    assert "the server has no such database" in error.message
    assert "CREATE DATABASE" in error.hint


@pytest.mark.parametrize("kind", [Work, Store])
@pytest.mark.parametrize("is_empty", [True, False])
def test_a_role_without_the_rights(
    postgres: Server, weak: str, kind: type[Work] | type[Store], is_empty: bool
) -> None:
    name = postgres.database(empty=is_empty)
    error = said(postgres.url(name, user=weak, password=WRONG), kind)
    assert "this role may not" in error.message
    assert "schema" in error.message
    assert "docs/deployment.md" in error.hint
    postgres.admin(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC")
    assert "this role may not" in said(postgres.url(name, user=weak, password=WRONG), kind).message


def test_a_server_that_is_away_is_silent(postgres: Server) -> None:
    assert trouble("postgresql://someone@127.0.0.1:9/work") == "the database does not answer"
