"""biodesci license: list, show, download, confirm, dispute, refund, review, revoke (cli/purchase.py: buy)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, address, uses, when

if TYPE_CHECKING:
    from biodesci.chain.client import Chain

app = typer.Typer(no_args_is_help=True)

_COLLECT = "biodesci account collect (--currency TOKEN where it was paid in one)"

_REASON = Annotated[str, typer.Argument(help="At most 32 bytes; public.")]


def _row(chain: Chain, license_id: int) -> dict[str, Any]:
    from biodesci.chain import currency
    from biodesci.core import duo
    from biodesci.market.license import get, is_active
    from biodesci.market.offers import RIGHTS

    license_ = get(chain, license_id)
    paid_in = currency.read(chain, license_.currency)
    return {
        "id": license_.id,
        "offer": license_.offer_id,
        "dataset": license_.dataset_id,
        "version": license_.version,
        "licensee": license_.licensee,
        "state": license_.state.name.lower(),
        "right": ("none", *RIGHTS)[license_.right],
        "active": is_active(chain, license_.id),
        "price": currency.Money(license_.price, paid_in),
        "purpose": duo.codes(license_.purpose),
        "deadline": when(license_.deadline),
        "expires": when(license_.expires_at),
        "uses_left": uses(license_.uses_left),
        "pro_rata": license_.pro_rata,
    }


@app.command("list")
def list_(account: Annotated[str, typer.Option(help="Another account's.")] = "") -> None:
    """Licences held by this account."""
    from biodesci.chain import accounts
    from biodesci.market.license import held_by

    holder = address(account) if account else accounts.address(session.settings().account_path)
    chain = session.chain(account=False)
    licenses = held_by(chain, holder)
    columns = ["id", "dataset", "version", "state", "right", "active", "expires"]
    output.table([_row(chain, one.id) for one in licenses], columns, "No licence is held.")


@app.command()
def show(license_id: Number) -> None:
    """One licence as the contract has it."""
    output.record(_row(session.chain(account=False), license_id))


@app.command()
def download(
    license_id: Number,
    target: Annotated[Path, typer.Argument(help="Where the decrypted file goes.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite the target.")] = False,
) -> None:
    """Fetch the key, download (resuming), check against the chain, decrypt."""
    from dataclasses import asdict

    from biodesci.market.license import download as fetch
    from biodesci.market.license import download_over

    run = download_over if force else fetch
    with output.progress("download", None) as advance:
        done = run(session.chain(), session.ipfs(), session.seed(), license_id, target, advance)
    output.record(
        asdict(done),
        f"Decrypted to {done.target}. If it is what was promised: biodesci license confirm {license_id}.",
    )


@app.command()
def confirm(license_id: Number) -> None:
    """Say that the key opens the data: the owner is paid."""
    from biodesci.market.license import confirm as run

    done = run(session.chain(), license_id)
    output.record({"license_id": license_id, "state": "settled", "sent": done is not None})


@app.command()
def dispute(license_id: Number, reason: _REASON) -> None:
    """Say that what was delivered is wrong, within the dispute window. Access ends."""
    from biodesci.core.onchain import LicenseState
    from biodesci.market.license import dispute as run
    from biodesci.market.license import get

    chain = session.chain()
    done = run(chain, license_id, reason)
    state = get(chain, license_id).state
    sentence = (
        f"The price is yours again: {_COLLECT}." if state is LicenseState.REFUNDED else "The arbiter decides."
    )
    output.record({"license_id": license_id, "state": state.name.lower(), "sent": done is not None}, sentence)


@app.command()
def resolve(
    license_id: Number,
    pay: Annotated[str, typer.Argument(help="Who gets the price: owner or buyer.")],
    yes: output.Yes = False,
) -> None:
    """As the arbiter that the offer names: decide a dispute."""
    from biodesci.core.errors import InputError

    if pay not in ("owner", "buyer"):
        raise InputError(f"{pay!r} is no side of a dispute.", "Name who gets the price: owner or buyer.")
    chain = session.chain()
    output.consent(f"The price of licence {license_id} goes to the {pay}, for ever.", yes=yes)
    chain.send(chain.licenses.functions.resolve(license_id, pay == "owner"))
    output.record({"license_id": license_id, "state": "settled" if pay == "owner" else "refunded"})


@app.command()
def refund(license_id: Number) -> None:
    """Take the price back of what was not delivered in time, or can't be, or of a dispute left undecided."""
    from biodesci.market.license import refund as run

    done = run(session.chain(), license_id)
    sentence = f"The price is the buyer's again: {_COLLECT}."
    output.record({"license_id": license_id, "state": "refunded", "sent": done is not None}, sentence)


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
def reject(license_id: Number, reason: _REASON) -> None:
    """As the dataset's owner: decline a purchase; the buyer is paid back."""
    from biodesci.core.public_text import reason_on_chain

    text, chain = reason_on_chain(reason), session.chain()
    chain.send(chain.licenses.functions.reject(license_id, text))
    output.record({"license_id": license_id, "state": "rejected"})


@app.command("refund-due")
def refund_due(license_id: Number) -> None:
    """What the dataset's owner would pay back for revoking a licence now."""
    from biodesci.chain.currency import Money
    from biodesci.market.renewal import refund_due as run

    due, paid_in = run(session.chain(account=False), license_id)
    output.record({"license_id": license_id, "due": Money(due, paid_in)})


@app.command()
def revoke(
    license_id: Number,
    reason: _REASON,
    yes: output.Yes = False,
) -> None:
    """As the dataset's owner: end a licence, and pay back what its terms say. Downloads can't be recalled."""
    from biodesci.chain.currency import Money
    from biodesci.core.public_text import reason_on_chain
    from biodesci.market import renewal

    reason_on_chain(reason)
    chain = session.chain()
    renewal.require_owner(chain, license_id)
    due, paid_in = renewal.refund_due(chain, license_id)
    output.consent(
        f"Revoking licence {license_id} ends it for ever, and pays {paid_in.show(due)} back to its holder.",
        yes=yes,
    )
    done = renewal.revoke(chain, license_id, reason)
    paid = {"paid_back": Money(done.paid_back, done.currency)}
    output.record({"license_id": license_id, "state": "revoked", "sent": done.sent, **paid})
