"""biodesci dataset: list, show, prove, withdraw, release (more: cli/publishing.py, offers.py, roles.py)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, new_file

if TYPE_CHECKING:
    from biodesci.chain.client import Chain
    from biodesci.market.catalogue import Entry
    from biodesci.market.institutions import Institutions

app = typer.Typer(no_args_is_help=True)

MONDO = typer.Option(help="mondo.obo of a MONDO release (https://mondo.monarchinitiative.org).")


def _row(entry: Entry, known: Institutions) -> dict[str, Any]:
    from biodesci.chain.currency import Money
    from biodesci.core import duo

    prices = [Money(offer.terms.price, offer.currency) for offer in entry.open_offers]
    return {
        "id": entry.id,
        "name": entry.name,
        "price": prices,
        "terms": duo.codes(entry.terms),
        "version": entry.version,
        "withdrawn": entry.withdrawn,
        "owner": entry.owner,
        "institution": known.of_account(entry.owner, entry.domain),
        "card": entry.card,
    }


@app.command("list")
def list_() -> None:
    """All datasets on chain, with their names and what an open offer costs."""
    from biodesci.market import catalogue

    chain = session.chain(account=False)
    known = session.institutions(chain)
    rows = [_row(entry, known) for entry in catalogue.entries(chain, session.ipfs())]
    columns = ("id", "name", "price", "terms", "version", "withdrawn", "owner", "institution")
    output.table(rows, columns, "No dataset is published yet.")


@app.command()
def show(dataset_id: Number) -> None:
    """One dataset with its offers."""
    from biodesci.market import catalogue

    chain = session.chain(account=False)
    entry = catalogue.entry(chain, session.ipfs(), dataset_id)
    more = {
        **_acting(chain, dataset_id),
        "terms_in_words": entry.terms_in_words,
        "diseases": None if entry.diseases is None else "0x" + entry.diseases.hex(),
        "withdrawn_with": [f"dataset {parent}, from which it descends" for parent in entry.withdrawn_with],
        "content_root": entry.content_root,
        "parents": [
            f"{parent.dataset_id}, version {parent.version}, {'proven' if parent.proven else 'claimed'}"
            for parent in entry.parents
        ],
        "offers": [str(offer) for offer in entry.offers],
    }
    output.record({**_row(entry, session.institutions(chain)), **more})


def _acting(chain: Chain, dataset_id: int) -> dict[str, list[str]]:
    """Who acts for a dataset besides its owner; where a contract is its custodian, whose signatures that
    delivers."""
    from biodesci.market import guarded_custody, roles

    holders, contract = roles.holders(chain, dataset_id), str(chain.custody.address)
    rows = [
        f"{holder} (the contract GuardedCustody)" if holder.account == contract else str(holder)
        for holder in holders
    ]
    if all(holder.account != contract for holder in holders):
        return {"roles": rows}
    guardians = [
        f"version {version}: any {threshold} of {len(accounts)} deliver its key: {', '.join(accounts)}"
        for version, (threshold, accounts) in guarded_custody.appointed(chain, dataset_id).items()
    ]
    return {"roles": rows, "guardians": guardians}


@app.command()
def prove(
    dataset_id: Number,
    disease: Annotated[str, typer.Argument(help="As MONDO:0005068.")],
    mondo: Annotated[Path, MONDO],
    file: Annotated[Path, typer.Option("--output", "-o", help="Where the proof goes.")],
) -> None:
    """Prove that a dataset's terms permit a disease, for the web page (`license buy` does it by itself)."""
    from biodesci.core import disease as diseases
    from biodesci.core import files
    from biodesci.core.documents.declared import DiseaseProof
    from biodesci.core.errors import StateError
    from biodesci.market.diseases import prove as run

    target, number = new_file(file), diseases.parse(disease)
    proof = run(session.chain(account=False), session.ipfs(), dataset_id, number, mondo)
    if not proof:
        raise StateError(
            f"Dataset {dataset_id} has no diseases on chain.", "Buy without a proof: its owner decides."
        )
    files.write_atomic(target, DiseaseProof(disease=number, proof=proof).to_bytes())
    output.record({"dataset_id": dataset_id, "disease": diseases.format_id(number), "file": str(target)})


@app.command()
def withdraw(dataset_id: Number, version: Number, yes: output.Yes = False) -> None:
    """Withdraw consent to a version: it is not sold, released or trained on any more.

    Nor is what is proven to descend from it. What was delivered can't be recalled.
    """
    chain = session.chain()
    output.consent(
        f"Consent to version {version} of dataset {dataset_id}, and to what is proven to descend from it, is "
        "withdrawn for ever.",
        yes=yes,
    )
    chain.send(chain.datasets.functions.withdraw(dataset_id, version))
    output.record({"dataset_id": dataset_id, "version": version, "withdrawn": True})


@app.command()
def release() -> None:
    """Deliver the keys that are due, once (the custodian worker does it all the time), and say what waits.

    The worker's bounds count here, too: BIODESCI_DELIVERIES_A_DAY, BIODESCI_UNPAID_A_DAY.
    """
    from biodesci import config
    from biodesci.market.custody import Custodian
    from biodesci.market.spending import Terms

    own = config.load(config.CustodianSettings)
    terms = Terms.chosen(own.deliveries_a_day, own.unpaid_a_day, own.unpaid_each, own.paying_wei)
    custodian = Custodian(session.member(), terms)
    done = custodian.poll()
    waiting = [f"{license_id}: {why}." for license_id, why in custodian.waiting.items()]
    output.record({"delivered": done, "waiting": waiting})
