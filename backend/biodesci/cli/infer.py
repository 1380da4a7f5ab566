"""`biodesci inference`: request, collect, dispute, disclose what an auditor needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, address, wei, within, word
from biodesci.cli.options import grouped
from biodesci.core.onchain import DAY

app = typer.Typer(help="Encrypted inference: request, collect, disclose.", no_args_is_help=True)


@dataclass(frozen=True)
class Asked:
    """The options that say which model is asked, and how its features are normalized."""

    model: Annotated[int, typer.Option(min=1, help="Model id.")]
    statistics: Annotated[
        int, typer.Option(min=1, help="Number of the model's statistics round (normalization).")
    ]
    version: Annotated[int, typer.Option(min=0, help="0: the latest.")] = 0


@dataclass(frozen=True)
class Terms:
    """The options that say who answers, for what fee, by when, and who decides a dispute."""

    worker: Annotated[str, typer.Option(help="Address of the worker.")]
    fee: Annotated[
        str, typer.Option(help="In ether, such as 0.01; held in escrow until the answer is accepted.")
    ] = "0"
    deadline: Annotated[
        int, typer.Option(parser=within(1, 365 * DAY), metavar="TIME", help="What the worker has.")
    ] = 3600
    window: Annotated[
        int, typer.Option(parser=within(0, 365 * DAY), metavar="TIME", help="What you have to dispute it.")
    ] = DAY
    arbiter: Annotated[
        str,
        typer.Option(
            help="Address that decides disputes. A fee needs one: it accepted "
            "(`inference accept-arbitration`), is neither you nor the worker, and the worker accepts it. "
            "Silent for 30 days, you get the fee back."
        ),
    ] = ""


@app.command()
@grouped
def request(
    table: Annotated[
        Path, typer.Argument(help="CSV with the columns of the feature plan, one record per row.")
    ],
    asked: Asked,
    terms: Terms,
    again: Annotated[
        bool, typer.Option("--again", help="Ask anew, though a run that was stopped asked the same.")
    ] = False,
    yes: output.Yes = False,
) -> None:
    """Encode the records, seal them to the worker and request the inference."""
    from biodesci.chain.currency import ether
    from biodesci.core import files
    from biodesci.core.errors import InputError
    from biodesci.inference.requester import NO_ARBITER, Question, request_inference
    from biodesci.registry.codecs import load_codec
    from biodesci.rounds.node import read_statistics

    model, paid = asked.model, wei(terms.fee)
    chain, ipfs = session.chain(), session.ipfs()
    normalization = read_statistics(chain, ipfs, asked.statistics, model)
    x = normalization.apply(normalization.plan.encode_inputs(files.read(table)))
    version = asked.version or int(chain.call(chain.models.functions.latestVersion(model)))
    if paid and not terms.arbiter:
        raise InputError(
            "A request with a fee needs an arbiter, or a wrong answer could not be disputed.",
            "Name one that you and the worker accept: --arbiter.",
        )
    if paid:
        output.consent(
            f"The request puts {ether(paid)} into escrow for {terms.worker}. "
            f"Disputes are decided by {terms.arbiter}.",
            yes=yes,
        )
    question = Question(
        model_id=model,
        version=version,
        worker=address(terms.worker),
        records=x,
        fee=paid,
        deadline_seconds=terms.deadline,
        challenge_window=terms.window,
        arbiter=address(terms.arbiter) if terms.arbiter else NO_ARBITER,
        again=again,
    )
    codec = load_codec(chain, ipfs, session.seed(), model, "inference")
    request_id = request_inference(chain, ipfs, session.settings().home, codec, question, output.note)
    output.record(
        {"request": request_id, "model": model, "version": version, "records": len(x)}, "Requested."
    )


@app.command()
def result(
    request_id: Number,
    accept: Annotated[
        bool, typer.Option("--accept", help="Pay the worker at once, giving up the dispute.")
    ] = False,
) -> None:
    """Open, check and decode an answer."""
    from biodesci.inference.requester import collect_result, finalize
    from biodesci.inference.requests import read_request
    from biodesci.registry.codecs import load_codec

    chain, ipfs, seed = session.chain(), session.ipfs(), session.seed()
    codec = load_codec(chain, ipfs, seed, read_request(chain, request_id).model_id, "inference")
    collected = collect_result(chain, ipfs, session.settings().home, seed, request_id, codec)
    if accept:
        finalize(chain, request_id)
    rows = [
        {"record": i, "class": int(p.argmax()), "probability": f"{p.max():.4f}", "probabilities": p.tolist()}
        for i, p in enumerate(collected.probabilities, 1)
    ]
    output.table(rows, ("record", "class", "probability"), "The answer holds no records.")


@app.command("list")
def list_() -> None:
    """All requests of this account."""
    from biodesci.chain import accounts
    from biodesci.chain.currency import ether
    from biodesci.inference.requester import requests_of

    chain = session.chain(account=False)
    requester = accounts.address(session.settings().account_path)
    rows = [
        {
            "request": r.id,
            "model": r.model_id,
            "version": r.version,
            "worker": r.worker,
            "fee": ether(r.fee),
            "state": r.state.name.lower(),
        }
        for r in requests_of(chain, requester)
    ]
    output.table(
        rows, ("request", "model", "version", "worker", "fee", "state"), "This account has no requests yet."
    )


@app.command()
def bundle(request_id: Number, target: Annotated[Path, typer.Argument(help="File to write.")]) -> None:
    """Write what an auditor needs: receipt, encoded input and output; no key, no plaintext."""
    from biodesci.core import files
    from biodesci.inference.requester import export_bundle

    files.write_private(
        target, export_bundle(session.chain(account=False), session.settings().home, request_id)
    )
    output.record(
        {"file": str(target)},
        "Codec holders can read it: give it to the auditor alone.",
    )


@app.command()
def challenge(
    request_id: Number, report: Annotated[str, typer.Argument(help="CID of the audit report that says why.")]
) -> None:
    """Dispute an answer before its arbiter, within the challenge window."""
    from biodesci.core import cid
    from biodesci.inference.requester import challenge as dispute

    dispute(session.chain(), request_id, cid.to_digest(report))
    output.record({"request": request_id, "evidence": report}, "Challenged: the arbiter decides.")


@app.command()
def reclaim(request_id: Number) -> None:
    """Get the fee back of a request that was not answered in time, or whose answer was refused, or challenged
    before an arbiter that was silent for 30 days."""
    from biodesci.chain.currency import ether
    from biodesci.inference import requester

    output.record({"request": request_id, "paid": ether(requester.reclaim(session.chain(), request_id))})


@app.command()
def withdraw() -> None:
    """For workers: get the fees of accepted answers."""
    from biodesci.chain.currency import ether
    from biodesci.inference import requester

    output.record({"paid": ether(requester.withdraw(session.chain()))})


@app.command()
def disclose(
    request_id: Number,
    auditor: Annotated[str, typer.Argument(help="Address with a registered encryption key.")],
) -> None:
    """For workers: seal the trace of an answer to an auditor that the requester named."""
    from biodesci.core import cid
    from biodesci.inference.trace_disclosure import disclose_trace

    digest = disclose_trace(
        session.chain(), session.ipfs(), session.settings().home, request_id, address(auditor)
    )
    output.record({"trace": cid.from_digest(digest)}, "Give this CID to the auditor.")


@app.command()
def auditors(
    request_id: Number,
    named: Annotated[list[str], typer.Argument(metavar="AUDITOR...", help="Addresses.")],
) -> None:
    """Name the auditors of your request: what they attest from now on counts. It cannot be taken back."""
    from biodesci.inference.requester import name_auditors

    chosen = [address(one) for one in named]
    name_auditors(session.chain(), request_id, chosen)
    output.record({"request": request_id, "auditors": ", ".join(chosen)}, "Named.")


@app.command()
def audits(request_id: Number) -> None:
    """What auditors attested of a request, and who named them."""
    from biodesci.core import cid
    from biodesci.inference.attestation import NAMED_BY, attestations

    rows = [
        {
            "auditor": one.auditor,
            "verdict": "passed" if one.passed else "failed",
            "named by": NAMED_BY[one.standing],
            "report": cid.from_digest(one.report),
        }
        for one in attestations(session.chain(account=False), request_id)
    ]
    output.table(rows, ("auditor", "verdict", "named by", "report"), "Nobody attested anything of it.")


@app.command()
def trust(
    model: Annotated[int, typer.Argument(min=1, help="Model id.")],
    auditor: Annotated[str, typer.Argument(help="Address.")],
    no_longer: Annotated[bool, typer.Option("--no-longer", help="Take the trust back.")] = False,
) -> None:
    """For model owners: say whose audits of your model's inferences you trust."""
    from biodesci.inference.attestation import trust_auditor

    trust_auditor(session.chain(), model, address(auditor), trusted=not no_longer)
    output.record({"model": model, "auditor": auditor, "trusted": not no_longer})


@app.command("accept-arbitration")
def accept_arbitration(
    stop: Annotated[bool, typer.Option("--stop", help="No longer: no further request can name you.")] = False,
) -> None:
    """Agree to decide challenges of requests that name this account: without that none can."""
    from biodesci.inference import arbiter

    arbiter.accept(session.chain(), accepted=not stop)
    output.record({"accepted": not stop})


@app.command()
def decide(
    request_id: Number,
    upheld: Annotated[
        bool,
        typer.Option("--upheld/--rejected", help="Upheld: the requester gets the fee; rejected: the worker."),
    ],
    answer: Annotated[
        str,
        typer.Option(
            help="The commitment to the answer that you judged, as reports say it: no other counts."
        ),
    ] = "",
    yes: output.Yes = False,
) -> None:
    """For arbiters: decide a challenge, within its 30 days. What it shows, or --answer names, is decided."""
    from biodesci.chain.currency import ether
    from biodesci.inference import arbiter
    from biodesci.inference.requests import read_request

    chain = session.chain()
    request = read_request(chain, request_id)
    judged = word(answer) if answer else request.output_commitment
    paid = f"{request.requester}, who asked" if upheld else f"{request.worker}, who answered"
    output.consent(
        f"The fee of request {request_id}, {ether(request.fee)}, goes to {paid}, for ever. "
        f"The answer is 0x{judged.hex()}.",
        yes=yes,
    )
    arbiter.decide(chain, request_id, judged, upheld=upheld)
    output.record({"request": request_id, "upheld": upheld, "answer": f"0x{judged.hex()}"}, "Decided.")
