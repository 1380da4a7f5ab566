"""One table of errors over HTTP: what a server raises is what its client raises, for every class there is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from eth_account import Account
from fastapi import FastAPI
from fastapi.testclient import TestClient

from biodesci.api import problems as of_api
from biodesci.core import errors, problems
from biodesci.core.errors import (
    BioDeSciError,
    ChainError,
    ConfigurationError,
    IntegrityError,
    RevertedError,
    UnavailableError,
)
from biodesci.fl.masking import Context
from biodesci.rounds.transport.http import AggregatorClient
from biodesci.workers.aggregator import create_app

WHERE = Context(31337, bytes(20), 7)
# A revert's arguments do not travel; a server's settings are not the client's.
CHANGED = {RevertedError: ChainError, ConfigurationError: UnavailableError}


def every() -> list[BioDeSciError]:
    """An error of each class in core/errors.py."""
    classes = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, BioDeSciError)]
    assert len(classes) == 12
    return [
        RevertedError("Some_Error", (1,), "Look again.")
        if issubclass(kind, RevertedError)
        else kind("It is so.", "Do that.")
        for kind in classes
    ]


class Refusing:
    """Stands where the aggregator's logic would be: raises what it is told to."""

    def __init__(self, error: BioDeSciError) -> None:
        self.error = error

    def admit(self, *_: Any) -> tuple[bytes, int]:
        return bytes(20), 100

    def accept(self, *_: Any) -> None:
        raise self.error

    def inbox(self, *_: Any) -> bytes:
        raise self.error


def raised(error: BioDeSciError, monkeypatch: pytest.MonkeyPatch) -> BioDeSciError:
    """What the node's own client raises when the aggregator raises `error`."""
    server = TestClient(create_app(Refusing(error)), raise_server_exceptions=False)  # type: ignore[arg-type]
    client = AggregatorClient("http://aggregator", Account.create())
    monkeypatch.setattr(client._asker, "_client", server)
    with pytest.raises(BioDeSciError) as caught:
        client.post(WHERE, "masked", b"body")
    return caught.value


@pytest.mark.parametrize("error", every(), ids=lambda e: type(e).__name__)
def test_the_aggregators_client_raises_what_the_aggregator_raised(
    error: BioDeSciError, monkeypatch: pytest.MonkeyPatch
) -> None:
    got = raised(error, monkeypatch)
    assert type(got) is CHANGED.get(type(error), type(error))
    if isinstance(error, ConfigurationError):
        assert "It is so" not in got.message, "a server's settings are nobody's business"
    else:
        assert error.message in got.message
        assert got.hint == error.hint


@pytest.mark.parametrize("error", every(), ids=lambda e: type(e).__name__)
def test_the_api_answers_by_the_same_table(error: BioDeSciError) -> None:
    app = FastAPI()
    of_api.install(app)

    @app.get("/fails")
    def fails() -> None:
        raise error

    answer = TestClient(app, raise_server_exceptions=False).get("/fails")
    kind = problems.kind_of(error)
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    assert (answer.status_code, answer.json()["type"]) == (kind.status, kind.type)
    got = problems.error_from(answer.status_code, answer.content, "The API")
    assert type(got) is CHANGED.get(type(error), type(error))


def test_every_class_has_a_row_of_its_own() -> None:
    assert {type(error) for error in every()} == {kind.error for kind in problems.KINDS}
    assert len({kind.slug for kind in problems.KINDS}) == len(problems.KINDS)


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "InputError"), (401, "AccessDeniedError"), (403, "AccessDeniedError"), (404, "NotFoundError"),
        (409, "StateError"), (413, "InputError"), (422, "InputError"), (429, "UnavailableError"),
        (500, "UnavailableError"), (502, "UnavailableError"), (504, "UnavailableError"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"[]",
        b"\xff",
        json.dumps({"type": "about:blank", "detail": 5}).encode(),
        b"[" * 20_000,
    ],
)
def test_a_stranger_in_between_is_judged_by_its_status(status: int, name: str, body: bytes) -> None:
    got = problems.error_from(status, body, "The aggregator")
    assert type(got).__name__ == name
    assert str(status) in got.message


@pytest.mark.parametrize(("status", "error"), [(200, IntegrityError), (503, UnavailableError)])
def test_no_more_of_an_answer_is_read_than_it_may_have(
    status: int, error: type[BioDeSciError], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = 0

    def endless(_request: httpx.Request) -> httpx.Response:
        def parts() -> Iterator[bytes]:
            nonlocal sent
            while sent < 64 << 20:
                sent += 1 << 16
                yield bytes(1 << 16)

        return httpx.Response(status, content=parts())

    client = AggregatorClient("http://aggregator", Account.create())
    away = httpx.Client(base_url="http://aggregator", transport=httpx.MockTransport(endless))
    monkeypatch.setattr(client._asker, "_client", away)
    with pytest.raises(error):
        client.inbox(WHERE)
    assert sent <= 2 << 20


def test_an_aggregator_that_is_away_is_unavailable() -> None:
    client = AggregatorClient("http://127.0.0.1:9", Account.create(), timeout=2)
    with pytest.raises(UnavailableError, match="does not answer"):
        client.post(WHERE, "masked", b"")
