"""biodesci visa issuer: serve, check, release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import when

if TYPE_CHECKING:
    from biodesci.core.documents.passport import IssuerTrust

app = typer.Typer(no_args_is_help=True)

_TRUST = Annotated[
    Path, typer.Option("--trust", help="File that says which brokers, sources and values count.")
]


@app.command()
def serve(
    trust: _TRUST,
    host: Annotated[str, typer.Option(help="Address that it listens on, without TLS.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port that it listens on.")] = 8750,
    origin: Annotated[
        list[str] | None, typer.Option(help="Origin of a page that may ask it from a browser; repeat.")
    ] = None,
) -> None:
    """As an issuer: sign visas for people whose GA4GH passports show what the rules ask for.

    Each person has one account; which one is noted in the home folder (visas/), without names.
    Put a server that speaks https before it, and say its address as `url` in the file (docs/passports.md).
    """
    import time
    from urllib.parse import urlsplit

    from biodesci import logs, secret_settings
    from biodesci.passports.issuer import Issuer
    from biodesci.passports.keys import BrokerKeys
    from biodesci.passports.register import Register
    from biodesci.passports.server import create_app
    from biodesci.serving import bounds
    from biodesci.serving.guard import Policy
    from biodesci.serving.server import listen
    from biodesci.serving.server import serve as run

    said, settings = _load(trust), session.settings()
    answered = Policy(
        hosts=bounds.hosts([urlsplit(said.url).netloc, *settings.hosts.split()]),
        body=None,  # the application counts, and limits the rate, so that a page of another origin sees why
        proxies=bounds.networks(settings.trusted_proxies),
    )
    bound = listen(host, port, "--port")
    logs.begin("visa_issuer", settings.log_format, [*secret_settings.of(settings), session.passphrase()])
    chain = session.chain()
    register = Register.open(settings.home, session.passphrase(), chain)
    issuer = Issuer(chain, said, BrokerKeys(trust.parent), lambda: int(time.time()), register)
    output.note(f"Issuing as {chain.address} on {host}:{port}, reached at {said.url}. Ctrl-C stops it.")
    run(create_app(issuer, tuple(origin or ())), answered, bound)


@app.command()
def check(
    passport: Annotated[Path, typer.Argument(help="File with a GA4GH passport or visa (a JWT).")],
    trust: _TRUST,
) -> None:
    """What a passport would give, and why the rest of it gives nothing. Nothing is signed."""
    import time

    from biodesci.core.visa import NAMES
    from biodesci.passports.keys import BrokerKeys
    from biodesci.passports.passport import read

    shown = read(read_passport(passport), _load(trust), BrokerKeys(trust.parent), int(time.time()))
    visas = [
        {"type": NAMES[one.rule.type], "asserted": when(one.asserted), "expires": when(one.expires)}
        | ({} if one.rule.dataset is None else {"dataset": one.rule.dataset})
        for one in shown.accepted
    ]
    list_visas(visas, ("type", "asserted", "expires", "dataset"), shown.ignored)


@app.command()
def release(
    account: Annotated[str, typer.Argument(help="The account that has visas by a passport.")] = "",
    iss: Annotated[str, typer.Option(help="Instead: a passport's `iss`, with --sub.")] = "",
    sub: Annotated[str, typer.Option(help="Instead: a passport's `sub`, with --iss.")] = "",
) -> None:
    """As an issuer: revoke the visas that an account has by a passport, so that the person may use another.

    Licences that rest on them end at once. Be sure that the person wants it: a passport can be stolen.
    """
    from biodesci.cli.arguments import address
    from biodesci.core.errors import InputError
    from biodesci.passports.register import Register
    from biodesci.passports.release import release as run

    if bool(account) == bool(iss or sub) or bool(iss) != bool(sub):
        raise InputError("Say whom to release.", "Give an account, or both --iss and --sub.")
    chain = session.chain()
    register = Register.open(session.settings().home, session.passphrase(), chain)
    whose = address(account) if account else register.account_of((sub, iss))
    revoked = run(chain, register, whose)
    output.record({"account": whose, "revoked": revoked}, "Released. The person may use another account.")


def list_visas(visas: Sequence[Mapping[str, Any]], columns: tuple[str, ...], ignored: Sequence[str]) -> None:
    """What a passport gives, a line for each visa, and then why the rest of it gives nothing."""
    if output.json_wanted():
        output.record({"visas": visas, "ignored": list(ignored)})
        return
    output.table(visas, columns, "It gives no visa.")
    for why in dict.fromkeys(ignored):
        output.note(f"Passed over: {why}")


def read_passport(file: Path) -> str:
    """The token in a file, without the line end behind it. Raises InputError for what can be none."""
    from biodesci.core import files
    from biodesci.core.errors import InputError
    from biodesci.passports.passport import LIMIT

    raw = files.read(file)
    if len(raw) > LIMIT or not raw.isascii():
        raise InputError(
            "This file holds no GA4GH passport.", "Give the JWT that the broker issued, unchanged."
        )
    return raw.decode().strip()


def _load(file: Path) -> IssuerTrust:
    from biodesci.core import files
    from biodesci.core.documents.passport import IssuerTrust

    return IssuerTrust.parse(files.read(file))
