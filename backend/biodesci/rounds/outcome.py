"""What a finished sum comes to: the round's result, and the new version's weights."""

from __future__ import annotations

from typing import TypedDict

from biodesci.chain.client import Chain
from biodesci.chain.records import Round
from biodesci.core import checkpoint, cid
from biodesci.core.documents.plan import Plan
from biodesci.core.documents.result import Participant, RoundResult, StatisticsResult, TrainingResult
from biodesci.core.errors import BioDeSciError, RevertedError
from biodesci.core.features import Normalization
from biodesci.fl.quantize import Ring
from biodesci.ipfs.client import Ipfs
from biodesci.registry import rounds, versions
from biodesci.rounds.plan import Update, decode_statistics


class _SumOf(TypedDict):
    """What results of both kinds say of their round."""

    round_id: int
    model_id: int
    base_version: int
    plan: str
    nodes: tuple[Participant, ...]


def outcome(
    chain: Chain, ipfs: Ipfs, round_: Round, plan: Plan, total: Ring
) -> tuple[RoundResult, bytes | None]:
    """The result of a round whose survivors' vectors sum to `total` (P,), and the file of the new weights;
    None for statistics, which change no weights."""
    summed = rounds.survivors(chain, round_.id)
    sum_of: _SumOf = {
        "round_id": round_.id,
        "model_id": round_.model_id,
        "base_version": round_.base_version,
        "plan": cid.from_digest(round_.plan),
        "nodes": tuple(Participant(node=entry.node, dataset_id=entry.dataset_id) for entry in summed),
    }
    if plan.kind == "statistics":
        return _statistics(total, plan, sum_of), None
    update = Update.decode(total, plan.scale)
    # New weights = base + sum of n·delta / sum of n, in the encrypted basis.
    base = versions.fetch_weights(chain, ipfs, round_.model_id, round_.base_version)
    tensors = checkpoint.unflatten(checkpoint.flatten(base) + update.delta / update.records, base)
    result = TrainingResult(
        **sum_of,
        records=update.records,
        validated=update.validated,
        before=update.before.metrics(),
        after=update.after.metrics(),
        weights_root=checkpoint.root(tensors),
    )
    return result, checkpoint.dump(tensors)


def _statistics(total: Ring, plan: Plan, sum_of: _SumOf) -> StatisticsResult:
    rows, sums = decode_statistics(total, plan.scale)
    norm = Normalization.from_sums(plan.features, sums)
    return StatisticsResult(
        **sum_of, records=rows, features=norm.plan, mean=norm.mean, deviation=norm.deviation
    )


def abort_reason(reason: BioDeSciError) -> bytes:
    """Why a round was aborted, as its event says it (32 bytes): an error's first sentence."""
    text = reason.name if isinstance(reason, RevertedError) else reason.message.partition(". ")[0]
    return text.encode()[:32].decode("utf-8", "ignore").encode().ljust(32, b"\0")
