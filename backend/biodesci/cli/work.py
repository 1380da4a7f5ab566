"""biodesci work: what the workers of this home failed at, with the reasons; have it tried again at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from biodesci.cli import output, session

if TYPE_CHECKING:
    from biodesci.store.jobs import Job
    from biodesci.store.work import Work

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """What failed and is tried again, or waits for you: since when, how often, when again, and why.

    So, too, are transactions that were noted and whose note is damaged: nothing is sent before you looked.
    """
    from biodesci.store.jobs import listed

    with _open() as work:
        found = listed(work)
    rows: list[Mapping[str, object]] = [*map(_row, found), *_damaged()]
    columns = ["id", "worker", "attempts", "first", "last", "next", "reason"]
    output.table(rows, columns, "Nothing that failed waits to be done.")


@app.command()
def retry(
    ids: Annotated[list[str] | None, typer.Argument(help="As `biodesci work list` shows them.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Everything that failed.")] = False,
) -> None:
    """Have the workers try it with their next look, instead of later. What was done meanwhile stays done.

    Nothing is deleted by hand: a job goes by itself once it is done, or the chain says nothing is owed.
    """
    from biodesci.core.errors import InputError, NotFoundError, StateError
    from biodesci.store import jobs

    if ids and every:
        raise InputError("Give either ids or --all.", "--all has everything tried again.")
    if not ids and not every:
        raise InputError("Say what to try again.", "Give ids of `biodesci work list`, or --all.")
    with _open() as work:
        found = jobs.listed(work)
        chosen = [job for job in found if every or job.id in (ids or [])]
        missing = sorted(set(ids or []) - {job.id for job in found})
        for row in _damaged():
            if row["id"] in missing:
                raise StateError(row["reason"], "No worker can mend it.")
        if missing:
            there_is = "There is no job" if len(missing) == 1 else "There are no jobs"
            raise NotFoundError(f"{there_is} {', '.join(missing)}.", "See `biodesci work list`.")
        number = jobs.retry(work, chosen)
    output.record({"due": number}, f"{number} are tried with the next look of their workers.")


def _open() -> Work:
    from biodesci.store.work import Work

    return Work(session.settings().work_location)


def _damaged() -> Iterator[dict[str, str]]:
    """The rows of transactions whose notes cannot be read."""
    from biodesci.chain.pending import damaged

    for entry in damaged(session.settings().work_location):
        yield {
            "id": entry.name,
            "kind": entry.kind,
            "subject": entry.about,
            "worker": f"outbox of {entry.account}",
            "next": "never by itself",
            "reason": entry.reason,
        }


def _row(job: Job) -> dict[str, object]:
    from biodesci.core.onchain import utc

    def shown(seconds: float) -> str:
        return f"{utc(int(seconds)):%Y-%m-%d %H:%M:%S}"

    return {
        "id": job.id,
        "kind": job.kind,
        "subject": job.subject,
        "worker": job.worker,
        "attempts": job.attempts,
        "first": shown(job.first),
        "last": shown(job.last),
        "next": "when you say so" if job.due is None else shown(job.due),
        "reason": job.reason,
    }
