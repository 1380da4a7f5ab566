"""Signing in shows an account what waits for it, and nobody else."""

from __future__ import annotations

import contextlib
import re
import time

import pytest
from eth_account.messages import encode_defunct
from fastapi.testclient import TestClient

from biodesci.api import node, sessions
from biodesci.api.app import create
from biodesci.core.errors import UnavailableError
from biodesci.market import offers
from biodesci.market.offers import OfferTerms
from tests.backend.passports.test_issuer import wallet
from tests.faults.proxy import FaultProxy

SITE = "https://data.example.org"


@pytest.fixture
def page(world):
    with TestClient(create(world.settings), base_url=SITE) as client:
        yield client


def message(page, account, **more):
    answer = page.post("/v1/session/message", json={"account": account}, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()["message"]


def sign(chain, text):
    return "0x" + bytes(chain.signer().sign_message(encode_defunct(text=text)).signature).hex()


def enter(page, chain, text=None):
    text = text or message(page, chain.address)
    return page.post("/v1/session", json={"message": text, "signature": sign(chain, text)})


def test_an_account_signs_in_and_out(page, world):
    assert page.get("/v1/session").json() == {"account": None, "expiresAt": None}
    answer = enter(page, world.owner)
    assert (answer.status_code, answer.json()["account"]) == (200, world.owner.address)
    cookie = answer.headers["set-cookie"].lower()
    assert all(
        part in cookie for part in ("httponly", "samesite=strict", "secure", "path=/v1", "max-age=1800")
    )
    assert page.get("/v1/session").json()["account"] == world.owner.address
    assert page.get("/v1/me/queue").status_code == 200
    token = page.cookies[sessions.COOKIE]
    assert page.delete("/v1/session").status_code == 204
    page.cookies.set(sessions.COOKIE, token, domain="data.example.org", path="/v1")
    assert page.get("/v1/me/queue").status_code == 401


def test_without_a_session_no_queue_is_shown(page):
    for token in ("", "guessed", "a" * 43):
        answer = page.get("/v1/me/queue", headers={"Cookie": f"{sessions.COOKIE}={token}"})
        assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


def test_the_message_says_domain_chain_and_purpose(page, world):
    text = message(page, world.owner.address)
    assert text.startswith("data.example.org wants you to sign in with your Ethereum account:")
    assert f"URI: {SITE}" in text
    assert "Chain ID: 31337" in text
    assert "sends no transaction" in text


@pytest.mark.parametrize(
    "origin", ["http://[", "null", "", "data.example.org", "https://data.example.org@evil.example"]
)
def test_a_page_of_nobodys_signs_nobody_in(page, world, origin):
    asked = {"account": world.owner.address}
    answer = page.post("/v1/session/message", json=asked, headers={"Origin": origin})
    assert answer.status_code == 403
    assert page.post("/v1/session/message", json=asked, headers={"Origin": SITE}).status_code == 200


def test_a_message_signs_in_once(page, world):
    text = message(page, world.owner.address)
    assert enter(page, world.owner, text).status_code == 200
    assert enter(page, world.owner, text).status_code == 403


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("data.example.org wants", "evil.example wants"), (f"URI: {SITE}", "URI: https://evil.example"),
        ("Chain ID: 31337", "Chain ID: 1"), ("Show me what waits", "Send all money"),
        ("Version: 1", "Version: 2"), (r"Nonce: \w+", "Nonce: " + "a" * 64), (r"Nonce: \w+", "Nonce: abc"),
        ("Issued At", "Issued"),
    ],
)  # fmt: skip
def test_a_message_of_another_site_chain_or_nonce_signs_in_nowhere(page, world, old, new):
    text = re.sub(old, new, message(page, world.owner.address), count=1)
    answer = enter(page, world.owner, text)
    assert answer.status_code == 403


def test_an_end_that_was_put_off_ends_nothing_later(page, world, monkeypatch):
    """The nonce has an end of its own, whatever the message says."""
    never = "Expiration Time: 2999-01-01T00:00:00Z"
    text = re.sub(r"Expiration Time: .*", never, message(page, world.owner.address))
    now = time.time()
    monkeypatch.setattr(sessions.time, "time", lambda: now + 601)
    assert enter(page, world.owner, text).status_code == 403


def test_a_message_that_somebody_else_signed(page, world):
    assert enter(page, world.buyer, message(page, world.owner.address)).status_code == 403


def test_a_contract_wallet_signs_in_by_its_code(page, world, chain_for):
    """ERC-1271: whom the contract says, and nobody else; a contract without signatures never."""
    account = wallet(chain_for(), world.owner.address)
    text = message(page, account)
    refused = page.post("/v1/session", json={"message": text, "signature": sign(world.buyer, text)})
    assert refused.status_code == 403
    answer = page.post("/v1/session", json={"message": text, "signature": sign(world.owner, text)})
    assert (answer.status_code, answer.json()["account"]) == (200, account)
    queue = page.get("/v1/me/queue")
    assert (queue.status_code, queue.json()["account"]) == (200, account)
    mute = message(page, str(world.owner.datasets.address))
    assert (
        page.post("/v1/session", json={"message": mute, "signature": sign(world.owner, mute)}).status_code
        == 403
    )


def test_a_message_has_an_end(page, world, monkeypatch):
    text = message(page, world.owner.address)
    now = time.time()
    monkeypatch.setattr(sessions.time, "time", lambda: now + 601)
    assert enter(page, world.owner, text).status_code == 403


def test_a_session_has_an_end(page, world, monkeypatch):
    assert enter(page, world.owner).status_code == 200
    now = time.time()
    monkeypatch.setattr(sessions.time, "time", lambda: now + sessions.LASTS_S + 1)
    assert page.get("/v1/me/queue").status_code == 401


def test_another_sites_page_cannot_ask(page, world):
    body = {"account": world.owner.address}
    evil = {"Origin": "https://evil.example"}
    assert page.post("/v1/session/message", json=body, headers=evil).status_code == 403
    assert page.delete("/v1/session", headers=evil).status_code == 403
    assert page.post("/v1/session/message", json=body, headers={"Origin": SITE}).status_code == 200
    plain = page.post(
        "/v1/session/message", content='{"account": ""}', headers={"Content-Type": "text/plain"}
    )
    assert (plain.status_code, plain.headers["content-type"]) == (415, "application/problem+json")


def test_sessions_are_bounded(monkeypatch):
    monkeypatch.setattr(sessions, "_MOST", 3)
    held = sessions.Sessions()
    tokens = [held.begin(f"0x{number}", 0) for number in range(5)]
    assert [held.of(token, 0) is not None for token in tokens] == [False, False, True, True, True]


def test_the_queue_has_what_waits_for_the_account(page, world):
    """A purchase that waits for its key is in the owner's queue, and not in the buyer's."""
    terms = OfferTerms(price=10**15, delivery_window=600, dispute_window=600)
    offer_id = offers.create(world.owner, world.datasets[0], terms)
    from biodesci.chain.records import Listing
    from biodesci.index.sync import sync

    sold = world.buyer.read(Listing, offer_id).offer.hash
    receipt = world.buyer.send(
        world.buyer.licenses.functions.purchase(offer_id, sold, 1, 1 << 2, False), 10**15
    )
    bought = world.buyer.event(receipt, world.buyer.licenses, "LicensePurchased")["licenseId"]
    sync(world.owner, world.ipfs, world.store)
    enter(page, world.owner)
    queue = page.get("/v1/me/queue")
    assert queue.headers["cache-control"] == "no-store"
    assert [one["id"] for one in queue.json()["deliveries"]] == [bought]
    assert (queue.json()["review"], queue.json()["disputes"]) == ([], [])
    enter(page, world.buyer)
    assert page.get("/v1/me/queue").json()["deliveries"] == []


def test_a_strangers_messages_ask_the_node_once_each(world):
    """The node may be paid for by the question; so is what /ready asks of it."""
    with FaultProxy(world.settings.rpc_url) as asked:
        settings = world.settings.model_copy(update={"rpc_url": asked.url})
        with TestClient(create(settings), base_url=SITE) as page:
            text = message(page, world.owner.address)
            forged = {"message": text, "signature": sign(world.buyer, text)}
            assert page.post("/v1/session", json=forged).status_code == 403
            asked.forget_counts()
            for _ in range(5):
                assert page.post("/v1/session", json=forged).status_code == 403
            assert sum(asked.calls.values()) == 5, asked.calls
            asked.forget_counts()
            assert page.get("/ready").status_code == 200
            assert sum(asked.calls.values()) <= 2, asked.calls


def test_a_node_that_hangs_holds_a_few_of_the_threads_that_strangers_ask_by(world, monkeypatch):
    asked = node.Node(world.settings)
    with contextlib.ExitStack() as waiting:
        for _ in range(node.MOST_ASKING):
            waiting.enter_context(asked.asked())
        with pytest.raises(UnavailableError), asked.asked():
            pass
    with asked.asked() as chain:
        assert chain.identity == world.owner.identity
    monkeypatch.setattr(node, "MOST_ASKING", 0)
    with TestClient(create(world.settings), base_url=SITE) as page:
        assert enter(page, world.owner).status_code == 503
        assert page.get("/ready").status_code == 200


@pytest.mark.parametrize("text", ["0" * 1_000, "\n" * 1_000, "\n0x" + "a1" * 20 + "\n" * 900])
def test_a_message_of_noise_costs_nothing(page, text):
    began = time.process_time()
    answer = page.post("/v1/session", json={"message": text, "signature": "0x" + "11" * 65})
    assert answer.status_code == 403
    assert time.process_time() - began < 5
