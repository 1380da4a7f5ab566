"""biodesci dataset offer, close-offer: what is asked for a licence, and the options that say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, address, token, within
from biodesci.cli.options import grouped
from biodesci.core.onchain import DAY, NOBODY, UNCOUNTED

if TYPE_CHECKING:
    from biodesci.chain.client import Chain
    from biodesci.market.offers import OfferTerms

app = typer.Typer()

_SECONDS = 2**32 - 1  # what an offer has room for

PRICE = "In whole units of the currency, such as 0.01"


@dataclass(frozen=True)
class Asked:
    """The options that say what an offer is, as they were typed."""

    currency: Annotated[str, typer.Option(help="An ERC-20's address, or ETH.")] = "ETH"
    right: Annotated[str, typer.Option(help="download, train or infer.")] = "download"
    duration: Annotated[
        int,
        typer.Option(
            parser=within(0, _SECONDS), metavar="TIME", help="How long access lasts, such as 30d; 0: no end."
        ),
    ] = 0
    uses: Annotated[int, typer.Option(min=0, max=UNCOUNTED - 1, help="0: not counted.")] = 0
    visas: Annotated[
        list[str] | None,
        typer.Option(
            help="Visas that a buyer must show: registered-access, or types; repeat, or use commas."
        ),
    ] = None
    pro_rata: Annotated[
        bool,
        typer.Option(
            "--pro-rata",
            help="The price is earned over the duration: what is not earned at an early end is the buyer's.",
        ),
    ] = False
    delivery_window: Annotated[
        int,
        typer.Option(
            parser=within(1, 365 * DAY),
            metavar="TIME",
            help="What you have to deliver; then: refund.",
        ),
    ] = DAY
    dispute_window: Annotated[
        int,
        typer.Option(
            parser=within(1, 90 * DAY),
            metavar="TIME",
            help="What a buyer has to confirm or dispute; then you are paid.",
        ),
    ] = DAY
    arbiter: Annotated[
        str,
        typer.Option(
            help="Address that decides disputes, and agreed to it (account accept-arbitration). Without one "
            "buyers can dispute nothing: they are told so before they pay, and pay for what you deliver."
        ),
    ] = ""

    def terms(self, chain: Chain, price: str) -> OfferTerms:
        """The terms that the options name; `price` is in whole units of the currency."""
        from biodesci.core.visa import mask
        from biodesci.market.offers import OfferTerms

        paid_in = token(chain, self.currency)
        return OfferTerms(
            right=self.right,
            price=paid_in.parse(price),
            duration=self.duration,
            uses=self.uses,
            delivery_window=self.delivery_window,
            dispute_window=self.dispute_window,
            arbiter=address(self.arbiter) if self.arbiter else NOBODY,
            currency=paid_in.address,
            visas=mask(self.visas or []),
            pro_rata=self.pro_rata,
        )


@app.command()
@grouped
def offer(dataset_id: Number, price: Annotated[str, typer.Option(help=f"{PRICE}.")], asked: Asked) -> None:
    """Offer licences for a dataset of yours.

    Example: biodesci dataset offer 1 --price 25 --duration 30d --visas registered-access --pro-rata
    """
    from biodesci.market.offers import create, get

    chain = session.chain()
    made = get(chain, create(chain, dataset_id, asked.terms(chain, price)))
    output.record(
        {"offer_id": made.id, "offer": str(made), "conditions": made.conditions},
        "Offered. Buyers are told the conditions before they pay; an offer cannot be changed, only closed: "
        f"biodesci dataset close-offer {made.id}.",
    )


@app.command("close-offer")
def close_offer(offer_id: Number) -> None:
    """Stop selling by an offer."""
    chain = session.chain()
    chain.send(chain.licenses.functions.closeOffer(offer_id))
    output.record({"offer_id": offer_id, "open": False})
