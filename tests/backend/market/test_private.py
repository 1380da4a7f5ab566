"""A private container is served to those entitled, and to nobody else."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from eth_account.messages import encode_typed_data

from biodesci.chain.records import DatasetVersion
from biodesci.core import typed_data
from biodesci.core.documents.acceptance import RoleAcceptance, SignedAcceptance
from biodesci.core.documents.content_request import LONGEST_LIFE, SignedContentRequest, origin
from biodesci.core.errors import (
    AccessDeniedError,
    InputError,
    IntegrityError,
    NotFoundError,
    RevertedError,
    UnavailableError,
)
from biodesci.core.onchain import LicenseState, Role
from biodesci.ipfs import unixfs
from biodesci.ipfs.client import Ipfs
from biodesci.market import evidence, license, licensed_copy, roles, settlement, sources
from biodesci.market.container_server import ContainerServer
from biodesci.market.judgement import Finding, judge
from biodesci.market.sources import OwnersServer, signer, source_of
from biodesci.party import keys
from biodesci.party.containers import Containers
from tests.backend import calls
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.conftest import ARTIFACTS
from tests.backend.market.private import PrivateSale, get, serving, stranger_bytes, strangers
from tests.backend.passports.test_issuer import wallet


@pytest.fixture
def served(chain_for: Callable[..., Any], tmp_path: Path) -> Iterator[ContainerServer]:
    with serving(chain_for(), tmp_path / "owner") as made:
        yield made


@pytest.fixture
def sale(chain_for: Callable[..., Any], ipfs: Ipfs, tmp_path: Path, served: ContainerServer) -> PrivateSale:
    return PrivateSale(chain_for, ipfs, tmp_path, served.origin)


def copy_of(sale: PrivateSale, license_id: int, folder: Path) -> bytes:
    """What a licensee gets by the way that every licensee goes."""
    target = folder / "copy"
    licensed_copy.download_over(sale.buyer, sale.ipfs, sale.seed, license_id, target)
    return target.read_bytes()


def refused(sale: PrivateSale, served: ContainerServer, shown: SignedContentRequest) -> str:
    """Why, in a problem document that holds nothing of the file."""
    answer = get(served, sale.content, shown)
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    return str(answer.json()["detail"])


def test_a_licensee_gets_it_and_ipfs_does_not_have_it(sale, served, tmp_path):
    license_id = sale.bought()
    assert copy_of(sale, license_id, tmp_path) == sale.plaintext
    with pytest.raises(NotFoundError):
        sale.ipfs.size(sale.content)


def test_no_stranger_gets_a_byte(sale, served, chain_for):
    kinds = strangers(sale, served, chain_for)
    assert stranger_bytes(sale, served, kinds) == dict.fromkeys(kinds, 0)
    for kind, shown in kinds.items():
        for method in ("GET", "HEAD"):
            for range_ in (None, "bytes=0-15"):
                answer = get(served, sale.content, shown, range_, method)
                assert answer.status_code in (400, 401, 403, 404), kind
                assert "Content-Range" not in answer.headers
                assert int(answer.headers["Content-Length"]) < 1_000
        assert answer.headers["Cache-Control"] == "no-store"
    assert get(served, sale.content, None).headers["WWW-Authenticate"] == "BioDeSci"


def test_each_is_told_why(sale, served, chain_for):
    kinds = strangers(sale, served, chain_for)
    told = {kind: get(served, sale.content, shown).json()["detail"] for kind, shown in kinds.items()}
    for kind, words in {
        "shows nothing": "not public",
        "shows another scheme": "holds no request",
        "has a signature of zeros": "is not signed by",
        "signs for somebody else": "is not signed by",
        "has an expired request": "has expired",
        "has a request for ever": "too long",
        "has one for another server": "another server",
        "has one for another file": "another file",
        "has one for another chain": "another network",
        "has no licence": "neither owns",
        "names the licence of another": "is not held by",
        "names a licence that there is not": "There is no licence",
        "has a licence of another dataset": "is for dataset",
        "has no key yet": "is not delivered yet",
        "may train alone": "not one to download",
    }.items():
        assert words in told[kind], kind


def test_a_file_that_is_not_here_and_one_of_another_answer_alike(sale, served, chain_for):
    """Who is entitled to another dataset, or owns it, does not learn what else lies here."""
    other = PrivateSale(chain_for, sale.ipfs, sale.home.parent / "elsewhere", served.origin)
    nowhere = os.urandom(32)
    answers = []
    for content in (sale.content, nowhere):
        for account, license_id in ((other.buyer, other.bought()), (other.owner, 0)):
            shown = other.request(served, account.signer(), license_id, content=content)
            answer = get(served, content, shown)
            said = answer.json()
            said.pop("instance")
            answers.append((answer.status_code, said, set(answer.headers)))
    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)


def test_ranges_and_head(sale, served):
    shown, sealed = sale.request(served, sale.buyer.signer(), sale.bought()), sale.sealed
    assert get(served, sale.content, shown).content == sealed
    head = get(served, sale.content, shown, method="HEAD")
    assert (head.content, int(head.headers["Content-Length"])) == (b"", len(sealed))
    for asked, start, stop in (
        ("0-9", 0, 10),
        ("100-", 100, len(sealed)),
        ("-7", len(sealed) - 7, len(sealed)),
    ):
        answer = get(served, sale.content, shown, f"bytes={asked}")
        assert (answer.status_code, answer.content) == (206, sealed[start:stop])
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(sealed)}"
    behind = get(served, sale.content, shown, f"bytes={len(sealed)}-")
    assert (behind.status_code, behind.content) == (416, b"")


def test_no_answer_is_longer_than_its_bound(sale, served, monkeypatch):
    monkeypatch.setattr("biodesci.market.container_server.LARGEST", 1_000)
    shown = sale.request(served, sale.buyer.signer(), sale.bought())
    assert get(served, sale.content, shown).status_code == 400
    part = get(served, sale.content, shown, "bytes=10-")
    assert part.content == sale.sealed[10:1_010]
    assert part.headers["Content-Range"] == f"bytes 10-1009/{len(sale.sealed)}"


def test_access_ends_with_the_licence_and_with_consent(sale, served, localnet, tmp_path):
    revoked, kept = sale.bought(), sale.bought()
    shown = {one: sale.request(served, sale.buyer.signer(), one) for one in (revoked, kept)}
    assert get(served, sale.content, shown[revoked]).status_code == 200
    settlement.revoke(sale.owner, revoked, "terms were broken")
    assert "revoked" in refused(sale, served, shown[revoked])
    assert get(served, sale.content, shown[kept]).status_code == 200
    sale.owner.send(sale.owner.datasets.functions.withdraw(sale.dataset, 1))
    assert "was withdrawn" in refused(sale, served, shown[kept])
    with pytest.raises(AccessDeniedError, match="was withdrawn"):
        copy_of(sale, kept, tmp_path)
    owner = sale.request(served, sale.owner.signer())
    assert get(served, sale.content, owner).content == sale.sealed


def test_an_expired_licence_gives_nothing_more(chain_for, ipfs, tmp_path, served, localnet):
    sale = PrivateSale(chain_for, ipfs, tmp_path, served.origin, duration=1_000)
    license_id = sale.bought()
    shown = sale.request(served, sale.buyer.signer(), license_id)
    assert get(served, sale.content, shown).status_code == 200
    localnet.pass_time(1_001)
    assert "has expired" in refused(sale, served, shown)


def test_who_acts_for_the_dataset_or_keeps_copies_gets_it(sale, chain_for):
    operator, deployer, partner = chain_for(), chain_for(), chain_for()
    contract = wallet(deployer, partner.address)
    with serving(chain_for(), sale.home, partners=frozenset({contract})) as served:
        assert get(served, sale.content, sale.request(served, sale.owner.signer())).status_code == 200
        roles.grant(sale.owner, sale.dataset, Role.OPERATOR, operator.address)
        roles.accept(operator, sale.dataset, Role.OPERATOR)
        assert get(served, sale.content, sale.request(served, operator.signer())).status_code == 200
        # A contract signs by its code (ERC-1271).
        by_code = sale.request(served, partner.signer(), account=contract)
        assert get(served, sale.content, by_code).content == sale.sealed
        assert "is not signed" in refused(
            sale, served, sale.request(served, operator.signer(), account=contract)
        )
        sale.owner.send(sale.owner.datasets.functions.withdraw(sale.dataset, 1))
        assert "was withdrawn" in refused(sale, served, by_code)


def test_a_contract_wallet_is_a_custodian(sale, chain_for):
    """It accepts the role and asks for the file by ERC-1271, and delivers by a call of its own."""
    deployer, signer, stranger = chain_for(), chain_for(), chain_for()
    contract = wallet(deployer, signer.address)
    roles.grant(sale.owner, sale.dataset, Role.CUSTODIAN, contract)
    acceptance = RoleAcceptance.model_validate(
        {
            "dataset_id": sale.dataset,
            "role": "custodian",
            "account": contract,
            "owner": sale.owner.address,
            "nonce": sale.owner.call(
                sale.owner.datasets.functions.proposalOf(sale.dataset, Role.CUSTODIAN, contract)
            ),
            "deadline": sale.owner.now() + 600,
        }
    )
    where = sale.owner.chain_id, str(sale.owner.datasets.address)
    message = encode_typed_data(full_message=typed_data.role_acceptance(*where, acceptance))
    for by, is_taken in ((stranger, False), (signer, True)):
        signed = SignedAcceptance(
            chain_id=where[0],
            contract=where[1],
            acceptance=acceptance,
            signature=bytes(by.signer().sign_message(message).signature),
        )
        with contextlib.nullcontext() if is_taken else pytest.raises(RevertedError, match="not signed by"):
            roles.relay_acceptance(stranger, signed)
    with serving(chain_for(), sale.home) as served:
        by_code = sale.request(served, signer.signer(), account=contract)
        assert get(served, sale.content, by_code).content == sale.sealed
        forged = sale.request(served, stranger.signer(), account=contract)
        assert "is not signed" in refused(sale, served, forged)
    license_id = sale.buy()
    call = calls.deliver(signer, license_id, b"\5" * 32)
    abi = json.loads((ARTIFACTS / "Wallet1271.sol/Wallet1271.json").read_text())["abi"]
    safe = signer.web3.eth.contract(address=contract, abi=abi)
    signer.send(safe.functions.execute(str(signer.licenses.address), 0, call._encode_transaction_data()))
    assert license.get(signer, license_id).state is LicenseState.DELIVERED


def test_an_arbiter_gets_it_while_a_dispute_is_open(chain_for, ipfs, tmp_path, served, arbiter):
    sale = PrivateSale(chain_for, ipfs, tmp_path, served.origin, arbiter=arbiter.address)
    judging = acting(arbiter, ipfs, tmp_path / "judge")
    keys.register(arbiter, judging.home, PASSPHRASE)
    license_id = sale.bought()
    shown = sale.request(served, arbiter.signer(), license_id)
    assert "is not held by" in refused(sale, served, shown)
    license.dispute(sale.buyer, license_id, "it does not open")
    assert "is disputed" in refused(sale, served, sale.request(served, sale.buyer.signer(), license_id))
    assert get(served, sale.content, shown).content == sale.sealed
    file = tmp_path / "evidence"
    evidence.show(acting(sale.owner, ipfs, sale.home), license_id, arbiter.address, file)
    made = judge(judging, license_id, file)
    assert made.finding is Finding.RIGHT_KEY
    assert f"server at {served.origin} gave it to you" in made.says
    with pytest.raises(NotFoundError):
        ipfs.size(sale.content)  # it was not made public by being judged
    arbiter.send(calls.resolve(arbiter, license_id, pay_owner=True))
    assert "is not held by" in refused(sale, served, shown)
    assert copy_of(sale, license_id, tmp_path) == sale.plaintext


def test_a_container_of_which_nothing_is_noted_is_served_to_nobody(sale, served):
    kept = os.urandom(1_000)
    made = sale.home / "made"
    made.write_bytes(kept)
    hasher = unixfs.Hasher()
    hasher.update(kept)
    containers = Containers(sale.home)
    containers.keep(made, hasher.digest())
    containers.keep(made, hasher.digest())  # the run before was stopped here
    shown = sale.request(served, sale.owner.signer(), content=hasher.digest())
    assert get(served, hasher.digest(), shown).status_code == 404
    containers.assign(hasher.digest(), sale.owner, sale.owner.read(DatasetVersion, sale.dataset, 1))
    assert get(served, hasher.digest(), shown).content == kept
    assert [one.content for one in containers.all()].count(hasher.digest()) == 1
    containers.forget(hasher.digest())
    assert get(served, hasher.digest(), shown).status_code == 404
    with pytest.raises(NotFoundError, match="is not in this home"):
        containers.keep(made, hasher.digest())


def test_a_download_goes_on_and_damage_is_noticed(sale, served, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "PIECE", 10_000)
    sign = signer(sale.buyer, sale.dataset, sale.bought())
    source, target, sealed = source_of(sale.ipfs, served.origin, sign), tmp_path / "got", sale.sealed
    assert isinstance(source, OwnersServer)
    assert source.size(sale.content) == len(sealed)
    part = target.with_name(f"{target.name}.{sale.content.hex()[:16]}.part")
    part.write_bytes(sealed[:123_456])
    told: list[int] = []
    source.download(sale.content, target, told.append)
    assert target.read_bytes() == sealed
    assert (told[0], sum(told)) == (123_456, len(sealed))
    assert b"".join(source.stream(sale.content)) == sealed
    assert b"".join(source.stream(sale.content, 9_000, 31_000)) == sealed[9_000:31_000]
    target.unlink()
    part.write_bytes(b"x" + sealed[1:])
    with pytest.raises(IntegrityError, match="another file"):
        source.download(sale.content, target)
    assert not part.exists()
    path = Containers(sale.home).path(sale.content)
    path.write_bytes(sealed[:-1] + b"x")
    with pytest.raises(IntegrityError, match="another file"):
        b"".join(source.stream(sale.content))
    with pytest.raises(IntegrityError, match="another file"):
        source.download(sale.content, target)
    assert not target.exists()


def test_a_copy_that_is_here_is_not_asked_for_again(sale, served, tmp_path):
    """A licence of one use is spent before the file is in place: a run that is stopped then goes on."""
    target = tmp_path / "got"
    target.write_bytes(sale.sealed)
    nobody = signer(sale.buyer, sale.dataset, 10**9)
    OwnersServer(served.origin, nobody).download(sale.content, target)
    with pytest.raises(AccessDeniedError, match="There is no licence"):
        OwnersServer(served.origin, nobody).size(sale.content)


def test_a_server_that_is_not_there_and_one_that_is_something_else(sale, ipfs_node, tmp_path):
    sign = signer(sale.buyer, sale.dataset, sale.bought())
    with pytest.raises(UnavailableError, match="does not answer"):
        OwnersServer("http://127.0.0.1:9", sign).size(sale.content)
    with pytest.raises(NotFoundError):
        OwnersServer(ipfs_node.gateway, sign).download(sale.content, tmp_path / "got")
    assert source_of(sale.ipfs, None, sign) is sale.ipfs


@pytest.mark.parametrize(
    "text",
    [
        "",
        "http://data.example",
        "https://",
        "https://a/b",
        "https://a?b",
        "https://u@a",
        "ftp://a",
        "https://a:b",
    ],
)
def test_addresses_that_are_none(text):
    with pytest.raises(InputError, match="no address"):
        origin(text)


def test_an_address_has_one_form():
    assert origin("https://Data.Example:443/") == "https://data.example"
    assert origin("https://[2001:DB8::1]:8443") == "https://[2001:db8::1]:8443"
    assert origin("http://localhost:8760") == "http://localhost:8760"


def test_a_request_is_signed_anew_before_it_expires(sale, served, monkeypatch):
    made: list[SignedContentRequest] = []
    sign = signer(sale.buyer, sale.dataset, sale.bought())

    def noted(content: bytes, audience: str) -> SignedContentRequest:
        made.append(sign(content, audience))
        return made[-1]

    source = OwnersServer(served.origin, noted)
    source.size(sale.content)
    source.size(sale.content)
    assert len(made) == 1
    assert made[0].request.expires - time.time() <= LONGEST_LIFE
    monkeypatch.setattr(sources, "_AHEAD", 10_000)
    source.size(sale.content)
    assert len(made) == 2
