"""Evidence of a delivery: an arbiter tells right envelopes from wrong ones, and what shows it."""

from __future__ import annotations

import io
import os

import pytest

from biodesci.core import envelope
from biodesci.core.envelope import generate_seed, public_key
from biodesci.core.errors import IntegrityError, NotFoundError, RevertedError, StateError, WrongKeyError
from biodesci.ipfs import unixfs
from biodesci.ipfs.client import Ipfs
from biodesci.market import arbitration, evidence, license
from biodesci.market.evidence import Evidence, Finding, Judgement
from biodesci.party import keys
from biodesci.party.member import Member
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.market.downloads import downloaded


@pytest.fixture
def arbiter(sale, chain_for, tmp_path):
    chain = chain_for()
    member = acting(chain, sale.ipfs, tmp_path / "arbiter")
    keys.register(chain, member.home, PASSPHRASE)
    return member


def custodian(sale):
    return acting(sale.owner, sale.ipfs, sale.home)


def judgement(sale, arbiter, license_id: int, tmp_path) -> Judgement:
    file = tmp_path / f"{os.urandom(4).hex()}.evidence"
    evidence.show(custodian(sale), license_id, arbiter.chain.address, file)
    return evidence.judge(arbiter, license_id, file)


def judged(sale, arbiter, license_id: int, tmp_path) -> Finding:
    made = judgement(sale, arbiter, license_id, tmp_path)
    assert made.added == made.favours_owner == (made.finding is Finding.RIGHT_KEY)
    return made.finding


def deliver_by_hand(
    sale, license_id: int, content: bytes, *, public: bytes | None = None, withheld: bool = False
) -> Evidence:
    """What a dishonest custodian does: the envelope is well-formed, its evidence kept; it may lie nowhere."""
    chain = sale.owner
    context = envelope.info(
        "license", chain.chain_id, str(chain.licenses.address), license_id, sale.buyer.address
    )
    sealed, randomness = envelope.seal_shown(public or public_key(sale.seed), content, context)
    digest = unixfs.digest_of(io.BytesIO(sealed)) if withheld else sale.ipfs.add(sealed)
    made = Evidence(digest, randomness, content)
    chain.send(chain.licenses.functions.deliver(license_id, made.digest))
    evidence.keep(sale.home, PASSPHRASE, chain, license_id, made)
    return made


def test_an_honest_delivery(sale, arbiter, tmp_path):
    license_id = sale.buy().license_id
    sale.release()
    assert judged(sale, arbiter, license_id, tmp_path) is Finding.RIGHT_KEY
    # The licensee rotates its key afterwards: what was delivered stays judged by the key of then.
    sale.buyer.send(sale.buyer.keys.functions.register(public_key(generate_seed())))
    assert judged(sale, arbiter, license_id, tmp_path) is Finding.RIGHT_KEY
    sale.buyer.send(sale.buyer.keys.functions.revoke())
    assert judged(sale, arbiter, license_id, tmp_path) is Finding.RIGHT_KEY


def test_an_envelope_that_its_owner_kept_to_itself_is_there_once_it_is_judged(sale_of, arbiter, tmp_path):
    """The digest on chain is the right envelope's: the owner would win, and the licensee have nothing."""
    arbitration.accept(arbiter.chain, accepted=True)
    sale = sale_of(arbiter=arbiter.chain.address)
    license_id = sale.buy().license_id
    deliver_by_hand(sale, license_id, right_content(sale), withheld=True)
    with pytest.raises(NotFoundError, match="Nobody reachable has"):
        downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)
    license.dispute(sale.buyer, license_id, "there is no envelope")
    deaf = Member(arbiter.chain, Ipfs("http://127.0.0.1:1", timeout=1.0), arbiter.home, PASSPHRASE)
    made = judgement(sale, deaf, license_id, tmp_path)
    assert (made.finding, made.added, made.favours_owner) == (Finding.RIGHT_KEY, False, False)
    assert "cannot be added" in made.says
    made = judgement(sale, arbiter, license_id, tmp_path)
    assert (made.finding, made.added, made.favours_owner) == (Finding.RIGHT_KEY, True, True)
    assert "That it could be fetched is not shown" in made.says
    assert "can fetch it" in made.says
    arbiter.chain.send(arbiter.chain.licenses.functions.resolve(license_id, True))
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, license_id) == sale.file.read_bytes()


def test_a_licensee_cannot_stop_the_judgement_by_registering_what_is_no_key(sale, arbiter, tmp_path):
    license_id = sale.buy().license_id
    sale.release()
    again = sale.buy(again=True).license_id
    sale.buyer.send(sale.buyer.keys.functions.register(b"\xff" * 1216))
    deliver_by_hand(sale, again, right_content(sale), public=public_key(sale.seed))
    for bought in (license_id, again):
        assert judged(sale, arbiter, bought, tmp_path) is Finding.RIGHT_KEY


def test_a_wrong_key_in_the_envelope(sale, arbiter, tmp_path):
    license_id = sale.buy().license_id
    deliver_by_hand(sale, license_id, os.urandom(64))
    assert judged(sale, arbiter, license_id, tmp_path) is Finding.WRONG_KEY


def advice(sale, license_id: int) -> str:
    with pytest.raises(IntegrityError) as caught:
        downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)
    return caught.value.hint


def test_a_dispute_is_advised_only_where_one_can_be_opened(sale_of, arbiter, localnet):
    arbitration.accept(arbiter.chain, accepted=True)
    sale = sale_of(arbiter=arbiter.chain.address)
    license_id = sale.buy().license_id
    deliver_by_hand(sale, license_id, os.urandom(64))
    assert f"biodesci license dispute {license_id}" in advice(sale, license_id)
    localnet.pass_time(license.get(sale.buyer, license_id).deadline - sale.buyer.now() + 1)
    late = advice(sale, license_id)
    assert late.startswith("Do not confirm it. It cannot be disputed any more. Ask the data owner")
    with pytest.raises(RevertedError, match="It is too late"):
        license.dispute(sale.buyer, license_id, "the key is wrong")
    sale.buyer.send(sale.buyer.licenses.functions.confirm(license_id))
    assert advice(sale, license_id).startswith("It cannot be disputed any more.")


def test_without_an_arbiter_no_dispute_is_advised(sale):
    license_id = sale.buy().license_id
    deliver_by_hand(sale, license_id, os.urandom(64))
    assert "the offer names no arbiter" in advice(sale, license_id)
    assert f"biodesci license redeliver {license_id}" in advice(sale, license_id)
    owner = sale.owner
    owner.send(owner.datasets.functions.withdraw(license.get(owner, license_id).dataset_id, 1))
    assert "no key is delivered any more" in advice(sale, license_id)


@pytest.mark.parametrize("how", ["replaced", "revoked"])
def test_an_envelope_for_a_key_that_was_given_up_before_the_purchase(sale, arbiter, tmp_path, how):
    former, functions = public_key(sale.seed), sale.buyer.keys.functions
    if how == "revoked":
        sale.buyer.send(functions.revoke())
    sale.buyer.send(functions.register(public_key(generate_seed())))
    license_id = sale.buy().license_id
    deliver_by_hand(sale, license_id, right_content(sale), public=former)
    assert judged(sale, arbiter, license_id, tmp_path) is Finding.FORMER_KEY


def test_an_envelope_for_somebody_else(sale, arbiter, tmp_path):
    license_id = sale.buy().license_id
    deliver_by_hand(sale, license_id, right_content(sale), public=public_key(generate_seed()))
    assert judged(sale, arbiter, license_id, tmp_path) is Finding.NO_EVIDENCE


def test_evidence_of_another_envelope_than_was_delivered(sale, arbiter, tmp_path):
    """The custodian delivers rubbish, and shows how a right envelope would have been made."""
    license_id, content = sale.buy().license_id, right_content(sale)
    chain = sale.owner
    rubbish = sale.ipfs.add(os.urandom(1_208))
    chain.send(chain.licenses.functions.deliver(license_id, rubbish))
    context = envelope.info(
        "license", chain.chain_id, str(chain.licenses.address), license_id, sale.buyer.address
    )
    sealed, randomness = envelope.seal_shown(public_key(sale.seed), content, context)
    assert shown(
        sale, arbiter, license_id, Evidence(sale.ipfs.add(sealed), randomness, content), tmp_path
    ) is (Finding.OTHER_ENVELOPE)
    assert (
        shown(sale, arbiter, license_id, Evidence(rubbish, randomness, content), tmp_path)
        is Finding.NO_EVIDENCE
    )


def test_changed_evidence(sale, arbiter, tmp_path):
    license_id = sale.buy().license_id
    sale.release()
    made = evidence.load(sale.home, PASSPHRASE, sale.owner, license_id)
    for changed in (
        Evidence(made.digest, os.urandom(64), made.content),
        Evidence(made.digest, made.randomness[:63] + bytes([made.randomness[63] ^ 2]), made.content),
        Evidence(made.digest, made.randomness, made.content[:63] + bytes([made.content[63] ^ 1])),
    ):
        assert shown(sale, arbiter, license_id, changed, tmp_path) is Finding.NO_EVIDENCE
    file = tmp_path / "file"
    evidence.show(custodian(sale), license_id, arbiter.chain.address, file)
    raw = file.read_bytes()
    for place in (0, 9, 1_200, len(raw) - 1):
        file.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        with pytest.raises((WrongKeyError, IntegrityError)):
            evidence.judge(arbiter, license_id, file)


def test_evidence_of_another_licence(sale, arbiter, tmp_path):
    first, second = sale.buy().license_id, sale.buy(again=True).license_id
    sale.release()
    file = tmp_path / "file"
    evidence.show(custodian(sale), first, arbiter.chain.address, file)
    with pytest.raises(WrongKeyError):
        evidence.judge(arbiter, second, file)
    made = evidence.load(sale.home, PASSPHRASE, sale.owner, first)
    assert shown(sale, arbiter, second, made, tmp_path) is Finding.OTHER_ENVELOPE


def test_an_envelope_of_another_licence_was_delivered_again(sale, arbiter, tmp_path):
    """It opens for no-one under the second licence, and its evidence does not make it there."""
    first, second = sale.buy().license_id, sale.buy(again=True).license_id
    made = deliver_by_hand(sale, first, right_content(sale))
    sale.owner.send(sale.owner.licenses.functions.deliver(second, made.digest))
    assert shown(sale, arbiter, second, made, tmp_path) is Finding.NO_EVIDENCE


def test_evidence_opens_for_its_arbiter_alone_and_is_the_custodians_to_show(
    sale, arbiter, chain_for, tmp_path
):
    license_id = sale.buy().license_id
    with pytest.raises(NotFoundError, match="was not made with"):
        evidence.show(custodian(sale), license_id, arbiter.chain.address, tmp_path / "early")
    sale.release()
    stranger = acting(chain_for(), sale.ipfs, tmp_path / "stranger")
    keys.register(stranger.chain, stranger.home, PASSPHRASE)
    file = tmp_path / "file"
    evidence.show(custodian(sale), license_id, arbiter.chain.address, file)
    with pytest.raises(WrongKeyError):
        evidence.judge(stranger, license_id, file)
    with pytest.raises(NotFoundError, match="was not made with"):
        evidence.show(stranger, license_id, stranger.chain.address, tmp_path / "none")
    kept = list((sale.home / "deliveries").rglob("*.evidence"))
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]
    undelivered = sale.buy(again=True).license_id
    with pytest.raises(StateError, match="nothing to judge"):
        evidence.judge(arbiter, undelivered, file)
    assert downloaded(sale.buyer, sale.ipfs, sale.seed, license_id)


def right_content(sale) -> bytes:
    from biodesci.chain.records import DatasetVersion
    from biodesci.party import dataset_keys

    version = sale.owner.read(DatasetVersion, sale.dataset, 1)
    key, salt = dataset_keys.load(sale.home, PASSPHRASE, sale.owner, version)
    return key + salt


def shown(sale, arbiter, license_id: int, made: Evidence, tmp_path) -> Finding:
    """What the arbiter says of evidence that somebody made up and sealed for this licence."""
    chain, file = sale.owner, tmp_path / f"{os.urandom(4).hex()}.made"
    to = arbiter.chain.address
    context = envelope.info("evidence", chain.chain_id, str(chain.licenses.address), license_id, to)
    file.write_bytes(envelope.seal(chain.key_of(to), made.to_bytes(), context))
    return evidence.judge(arbiter, license_id, file).finding
