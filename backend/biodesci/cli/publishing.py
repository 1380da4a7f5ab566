"""biodesci dataset check | publish: what is found in a file, and a version of a dataset made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biodesci.cli import offers, output, session
from biodesci.cli.crypt4gh import Source
from biodesci.cli.dataset import MONDO
from biodesci.cli.options import grouped

if TYPE_CHECKING:
    from rich.progress import TaskID

    from biodesci.core.documents.dataset_card import Column
    from biodesci.inspection.content import Declared
    from biodesci.market.card import DatasetMeta

app = typer.Typer()

_TERMS = Annotated[
    list[str], typer.Option("--term", help="DUO term, such as GRU, HMB, NCU; repeat for more.")
]


def _reporter() -> Callable[[str, int, int], None]:
    bar = output.bar()
    tasks: dict[str, TaskID] = {}

    def report(step: str, done: int, total: int) -> None:
        if not bar.live.is_started:
            bar.start()
        if step not in tasks:
            tasks[step] = bar.add_task(step, total=total)
        bar.update(tasks[step], completed=done)
        if bar.finished:
            bar.stop()

    return report


@dataclass(frozen=True)
class Columns:
    """The options that say what the columns of a table are."""

    person: Annotated[
        str | None, typer.Option(help="Column that says whose record a row is: people are counted, not rows.")
    ] = None
    code: Annotated[
        list[str] | None,
        typer.Option(help="Column of codes, whose values the card may print; repeat for more."),
    ] = None
    quasi: Annotated[
        list[str] | None,
        typer.Option(help="Column by which a person who is known could be found (age, postcode); repeat."),
    ] = None
    pseudonym: Annotated[
        list[str] | None, typer.Option(help="Column of ids that lead to nobody outside; repeat.")
    ] = None
    no_header: Annotated[
        bool, typer.Option("--no-header", help="The first line is a record, not column names.")
    ] = False

    def declared(self) -> Declared:
        """What the options say."""
        from biodesci.inspection.content import Declared

        return Declared(
            person=self.person,
            codes=frozenset(self.code or ()),
            quasi=tuple(self.quasi or ()),
            pseudonyms=frozenset(self.pseudonym or ()),
            header=False if self.no_header else None,
        )


@dataclass(frozen=True)
class Described:
    """The options that say what a dataset is, and what it may be used for."""

    name: Annotated[str, typer.Option(help="Title on the card.")]
    term: _TERMS
    description: str = ""
    creator: str = ""
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
        str | None, typer.Option(help="Why to publish in spite of what stops; it stays at home.")
    ] = None
    confirm: Annotated[
        bool, typer.Option("--confirm", help="What was asked was looked at: it is as it should be.")
    ] = False

    def meta(self, columns: Columns) -> DatasetMeta:
        """What the options say of the dataset. Raises InputError where they contradict each other."""
        from biodesci.core import disease as diseases
        from biodesci.core import duo
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
            keywords=tuple(self.keyword or ()),
            parents=tuple(self.parent or ()),
            declared=columns.declared(),
            accept_risk=self.accept_risk,
            confirmed=self.confirm,
            diseases=permitted(self.mondo, ids) if self.mondo else None,
        )


@app.command()
@grouped
def publish(
    source: Source,
    described: Described,
    columns: Columns,
    *,
    price: Annotated[
        str | None, typer.Option(help=f"{offers.PRICE}; without it nothing is offered yet.")
    ] = None,
    asked: offers.Asked,
    dataset: Annotated[
        int | None, typer.Option(min=1, help="Publish as a new version of this dataset.")
    ] = None,
    public: Annotated[
        bool,
        typer.Option(
            "--public", help="Put the encrypted file on IPFS, for everybody: it can't be called back."
        ),
    ] = False,
) -> None:
    """Inspect, encrypt, keep, mint. Stopped at any point and run again, it goes on.

    `biodesci dataset check FILE` shows beforehand what would be found, and what the card would tell.
    The encrypted file stays in this home, and your server of containers (BIODESCI_CONTAINERS_URL) gives it to
    those entitled. With --public it is on IPFS, and anybody may keep it for ever.

    Example: biodesci dataset publish cohort.csv --name "Cohort" --term HMB --term NCU --price 0.01
    """
    from dataclasses import asdict, replace

    from biodesci.core.errors import InputError
    from biodesci.market.publish import publish as run

    meta = replace(described.meta(columns), served_at=None if public else _server())
    if price is None and asked != offers.Asked():
        raise InputError(
            "Terms of an offer are given, but no price, so nothing would be offered.",
            "Give --price too (0 is one), or leave the terms for: biodesci dataset offer ID.",
        )
    owner = session.member()
    offer = None if price is None else asked.terms(owner.chain, price)
    with source.plain() as file:
        done = run(owner, file, meta, offer, _reporter(), dataset_id=dataset)
    output.record(
        asdict(done),
        f"Published dataset {done.dataset_id}, version {done.version}. Its key is in {owner.home}/datasets: "
        "keep a copy; nobody can restore it.",
    )


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


@app.command()
@grouped
def check(
    source: Source,
    columns: Columns,
    deidentify: Annotated[
        Path | None,
        typer.Option(help="Write a de-identified copy to here, say what was done, and check the copy."),
    ] = None,
) -> None:
    """Show what would be found in a file, and what a card would tell of it; nothing leaves this machine.

    It ends with 1 where publishing would stop. Example: biodesci dataset check cohort.csv --person patient
    """
    with source.plain() as file:
        if deidentify is None:
            _check(file, columns.declared(), [])
        else:
            _check(deidentify, columns.declared(), _deidentified(file, deidentify, columns.declared()))


def _deidentified(file: Path, copy: Path, declared: Declared) -> list[dict[str, Any]]:
    from biodesci.inspection.deidentify import deidentify
    from biodesci.inspection.inspect import inspect

    return [
        {"place": mend.place, "done": mend.action.value, "rows": mend.rows, "why": mend.reason}
        for mend in deidentify(file, copy, inspect(file, declared), declared)
    ]


def _check(file: Path, declared: Declared, mends: list[dict[str, Any]]) -> None:
    from biodesci.core.croissant import fields
    from biodesci.inspection.inspect import inspect
    from biodesci.market.material import Material

    material = Material.of(file)
    report = _reporter()
    done = 0

    def advance(amount: int) -> None:
        nonlocal done
        done = min(done + amount, material.size)
        report("inspect", done, material.size)

    inspection = inspect(file, declared, advance)
    report("inspect", material.size, material.size)
    stops = [finding for finding in inspection.findings if finding.level == "stop"]
    asks = [finding for finding in inspection.findings if finding.level == "ask"]
    verdict = (
        "Publishing it would stop: --accept-risk REASON would be needed."
        if stops
        else "A person has to look at what is asked: --confirm would be needed."
        if asks
        else "Nothing was recognised that would stop it. That is evidence, not anonymity."
    )
    findings = [
        {"level": one.level.value, "place": one.place, "kind": one.kind, "rows": one.rows, "why": one.reason}
        for one in sorted(inspection.findings, key=lambda one: _LEVELS.index(one.level.value))
    ]
    told = [_told(table.name, column) for table in inspection.tables for column in fields(table.table)]
    if output.json_wanted():
        output.record(
            {
                "format": inspection.format,
                "bytes": material.size,
                "records": [table.records for table in inspection.tables],
                "verdict": verdict,
                "findings": findings,
                "card": told,
                "mends": mends,
            }
        )
    else:
        if mends:
            output.note("What was done to the copy:")
            output.table(mends, ("place", "done", "rows", "why"), "")
        output.record(
            {
                "format": inspection.format or "not read here",
                "bytes": material.size,
                "records": ", ".join(f"{table.records:,}" for table in inspection.tables) or None,
            },
            f"{file.name}: {verdict}",
        )
        output.table(findings, ("level", "place", "kind", "rows", "why"), "Nothing was found.")
        if told:
            output.note("What a card would tell of the columns:")
            output.table(told, ("column", "type", "told"), "")
    if stops:
        raise typer.Exit(1)


_LEVELS = ("stop", "ask", "note")


def _told(table: str, column: Column) -> dict[str, Any]:
    """A column as a card would have it, in a line."""
    statistics = {} if column.statistics is None else column.statistics.model_dump(mode="json")
    words = [
        f"{len(value)} bars" if isinstance(value, list) else f"{name} {value}"
        for name, value in statistics.items()
    ]
    name = f"{table}: {column.name}" if table else column.name
    return {"column": name, "type": column.data_type.removeprefix("sc:"), "told": ", ".join(words) or None}
