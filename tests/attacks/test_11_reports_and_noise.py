"""A report that was changed, and a worker that commits to noise."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from eth_account.messages import encode_typed_data

from biodesci.core import typed_data
from biodesci.core.documents.report import Report
from biodesci.core.errors import BioDeSciError, InputError, IntegrityError
from biodesci.core.onchain import RequestState, Standing
from biodesci.inference import arbiter
from biodesci.inference import requester as infer
from biodesci.inference.attestation import attest, check_signature, find_attestation
from biodesci.inference.requests import read_request
from biodesci.proof.report import by_key_alone, sign, verify
from examples.heart.dishonest_worker import answer_with_other_weights
from tests.backend import calls
from tests.backend.conftest import ARTIFACTS
from tests.backend.inference.conftest import FEE, answered, world, x  # noqa: F401


@pytest.fixture(scope="module")
def published(world: Any) -> Report:
    request_id = world.request(np.ones((2, world.config.features)))
    world.serve()
    world.collect(request_id)
    world.name_auditor(request_id)
    digest = attest(world.auditor.chain, world.ipfs, world.audit(request_id))
    return Report.parse(world.ipfs.cat(digest))


def read(world: Any, raw: bytes, digest: bytes | None = None) -> None:
    """What `biodesci audit report` does."""
    report = Report.parse(raw)
    verify(report, by_key_alone)  # offline
    read_with_chain(world, report, digest)


def read_with_chain(world: Any, report: Report, digest: bytes | None = None) -> None:
    check_signature(world.client.chain, report)
    find_attestation(world.client.chain, world.ipfs, report, digest)


def removed(document: dict[str, Any]) -> None:
    document["checks"].pop(4)


def exchanged(document: dict[str, Any]) -> None:
    document["checks"][4] = document["checks"][3]


def added(document: dict[str, Any]) -> None:
    document["checks"].append({"name": "privacy", "passed": True, "detail": "none was lost"})


def renamed(document: dict[str, Any]) -> None:
    document["checks"][4]["name"] = "answer"


def moved(document: dict[str, Any]) -> None:
    document["checks"].reverse()


def reworded(document: dict[str, Any]) -> None:
    document["checks"][4]["detail"] = "every output was tested by hand"


def other_method(document: dict[str, Any]) -> None:
    document["method"] = "freivalds"


def other_kind(document: dict[str, Any]) -> None:
    document["method"] = "lineage"


def turned(document: dict[str, Any]) -> None:
    document["verdict"] = {"passed": False, "reason": "output: it is wrong"}


def unsigned(document: dict[str, Any]) -> None:
    del document["signature"]


def limitless(document: dict[str, Any]) -> None:
    document["limits"] = "None."


def other_request(document: dict[str, Any]) -> None:
    document["subject_id"] += 1


TAMPERED: tuple[tuple[Callable[[dict[str, Any]], None], str], ...] = (
    (removed, "checks are not those of an audit of inference by re-execution"),
    (exchanged, "checks are not those of an audit of inference by re-execution"),
    (added, "checks are not those of an audit of inference by re-execution"),
    (renamed, "checks are not those of an audit of inference by re-execution"),
    (moved, "checks are not those of an audit of inference by re-execution"),
    (other_kind, "no audit of inference by lineage"),
    (turned, "verdict does not follow"),
    (unsigned, "not signed: anybody may have written it"),
    (reworded, "not signed by the auditor that it names"),
    (other_method, "not signed by the auditor that it names"),
    (limitless, "not signed by the auditor that it names"),
    (other_request, "not signed by the auditor that it names"),
)


def test_the_report_that_was_signed_and_attested_passes(world: Any, published: Report) -> None:
    read(world, published.to_bytes())


@pytest.mark.parametrize(("tamper", "reason"), TAMPERED, ids=[tamper.__name__ for tamper, _ in TAMPERED])
def test_a_changed_report_is_refused_for_its_own_reason(
    world: Any, published: Report, tamper: Callable[[dict[str, Any]], None], reason: str
) -> None:
    document = json.loads(published.to_bytes())
    tamper(document)
    with pytest.raises(BioDeSciError, match=reason):
        read(world, json.dumps(document).encode())


@pytest.mark.parametrize("name", ["owner", "worker", ""])
def test_a_report_under_another_auditors_name_is_refused(world: Any, published: Report, name: str) -> None:
    auditor = getattr(world, name).address if name else ""
    changed = published.model_copy(update={"auditor": auditor})
    with pytest.raises(BioDeSciError, match="not signed"):
        read(world, changed.to_bytes())


def test_a_report_signed_anew_by_a_stranger_was_not_attested(world: Any, published: Report) -> None:
    stranger = world.owner
    own = published.model_copy(update={"auditor": stranger.address, "signature": None})
    signed = sign(own, stranger.chain.signer())
    with pytest.raises(IntegrityError, match=r"attested another report of request \d+ last, or none"):
        read(world, signed.to_bytes())


def test_a_report_attested_by_another_account_than_its_auditors_is_refused(
    world: Any,
    answered: int,
) -> None:
    a, other = world.auditor.chain, world.owner.chain
    report = sign(world.audit(answered).document(), a.signer())
    digest = world.ipfs.add(report.to_bytes())
    other.send(calls.attest(other, answered, digest, passed=True))
    with pytest.raises(IntegrityError, match=f"attested by {other.address}, not by its auditor"):
        read(world, report.to_bytes(), digest)
    with pytest.raises(IntegrityError, match="attested another report"):
        read(world, report.to_bytes())


def test_a_report_is_signed_by_its_own_auditor_alone(world: Any, published: Report) -> None:
    with pytest.raises(BioDeSciError, match="would sign it"):
        sign(published, world.owner.chain.signer())


def test_an_unsigned_report_says_nothing(world: Any, answered: int) -> None:
    with pytest.raises(InputError, match="not signed"):
        read(world, world.audit(answered).document().to_bytes())


def test_noise_is_challenged_and_not_paid(world: Any, x: np.ndarray) -> None:
    request_id = world.request(x)
    w, c = world.worker, world.client.chain
    answer_with_other_weights(w.chain, world.ipfs, w.home, w.seed, request_id, 2)
    world.collect(request_id)
    report = world.audit(request_id)
    assert not report.passed
    infer.challenge(c, request_id, attest(world.auditor.chain, world.ipfs, report))
    answer = world.bundle(request_id).receipt.output_commitment
    arbiter.decide(world.arbiter.chain, request_id, answer, upheld=True)
    assert read_request(c, request_id).state is RequestState.REFUSED
    assert infer.reclaim(c, request_id) >= FEE


def test_a_contract_wallets_report_is_what_its_code_accepts(
    world: Any,
    localnet: Any,
    answered: int,
) -> None:
    """ERC-1271: the wallet attests, and its owner's signature counts as its own; a stranger's does not."""
    web3, own = localnet.web3, world.auditor.chain
    artifact = json.loads((ARTIFACTS / "Wallet1271.sol/Wallet1271.json").read_text())
    factory = web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"]["object"])
    made = factory.constructor(own.address).transact({"from": web3.eth.accounts[0]})
    where = web3.eth.wait_for_transaction_receipt(made)["contractAddress"]
    wallet = own.web3.eth.contract(address=where, abi=artifact["abi"])
    infer.name_auditors(world.client.chain, answered, [where])

    unsigned = world.audit(answered).document().model_copy(update={"auditor": where})
    message = encode_typed_data(full_message=typed_data.audit_report(unsigned))

    def signed_by(chain: Any) -> Report:
        return unsigned.model_copy(
            update={"signature": bytes(chain.signer().sign_message(message).signature)}
        )

    report = signed_by(own)
    digest = world.ipfs.add(report.to_bytes())
    attesting = calls.attest(own, answered, digest, passed=True)._encode_transaction_data()
    own.send(wallet.functions.execute(own.inferences.address, 0, attesting))
    read_with_chain(world, report)
    assert find_attestation(own, world.ipfs, report).standing is Standing.NAMED
    with pytest.raises(IntegrityError, match="The signature does not hold"):
        read_with_chain(world, signed_by(world.owner.chain))
    with pytest.raises(IntegrityError, match="not signed by the auditor that it names"):
        verify(report, by_key_alone)  # without a chain nobody can ask the wallet
