"""An issuer over HTTP, on a real chain: from a passport to a licence, and what it refuses to sign."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from eth_account import Account
from eth_utils.crypto import keccak
from fastapi.testclient import TestClient

from biodesci.chain.client import Chain
from biodesci.core import visa as passport
from biodesci.core.documents.order import Evidence, Purpose
from biodesci.core.documents.passport import SignInTerms, VisaAnswer, VisaRequest
from biodesci.core.errors import (
    AccessDeniedError,
    ConfigurationError,
    InputError,
    IntegrityError,
    UnavailableError,
)
from biodesci.core.visa import VisaType
from biodesci.market import offers, visa
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import purchase
from biodesci.passports import client, siwe
from biodesci.passports.issuer import Issuer
from biodesci.passports.nonces import LIFETIME, Nonces
from biodesci.passports.register import Register
from biodesci.passports.server import create_app
from biodesci.passports.siwe import SignIn
from biodesci.serving.rate import Rate
from tests.backend.chain.test_delegated_account import delegated
from tests.backend.conftest import ARTIFACTS, ROOT
from tests.backend.passports.conftest import BONA_FIDE, GRANTED, URL, Broker, trust_in

HMB = 1 << 2
DAY = 86_400


class Desk:
    """An issuer's server, and a researcher who asks it."""

    def __init__(
        self, chain_for: Callable[..., Chain], keyed: Callable[..., Chain], trust: Any, keys: Any
    ) -> None:
        self.chain, self.asker = chain_for(), keyed()
        self.now = int(time.time())
        self.home = Path(tempfile.mkdtemp(dir=self.chain.home))
        self.start(trust, keys)

    def start(self, trust: Any, keys: Any) -> None:
        """As the command does it; once more: after a restart."""
        register = Register.open(self.home, "correct horse battery", self.chain)
        self.issuer = Issuer(self.chain, trust, keys, lambda: self.now, register)
        self.http = TestClient(create_app(self.issuer, rate=Rate(1000)), raise_server_exceptions=False)

    def transport(self) -> httpx.BaseTransport:
        def answer(request: httpx.Request) -> httpx.Response:
            reply = self.http.request(request.method, request.url.path, content=request.content)
            return httpx.Response(reply.status_code, content=iter([reply.content]))

        return httpx.MockTransport(answer)

    def ask(self, passport_: str, url: str = URL) -> VisaAnswer:
        return client.request(self.asker, url, passport_, self.transport())

    def message(self, passport_: str, **changes: Any) -> SignIn:
        terms = SignInTerms.parse(self.http.post("/nonce").content)
        said = {
            "domain": "visas.example.org",
            "address": self.asker.address,
            "passport": siwe.fingerprint(passport_),
            "uri": URL,
            "chain_id": terms.chain_id,
            "nonce": terms.nonce,
            "issued_at": terms.issued_at,
            "expires": terms.expires,
        }
        return SignIn(**{**said, **changes})

    def send(self, passport_: str, message: SignIn, signature: bytes | None = None) -> VisaAnswer:
        if signature is None:
            signature = bytes(self.asker.signer().sign_message(message.signable()).signature)
        return self.issuer.issue(VisaRequest(passport=passport_, message=message.text(), signature=signature))


@pytest.fixture
def desk(chain_for, keyed, trust, keys) -> Desk:
    return Desk(chain_for, keyed, trust, keys)


def published(chain: Chain) -> int:
    receipt = chain.send(
        chain.datasets.functions.publish((b"\1" * 32, b"\2" * 32, b"\3" * 32, HMB, bytes(32)), [])
    )
    return int(chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"])


def wallet(deployer: Chain, signer: str) -> str:
    """The address of a contract that takes the signatures of `signer` for its own."""
    web3 = deployer.web3
    artifact = json.loads((ARTIFACTS / "Wallet1271.sol/Wallet1271.json").read_text())
    factory = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"]["object"])
    made = factory.constructor(signer).build_transaction(
        {"from": deployer.address, "nonce": 0, "gas": 2_000_000}
    )
    signed = deployer.signer().sign_transaction(made)
    receipt = web3.eth.wait_for_transaction_receipt(web3.eth.send_raw_transaction(signed.raw_transaction))
    return str(receipt["contractAddress"])


def test_a_passport_buys_a_licence(desk, broker, chain_for, keys):
    """From two brokers' visas to the contract, which asks for the same terms as the GA4GH visas name."""
    owner = chain_for()
    dataset = published(owner)
    types = 15 ^ 1 << VisaType.AFFILIATION_AND_ROLE
    rules = [rule.model_dump(mode="json") for rule in desk.issuer.trust.rules]
    grant = {"type": "ControlledAccessGrants", "values": [GRANTED], "by": ["dac"], "dataset": dataset}
    desk.issuer.trust = trust_in(broker, rules=[*rules, grant])
    visa.trust(owner, desk.chain.address, types, dataset)
    visa.require_value(owner, VisaType.RESEARCHER_STATUS, keccak(BONA_FIDE.encode()), dataset)
    offer = offers.create(owner, dataset, OfferTerms(duration=DAY, visas=types))
    given = desk.ask(
        broker.passport(
            broker.visa(),
            broker.visa("AcceptedTermsAndPolicies", by="self"),
            broker.visa("ControlledAccessGrants", value=GRANTED, by="dac"),
            broker.visa("AffiliationAndRole", value="faculty@uni.example"),
        )
    )
    assert [one.visa.type for one in given.visas] == [2, 1, 3]
    assert len(given.ignored) == 1
    for one in given.visas:
        assert visa.check(desk.asker, one, dataset) == one.visa.expires
        assert one.visa.issuer == desk.chain.address
    bought = purchase(desk.asker, offer, Purpose(duo=HMB), Evidence(visas=given.visas))
    assert bought.bought
    with pytest.raises(AccessDeniedError, match="requires visas"):
        purchase(desk.asker, offer, Purpose(duo=HMB), Evidence(visas=given.visas[:2]), again=True)


def test_a_visa_ends_with_the_brokers_and_says_what_it_asserted(desk, broker):
    end, then = desk.now + 777, desk.now - 5 * DAY
    (signed,) = desk.ask(broker.visa(claims={"exp": end}, asserted=then)).visas
    assert (signed.visa.expires, signed.visa.asserted) == (end, then)
    assert signed.visa.subject == desk.asker.address
    assert signed.visa.value == keccak(BONA_FIDE.encode())


def test_of_two_visas_that_say_the_same_the_longer_one_is_signed(desk, broker):
    long, short = (broker.visa(claims={"exp": desk.now + seconds}) for seconds in (500, 400))
    (signed,) = desk.ask(broker.passport(short, long, short)).visas
    assert signed.visa.expires == desk.now + 500


def test_a_message_counts_once(desk, broker):
    token = broker.visa()
    message = desk.message(token)
    assert desk.send(token, message).visas
    with pytest.raises(AccessDeniedError, match="used already"):
        desk.send(token, message)


def test_a_refused_passport_uses_the_message_up(desk, broker, stranger):
    token = stranger.visa()
    message = desk.message(token)
    with pytest.raises(AccessDeniedError, match="does not trust"):
        desk.send(token, message)
    with pytest.raises(AccessDeniedError, match="used already"):
        desk.send(token, message)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"domain": "phishing.example"}, "for another site"),
        ({"uri": "https://visas.example.org/other"}, "another address of the site"),
        ({"chain_id": 1}, "for another chain"),
        ({"passport": "0" * 64}, "about another passport"),
        ({"expires": 1_000_000_000}, "expired"),
        ({"issued_at": 1 << 32}, "dated in the future"),
        ({"expires": 1 << 32}, "longer than its nonce"),
        ({"nonce": "0" * 80}, "not issued here"),
        ({"nonce": Nonces().issue(int(time.time()))}, "not issued here"),
    ],
)
def test_another_message_than_was_asked_for_is_refused(desk, broker, changes, why):
    token = broker.visa()
    with pytest.raises(AccessDeniedError, match=why):
        desk.send(token, desk.message(token, **changes))


def test_another_accounts_signature_is_refused(desk, broker, chain_for):
    """A stranger signs for the victim's account, or uses the victim's signature for its own."""
    token, thief = broker.visa(), Account.create()
    message = desk.message(token)
    forged = bytes(thief.sign_message(message.signable()).signature)
    for signature in (forged, b"", b"\1" * 65, forged[:64]):
        with pytest.raises(AccessDeniedError, match="not signed by"):
            desk.send(token, message, signature)
    genuine = bytes(desk.asker.signer().sign_message(message.signable()).signature)
    theirs = SignIn(**{**message.__dict__, "address": thief.address})
    with pytest.raises(AccessDeniedError, match="not signed by"):
        desk.send(token, theirs, genuine)
    assert desk.send(token, message, genuine).visas, "no failed attempt used the message up"


def test_a_message_expires(desk, broker):
    token = broker.visa()
    message = desk.message(token)
    desk.now += LIFETIME
    with pytest.raises(AccessDeniedError, match="expired"):
        desk.send(token, message)


def test_a_grant_for_two_datasets_gives_a_visa_for_each(desk, broker, chain_for, monkeypatch):
    owner = chain_for()
    datasets = [published(owner), published(owner)]
    grant = {"type": "ControlledAccessGrants", "values": [GRANTED], "by": ["dac"]}
    desk.issuer.trust = trust_in(broker, rules=[{**grant, "dataset": one} for one in datasets])
    token = broker.visa("ControlledAccessGrants", value=GRANTED, by="dac")
    given = desk.ask(token)
    assert [one.visa.value for one in given.visas] == [visa.grant_value(owner, one) for one in datasets]
    monkeypatch.setattr("biodesci.passports.issuer._MOST", 1)
    with pytest.raises(InputError, match="more than 1 visas"):
        desk.ask(token)


def test_a_contract_wallet_signs_by_erc_1271(desk, broker, chain_for):
    where = wallet(chain_for(), desk.asker.address)
    token = broker.visa()
    message = desk.message(token, address=where)
    with pytest.raises(AccessDeniedError, match="not signed by"):
        desk.send(token, message, bytes(Account.create().sign_message(message.signable()).signature))
    assert desk.send(token, message).visas[0].visa.subject == where
    # A contract that knows nothing of signatures accepts none.
    message = desk.message(token, address=str(desk.chain.datasets.address))
    with pytest.raises(AccessDeniedError, match="not signed by"):
        desk.send(token, message)


def test_the_code_of_a_delegated_account_answers_first(desk, broker, localnet):
    """EIP-7702: as the contracts have it (docs/security.md), its key alone does not count."""
    account, signer = localnet.account(), Account.create()
    delegated(localnet, account, signer.address)
    token = broker.visa()
    message = desk.message(token, address=account.address)
    with pytest.raises(AccessDeniedError, match="not signed by"):
        desk.send(token, message, bytes(account.sign_message(message.signable()).signature))
    signature = bytes(signer.sign_message(message.signable()).signature)
    assert desk.send(token, message, signature).visas[0].visa.subject == account.address


def test_a_node_that_is_away_says_nothing_of_a_signature(desk, broker, chain_for, monkeypatch):
    token = broker.visa()
    message = desk.message(token, address=wallet(chain_for(), desk.asker.address))
    send = requests.Session.send

    def breaks_off(
        session: requests.Session, question: requests.PreparedRequest, **more: Any
    ) -> requests.Response:
        if b"eth_call" in (question.body or b""):
            raise requests.ConnectionError("broken off")
        return send(session, question, **more)

    with monkeypatch.context() as away:
        away.setattr(requests.Session, "send", breaks_off)
        with pytest.raises(UnavailableError, match="does not answer"):
            desk.send(token, message)
    assert desk.send(token, message).visas, "the message was not used up"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text + "\n",
        lambda text: text.replace("Version: 1", "Version: 2"),
        lambda text: text.replace("0x", "0X"),
        lambda text: text.lower(),
        lambda text: text.replace("Chain ID: ", "Chain ID: 0"),
        lambda text: text.replace("Nonce", "Request ID: 1\nNonce"),
        lambda text: "",
    ],
)
def test_what_is_not_the_message_is_refused(desk, broker, spoil):
    text = desk.message(broker.visa()).text()
    assert SignIn.parse(text).text() == text
    with pytest.raises(InputError, match="no message to sign in with"):
        SignIn.parse(spoil(text))


def test_the_message_is_written_as_the_page_writes_it():
    vectors = json.loads((ROOT / "tests/vectors/sign_in.json").read_text())
    for case in vectors["cases"]:
        said = SignIn(
            domain=case["domain"],
            address=case["address"],
            passport=siwe.fingerprint(vectors["passport"]),
            uri=case["uri"],
            chain_id=vectors["chainId"],
            nonce=vectors["nonce"],
            issued_at=vectors["issuedAt"],
            expires=case["expires"],
        )
        assert said.text() == case["text"]
        assert SignIn.parse(case["text"]) == said
        assert siwe.domain(case["uri"]) == case["domain"]


def test_a_rule_about_a_dataset_that_is_none_is_noticed_at_once(desk, chain_for, broker, keys):
    rule = {"type": "ControlledAccessGrants", "values": [GRANTED], "by": ["dac"], "dataset": 999_999}
    with pytest.raises(ConfigurationError, match="dataset 999999"):
        Issuer(chain_for(), trust_in(broker, rules=[rule]), keys, lambda: 0, desk.issuer.register)


@pytest.mark.parametrize("raw", [b"", b"{}", b"[" * 10_000, b'{"format": "biodesci-visa-request/1"}'])
def test_over_http_what_is_no_request_is_a_problem_document(desk, raw):
    answer = desk.http.post("/visas", content=raw)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"


def test_over_http_an_oversized_request_is_not_read(desk):
    answer = desk.http.post("/visas", content=b" " * (VisaRequest.limit + 1))
    assert answer.status_code == 413


def test_over_http_a_client_that_asks_too_often_is_told_so(desk):
    http = TestClient(create_app(desk.issuer, rate=Rate(3)))
    answers = [http.post("/nonce") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60


def test_nothing_that_a_request_says_is_logged(desk, broker, caplog, monkeypatch):
    def fails(_request: VisaRequest) -> VisaAnswer:
        raise RuntimeError(BONA_FIDE)

    monkeypatch.setattr(desk.issuer, "issue", fails)
    token = broker.visa()
    body = VisaRequest(passport=token, message="m", signature=b"\1").to_bytes()
    answer = desk.http.post("/visas", content=body)
    assert answer.status_code == 500
    assert "unexpected RuntimeError" in caplog.text
    for personal in (BONA_FIDE, token, "researcher"):
        assert personal not in caplog.text + answer.text


def test_a_passport_goes_out_by_https_alone(desk, broker):
    for url in (
        "http://visas.example.org",
        "ftp://visas.example.org",
        "https://u:p@visas.example.org",
        "visas",
    ):
        with pytest.raises(InputError, match="https alone"):
            desk.ask(broker.visa(), url)
    with pytest.raises(AccessDeniedError, match="for another site"):
        desk.ask(broker.visa(), "https://elsewhere.example")


def test_what_the_issuer_refuses_is_raised_at_the_other_end(desk, stranger):
    with pytest.raises(AccessDeniedError, match="does not trust"):
        desk.ask(stranger.visa())


def test_a_dishonest_issuer_gets_nothing_else_signed_and_sells_no_others_visas(desk, broker, chain_for):
    good = desk.ask(broker.visa())
    terms = desk.issuer.terms()

    def served(terms_: SignInTerms, answer: VisaAnswer) -> httpx.BaseTransport:
        bodies = {"/nonce": terms_.to_bytes(), "/visas": answer.to_bytes()}
        return httpx.MockTransport(lambda r: httpx.Response(200, content=iter([bodies[r.url.path]])))

    def ask(transport: httpx.BaseTransport) -> VisaAnswer:
        return client.request(desk.asker, URL, broker.visa(), transport)

    assert ask(served(terms, good)) == good
    with pytest.raises(IntegrityError, match="lasts too long"):
        ask(served(terms.model_copy(update={"expires": terms.issued_at + DAY}), good))
    with pytest.raises(InputError, match="another network"):
        ask(served(terms.model_copy(update={"chain_id": 1}), good))
    other = chain_for()
    theirs = good.visas[0].model_copy(
        update={"visa": good.visas[0].visa.model_copy(update={"subject": other.address})}
    )
    with pytest.raises(IntegrityError, match="another account or network"):
        ask(served(terms, good.model_copy(update={"visas": (theirs,)})))
    with pytest.raises(UnavailableError):
        ask(httpx.MockTransport(lambda r: (_ for _ in ()).throw(httpx.ConnectError("no"))))


def test_registered_access_is_what_the_two_visas_are_for(desk, broker):
    given = desk.ask(broker.passport(broker.visa(), broker.visa("AcceptedTermsAndPolicies")))
    assert passport.missing(passport.REGISTERED_ACCESS, (one.visa.type for one in given.visas)) == 0
    assert isinstance(broker, Broker)
