"""biodesci license: list, show, download, confirm, dispute, refund, review, revoke (cli/purchase.py: buy)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, address

app = typer.Typer(no_args_is_help=True)

_FOREVER = 2**40 - 1


def _row(license_id: int) -> dict[str, Any]:
    from datetime import UTC, datetime

    from biodesci.chain import currency
    from biodesci.core import duo
    from biodesci.services.license import get

    def when(seconds: int) -> str | None:
        return datetime.fromtimestamp(seconds, UTC).isoformat() if 0 < seconds < _FOREVER else None

    chain = session.chain(account=False)
    held = get(chain, license_id)
    paid_in = currency.read(chain, held.currency)
    return {
        "id": held.id,
        "dataset": held.dataset_id,
        "version": held.version,
        "licensee": held.licensee,
        "state": held.state.name.lower(),
        "right": ("none", "download", "train", "infer")[held.right],
        "active": held.active,
        "price": paid_in.show(held.price),
        "currency": None if paid_in.is_ether else paid_in.address,
        "purpose": duo.codes(held.purpose),
        "deadline": when(held.deadline),
        "expires": "never" if held.expires_at >= _FOREVER else when(held.expires_at),
        "pro_rata": held.pro_rata,
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


@app.command("refund-due")
def refund_due(license_id: Number) -> None:
    """What the dataset's owner would pay back for revoking a licence now."""
    from biodesci.services.renewal import refund_due as run

    due, paid_in = run(session.chain(account=False), license_id)
    output.record({"license_id": license_id, "due": due, "shown": paid_in.show(due)})


@app.command()
def revoke(
    license_id: Number,
    reason: Annotated[str, typer.Argument(help="At most 32 bytes; public.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before paying back.")] = False,
) -> None:
    """As the dataset's owner: end a licence, and pay back what its terms say. Downloads can't be recalled."""
    from biodesci.services import renewal

    chain = session.chain()
    due, paid_in = renewal.refund_due(chain, license_id)
    if due:
        output.consent(f"Revoking licence {license_id} pays {paid_in.show(due)} back to its holder.", yes=yes)
    done = renewal.revoke(chain, license_id, reason)
    paid = {"paid_back": done.paid_back, "shown": done.currency.show(done.paid_back)}
    output.record({"license_id": license_id, "state": "revoked", "sent": done.sent, **paid})
