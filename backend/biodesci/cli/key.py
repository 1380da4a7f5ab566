"""biodesci key: the X-Wing key that licence keys and results are sealed to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import address, new_file
from biodesci.core.onchain import DAY

app = typer.Typer(no_args_is_help=True)


@app.command()
def create() -> None:
    """Make a key, sealed by the passphrase in the home folder."""
    from biodesci.party import keys

    path = keys.create(session.settings().home, session.new_passphrase())
    output.record({"file": str(path)}, "Key made. Register its public half: biodesci key register.")


@app.command()
def export(
    file: Annotated[
        Path, typer.Argument(help="File to write: the public key, 1,216 bytes.", show_default=False)
    ],
) -> None:
    """Write the public key to a file, for a model owner to seal codecs to (makes a key first if need be)."""
    from biodesci.party import keys

    home = session.settings().home
    word = session.passphrase() if keys.path(home).exists() else session.new_passphrase()
    public = keys.export(home, word, new_file(file))
    output.record(
        {"file": file, "fingerprint": keys.fingerprint(public)},
        "Not secret; but compare the fingerprint with the recipient of the file, lest somebody swap it.",
    )


@app.command()
def register(
    sign: Annotated[
        Path | None, typer.Option("--sign", help="Write a signed registration here instead of sending one.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=30, help="How long that may be sent.")] = 1,
) -> None:
    """Put the public key on chain (makes a key first where there is none)."""
    from biodesci.core import files
    from biodesci.party import keys

    target = None if sign is None else new_file(sign)
    chain, home = session.chain(), session.settings().home
    if target is not None:
        made = keys.sign_registration(chain, home, session.passphrase(), seconds=days * DAY)
        files.write_atomic(target, made.to_bytes())
        sentence = "Signed. Whoever sends it pays the gas: biodesci key relay FILE."
        output.record({"account": made.account, "file": str(target), "sent": False}, sentence)
        return
    result = keys.register(chain, home, session.passphrase())
    output.record({"account": result.account, "key_hash": result.key_hash, "sent": result.sent})


@app.command()
def relay(file: Annotated[Path, typer.Argument(help="What `register --sign` wrote.")]) -> None:
    """Put another account's key on chain, and pay the gas."""
    from biodesci.core import files
    from biodesci.core.documents.registration import SignedRegistration
    from biodesci.party import keys

    result = keys.relay(session.chain(), SignedRegistration.parse(files.read(file)))
    output.record({"account": result.account, "key_hash": result.key_hash, "sent": result.sent})


@app.command()
def show(account: str = typer.Argument("", help="Address; this role's own if not given.")) -> None:
    """The key on chain of an account."""
    from web3 import Web3

    from biodesci.chain import accounts

    chain = session.chain(account=False)
    holder = address(account) if account else accounts.address(session.settings().account_path)
    public = chain.key_of(holder)
    output.record({"account": holder, "key_hash": Web3.keccak(public).to_0x_hex(), "size": len(public)})


@app.command()
def revoke(yes: output.Yes = False) -> None:
    """Withdraw the key on chain: nothing is sealed to it any more."""
    chain = session.chain()
    output.consent(f"Nothing is sealed to the present key of {chain.address} any more.", yes=yes)
    chain.send(chain.keys.functions.revoke())
    output.record({"account": chain.address}, "Key revoked. Register another before the next purchase.")
