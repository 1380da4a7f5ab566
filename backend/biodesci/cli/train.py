"""`biodesci round`: open and follow federated rounds, approve plans, release statistics, read lineage."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, address, when, within
from biodesci.cli.options import Training, WeightDecay, grouped
from biodesci.core.onchain import DAY

if TYPE_CHECKING:
    from biodesci.rounds.owner import Conditions
    from biodesci.rounds.progress import Progress, Result

_TIME = within(1, 365 * DAY)

app = typer.Typer(
    help="Federated rounds: open, list, show, approve, release, lineage, abort.", no_args_is_help=True
)


@dataclass(frozen=True)
class Asked:
    """The options that say who sums a round, how many take part, and until when."""

    aggregator: Annotated[str, typer.Option(help="Account of the aggregator.")]
    cohort: Annotated[int, typer.Option(min=0, max=100, help="Start as soon as so many nodes enrolled.")]
    min_nodes: Annotated[
        int, typer.Option(min=0, max=100, help="Never sum fewer nodes; 0: a majority of the cohort.")
    ] = 0
    colluders: Annotated[
        int, typer.Option(min=1, max=98, help="So many sites may work with the aggregator and learn nothing.")
    ] = 1
    invite: Annotated[
        str, typer.Option(help="Accounts that may enrol, by commas, or a file of them; nothing: anyone may.")
    ] = ""
    enrol: Annotated[int, typer.Option(parser=_TIME, metavar="TIME", help="Until nodes must enrol.")] = 120
    commit: Annotated[int, typer.Option(parser=_TIME, metavar="TIME", help="Until they must commit.")] = 600
    finalize: Annotated[int, typer.Option(parser=_TIME, metavar="TIME", help="Until all ends.")] = 900

    def conditions(self) -> Conditions:
        """The conditions of the rounds that the options name."""
        from biodesci.registry.rounds import checksummed
        from biodesci.rounds.owner import Conditions, Deadlines
        from biodesci.rounds.seats import accounts

        return Conditions(
            address(self.aggregator),
            self.cohort,
            self.min_nodes,
            colluders=self.colluders,
            invited=tuple(checksummed(account) for account in sorted(accounts(self.invite))),
            deadlines=Deadlines(self.enrol, self.commit, self.finalize),
        )


@dataclass(frozen=True)
class NodeTraining(Training):
    """What each node of a round trains: other defaults than for a model that is fine-tuned in one place."""

    batch_size: int = 32
    learning_rate: float = 0.02
    weight_decay: WeightDecay = 0.01


@app.command("open")
@grouped
def open_(
    model_id: Number,
    features: Annotated[
        Path, typer.Argument(help="Feature plan (JSON): columns, ranges, categories, label.")
    ],
    *,
    rounds: Annotated[int, typer.Option(min=0, help="Training rounds after the statistics round.")] = 5,
    statistics: Annotated[int, typer.Option(min=0, help="Use this finished statistics round.")] = 0,
    asked: Asked,
    training: NodeTraining,
) -> None:
    """Open a statistics round, then training rounds, and follow them to their results."""
    from biodesci.core import files
    from biodesci.core.features import FeaturePlan
    from biodesci.ee.training import TrainingPlan
    from biodesci.rounds.owner import RoundOwner

    columns = FeaturePlan.parse(files.read(features))
    plan = TrainingPlan(**asdict(training))
    owner = RoundOwner(session.chain(), session.ipfs(), model_id, columns, asked.conditions())
    results = owner.run(plan, rounds, statistics=statistics, watch=_note)
    output.table(
        [_row(result) for result in results], ("round", "kind", "nodes", "records", "auc"), "Nothing ran."
    )


@app.command("list")
def list_(model_id: Annotated[int, typer.Argument(help="Only of this model; 0: all.")] = 0) -> None:
    """The rounds on chain."""
    from biodesci.registry import rounds
    from biodesci.registry.rounds import KINDS

    chain = session.chain(account=False)
    all_rounds = [rounds.read(chain, i) for i in range(1, rounds.count(chain) + 1)]
    rows = [
        {
            "round": r.id,
            "model": r.model_id,
            "kind": KINDS[r.kind],
            "state": r.state.name.lower(),
            "enrolled": r.enrolled,
            "committed": r.committed,
            "base": r.base_version,
        }
        for r in all_rounds
        if model_id in (0, r.model_id)
    ]
    output.table(
        rows, ("round", "model", "kind", "state", "enrolled", "committed", "base"), "There are no rounds."
    )


@app.command()
def show(round_id: Number) -> None:
    """A round: its plan, who takes part, who is awaited until when, and its result."""
    from biodesci.core import cid
    from biodesci.core.onchain import RoundState
    from biodesci.registry import rounds
    from biodesci.rounds import plan as plans
    from biodesci.rounds import progress
    from biodesci.rounds.progress import burnt

    chain, ipfs = session.chain(account=False), session.ipfs()
    where = progress.progress_of(chain, round_id)
    round_ = where.round
    data: dict[str, object] = {
        "round": round_.id,
        "model": round_.model_id,
        "state": round_.state.name.lower(),
        "plan": cid.from_digest(round_.plan),
        "document": plans.fetch(chain, ipfs, round_).to_bytes().decode(),
        "aggregator": round_.aggregator,
        "nodes": [e.node for e in rounds.enrolments(chain, round_id)],
        "committed": [e.node for e in rounds.committed(chain, round_id)],
        "summed": [e.node for e in rounds.survivors(chain, round_id)],
        "burnt": burnt(chain, round_),
    }
    if round_.state is RoundState.FINALIZED:
        data["result"] = progress.result_of(chain, ipfs, round_id).document.to_bytes().decode()
    elif round_.state is RoundState.ABORTED:
        data["reason"] = progress.abort_reason(chain, round_id)
    else:
        data |= {
            "awaited": list(where.awaited),
            "until": when(where.until),
            "seconds left": where.seconds_left,
        }
    output.record(data, str(where))


@app.command()
def approve(plan: Annotated[str, typer.Argument(help="CID of the plan, as `round show` prints it.")]) -> None:
    """Let this site's training node run exactly this plan."""
    from biodesci.core import cid
    from biodesci.core.documents.plan import Plan
    from biodesci.rounds.approvals import Approvals

    digest = cid.to_digest(plan)
    document = Plan.parse(session.ipfs().cat(digest, max_size=Plan.limit)).to_bytes().decode()
    Approvals(session.settings().home).approve(digest)
    output.record({"plan": plan, "document": document}, "Approved at this site.")


@app.command()
def release(
    dataset_id: Number,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what no sum has used yet.")] = False,
    yes: output.Yes = False,
) -> None:
    """Let the next sum of a dataset's statistics be with other sites, or of other records, than the last."""
    from biodesci.rounds import disclosure

    if not undo:
        output.consent(f"{disclosure.RISK} Ask the other sites first, and those left out.", yes=yes)
    disclosure.release(session.chain(), dataset_id, released=not undo)
    said = "The release was taken back." if undo else "The next sum of its statistics may be with others."
    output.record({"dataset": dataset_id, "released": not undo}, said)


@app.command()
def lineage(model_id: Number) -> None:
    """Every version of a model, down to the accounts and datasets whose updates are in it."""
    from biodesci.rounds.lineage import lineage as read

    rows = [
        {
            "version": entry.version,
            "round": entry.round_id or None,
            "nodes": [node for node, _ in entry.nodes],
            "datasets": [dataset for _, dataset in entry.nodes],
        }
        for entry in read(session.chain(account=False), model_id)
    ]
    output.table(rows, ("version", "round", "datasets", "nodes"), "This model has no version.")


@app.command()
def abort(
    round_id: Number,
    reason: Annotated[str, typer.Option(help="At most 32 bytes.")] = "by the owner",
    yes: output.Yes = False,
) -> None:
    """End a round: the model owner at any time, anyone once it is stuck."""
    from biodesci.registry import rounds
    from biodesci.rounds.progress import abort as end
    from biodesci.rounds.progress import burnt

    chain = session.chain()
    output.consent(f"Aborting round {round_id} loses what its nodes computed.", yes=yes)
    end(chain, round_id, reason)
    warning = burnt(chain, rounds.read(chain, round_id))
    said = f"Round aborted. {warning}" if warning else "Round aborted."
    output.record({"round": round_id, "reason": reason, "burnt": warning}, said)


def _note(where: Progress) -> None:
    output.note(str(where))


def _row(result: Result) -> dict[str, object]:
    document = result.document
    return {
        "round": result.round.id,
        "kind": document.kind,
        "nodes": len(document.nodes),
        "records": document.records,
        "auc": f"{document.after.auc:.3f}" if document.kind == "training" else None,
    }
