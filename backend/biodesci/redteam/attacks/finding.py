"""What one attack of the red team found out, for people: a verdict, a figure, what follows, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from biodesci.core.documents.base import Part

Table = tuple[str, Sequence[Mapping[str, Any]]]  # a caption, and rows of cells by their column's name
FOUND = 0.5  # a share of half or more counts as read
UNRELATED = 10.0  # at such a drift nothing is left of the base
SOLVED = 1e-3  # relative error below which a key counts as known


@dataclass
class Finding:
    """One attack: who carries it out, whether the encryption held, the figure, what follows, what to do."""

    title: str
    holds: bool | None  # None: holds in part
    figure: str
    means: str
    do: str
    tables: list[Table] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """In words whether the encryption held."""
        return {True: "held against our attack", False: "**does not hold**", None: "holds in part"}[
            self.holds
        ]


def table(*rows: Part, caption: str = "") -> Table:
    """The figures of these rows, under a caption."""
    return caption, [row.model_dump() for row in rows]
