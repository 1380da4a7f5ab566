"""Of somebody's card what lists show and what is searched: bounded, whatever the card holds.

A card may have 4 MiB, and a page of a hundred of them is asked for by anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from biodesci.core.documents.published_card import PublishedCard

_DESCRIPTION: Final = 2_000  # characters
_KEYWORDS: Final = 32
_SEARCHED_KEYWORDS: Final = 64


@dataclass(frozen=True)
class Summary:
    """`body` is a card with less in it, which is read as the whole one is; `searched` is folded."""

    name: str | None
    body: dict[str, Any]
    searched: str

    def row(self) -> dict[str, str | None]:
        """The columns of `summaries` by name."""
        return {"name": self.name, "body": json.dumps(self.body)}


def summarise(document: Mapping[str, Any]) -> Summary:
    """Of a card of a dataset or a model."""
    card = PublishedCard(document)
    description = card.description(_DESCRIPTION)
    keywords = card.keywords(_SEARCHED_KEYWORDS)
    body: dict[str, Any] = {"keywords": keywords[:_KEYWORDS]}
    if card.name:
        body["name"] = card.name
    if description:
        body["description"] = description
    if card.records is not None:
        body["biodesci:records"] = str(card.records)
    if card.file is not None:
        body["distribution"] = [card.file.in_card()]
    if card.diseases is not None:
        body["biodesci:diseases"] = card.diseases.in_card()
    searched = "\n".join((card.name or "", description, *keywords)).casefold()
    return Summary(card.name, body, searched)
