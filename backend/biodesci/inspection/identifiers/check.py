"""The identifier check of one table, fed batch by batch, and of single texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from biodesci.inspection.content import Declared
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.identifiers import headings, wide
from biodesci.inspection.identifiers.column import Column, Verdict
from biodesci.inspection.identifiers.combinations import Combinations
from biodesci.inspection.identifiers.evidence import Evidence, is_sentence
from biodesci.inspection.identifiers.header import check_names
from biodesci.inspection.identifiers.headings import Heading
from biodesci.inspection.identifiers.judgement import judge
from biodesci.inspection.identifiers.screening import Screen
from biodesci.inspection.identifiers.spelling import plain

_OFFICE: Final = re.compile(
    r"(?i)(?<![\w.])(?:data|info|contact|office|support|admin|research|mail|privacy|datenschutz|dpo|kontakt|studie)[\w-]*@"
)
_NOTHING: Final = Evidence()
_SOME: Final = 1_024  # columns


class TableCheck:
    """Looks at a table whose batches are fed one after the other. A finding holds no value of the table.
    `alive` is called after each thousand columns or so."""

    def __init__(
        self,
        schema: pa.Schema,
        declared: Declared,
        place: str = "",
        alive: Callable[[], None] | None = None,
    ) -> None:
        self._alive = alive
        self._place = f"{place}: " if place else ""
        self._declared = declared
        self._columns = [_Watch(field.name, codes=field.name in declared.codes) for field in schema]
        self._screens = [watch.screen for watch in self._columns]
        self._combinations = Combinations(schema, [watch.heading for watch in self._columns], declared)

    def feed(self, batch: pa.RecordBatch) -> None:
        """Looks at more rows."""
        columns = batch.columns
        screened = wide.screened(columns, self._screens)
        for watch, array, is_done in zip(self._watched(), columns, screened, strict=True):
            if not is_done:
                watch.feed(array)
        self._combinations.feed(batch)

    def _watched(self) -> Iterator[_Watch]:
        for place, watch in enumerate(self._columns):
            if place % _SOME == 0 and self._alive is not None:
                self._alive()
            yield watch

    def finish(self) -> list[Finding]:
        """What was found in all rows."""
        verdicts = (
            (watch.name, verdict)
            for watch in self._watched()
            for verdict in judge(
                Column(watch.name, watch.heading, watch.screen, watch.evidence or _NOTHING, self._declared)
            )
        )
        return [
            *(
                Finding(f"{self._place}column {name!r}", of.kind, of.level, of.reason, of.rows)
                for name, of in verdicts
            ),
            *self._combinations.finish(self._place),
            *check_names([watch.name for watch in self._columns], self._place),
        ]


class _Watch:
    """What is known of one column so far. Of tables with 100,000 columns most have no evidence."""

    __slots__ = ("codes", "evidence", "heading", "name", "screen")

    def __init__(self, name: str, *, codes: bool) -> None:
        self.name, self.codes = name, codes
        self.heading: Heading = headings.read(name)
        self.screen = Screen(every=self.heading.kind is not None or self.heading.age)
        self.evidence: Evidence | None = None

    def feed(self, array: pa.Array) -> None:
        for part in _leaves(array):
            for text, rows in self.screen.distinct(part):
                if self.evidence is not None and self.evidence.enough and not self.codes:
                    break
                if self.evidence is None:
                    self.evidence = Evidence()
                self.evidence.take(text, rows)


def _leaves(array: pa.Array) -> Iterator[pa.Array]:
    """Arrays without structure: dictionaries decoded, lists and structs taken apart, dates as their text."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        yield from _leaves(array.dictionary_decode())
    elif pa.types.is_struct(kind):
        for child in array.flatten():
            yield from _leaves(child)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        yield from _leaves(pc.list_flatten(array))
    elif pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        yield pc.strftime(array.cast(pa.timestamp("us")), format="%Y-%m-%d")
    else:
        yield array


def check_text(place: str, text: str, *, is_list: bool = False) -> list[Finding]:
    """What a single text, such as a tag or a public sentence, may say of a person.

    A web address is noted, since licences and sources have one, and an office's mailbox is asked about.
    Of a list short lines are no sentence, however many there are.
    """
    evidence = Evidence()
    evidence.take(text.replace("_", " "), 1)
    screen = Screen(every=True)
    screen.rows = 1
    verdicts = judge(Column("", Heading(), screen, evidence, Declared()))
    if is_list and not any(is_sentence(line.replace("_", " ")) for line in text.splitlines()):
        verdicts = [verdict for verdict in verdicts if verdict.kind != "free text"]
    return [Finding(place, verdict.kind, _of_text(verdict, text), verdict.reason) for verdict in verdicts]


def _of_text(verdict: Verdict, text: str) -> Level:
    if verdict.kind == "web address":
        return Level.NOTE
    if verdict.kind == "e-mail" and _OFFICE.search(plain(text)):
        return Level.ASK
    return verdict.level
