"""Whoever answers in another party's place costs who asks a deadline and a bounded answer, and no more."""

from __future__ import annotations

import httpx
import pytest
from eth_account import Account

from biodesci.asking.http import Asker
from biodesci.core import problems
from biodesci.core.errors import IntegrityError, UnavailableError
from biodesci.fl.masking import Context
from biodesci.rounds.transport.http import AggregatorClient
from tests.faults import ipfs_server
from tests.faults.ipfs_server import Mode, lying
from tests.waiting import LATE_S, in_time

_DRIPS = [ipfs_server.slow_body, ipfs_server.slow_headers, ipfs_server.silence]
_FLOODS = [
    ipfs_server.endless_body,
    ipfs_server.announced_body,
    ipfs_server.endless_chunks,
    ipfs_server.gzip_bomb,
    ipfs_server.huge_error,
]


@pytest.mark.parametrize("mode", _DRIPS, ids=lambda mode: mode.__name__)
def test_a_drip_ends_at_the_deadline(mode: Mode) -> None:
    with lying(mode) as server, in_time(), pytest.raises(httpx.TimeoutException):
        Asker(1.0).ask("GET", server.url, lambda _: 1_000)


@pytest.mark.parametrize("mode", _FLOODS, ids=lambda mode: mode.__name__)
def test_a_flood_is_cut(mode: Mode) -> None:
    with lying(mode) as server:
        answer = Asker(LATE_S).ask("GET", server.url, lambda _: 1_000)
    assert answer.is_cut
    assert len(answer.body) == 1_000


def test_a_redirect_is_not_followed() -> None:
    with lying(ipfs_server.redirect) as server:
        assert Asker(LATE_S).ask("POST", server.url, lambda _: 1_000, content=b"x").status == 307
        assert server.strays == 0


def test_who_reads_nothing_of_a_large_body_does_not_hold_its_sender() -> None:
    with lying(ipfs_server.silence) as server, in_time(), pytest.raises(httpx.TimeoutException):
        Asker(1.0).ask("POST", server.url, lambda _: 1_000, content=bytes(64 << 10))


@pytest.mark.parametrize("mode", [*_DRIPS, ipfs_server.endless_body], ids=lambda mode: mode.__name__)
def test_a_training_node_waits_for_no_false_aggregator(mode: Mode) -> None:
    where = Context(chain_id=1, registry=b"\x11" * 20, round_id=1)
    with lying(mode) as server:
        client = AggregatorClient(server.url, Account.create(), timeout=1.0)
        with in_time(), pytest.raises((UnavailableError, IntegrityError)):
            client.inbox(where)


def test_a_servers_words_command_no_terminal() -> None:
    body = (
        b'{"detail": "\\u001b]0;owned\\u0007\\n2026 ERROR forged \\u202e'
        + b"w" * 5_000
        + b'", "hint": "\\u001b[2J"}'
    )
    said = str(problems.error_from(400, body, "The issuer"))
    assert said.isprintable()
    assert len(said) < 1_200
