"""biodesci dataset publish: a version of a dataset, made of a file or a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biodesci.cli import offers, output, session
from biodesci.cli.crypt4gh import Source
from biodesci.cli.dataset import MONDO
from biodesci.cli.inspecting import Columns, reporter
from biodesci.cli.options import grouped

if TYPE_CHECKING:
    from biodesci.market.card import DatasetMeta

app = typer.Typer()

_TERMS = Annotated[
    list[str], typer.Option("--term", help="DUO term, such as GRU, HMB, NCU; repeat for more.")
]


@dataclass(frozen=True)
class Described:
    """The options that say what a dataset is, and what it may be used for."""

    name: Annotated[str, typer.Option(help="Title on the card.")]
    term: _TERMS
    description: str = ""
    creator: str = ""
    domain: Annotated[
        str, typer.Option(help="The creator's, which proves your account (account prove-domain).")
    ] = ""
    license: Annotated[
        str, typer.Option(help="Its address, or a short name of SPDX's (CC-BY-4.0); else the DUO terms.")
    ] = ""
    keyword: Annotated[list[str] | None, typer.Option(help="Repeat for more.")] = None
    parent: Annotated[
        list[int] | None,
        typer.Option(min=1, help="Dataset it comes from: yours or licensed, else a claim."),
    ] = None
    disease: Annotated[
        list[str] | None, typer.Option(help="What the term DS permits, as MONDO:0005068; repeat.")
    ] = None
    mondo: Annotated[Path | None, MONDO] = None
    accept_risk: Annotated[
        str | None, typer.Option(help="Why to publish in spite of what stops; the reason stays at home.")
    ] = None
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Somebody looked at what is asked: it is as it should be.")
    ] = False

    def meta(self, columns: Columns) -> DatasetMeta:
        """What the options say of the dataset. Raises InputError where they contradict each other."""
        from biodesci.core import disease as diseases
        from biodesci.core import domains, duo, licenses
        from biodesci.core.errors import InputError
        from biodesci.market.card import DatasetMeta
        from biodesci.market.diseases import permitted

        if bool(self.disease) != (self.mondo is not None):
            raise InputError("Diseases are read from an ontology.", "Give both --disease and --mondo.")
        ids = [diseases.parse(id_) for id_ in self.disease or ()]
        return DatasetMeta(
            name=self.name,
            description=self.description,
            terms=duo.parse_terms(self.term),
            creator=self.creator,
            domain=domains.parse(self.domain) if self.domain else "",
            license=licenses.parse(self.license) if self.license else "",
            keywords=tuple(self.keyword or ()),
            parents=tuple(self.parent or ()),
            declared=columns.declared(),
            accept_risk=self.accept_risk,
            confirmed=self.confirm,
            diseases=permitted(self.mondo, ids) if self.mondo else None,
        )


@dataclass(frozen=True)
class How:
    """The options that say as what it is published, and where the encrypted file goes."""

    price: Annotated[str | None, typer.Option(help=f"{offers.PRICE}; without it nothing is offered yet.")] = (
        None
    )
    dataset: Annotated[int | None, typer.Option(min=1, help="Publish as a new version of this dataset.")] = (
        None
    )
    public: Annotated[
        bool,
        typer.Option(
            "--public", help="Put the encrypted file on IPFS, for everybody: it can't be called back."
        ),
    ] = False


@app.command()
@grouped
def publish(
    source: Source,
    described: Described,
    columns: Columns,
    how: How,
    asked: offers.Asked,
) -> None:
    """Inspect, encrypt, keep, mint. Stopped at any point and run again, it goes on.

    `biodesci dataset check FILE` shows beforehand what would be found, and what the card would tell.
    The encrypted file stays in this home, and your server of containers (BIODESCI_CONTAINERS_URL) gives it to
    those entitled. With --public it is on IPFS, and anybody may keep it for ever.

    Example: biodesci dataset publish cohort.csv --name "Cohort" --term HMB --term NCU --price 0.01
    """
    from dataclasses import asdict, replace

    from biodesci.core.errors import InputError
    from biodesci.market.deidentified import with_report
    from biodesci.market.publish import publish as run

    meta = replace(described.meta(columns), served_at=None if how.public else _server())
    if how.price is None and asked != offers.Asked():
        raise InputError(
            "Terms of an offer are given, but no price, so nothing would be offered.",
            "Give --price too (0 is one), or leave the terms for: biodesci dataset offer ID.",
        )
    owner = session.member()
    offer = None if how.price is None else asked.terms(owner.chain, how.price)
    with source.plain() as file:
        meta = replace(meta, declared=with_report(file, meta.declared))
        done = run(owner, file, meta, offer, reporter(), dataset_id=how.dataset)
    sentence = (
        f"Published dataset {done.dataset_id}, version {done.version}. Its key is in {owner.home}/datasets: "
        "keep a copy; nobody can restore it."
    )
    fields = asdict(done)
    found = [] if output.json_wanted() else fields.pop("findings")
    output.record(fields, sentence)
    if found:
        lines = "".join(f"\n  - {finding}" for finding in found)
        output.record({}, f"This was found, and is in the signed report that stays at home:{lines}")


def _server() -> str:
    """The origin of this home's server of containers."""
    from biodesci.core.documents.content_request import origin
    from biodesci.core.errors import ConfigurationError

    chosen = session.settings().containers_url
    if not chosen:
        raise ConfigurationError(
            "Nothing says who gives the encrypted file to those who may have it.",
            "Set BIODESCI_CONTAINERS_URL to your server of containers (docs/private.md). Or give "
            "--public: a copy on IPFS, for everybody, which can't be called back.",
        )
    return origin(chosen)
