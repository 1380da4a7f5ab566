"""Steps 5 and 6: encrypted inference, and its audit."""

from __future__ import annotations

import numpy as np

from biodesci.core.errors import StateError
from biodesci.core.onchain import RequestState
from biodesci.core.patience import persist
from biodesci.ee import runtime
from biodesci.inference import arbiter, requester
from biodesci.inference.attestation import attest
from biodesci.inference.auditor import audit_inference, audit_model
from biodesci.inference.requests import read_request, sealed_output
from biodesci.localnet.expect import wait_for
from biodesci.localnet.narrator import Narrator
from biodesci.localnet.stack import Party, Stack
from biodesci.models.registration import Grantee, grant_codec
from biodesci.proof.bundle import Bundle
from biodesci.registry.codecs import load_codec
from examples.heart.cast import Cast
from examples.heart.dishonest_worker import answer_with_other_weights
from examples.heart.learning import Trained

FEE_WEI = 10**15
BEFORE = 1  # the version that the cheat answers with: the untrained one


def infer(stack: Stack, cast: Cast, narrator: Narrator, trained: Trained) -> int:
    """The researcher asks about all held-out patients; returns the request's id."""
    persist(lambda: arbiter.accept(cast.chain(cast.arbiter), accepted=True))
    stack.worker(
        "inference-worker",
        "biodesci.workers.inference_worker",
        cast.worker,
        BIODESCI_ARBITERS=cast.arbiter.address,
    )
    owner = cast.model_owner
    persist(
        lambda: grant_codec(
            cast.member(owner),
            Grantee(trained.model_id, cast.researcher.address, "inference"),
        )
    )  # fmt: skip
    chain = cast.chain(cast.researcher)
    wait_for(lambda: has_key(stack, cast.worker), "the inference worker's key")
    request_id = _ask(stack, cast, trained, cast.worker)
    narrator.fact(
        f"request {request_id}: {len(trained.test_x)} encoded patients sealed to the worker, "
        "committed on chain",
        rows=len(trained.test_x),
    )

    def answered() -> bool:
        request = read_request(chain, request_id)
        is_committed = request.state is RequestState.COMMITTED
        return is_committed and stack.ipfs.size(sealed_output(chain, request)) > 0

    wait_for(answered, "the inference worker's answer")
    home, seed = cast.researcher.home, cast.seed(cast.researcher)
    codec = persist(lambda: load_codec(chain, stack.ipfs, seed, trained.model_id, "inference"))
    result = persist(lambda: requester.collect_result(chain, stack.ipfs, home, seed, request_id, codec))
    expected = runtime.infer(trained.config, trained.plaintext, trained.test_x)
    difference = float(np.abs(result.logits - expected).max() / max(1.0, np.abs(expected).max()))
    agreement = float((result.logits.argmax(1) == expected.argmax(1)).mean())
    if agreement < 1.0:
        raise StateError(f"Encrypted and plaintext model agree on {agreement:.2%} of the patients only.")
    narrator.fact(
        f"decoded answers equal the plaintext model's on {agreement:.0%} of the patients; "
        f"largest relative difference of the logits {difference:.1e}",
        inference_max_difference=difference,
        inference_agreement=agreement,
    )
    return request_id


def audit(stack: Stack, cast: Cast, narrator: Narrator, trained: Trained, request_id: int) -> None:
    """The auditor checks model, honest answer and a cheat's answer; the requester acts on it."""
    chain, auditor = cast.chain(cast.researcher), cast.chain(cast.auditor)
    report = persist(lambda: audit_model(auditor, stack.ipfs, trained.model_id, trained.version))
    if not report.passed:
        raise StateError(f"The model's audit failed: {report.reason}")
    narrator.fact(
        f"model {trained.model_id} version {trained.version}: weights equal the root on chain, and every "
        "version descends from a finalized round",
        parameters=int(report.figures["parameters"]),
    )
    for finding in report.findings[-len(cast.sites) :]:
        narrator.note(finding)
    bundle = Bundle.parse(requester.export_bundle(chain, cast.researcher.home, request_id))
    honest = persist(lambda: audit_inference(auditor, stack.ipfs, bundle))
    if not honest.passed:
        raise StateError(f"The audit of the honest worker failed: {honest.reason}")
    persist(lambda: attest(auditor, stack.ipfs, honest))
    requester.finalize(chain, request_id)
    narrator.fact(
        f"request {request_id}: commitments open, computing again on encrypted values agrees "
        f"(largest relative difference {honest.figures['largest_difference']:.1e}); attested by the auditor "
        "whom the researcher named, worker paid",
        audit_passed=True,
        audit_seconds=round(honest.figures["seconds"], 4),
    )

    cast.register_key(cast.cheat)
    swapped = _ask(stack, cast, trained, cast.cheat)
    answer_with_other_weights(
        cast.chain(cast.cheat), stack.ipfs, cast.cheat.home, cast.seed(cast.cheat), swapped, BEFORE
    )
    seed = cast.seed(cast.researcher)
    codec = persist(lambda: load_codec(chain, stack.ipfs, seed, trained.model_id, "inference"))
    persist(lambda: requester.collect_result(chain, stack.ipfs, cast.researcher.home, seed, swapped, codec))
    bundle = Bundle.parse(requester.export_bundle(chain, cast.researcher.home, swapped))
    caught = persist(lambda: audit_inference(auditor, stack.ipfs, bundle))
    if caught.passed:
        raise StateError("The audit did not notice that the worker swapped the model.")
    evidence = persist(lambda: attest(auditor, stack.ipfs, caught))
    requester.challenge(chain, swapped, evidence)
    narrator.refused(f"request {swapped}, another worker: {caught.reason}", audit_passed=False)
    answer = bundle.receipt.output_commitment
    persist(lambda: arbiter.decide(cast.chain(cast.arbiter), swapped, answer, upheld=True))
    paid = persist(lambda: requester.reclaim(chain, swapped))
    if paid < FEE_WEI:
        raise StateError(f"The requester got {paid} wei back of {FEE_WEI}.")
    narrator.fact(
        "the requester challenged it with the report, the arbiter upheld the challenge, and the fee is back"
    )


def has_key(stack: Stack, party: Party) -> bool:
    """Whether the party's encryption key is on chain yet."""
    chain = stack.chain()
    return bool(chain.call(chain.keys.functions.hasKey(party.address)))


def _ask(stack: Stack, cast: Cast, trained: Trained, worker: Party) -> int:
    chain = cast.chain(cast.researcher)
    codec = persist(
        lambda: load_codec(chain, stack.ipfs, cast.seed(cast.researcher), trained.model_id, "inference")
    )
    question = requester.Question(
        model_id=trained.model_id,
        version=trained.version,
        worker=worker.address,
        records=trained.test_x,
        fee=FEE_WEI,
        arbiter=cast.arbiter.address,
    )
    request_id = requester.request_inference(chain, stack.ipfs, cast.researcher.home, codec, question)
    persist(lambda: requester.name_auditors(chain, request_id, [cast.auditor.address]))
    return request_id
