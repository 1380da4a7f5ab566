"""biodesci dataset card: what a dataset's owner published about it, as Croissant or as HealthDCAT-AP."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Number, new_file
from biodesci.cli.options import grouped

app = typer.Typer()
_NEEDED = "HealthDCAT-AP: "


@dataclass(frozen=True)
class Catalogue:
    """The options that a catalogue of health data wants and no card says."""

    identifier: Annotated[str, typer.Option(help=f"{_NEEDED}an IRI of the dataset.")] = ""
    contact: Annotated[str, typer.Option(help=f"{_NEEDED}mailto: or https: of its owner.")] = ""
    access_body: Annotated[str, typer.Option(help=f"{_NEEDED}the health data access body.")] = ""
    access_body_contact: Annotated[str, typer.Option(help=f"{_NEEDED}mailto: or https: of that.")] = ""
    category: Annotated[
        list[str] | None,
        typer.Option(help=f"{_NEEDED}code or IRI of a health category, such as EHRS; repeat for more."),
    ] = None
    provenance: Annotated[str, typer.Option(help=f"{_NEEDED}how the data came about.")] = ""


@app.command()
@grouped
def card(
    dataset_id: Number,
    catalogue: Catalogue,
    *,
    format_: Annotated[
        Literal["croissant", "turtle", "json-ld"],
        typer.Option("--format", help="Croissant as published, or HealthDCAT-AP in Turtle or JSON-LD."),
    ] = "croissant",
    file: Annotated[Path, typer.Option("--output", "-o", help="Where it goes.")],
) -> None:
    """Write the card of a dataset's latest version to a file, for a catalogue."""
    from biodesci.core import cid, files
    from biodesci.core.documents.dataset_card import DatasetCard
    from biodesci.core.documents.published_card import MAX_CARD
    from biodesci.market import healthdcat
    from biodesci.market.catalogue import entry

    target = new_file(file)
    ipfs = session.ipfs()
    found = entry(session.chain(account=False), ipfs, dataset_id)
    raw = ipfs.cat(cid.to_digest(found.card), max_size=MAX_CARD)
    if format_ != "croissant":
        wanted = healthdcat.Entry(
            identifier=catalogue.identifier,
            contact=catalogue.contact,
            access_body=catalogue.access_body,
            access_body_contact=catalogue.access_body_contact,
            categories=tuple(catalogue.category or ()),
            provenance=catalogue.provenance,
        )
        raw = healthdcat.document(DatasetCard.parse(raw), wanted, format_)
    files.write_atomic(target, raw)
    output.record({"dataset_id": dataset_id, "version": found.version, "file": str(target)})
