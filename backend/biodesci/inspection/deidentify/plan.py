"""What becomes of each column of a file's tables, by what its inspection found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, count
from typing import Any, Final

import pyarrow as pa

from biodesci.inspection.content import Declared
from biodesci.inspection.deidentify import values
from biodesci.inspection.deidentify.ids import LEAST, Ids, named_like_id, of_relative
from biodesci.inspection.deidentify.mend import Action, Mends
from biodesci.inspection.deidentify.secret import Secret
from biodesci.inspection.deidentify.values import Rule
from biodesci.inspection.finding import Level
from biodesci.inspection.formats.cells import text
from biodesci.inspection.identifiers import TableCheck
from biodesci.inspection.identifiers.persons import person_column, says_whose
from biodesci.inspection.identifiers.spelling import spaced
from biodesci.inspection.inspect import Inspection

_IDS: Final = frozenset({"record number", "pseudonymous id", "UUID", "national id"})
OF_PERSON: Final = "ids of persons stand in it, which are replaced in their own place"
_TEXT: Final = pa.string()
_RENAMED: Final = "person_pseudonym"
_SAMPLE: Final = 30  # pseudonyms
_UNREAD: Final = "values that are not read"


@dataclass(frozen=True)
class Change:
    """What becomes of a column: `rule` makes its values, None removes it. `name` is what it is called in the
    copy, where that differs, and `type` what its values are then: None for what they were."""

    action: Action
    reason: str
    rule: Rule | None = None
    name: str | None = None
    type: pa.DataType | None = _TEXT


@dataclass
class Shared:
    """What one file of a copy needs to know of all: the `ids` that are replaced, and whether days `moved`."""

    ids: Ids = field(default_factory=Ids)
    moved: bool = False

    def holds(self, text: str) -> bool:
        """Whether a text is one of the ids, or one stands in it."""
        return self.ids.same(text) is not None or self.ids.within(text)


@dataclass(frozen=True)
class Making:
    """What files of one copy share.

    An id of a person is `replaced` in all of them alike, so that tables still fit together; with `numbers`
    columns of numbers stay such. With `moves` days move with their person and do not become years: a moved
    day still looks like one, which the report of the copy answers. `given` are columns of which a model of
    the folder says what becomes of them, `may_tell` says which may hold ids of persons or tell days beside
    those, and `renamed` gives a text as the folder's copy has it, where persons have other labels throughout.
    """

    secret: Secret
    mends: Mends
    replaced: Callable[[str], str]
    moves: bool
    numbers: bool = False
    given: Mapping[str, Change] = field(default_factory=dict)
    may_tell: Callable[[str], bool] = lambda column: True
    renamed: Callable[[str], str] = str

    def holds(self, text: str) -> bool:
        """Whether a text holds an id of a person that the copy replaces elsewhere."""
        return self.renamed(text) != text or self.shared.holds(text)

    shared: Shared = field(default_factory=Shared)


class Plan:
    """The changes of one file's tables; what is changed is counted in `mends`."""

    def __init__(self, inspection: Inspection, declared: Declared, making: Making) -> None:
        self._findings, self._declared, self._making = inspection.findings, declared, making
        self._names = {table.name: list(table.schema.names) for table in inspection.tables}
        self._schemas = {table.name: table.schema for table in inspection.tables}
        self._changes: dict[tuple[str, str], Change | None] = {}
        self._new_names: dict[str, set[str]] = {}

    @property
    def shared(self) -> Shared:
        """What all files of the copy share."""
        return self._making.shared

    def whose(self, table: str) -> str | None:
        """The column by whose values the days of a table move: the person's, where it is known for sure."""
        names = self._names.get(table, ())
        if self._declared.person in names:
            return self._declared.person
        return next((name for name in names if self._is_person(table, name, sure=True)), None)

    def change(self, table: str, name: str) -> Change | None:
        """What becomes of a column; None where it stays. A column that nobody inspected goes."""
        if (table, name) not in self._changes:
            decided = self._decided(table, name)
            self._changes[table, name] = self._named_anew(name, decided) if self._is_id(name) else decided
        return self._changes[table, name]

    @property
    def changes_nothing(self) -> bool:
        """Whether nothing of the file stops, and each column of each table stays as it is."""
        columns = [(table, name) for table, names in self._names.items() for name in names]
        is_grave = any(finding.level is Level.STOP for finding in self._findings)
        return not is_grave and not any(self.change(table, name) for table, name in columns)

    @property
    def moved(self) -> set[tuple[str, str]]:
        """The tables and columns whose days move."""
        changes = self._changes.items()
        return {place for place, change in changes if change is not None and change.action is Action.SHIFTED}

    def count(self, table: str, name: str, amount: int) -> None:
        """Notes how many values of a column were changed or removed."""
        change = self.change(table, name)
        if change is not None and amount:
            renamed = f", which is called {change.name!r} there" if change.name else ""
            place = f"{table}: column {name!r}" if table else f"column {name!r}"
            if self._is_id(name):
                place, renamed = "columns called by an id", ""
            self._making.mends.add(f"{place}{renamed}", change.action, change.reason, amount)

    def takes_ids(self, table: str, name: str) -> bool:
        """Whether ids of persons are taken out of a column, so that they may stand nowhere else either."""
        change, kinds = self.change(table, name), self._kinds(table, name, Level.STOP)
        if change is None:
            return False
        return change.action is Action.REPLACED or (bool(kinds) and kinds <= _IDS)

    def may_tell(self, name: str) -> bool:
        """Whether a column that would stay is looked at: for ids that are replaced, and for moved days."""
        return self._making.may_tell(name)

    def holds_ids(self, value: str, least: int) -> bool:
        """Whether a value of such a column is an id of at least `least` characters, or holds one."""
        left = self._making.renamed(value)
        return self.shared.ids.same(left, least) is not None or self.shared.ids.within(left)

    def replace_ids(self, table: str, name: str) -> None:
        """Of a column that would stay: replaces the ids in it that are replaced where they belong."""
        kind = self._schemas[table].field(name).type
        is_number = pa.types.is_primitive(kind) or pa.types.is_decimal(kind)
        rule = self._within(is_like_id=named_like_id(spaced(name)), is_number=is_number)
        type_ = _TEXT if is_number else None
        self._changes[table, name] = Change(Action.REPLACED, OF_PERSON, rule, type=type_)

    def remove_telling(self, table: str, name: str) -> None:
        """Removes a column that would stay, as it tells which day a moved day was."""
        self._changes[table, name] = Change(Action.REMOVED, "it tells which day a moved day was")

    def note(self, place: str, action: Action, reason: str, amount: int = 1) -> None:
        """Notes what was done beside the columns."""
        self._making.mends.add(place, action, reason, amount)

    def _decided(self, table: str, name: str) -> Change | None:
        making = self._making
        holds = making.shared.holds(making.renamed(table)) or making.shared.ids.within(making.renamed(name))
        if name not in self._names.get(table, ()) or holds:
            return Change(Action.REMOVED, "its name is empty, used twice or holds a person's id")
        if name in self._making.given:
            return self._making.given[name]
        kinds = self._kinds(table, name, Level.STOP)
        if name == self._declared.person or self._is_person(table, name, sure=False):
            is_one = name in self._declared.pseudonyms
            return None if is_one else self._pseudonym(table, name, ", ".join(sorted(kinds)))
        # Where some days move, all do: one that stayed would say by how much.
        days = kinds or self._kinds(table, name, Level.ASK)
        if days == {"date"} and self.moves(table):
            secret = self._making.secret
            return Change(Action.SHIFTED, "date", lambda value, person: values.moved(value, person, secret))
        if "year of birth" in self._kinds(table, name, Level.NOTE) and not kinds:
            reason = f"years up to {values.oldest_year()} are one group: they tell ages over 89"
            return Change(Action.GENERALISED, reason, lambda value, _: values.capped(value), type=None)
        return self._coarse(kinds) if kinds else None

    def names_person(self, name: str) -> bool:
        """Whether what a field with others within is called holds an id of a person."""
        return self.shared.holds(self._making.renamed(name))

    def _is_id(self, name: str) -> bool:
        """Whether a column is called by nothing but an id of a person, as samples of a matrix are."""
        return self.shared.ids.same(self._making.renamed(name)) is not None

    def _named_anew(self, name: str, decided: Change | None) -> Change:
        """What becomes of such a column: its name is replaced as the id is."""
        new_name = self._making.replaced(self.shared.ids.same(self._making.renamed(name)) or "")
        if decided is None:
            return Change(Action.REPLACED, OF_PERSON, lambda value, _: value, new_name, type=None)
        return decided if decided.rule is None else replace(decided, name=new_name)

    def _coarse(self, kinds: set[str]) -> Change:
        """Groups what may stay in groups, and removes what else stops."""
        because, coarse = ", ".join(sorted(kinds)), None
        if kinds == {"age over 89"}:
            coarse = values.age
        elif kinds == {"postcode"}:
            coarse = values.postcode
        elif kinds <= {"date", "date of birth"}:
            coarse = values.year
        if coarse is None:
            return Change(Action.REMOVED, because)
        return Change(Action.GENERALISED, because, lambda value, _: coarse(value))

    def _pseudonym(self, table: str, name: str, because: str) -> Change:
        replaced, new_name = self._making.replaced, None
        if _stops_by_name(name):
            taken = self._new_names.setdefault(table, set(self._names[table]))
            numbered = (f"{_RENAMED}_{number}" for number in count(2))
            new_name = next(one for one in chain([_RENAMED], numbered) if one not in taken)
            taken.add(new_name)
        is_number = pa.types.is_primitive(self._schemas[table].field(name).type)
        kind = pa.int64() if self._making.numbers and is_number else _TEXT

        def rule(value: Any, _person: str) -> Any:
            made = replaced(text(value) or "")
            return made if kind is _TEXT else int(made)

        return Change(Action.REPLACED, because or "ids of persons", rule, new_name, kind)

    def _within(self, *, is_like_id: bool, is_number: bool) -> Rule:
        """An id becomes its pseudonym, and so does a text that holds one, as a whole."""
        ids, making, least = self.shared.ids, self._making, 1 if is_like_id else LEAST
        replaced = making.replaced

        def rule(value: Any, _person: str) -> Any:
            written = text(value) or ""
            left = making.renamed(written)
            same = ids.same(left, least)
            # A column that is named so and holds such ids holds those of people without a row, too.
            if same is not None or is_like_id or ids.within(left):
                return replaced(written if same is None else same)
            return written if is_number else value

        return rule

    def _is_person(self, table: str, name: str, *, sure: bool) -> bool:
        """Whether a column's name says that it holds ids of persons, and its values say nothing graver."""
        if not self._kinds(table, name, Level.STOP) <= _IDS:
            return False
        words = spaced(name)
        if says_whose(words) or (not sure and of_relative(words)):
            return True
        names = self._names.get(table, [])
        column = None if sure else person_column(names, None)
        return column is not None and names[column] == name

    def moves(self, table: str) -> bool:
        """Whether it is known whose the rows are, by a column of the table or of one that it is within."""
        around = (of for of in self._names if of in {table, ""} or table.startswith(f"{of}."))
        return self._making.moves and any(self.whose(of) is not None for of in around)

    def _kinds(self, table: str, name: str, level: Level) -> set[str]:
        place = f"column {name!r}"
        exact = f"{table}: {place}" if table else place
        return {
            finding.kind
            for finding in self._findings
            if finding.level is level
            # Of values that nobody looked into the place is the column alone, whichever table it is of.
            and (finding.place == exact or (finding.kind == _UNREAD and finding.place == place))
        }


@lru_cache(maxsize=1_000)
def _stops_by_name(name: str) -> bool:
    """Whether a column of pseudonyms would stop for what it is called, so that it needs another name."""
    secret = Secret()
    column = pa.array([secret.pseudonym(str(number)) for number in range(_SAMPLE)])
    batch: Any = pa.RecordBatch.from_arrays([column], names=[name])
    check = TableCheck(batch.schema, Declared())
    check.feed(batch)
    return any(finding.level is Level.STOP for finding in check.finish())
