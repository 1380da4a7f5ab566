"""biodesci license: buy, list, show, key check, download, confirm, dispute, refund, review."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, address

app = typer.Typer(no_args_is_help=True)

_FOREVER = 2**40 - 1


@app.command()
def buy(
    offer_id: Number,
    purpose: Annotated[
        list[str],
        typer.Option("--purpose", help="What you will do, by DUO codes such as HMB; repeat."),
    ],
    again: Annotated[bool, typer.Option(help="Buy although you hold such a licence.")] = False,
) -> None:
    """Buy a licence: one transaction, the price in escrow until the key is delivered.

    Example: biodesci license buy 1 --purpose HMB
    """
    from dataclasses import asdict

    from biodesci.core import duo
    from biodesci.services.purchase import purchase

    declared = duo.parse_purpose(purpose)
    done = purchase(session.chain(), session.settings().home, offer_id, declared, again=again)
    if not done.bought:
        said = f"You hold licence {done.license_id} for this already; nothing was paid."
    elif done.needs_review:
        said = f"Licence {done.license_id} waits for the owner's review; the price is in escrow."
    else:
        said = (
            f"Licence {done.license_id} is paid into escrow; the key follows, then: "
            f"biodesci license download {done.license_id} FILE."
        )
    output.record(asdict(done), said)


def _row(license_id: int) -> dict[str, Any]:
    from datetime import UTC, datetime

    from web3 import Web3

    from biodesci.core import duo
    from biodesci.services.license import get

    def when(seconds: int) -> str | None:
        return datetime.fromtimestamp(seconds, UTC).isoformat() if 0 < seconds < _FOREVER else None

    held = get(session.chain(account=False), license_id)
    return {
        "id": held.id,
        "dataset": held.dataset_id,
        "version": held.version,
        "licensee": held.licensee,
        "state": held.state.name.lower(),
        "right": ("none", "download", "train", "infer")[held.right],
        "active": held.active,
        "price_eth": str(Web3.from_wei(held.price, "ether")),
        "purpose": duo.codes(held.purpose),
        "deadline": when(held.deadline),
        "expires": "never" if held.expires_at >= _FOREVER else when(held.expires_at),
    }


@app.command("list")
def list_(account: Annotated[str, typer.Option(help="Another account's.")] = "") -> None:
    """Licences held by this account."""
    from biodesci.chain import accounts
    from biodesci.services.license import held_by

    holder = address(account) if account else accounts.address(session.settings().account_path)
    held = held_by(session.chain(account=False), holder)
    columns = ["id", "dataset", "version", "state", "right", "active", "expires"]
    output.table([_row(one.id) for one in held], columns, "No licence is held.")


@app.command()
def show(license_id: Number) -> None:
    """One licence as the contract has it."""
    output.record(_row(license_id))


@app.command()
def download(
    license_id: Number,
    target: Annotated[Path, typer.Argument(help="Where the decrypted file goes.")],
    force: Annotated[bool, typer.Option(help="Overwrite the target.")] = False,
) -> None:
    """Fetch the key, download (resuming), check against the chain, decrypt."""
    from dataclasses import asdict

    from biodesci.services.license import download as run

    with output.progress("download", None) as advance:
        done = run(
            session.chain(), session.ipfs(), session.seed(), license_id, target, advance, overwrite=force
        )
    output.record(
        asdict(done),
        f"Decrypted to {done.target}. If it is what was promised: biodesci license confirm {license_id}.",
    )


@app.command()
def confirm(license_id: Number) -> None:
    """Say that the key opens the data: the owner is paid."""
    from biodesci.services.license import confirm as run

    done = run(session.chain(), license_id)
    output.record({"license_id": license_id, "state": "settled", "sent": done is not None})


@app.command()
def dispute(
    license_id: Number, reason: Annotated[str, typer.Argument(help="At most 32 bytes; public.")]
) -> None:
    """Say that what was delivered is wrong, within the dispute window."""
    from biodesci.services.license import dispute as run

    done = run(session.chain(), license_id, reason)
    output.record({"license_id": license_id, "sent": done is not None})


@app.command()
def refund(license_id: Number) -> None:
    """Take the price back after the delivery deadline; then: biodesci account collect."""
    from biodesci.services.license import refund as run

    done = run(session.chain(), license_id)
    output.record({"license_id": license_id, "state": "refunded", "sent": done is not None})


@app.command()
def claim(license_id: Number) -> None:
    """Credit the owner once the dispute window is over."""
    chain = session.chain()
    chain.send(chain.licenses.functions.claim(license_id))
    output.record({"license_id": license_id, "state": "settled"})


@app.command()
def approve(license_id: Number) -> None:
    """As the dataset's owner: accept a purchase that needs review."""
    chain = session.chain()
    chain.send(chain.licenses.functions.approve(license_id))
    output.record({"license_id": license_id, "state": "purchased"})


@app.command()
def reject(
    license_id: Number, reason: Annotated[str, typer.Argument(help="At most 32 bytes; public.")]
) -> None:
    """As the dataset's owner: decline a purchase; the buyer is paid back."""
    from biodesci.services.license import short_text

    chain = session.chain()
    chain.send(chain.licenses.functions.reject(license_id, short_text(reason)))
    output.record({"license_id": license_id, "state": "rejected"})


@app.command()
def revoke(
    license_id: Number, reason: Annotated[str, typer.Argument(help="At most 32 bytes; public.")]
) -> None:
    """As the dataset's owner: end a licence. What was downloaded can't be recalled."""
    from biodesci.services.license import short_text

    chain = session.chain()
    chain.send(chain.licenses.functions.revoke(license_id, short_text(reason)))
    output.record({"license_id": license_id, "state": "revoked"})
