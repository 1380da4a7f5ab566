"""biodesci backup: what is on no chain, in one encrypted file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biodesci.cli import output, session

if TYPE_CHECKING:
    from biodesci.party.backup import Summary

app = typer.Typer(no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="The file of the backup.", show_default=False)]


@app.command()
def create(file: File) -> None:
    """Write the home's keys, journals, work and evidence to a new file, under the passphrase."""
    from biodesci.party import backup
    from biodesci.party.containers import Containers
    from biodesci.store.work import trouble

    chosen = session.settings()
    work = chosen.work_location
    made = backup.create(chosen.home, chosen.account_path, work, file, session.passphrase())
    _say(made, f"The home {chosen.home} is in {file}. Keep file and passphrase apart.")
    if isinstance(work, str):
        reason = trouble(work)
        unseen = "" if reason is None else f", and could not be looked at: {reason}"
        output.note(
            f"The work database is PostgreSQL's: its schema biodesci_work is not in the file{unseen}. Back "
            "it up with pg_dump (docs/deployment.md)."
        )
    count, size = Containers(chosen.home).size()
    if count:
        output.note(
            f"{count} private containers ({size} bytes) are not in the file: copy the home's folder "
            "containers/ as it is. It is encrypted, and none can be made again with the same root."
        )
    account, own = chosen.account_path.resolve(), chosen.home.resolve() / "account.json"
    if (
        account.exists()
        and own.exists()
        and not account.is_relative_to(own.parent)
        and account != own.resolve()
    ):
        output.note(
            f"The keystore {chosen.account_path} is not in the file, as the home has an account.json of its "
            "own: copy it yourself."
        )
    if made.has_file_besides:
        output.note(
            "DATABASE_URL is set, so the work.sqlite that lies in the home is in the file, but not in use."
        )


@app.command()
def check(file: File) -> None:
    """Read all of a backup, and say what it holds."""
    from biodesci.party import backup

    _say(backup.check(file, session.passphrase()), "The backup is whole.")


@app.command()
def restore(file: File) -> None:
    """Make the home of a backup: BIODESCI_HOME names a folder that does not exist, or is empty."""
    from biodesci.party import backup

    home = session.settings().home
    made = backup.restore(file, home, session.passphrase())
    _say(made, f"The home {home} is as it was. Never run it beside the one that it was made from.")
    if made.manifest.work == "server":
        output.note("The work database is PostgreSQL's: restore its dump by psql first (docs/deployment.md).")
    if made.has_file_besides:
        output.note("A work.sqlite of before is in the home, too: with DATABASE_URL it is not in use.")


def _say(summary: Summary, sentence: str) -> None:
    from biodesci.core.onchain import utc

    output.record(
        {
            "made": f"{utc(summary.manifest.made):%Y-%m-%d %H:%M}",
            "program": summary.manifest.program,
            "files": summary.files,
            "bytes": summary.size,
            "work": summary.manifest.work,
        },
        sentence,
    )
