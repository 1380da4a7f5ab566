"""The command `biodesci <noun> <verb>`. Exit codes: 0 done, 1 refused, 2 bad input, 3 unreachable."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from biodesci.cli import (
    account,
    audit,
    backup,
    cards,
    crypt4gh,
    dataset,
    doctor,
    erasure,
    evidence,
    folder,
    guardians,
    handover,
    index,
    infer,
    inspecting,
    institutions,
    ipfs,
    key,
    key_backup,
    license,
    model,
    offers,
    output,
    partners,
    publishing,
    purchase,
    roles,
    selling,
    stack,
    trail,
    train,
    tune,
    visa,
    warnings,
    work,
)
from biodesci.cli import api as api_
from biodesci.core.errors import BioDeSciError, InputError, UnavailableError

_INTERRUPTED = 130

app = typer.Typer(
    name="biodesci",
    help="Biomedical decentralized science: encrypted datasets, federated models, audited inference.",
    epilog="Settings come from BIODESCI_* variables; `biodesci doctor` says what is missing.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"biodesci {version('biodesci')}")
        raise typer.Exit


@app.callback()
def options(
    json: bool = typer.Option(False, "--json", help="Answer in JSON (works after the verb too)."),
    version: bool = typer.Option(
        False, "--version", help="Show the version.", is_eager=True, callback=_version
    ),
) -> None:
    """Reads what stands before the noun."""
    output.use_json(json)


account.app.add_typer(institutions.app)
app.add_typer(account.app, name="account", help="This role's account on chain.")
key.app.add_typer(crypt4gh.keys)
key.app.add_typer(key_backup.app)
app.add_typer(key.app, name="key", help="This role's encryption key.")
dataset.app.add_typer(inspecting.app)
dataset.app.add_typer(publishing.app)
dataset.app.add_typer(cards.app)
dataset.app.add_typer(offers.app)
dataset.app.add_typer(roles.app)
dataset.app.add_typer(handover.app)
dataset.app.add_typer(guardians.app)
dataset.app.add_typer(trail.export_app)
dataset.app.add_typer(partners.app)
dataset.app.add_typer(erasure.app)
app.add_typer(dataset.app, name="dataset", help="Publish encrypted datasets; see and withdraw them.")
license.app.add_typer(purchase.app)
license.app.add_typer(evidence.app)
license.app.add_typer(selling.app)
license.app.add_typer(folder.app)
license.app.add_typer(crypt4gh.app)
app.add_typer(
    license.app, name="license", help="Buy a licence, fetch the key, download, confirm or dispute; sell."
)
app.add_typer(visa.app, name="visa", help="Say who a researcher is; say whose word counts.")
app.add_typer(model.app, name="model", help="Encrypted models.")
app.add_typer(tune.app, name="tune", help="Fine-tune an encrypted model, between two parties.")
app.add_typer(train.app, name="round", help="Federated training rounds.")
app.add_typer(infer.app, name="inference", help="Encrypted inference.")
audit.app.add_typer(trail.verify_app)
app.add_typer(
    audit.app,
    name="audit",
    help="Check models, inferences and audit trails against the chain, without a key.",
)
app.add_typer(index.app, name="index", help="The local index of the chain.")
app.add_typer(backup.app, name="backup", help="What is on no chain, in one encrypted file.")
app.add_typer(ipfs.app, name="ipfs", help="This party's IPFS node: what it keeps, copies, other nodes.")
app.add_typer(api_.app, name="api", help="The HTTP API and the web page.")
app.add_typer(work.app, name="work", help="What workers failed at: see it, have it tried again.")
app.command("doctor")(doctor.doctor)
app.add_typer(stack.app)


@cache
def _command(*, helps: bool) -> Callable[..., Any]:
    """All commands. With `helps`, a noun alone shows its help; without, it is an error as any other."""
    # Typer reads the signatures of all commands for it; a process may run several.
    made = typer.main.get_command(app)
    _unwrap(made)
    if not helps:
        _ask_for_a_verb(made)
    return made


def _unwrap(command: Any) -> None:
    """Makes one line of each paragraph of a help: Typer keeps the line breaks of the source."""
    command.help = "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    for each in getattr(command, "commands", {}).values():
        _unwrap(each)


def _ask_for_a_verb(command: object) -> None:
    if isinstance(command, TyperGroup):
        command.no_args_is_help = False
        for each in command.commands.values():
            _ask_for_a_verb(each)


def main(argv: Sequence[str] | None = None) -> None:
    """Runs one command, by default that of `sys.argv`. An error is printed, and the process ends with 1."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    asked = "--json" in arguments[:end]
    if asked:
        arguments.remove("--json")
        arguments.insert(0, "--json")
    output.use_json(asked)
    try:
        with warnings.shown():
            _run(arguments)
    except BioDeSciError as exc:
        output.error(exc.message, exc.hint, type(exc).__name__)
        sys.exit(_exit_code(exc))
    except ModuleNotFoundError as exc:
        package = (exc.name or "").partition(".")[0]
        output.error(
            f"This command needs the package {package}, which is not installed here.",
            "Install what it needs: biodesci[publish] for datasets, [node] for training and inference, "
            "[models] for checkpoints, [api] for the HTTP API.",
            type(exc).__name__,
        )
        sys.exit(1)
    except OSError as exc:
        where = f" {exc.filename}" if exc.filename else ""
        output.error(
            f"The system refused{where}: {exc.strerror or exc}.",
            "Check free space and permissions, then repeat the command: it goes on where it stopped.",
            type(exc).__name__,
        )
        sys.exit(1)
    except SystemExit as exc:
        if exc.code == _INTERRUPTED:  # which Typer makes of Ctrl-C, without a word
            output.note("Stopped. Repeat the command: it goes on where it stopped.")
        raise


def _run(arguments: list[str]) -> None:
    """Ends with SystemExit. Typer draws a box around what is wrong with the arguments, but not into JSON."""
    if not output.json_wanted():
        _command(helps=True)(arguments, prog_name="biodesci")
        return
    try:
        code = _command(helps=False)(arguments, prog_name="biodesci", standalone_mode=False)
    except TyperException as exc:
        context = getattr(exc, "ctx", None)
        path = context.command_path if context else "biodesci"
        output.error(exc.format_message(), f"See {path} --help.", type(exc).__name__)
        sys.exit(exc.exit_code)
    except typer.Abort:
        output.error("Aborted: nothing was done.", "", "Abort")
        sys.exit(1)
    sys.exit(code or 0)


def _exit_code(exc: BioDeSciError) -> int:
    if isinstance(exc, InputError):
        return 2
    return 3 if isinstance(exc, UnavailableError) else 1
