"""An arbiter tells right deliveries from wrong ones, and what shows it."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest

from biodesci.chain.commitments import commitments
from biodesci.chain.records import DatasetVersion
from biodesci.core import cid, container, envelope
from biodesci.core.envelope import generate_seed, public_key
from biodesci.core.errors import IntegrityError, NotFoundError, UnavailableError, WrongKeyError
from biodesci.ipfs.client import Ipfs
from biodesci.market import content, evidence, judgement, license
from biodesci.market.evidence import Evidence
from biodesci.market.judgement import Finding, Judgement, Side
from biodesci.party.member import Member
from tests.backend import calls
from tests.backend.acting import PASSPHRASE
from tests.backend.ipfs.test_node import post, start
from tests.backend.market.conftest import HMB, Sale
from tests.backend.market.deliveries import custodian, deliver_by_hand, right_content
from tests.backend.market.downloads import downloaded

__all__ = ["start"]


def judgement_of(sale, judge, license_id: int, tmp_path) -> Judgement:
    file = tmp_path / f"{os.urandom(4).hex()}.evidence"
    evidence.show(custodian(sale), license_id, judge.chain.address, file)
    return judgement.judge(judge, license_id, file)


def judged(sale, judge, license_id: int, tmp_path) -> Finding:
    made = judgement_of(sale, judge, license_id, tmp_path)
    assert (made.favours is Side.OWNER) == (made.finding is Finding.RIGHT_KEY)
    return made.finding


def test_an_honest_delivery(sale, judge, tmp_path):
    license_id = sale.buy().license_id
    sale.release()
    assert judged(sale, judge, license_id, tmp_path) is Finding.RIGHT_KEY
    # The licensee rotates its key afterwards: what was delivered stays judged by the key of then.
    sale.buyer.send(sale.buyer.keys.functions.register(public_key(generate_seed())))
    assert judged(sale, judge, license_id, tmp_path) is Finding.RIGHT_KEY
    sale.buyer.send(sale.buyer.keys.functions.revoke())
    assert judged(sale, judge, license_id, tmp_path) is Finding.RIGHT_KEY


def test_an_envelope_that_its_owner_kept_to_itself_is_there_once_it_is_judged(sale_of, judge, tmp_path):
    """The digest on chain is the right envelope's: the owner would win, and the licensee have nothing."""
    sale = sale_of(arbiter=judge.chain.address)
    license_id = sale.buy().license_id
    deliver_by_hand(sale, license_id, right_content(sale), withheld=True)
    with pytest.raises(NotFoundError, match="Nobody reachable has") as missing:
        downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)
    assert f"If it stays so: dispute it before the window ends: biodesci license dispute {license_id}" in str(
        missing.value
    )
    license.dispute(sale.buyer, license_id, "there is no envelope")
    deaf = Member(judge.chain, Ipfs("http://127.0.0.1:1", timeout=1.0), judge.home, PASSPHRASE)
    with pytest.raises(UnavailableError, match="does not answer"):
        judgement_of(sale, deaf, license_id, tmp_path)
    made = judgement_of(sale, judge, license_id, tmp_path)
    assert (made.finding, made.favours) == (Finding.RIGHT_KEY, Side.OWNER)
    assert "That the licensee could fetch them is not shown" in made.says
    assert "can fetch them from there" in made.says
    judge.chain.send(calls.resolve(judge.chain, license_id, pay_owner=True))
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, license_id) == sale.file.read_bytes()


def test_a_licensee_fetches_from_the_arbiter_what_the_owner_served_to_the_arbiter_alone(
    chain_for, judge, tmp_path, start
):
    owners, arbiters = start("owners"), start("arbiters")
    address = json.loads(post(owners.port, "id"))["Addresses"][0]
    post(arbiters.port, f"swarm/connect?arg={address}")
    sale = Sale(chain_for, owners.client, tmp_path, terms=HMB, arbiter=judge.chain.address)
    license_id = sale.buy().license_id
    sale.release()
    made = judgement_of(sale, replace(judge, ipfs=arbiters.client), license_id, tmp_path)
    assert made.favours is Side.OWNER
    owners.process.kill()
    owners.process.wait()
    assert downloaded(sale.buyer, arbiters.client, sale.seed, license_id) == sale.file.read_bytes()
    pinned = json.loads(post(arbiters.port, "pin/ls?type=recursive"))["Keys"]
    version = judge.chain.read(DatasetVersion, sale.dataset, 1)
    root = commitments(judge.chain, version).content_root
    found = content.locate(arbiters.client, version.card, root).content
    envelope_ = license.envelope_of(sale.buyer, license_id)
    assert {cid.to_v0(one) for one in (version.card, found, envelope_)} <= set(pinned)


def test_what_was_found_does_not_hang_on_how_fast_a_node_looks_through_the_file(
    sale, judge, tmp_path, monkeypatch
):
    """A node gets as long for a whole file of gigabytes as for a block: its owner would lose by the size."""
    license_id = sale.buy().license_id
    sale.release()

    def pin(self, digest, why):
        raise NotFoundError("The IPFS node did not find it within 30 s.")

    with monkeypatch.context() as patch:
        patch.setattr(Ipfs, "pin", pin)
        made = judgement_of(sale, judge, license_id, tmp_path)
    assert (made.finding, made.favours) == (Finding.RIGHT_KEY, Side.OWNER)
    assert "did not promise in time to keep them: judge again" in made.says
    assert "can fetch them from there" not in made.says
    assert "can fetch them from there" in judgement_of(sale, judge, license_id, tmp_path).says


def test_the_container_is_fetched_within_a_bound_goes_on_and_leaves_nothing(
    sale, judge, tmp_path, monkeypatch
):
    license_id = sale.buy().license_id
    sale.release()
    file = tmp_path / "shown"
    evidence.show(custodian(sale), license_id, judge.chain.address, file)
    made = judgement.judge(judge, license_id, file, most=100)
    assert (made.finding, made.favours) == (Finding.CONTAINER_TOO_LARGE, Side.NOBODY)
    assert "you allowed 100. Judge again with more room (--at-most)" in made.says

    real = Ipfs.stream

    def cut(self, digest, start):
        yield next(real(self, digest, start))[:200]
        raise UnavailableError("The connection was lost.", "Repeat.")

    with monkeypatch.context() as patch:
        patch.setattr(Ipfs, "stream", lambda *given: (cut if len(given) > 2 else real)(*given))
        with pytest.raises(UnavailableError):
            judgement.judge(judge, license_id, file)
    (part,) = (judge.home / "judging").iterdir()
    assert part.stat().st_size == 200
    progress: list[int] = []
    written: list[str] = []
    decrypt = container.decrypt
    monkeypatch.setattr(
        container,
        "decrypt",
        lambda source, target, *key, **more: (
            written.append(target.name) or decrypt(source, target, *key, **more)
        ),
    )
    assert judgement.judge(judge, license_id, file, progress=progress.append).finding is Finding.RIGHT_KEY
    assert progress[0] == 200
    assert written == [os.devnull]
    assert list((judge.home / "judging").iterdir()) == []
    plain = sale.file.read_bytes()
    kept = [path.read_bytes() for path in judge.home.rglob("*") if path.is_file()]
    assert not [one for one in kept if plain[:32] in one]


def test_what_the_arbiters_own_disk_did_is_nobodys_fault(sale, judge, tmp_path):
    license_id = sale.buy().license_id
    sale.release()
    version = judge.chain.read(DatasetVersion, sale.dataset, 1)
    root = commitments(judge.chain, version).content_root
    found = content.locate(judge.ipfs, version.card, root).content
    folder = judge.home / "judging"
    folder.mkdir()
    name = f"{cid.from_digest(found)}.container"
    (folder / f"{name}.{found.hex()[:16]}.part").write_bytes(bytes(200))
    with pytest.raises(IntegrityError, match="was damaged here"):
        judgement_of(sale, judge, license_id, tmp_path)
    assert judged(sale, judge, license_id, tmp_path) is Finding.RIGHT_KEY


def test_a_licensee_cannot_stop_the_judgement_by_registering_what_is_no_key(sale, judge, tmp_path):
    license_id = sale.buy().license_id
    sale.release()
    again = sale.buy(again=True).license_id
    sale.buyer.send(sale.buyer.keys.functions.register(b"\xff" * 1216))
    deliver_by_hand(sale, again, right_content(sale), public=public_key(sale.seed))
    for bought in (license_id, again):
        assert judged(sale, judge, bought, tmp_path) is Finding.RIGHT_KEY


def test_a_wrong_key_in_the_envelope(sale, judge, tmp_path):
    license_id = sale.buy().license_id
    deliver_by_hand(sale, license_id, os.urandom(64))
    assert judged(sale, judge, license_id, tmp_path) is Finding.WRONG_KEY


@pytest.mark.parametrize("how", ["replaced", "revoked"])
def test_an_envelope_for_a_key_that_was_given_up_before_the_purchase(sale, judge, tmp_path, how):
    former, functions = public_key(sale.seed), sale.buyer.keys.functions
    if how == "revoked":
        sale.buyer.send(functions.revoke())
    sale.buyer.send(functions.register(public_key(generate_seed())))
    license_id = sale.buy().license_id
    deliver_by_hand(sale, license_id, right_content(sale), public=former)
    assert judged(sale, judge, license_id, tmp_path) is Finding.FORMER_KEY


def test_an_envelope_for_somebody_else(sale, judge, tmp_path):
    license_id = sale.buy().license_id
    deliver_by_hand(sale, license_id, right_content(sale), public=public_key(generate_seed()))
    assert judged(sale, judge, license_id, tmp_path) is Finding.NO_EVIDENCE


def test_evidence_of_another_envelope_than_was_delivered(sale, judge, tmp_path):
    """The custodian delivers rubbish, and shows how a right envelope would have been made."""
    license_id, content = sale.buy().license_id, right_content(sale)
    chain = sale.owner
    rubbish = sale.ipfs.add(os.urandom(1_208))
    chain.send(calls.deliver(chain, license_id, rubbish))
    context = envelope.info(
        "license", chain.chain_id, str(chain.licenses.address), license_id, sale.buyer.address
    )
    sealed, randomness = envelope.seal_shown(public_key(sale.seed), content, context)
    assert shown(sale, judge, license_id, Evidence(sale.ipfs.add(sealed), randomness, content), tmp_path) is (
        Finding.OTHER_ENVELOPE
    )
    assert (
        shown(sale, judge, license_id, Evidence(rubbish, randomness, content), tmp_path)
        is Finding.NO_EVIDENCE
    )


def test_changed_evidence(sale, judge, tmp_path):
    license_id = sale.buy().license_id
    sale.release()
    made = evidence.load(sale.home, PASSPHRASE, sale.owner, license_id)
    for changed in (
        Evidence(made.digest, os.urandom(64), made.content),
        Evidence(made.digest, made.randomness[:63] + bytes([made.randomness[63] ^ 2]), made.content),
        Evidence(made.digest, made.randomness, made.content[:63] + bytes([made.content[63] ^ 1])),
    ):
        assert shown(sale, judge, license_id, changed, tmp_path) is Finding.NO_EVIDENCE
    file = tmp_path / "file"
    evidence.show(custodian(sale), license_id, judge.chain.address, file)
    raw = file.read_bytes()
    for place in (0, 9, 1_200, len(raw) - 1):
        file.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        with pytest.raises((WrongKeyError, IntegrityError)):
            judgement.judge(judge, license_id, file)


def test_evidence_of_another_licence(sale, judge, tmp_path):
    first, second = sale.buy().license_id, sale.buy(again=True).license_id
    sale.release()
    file = tmp_path / "file"
    evidence.show(custodian(sale), first, judge.chain.address, file)
    with pytest.raises(WrongKeyError):
        judgement.judge(judge, second, file)
    made = evidence.load(sale.home, PASSPHRASE, sale.owner, first)
    assert shown(sale, judge, second, made, tmp_path) is Finding.OTHER_ENVELOPE


def test_an_envelope_of_another_licence_was_delivered_again(sale, judge, tmp_path):
    """It opens for no-one under the second licence, and its evidence does not make it there."""
    first, second = sale.buy().license_id, sale.buy(again=True).license_id
    made = deliver_by_hand(sale, first, right_content(sale))
    sale.owner.send(calls.deliver(sale.owner, second, made.digest))
    assert shown(sale, judge, second, made, tmp_path) is Finding.NO_EVIDENCE


def shown(sale, judge, license_id: int, made: Evidence, tmp_path) -> Finding:
    """What the arbiter says of evidence that somebody made up and sealed for this licence."""
    chain, file = sale.owner, tmp_path / f"{os.urandom(4).hex()}.made"
    to = judge.chain.address
    context = envelope.info("evidence", chain.chain_id, str(chain.licenses.address), license_id, to)
    file.write_bytes(envelope.seal(chain.key_of(to), made.to_bytes(), context))
    return judgement.judge(judge, license_id, file).finding
