"""biodesci license: list, show, download, and what ends a purchase (cli/purchase.py: buy; cli/selling.py)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Elsewhere, Number, address, uses, when
from biodesci.cli.crypt4gh import READER, readers

if TYPE_CHECKING:
    from biodesci.chain.client import Chain
    from biodesci.chain.records import License

app = typer.Typer(no_args_is_help=True)

COLLECT = "biodesci account collect (--currency TOKEN where it was paid in one)"
REASON = Annotated[str, typer.Argument(help="At most 32 bytes; public.")]
LICENSEE = Annotated[
    str,
    typer.Option(help="Whose licence you have seen: where the number is another's by now, nothing is sent."),
]


def require_licensee(licence: License, seen: str) -> None:
    """StateError where a licensee was seen, and the licence is another's."""
    from biodesci.core.errors import StateError

    if seen and address(seen) != licence.licensee:
        raise StateError(
            f"Licence {licence.id} is {licence.licensee}'s, and not {seen}'s: its number was given anew.",
            "Nothing was sent. Look at the licence again: biodesci license show.",
        )


def _row(chain: Chain, license_id: int) -> dict[str, Any]:
    from biodesci.chain import currency
    from biodesci.core import duo
    from biodesci.market.license import get, is_active, purpose_of

    license_ = get(chain, license_id)
    paid_in = currency.read(chain, license_.currency)
    return {
        "id": license_.id,
        "offer": license_.offer_id,
        "dataset": license_.dataset_id,
        "version": license_.version,
        "licensee": license_.licensee,
        "state": license_.state.name.lower(),
        "right": license_.right.name.lower(),
        "active": is_active(chain, license_.id),
        "price": currency.Money(license_.price, paid_in),
        "purpose": duo.codes(purpose_of(chain, license_.id)),
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
    """One licence as the contract has it, with how its money goes and who decides disputes."""
    from biodesci.chain.currency import Money, read
    from biodesci.chain.records import Shares
    from biodesci.market import catalogue, offers
    from biodesci.market.license import get

    chain = session.chain(account=False)
    license_, row = get(chain, license_id), _row(chain, license_id)
    if license_.pro_rata:
        paid_in, shares = read(chain, license_.currency), chain.read(Shares, license_id)
        row["earned"] = Money(license_.earned + shares.to_owner, paid_in)
        row["back_if_it_ended_now"] = Money(shares.to_licensee, paid_in)
    dataset = catalogue.entry(chain, session.ipfs(), license_.dataset_id)
    row["owner"] = dataset.owner
    row["institution"] = session.institutions(chain).of_account(dataset.owner, dataset.domain)
    row["conditions"] = offers.get(chain, license_.offer_id).conditions
    output.record(row)


@app.command()
def download(
    license_id: Number,
    target: Annotated[Path, typer.Argument(help="Where the decrypted file goes; - for standard output.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite the target.")] = False,
    crypt4gh: Annotated[
        list[Path] | None,
        typer.Option(help=f"{READER}: the target is encrypted for it, and no plain file written; repeat."),
    ] = None,
    elsewhere: Elsewhere = None,
    yes: output.Yes = False,
) -> None:
    """Fetch the key, download (resuming), check against the chain, decrypt. For licences to download.

    Where uses are counted this is one, and the first pays the owner: you are asked. On standard output there
    is the file alone, once all of it was checked.
    """
    from dataclasses import asdict

    from biodesci.market.licensed_copy import Crypt4ghFile, download_over
    from biodesci.market.licensed_copy import download as fetch
    from biodesci.market.sources import also_at

    if str(target) == "-":
        with also_at(elsewhere or ()):
            _download_to_pipe(license_id, readers(crypt4gh) if crypt4gh else (), yes=yes)
        return
    wanted = Crypt4ghFile(target, readers(crypt4gh)) if crypt4gh else target
    chain, run = session.chain(), download_over if force else fetch
    counted = consent_to_use(chain, license_id, yes=yes)
    with also_at(elsewhere or ()), output.progress("download", None) as advance:
        done = run(chain, session.ipfs(), session.seed(), license_id, wanted, advance)
    confirm = "" if counted else f" If it is what was promised: biodesci license confirm {license_id}."
    written = "Encrypted" if crypt4gh else "Decrypted"
    output.record(asdict(done), f"{written} to {done.target}.{confirm}")


def _download_to_pipe(license_id: int, to: tuple[bytes, ...], *, yes: bool) -> None:
    import sys

    from biodesci.core.errors import InputError
    from biodesci.market.streamed_copy import Pipe, stream

    if sys.stdout.isatty():
        raise InputError(
            "Standard output is a terminal, which would take the file for commands.",
            "Redirect it to a file or a program.",
        )
    chain = session.chain()
    consent_to_use(chain, license_id, yes=yes)
    # A descriptor of its own: what is printed by others does not wait in its buffer.
    with (
        open(sys.stdout.fileno(), "wb", closefd=False) as sink,
        output.progress("download", None) as advance,
    ):
        pipe = Pipe(sink, session.settings().home, to)
        done = stream(chain, session.ipfs(), session.seed(), license_id, pipe, advance)
    output.note(f"Version {done.version} of dataset {done.dataset_id}, {done.size} bytes.")


def consent_to_use(chain: Chain, license_id: int, *, yes: bool) -> bool:
    """Whether a licence's uses are counted; if so, asks before one is used."""
    from biodesci.core.onchain import UNCOUNTED, LicenseState
    from biodesci.market.license import get

    held = get(chain, license_id)
    if held.uses_left == UNCOUNTED:
        return False
    settles = held.state is LicenseState.DELIVERED
    output.consent(
        f"This is one of {held.uses_left} uses that licence {license_id} has left"
        + (", and the first: it pays the owner, and nothing can be disputed after it." if settles else "."),
        yes=yes,
    )
    return True


@app.command()
def confirm(license_id: Number, yes: output.Yes = False) -> None:
    """Say that you have what you paid for: the owner is paid, and nothing can be disputed any more."""
    from biodesci.chain import currency
    from biodesci.market.license import confirm as run
    from biodesci.market.license import own

    chain = session.chain()
    held = own(chain, license_id)
    price = currency.read(chain, held.currency).show(held.price)
    paid = (
        f"the owner begins to earn the {price} over time" if held.pro_rata else f"the owner is paid {price}"
    )
    output.consent(
        f"You say that you have what licence {license_id} promised: {paid}, and nothing can be disputed "
        "any more.",
        yes=yes,
    )
    done = run(chain, license_id)
    output.record({"license_id": license_id, "state": "settled", "sent": done is not None})


@app.command()
def dispute(license_id: Number, reason: REASON, yes: output.Yes = False) -> None:
    """Say that what was delivered is wrong, within the dispute window: the offer's arbiter decides.

    Without an arbiter nothing can be disputed.
    """
    from biodesci.core import duration
    from biodesci.core.onchain import ARBITRATION
    from biodesci.core.public_text import reason_on_chain
    from biodesci.market.license import arbiter_of
    from biodesci.market.license import dispute as run

    reason_on_chain(reason)
    chain = session.chain()
    arbiter, time = arbiter_of(chain, license_id), duration.show(ARBITRATION)
    output.consent(
        f"Access by licence {license_id} stops, and {arbiter} decides within {time} who gets the price; "
        "if it says nothing, you do. The reason is public.",
        yes=yes,
    )
    done = run(chain, license_id, reason)
    output.record(
        {"license_id": license_id, "state": "disputed", "arbiter": arbiter, "sent": done is not None},
        f"{arbiter} decides: show it why (it runs biodesci license resolve). If it says nothing for {time}: "
        f"biodesci license refund {license_id}.",
    )


@app.command()
def cancel(license_id: Number) -> None:
    """As the buyer: no longer wait for the data access committee. The whole price is yours again."""
    from biodesci.market.license import cancel as run

    done = run(session.chain(), license_id)
    sentence = f"The price is yours again: {COLLECT}."
    output.record({"license_id": license_id, "state": "refunded", "sent": done is not None}, sentence)


@app.command()
def refund(license_id: Number) -> None:
    """Take back what is the buyer's again: nothing was delivered in time, or can be; an arbiter was silent;
    a visa or consent ended a licence that is earned over time, or that was not used yet."""
    from biodesci.market.license import refund as run

    done = run(session.chain(), license_id)
    sentence = f"What is due is the buyer's again: {COLLECT}."
    output.record({"license_id": license_id, "state": "refunded", "sent": done is not None}, sentence)


@app.command()
def resolve(
    license_id: Number,
    pay: Annotated[str, typer.Argument(help="Who gets the price: owner or buyer.")],
    licensee: LICENSEE = "",
    yes: output.Yes = False,
) -> None:
    """As the arbiter that the offer names: decide a dispute."""
    from biodesci.core.errors import InputError
    from biodesci.market.license import get

    if pay not in ("owner", "buyer"):
        raise InputError(f"{pay!r} is no side of a dispute.", "Name who gets the price: owner or buyer.")
    chain = session.chain()
    licence = get(chain, license_id)
    require_licensee(licence, licensee)
    whose = f"licence {license_id}, which {licence.licensee} bought,"
    output.consent(f"The price of {whose} goes to the {pay}, for ever.", yes=yes)
    chain.send(
        chain.licenses.functions.resolve(license_id, pay == "owner", licence.licensee, licence.deadline)
    )
    output.record({"license_id": license_id, "state": "settled" if pay == "owner" else "refunded"})
