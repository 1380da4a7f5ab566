"""biodesci license buy, order, relay, cancel-orders: what is paid, shown and signed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, new_file
from biodesci.cli.options import grouped
from biodesci.core.onchain import DAY

if TYPE_CHECKING:
    from biodesci.chain.client import Chain
    from biodesci.core.documents.visa import SignedVisa
    from biodesci.market.purchase import Deal, Purchased

app = typer.Typer()

_VISA = Annotated[
    list[Path] | None, typer.Option("--visa", help="A visa's file, which becomes public; repeat.")
]


@dataclass(frozen=True)
class Declared:
    """The options that say what a licence is bought for, and what shows that it may be."""

    purpose: Annotated[
        list[str], typer.Option("--purpose", help="What you will do, by DUO codes such as HMB; repeat.")
    ]
    visa: _VISA = None
    disease: Annotated[str, typer.Option(help="What you study, as MONDO:0005068.")] = ""
    mondo: Annotated[
        Path | None,
        typer.Option(help="mondo.obo of the card's release: proves that the terms permit the disease."),
    ] = None
    statement: Annotated[
        str,
        typer.Option(help="Research plan: text, or a file of it. Its salted hash is public, it stays here."),
    ] = ""


@app.command()
@grouped
def buy(
    offer_id: Number,
    declared: Declared,
    again: Annotated[bool, typer.Option("--again", help="Buy although you hold such a licence.")] = False,
    yes: output.Yes = False,
) -> None:
    """Buy a licence: one transaction, the price in escrow. What happens to it is said before you agree.

    What you signed for a relayer before may become void: each purchase uses up a number that orders carry.

    Example: biodesci license buy 1 --purpose HMB
    """
    from biodesci.core.duo import parse_purpose
    from biodesci.market.purchase import carry_out

    duo, chain = parse_purpose(declared.purpose), session.chain()
    agreed = _agreed(chain, offer_id, duo, declared)
    output.consent("\n".join(agreed.in_words()), yes=yes)
    _say(carry_out(chain, agreed, again=again, note=output.note))


@app.command()
@grouped
def order(
    offer_id: Number,
    declared: Declared,
    file: Annotated[Path, typer.Option("--output", "-o", help="Where the order goes; private.")],
    days: Annotated[int, typer.Option(min=1, max=30, help="How long it may be submitted.")] = 1,
    yes: output.Yes = False,
) -> None:
    """Sign a purchase, with its payment, for somebody else to submit: costs you no gas.

    Example: biodesci license order 1 --purpose HMB -o order.json
    """
    from biodesci.core import files
    from biodesci.core.duo import parse_purpose
    from biodesci.market.orders import order as run

    target = new_file(file)
    duo, chain = parse_purpose(declared.purpose), session.chain()
    agreed = _agreed(chain, offer_id, duo, declared)
    in_ether = agreed.offer.currency.is_ether
    payer = "Whoever submits the order pays it." if in_ether else "It is yours to pay."
    output.consent("\n".join((*agreed.in_words(), payer)), yes=yes)
    signed = run(chain, agreed, seconds=days * DAY)
    files.write_private(target, signed.to_bytes())
    output.record(
        {"offer_id": offer_id, "payment": signed.payment.method.name.lower(), "file": str(target)},
        "Signed. The file is private: give it to whoever submits it (biodesci license relay FILE). "
        "To take it back: biodesci license cancel-orders.",
    )


@app.command()
def relay(
    file: Annotated[Path, typer.Argument(help="A buyer's order.")],
    yes: output.Yes = False,
) -> None:
    """Submit another account's order: you pay the gas, and the price where it is in ether."""
    from biodesci.core import files
    from biodesci.core.documents.order import SignedOrder
    from biodesci.market import orders

    signed, chain = SignedOrder.parse(files.read(file)), session.chain()
    orders.require_open(chain, signed)
    agreed, buyer = orders.deal_of(chain, signed), signed.order.buyer
    payer = "you" if agreed.offer.currency.is_ether else buyer
    output.consent("\n".join((*agreed.in_words(), f"Bought for {buyer}, paid by {payer}.")), yes=yes)
    _say(orders.relay(chain, signed))


@app.command("cancel-orders")
def cancel_orders() -> None:
    """Make void all orders that this account signed and nobody has submitted."""
    from biodesci.market.orders import cancel

    cancel(session.chain())
    output.record({"cancelled": True})


def _visas(paths: list[Path] | None) -> tuple[SignedVisa, ...]:
    from biodesci.core import files
    from biodesci.core.documents.visa import SignedVisa

    return tuple(SignedVisa.parse(files.read(path)) for path in paths or ())


def _agreed(chain: Chain, offer_id: int, duo: int, declared: Declared) -> Deal:
    """What is bought by the options, as the chain has it now."""
    from biodesci.core import disease as diseases
    from biodesci.core.documents.order import Evidence, Purpose
    from biodesci.core.errors import InputError
    from biodesci.market import offers
    from biodesci.market.diseases import prove
    from biodesci.market.purchase import deal
    from biodesci.market.statement import keep

    dataset_id = offers.get(chain, offer_id).terms.dataset_id
    mondo, statement = declared.mondo, declared.statement
    if mondo and not declared.disease:
        raise InputError("There is no disease to prove.", "Give --disease, as MONDO:0005068.")
    number = diseases.parse(declared.disease) if declared.disease else 0
    proof = prove(chain, session.ipfs(), dataset_id, number, mondo) if mondo else ()
    visas = _visas(declared.visa)
    hashed = keep(session.settings().home, _text(statement)) if statement else bytes(32)
    purpose = Purpose(duo=duo, disease=number, statement=hashed)
    return deal(chain, offer_id, purpose, Evidence(disease_proof=proof, visas=visas))


def _text(statement: str) -> str:
    """What a file of that name says, or else the text itself."""
    from biodesci.core.errors import InputError

    path = Path(statement)
    try:
        is_file = path.is_file()
    except OSError:
        is_file = False  # too long for a name
    if not is_file:
        output.note("There is no file of that name, so --statement itself is taken as the research plan.")
        return statement
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as exc:
        raise InputError(f"{path} is not UTF-8 text.", "Save the research plan as plain text.") from exc


def _say(done: Purchased) -> None:
    from dataclasses import asdict

    if not done.bought:
        sentence = (
            f"You hold licence {done.license_id} for this already; nothing was paid. Buy another one with "
            f"--again, or see that one: biodesci license show {done.license_id}."
        )
    elif done.needs_review:
        sentence = (
            f"Licence {done.license_id} waits for the data access committee; the price is in escrow. To wait "
            f"no longer: biodesci license cancel {done.license_id}."
        )
    else:
        sentence = (
            f"Licence {done.license_id} is paid into escrow; the key follows, then: "
            f"biodesci license download {done.license_id} FILE."
        )
    output.record(asdict(done), sentence)
