"""The auditor's side: needs no key, only a chain node, IPFS and (for an inference) what its requester
disclosed.

`audit_model`: a version's weights and architecture against the chain, and its lineage. `audit_inference`:
receipt against the chain, tensors against both commitments, weights against the registered root, then the
encrypted forward pass again, or Freivalds' test over a trace the worker disclosed. A verdict is a report;
`attestation.attest` signs it and puts its CID on chain.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from biodesci.chain.client import Chain
from biodesci.core import checkpoint, commitment, envelope
from biodesci.core.documents.report import Method, Subject
from biodesci.core.errors import ConfigurationError, InputError, IntegrityError, NotFoundError
from biodesci.core.onchain import RoundState
from biodesci.ee import runtime
from biodesci.inference.requests import LOGITS, MAX_BLOB, TRACE_ROOT, input_rows, read_receipt
from biodesci.inference.runtime import fp64
from biodesci.ipfs.client import Ipfs
from biodesci.proof.bundle import Bundle
from biodesci.proof.freivalds import COLUMNS, largest_difference
from biodesci.proof.receipt import compare
from biodesci.proof.report import AuditReport
from biodesci.proof.trace import Trace, context
from biodesci.registry import rounds, versions
from biodesci.registry.models import Registered, load_registered
from biodesci.registry.rounds import KINDS

log = logging.getLogger(__name__)
# Relative to the largest logit (at least 1): fp64 rounding between CPUs stays far below, see ee/runtime.py.
TOLERANCE = 1e-9
_BLAME = (
    "A failed check of receipt or commitments says that what was disclosed is not what was committed to, "
    "not who changed it."
)
_LIMITS: Final[dict[Method, str]] = {
    "re-execution": (
        f"Logits within {TOLERANCE:g} of the registered weights' answer, relative to the largest; smaller "
        f"differences pass. {_BLAME}"
    ),
    "freivalds": (
        "Each traced product is tested with the auditor's coins: an error e in a row is missed with "
        "probability at most (t/e)^c, t and c as in the figures; all else is recomputed. Errors below t "
        f"pass. {_BLAME}"
    ),
    "lineage": "Shows which rounds and datasets the chain names; not that training was done as planned.",
}


def audit_model(chain: Chain, ipfs: Ipfs, model_id: int, version: int) -> AuditReport:
    """Checks a version's weights and architecture against the chain, and every version's lineage up to it."""
    report = _report(chain, "model", model_id, (model_id, version), "lineage")
    try:
        with report.check(
            "weights", "architecture and tensor root of the weights on IPFS equal those on chain"
        ):
            model = load_registered(chain, ipfs, model_id, version)
        report.figures["parameters"] = float(sum(t.size for t in model.tensors.values()))
        with report.check(
            "lineage", "each version is the owner's, or the result of a finalized round on the version before"
        ):
            for number in range(1, version + 1):
                _lineage(chain, report, model_id, number)
    except IntegrityError:
        log.info("model %d version %d: %s", model_id, version, report.reason)
    return report


def audit_inference(chain: Chain, ipfs: Ipfs, bundle: Bundle, trace: bytes | None = None) -> AuditReport:
    """Checks an inference from what its requester disclosed; with `trace` (safetensors, from the worker) by
    Freivalds' test.

    Returns a report whose verdict names the first check that failed. Raises where nothing can be judged (no
    such request, no node).
    """
    receipt = bundle.receipt
    method: Method = "re-execution" if trace is None else "freivalds"
    report = _report(
        chain, "inference", receipt.request_id, (receipt.model_id, receipt.model_version), method
    )
    answered = read_receipt(chain, receipt.request_id)
    report.answer = answered.output_commitment
    try:
        with report.check("chain", "the receipt says what the chain says"):
            compare(receipt, answered)
        with report.check("commitments", "input and output tensors open the commitments on chain"):
            bundle.verify()
        with report.check("weights", "the weights on IPFS have the root registered for this version"):
            model = load_registered(chain, ipfs, receipt.model_id, receipt.model_version)
        with report.check("input", "the input fits the model"):
            x = _rows(model, bundle.inputs)
        began = time.perf_counter()
        with report.check(
            "output", "the committed output is what the registered weights give for the committed input"
        ):
            if trace is None:
                _reexecute(chain, ipfs, report, model, x, bundle.outputs)
            else:
                _test_trace(report, model, x, bundle, trace)
        report.figures["seconds"] = time.perf_counter() - began
    except IntegrityError:
        log.info("inference %d: %s", receipt.request_id, report.reason)
    return report


def open_trace(chain: Chain, ipfs: Ipfs, seed: bytes, request_id: int, digest: bytes) -> bytes:
    """The trace that a worker sealed to this auditor."""
    info = envelope.info(
        "inference-trace", chain.chain_id, chain.inferences.address, request_id, chain.address
    )
    return envelope.open_(seed, ipfs.cat(digest, max_size=MAX_BLOB), info)


def _report(
    chain: Chain, subject: Subject, subject_id: int, model: tuple[int, int], method: Method
) -> AuditReport:
    try:
        auditor = chain.address
    except ConfigurationError:
        auditor = ""  # anyone may audit; attesting alone needs an account
    contract = (chain.models if subject == "model" else chain.inferences).address
    return AuditReport(
        subject,
        chain.chain_id,
        contract,
        subject_id,
        *model,
        auditor=auditor,
        method=method,
        limits=_LIMITS[method],
        audited_at=chain.now(),
    )


def _reexecute(
    chain: Chain,
    ipfs: Ipfs,
    report: AuditReport,
    model: Registered,
    x: NDArray[np.float64],
    outputs: Mapping[str, NDArray[Any]],
) -> None:
    expected = runtime.infer(model.config, model.tensors, x)
    gap = _gap(_logits(outputs), expected)
    report.figures |= {"largest_difference": gap, "tolerance": TOLERANCE, "rows": float(len(x))}
    if gap <= TOLERANCE:
        return
    raise IntegrityError(
        f"the output is not what version {model.version} of model {model.model_id} gives for this input "
        f"(relative difference {gap:.3g}, tolerance {TOLERANCE:g}). "
        + _explain(chain, ipfs, model, x, _logits(outputs)),
        "Dispute the result with this report.",
    )


def _explain(
    chain: Chain, ipfs: Ipfs, model: Registered, x: NDArray[np.float64], logits: NDArray[Any]
) -> str:
    """Looks for another registered version that gives this output."""
    latest = chain.call(chain.models.functions.latestVersion(model.model_id))
    for version in range(latest, 0, -1):
        if version == model.version:
            continue
        try:
            other = load_registered(chain, ipfs, model.model_id, version)
        except (IntegrityError, NotFoundError):
            continue
        if _gap(logits, runtime.infer(other.config, other.tensors, x)) <= TOLERANCE:
            return f"It is what version {version} gives: the worker swapped the model."
    return "No registered version gives it: the worker used other weights, or did not compute the model."


def _test_trace(
    report: AuditReport, model: Registered, x: NDArray[np.float64], bundle: Bundle, disclosed: bytes
) -> None:
    receipt = bundle.receipt
    if TRACE_ROOT not in bundle.outputs:
        raise IntegrityError("the worker committed to no trace with this output.", "Audit by re-execution.")
    place = context(receipt.chain_id, receipt.contract, receipt.request_id)
    trace = Trace.from_tensors(place, checkpoint.load(disclosed))
    commitment.check(bytes(bundle.outputs[TRACE_ROOT]), trace.root(), "trace root")
    replayed = fp64.replay(model.config, model.tensors, x, trace, TOLERANCE)
    gap = _gap(_logits(bundle.outputs), replayed.logits)
    report.figures |= {
        "products": float(replayed.products),
        "rows": float(replayed.rows),
        "columns": float(COLUMNS),
        "freivalds_tolerance": replayed.tolerance,
        "wiring_difference": replayed.wiring,
        "largest_difference": gap,
        "tolerance": TOLERANCE,
    }
    if gap > TOLERANCE:
        raise IntegrityError(
            "the output does not follow from the trace.", "Dispute the result with this report."
        )


def _rows(model: Registered, inputs: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    try:
        return input_rows(model.config, inputs)
    except InputError as exc:
        raise IntegrityError(f"the model has no answer to this input: {exc.message}", exc.hint) from exc


def _logits(outputs: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    if LOGITS not in outputs:
        raise IntegrityError("the committed output holds no logits.", "Dispute the result.")
    return outputs[LOGITS]


def _gap(claimed: NDArray[Any], expected: NDArray[np.float64]) -> float:
    return largest_difference(claimed, expected) / max(1.0, float(np.abs(expected).max(initial=0.0)))


def _lineage(chain: Chain, report: AuditReport, model_id: int, version: int) -> None:
    round_id = versions.read(chain, model_id, version).round_id
    if round_id == 0:
        report.findings.append(f"version {version}: published by the owner")
        return
    round_ = rounds.read(chain, round_id)
    expected = (model_id, KINDS.index("training"), RoundState.FINALIZED, version - 1)
    if (round_.model_id, round_.kind, round_.state, round_.base_version) != expected:
        raise IntegrityError(
            f"version {version} names round {round_id}, no finalized training on version {version - 1}.",
            "Ask the model owner how this version came about.",
        )
    summed = rounds.survivors(chain, round_id)
    report.findings.append(
        f"version {version}: round {round_id}, {len(summed)} of {round_.enrolled} enrolled nodes summed"
    )
    for entry in summed:
        dataset_id = entry.dataset_id
        latest = chain.call(chain.datasets.functions.latestVersion(dataset_id))
        withdrawn = chain.call(chain.datasets.functions.isWithdrawn(dataset_id, latest))
        consent = "consent withdrawn since" if withdrawn else "consent stands"
        report.findings.append(f"version {version}: dataset {dataset_id} of {entry.node}, {consent}")
