"""The security card as Markdown, for whoever answers for the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from biodesci.core.documents.attack_figures import RecordFigures
from biodesci.core.documents.security_card import SecurityCard
from biodesci.redteam.attacks.findings import findings


def render(card: SecurityCard | RecordFigures) -> str:
    """Markdown from the figures of a checkpoint, or of a model of records."""
    made = findings(card)
    architecture = card.architecture if isinstance(card, SecurityCard) else "for records"
    lines = [
        "# Security card",
        "",
        f"Architecture {architecture}, key mode {card.mode}. "
        "All figures come from our own attacks, run with fresh keys on this architecture (but for the "
        "labels' leak, which asks no model). Where an attack failed, it is our attack that failed: a better "
        "one may succeed. *Drift* is how far the secret weights are from public ones, relative to the spread "
        "of the public ones: 0 are the same weights, 1 is as much change as content.",
        "",
        "| somebody who has | encryption | figure |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {f.title} | {f.verdict} | {f.figure} |" for f in made]
    for f in made:
        lines += [
            "",
            f"## {f.title[0].upper()}{f.title[1:]}: {f.verdict}",
            "",
            f"{f.figure[0].upper()}{f.figure[1:]}. {f.means}",
            "",
        ]
        lines += [f"What to do: {f.do}"]
        for caption, rows in f.tables:
            lines += ["", caption, "", *_table(rows)] if caption else ["", *_table(rows)]
    return "\n".join(lines).rstrip() + "\n"


def _table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """A Markdown table; a column for every field that any row has."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    return lines + ["| " + " | ".join(_cell(row.get(name)) for name in names) + " |" for row in rows]


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
