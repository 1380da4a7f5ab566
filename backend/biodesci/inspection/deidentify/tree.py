"""Records with fields within fields and lists, mended wherever their inspection looked."""

from __future__ import annotations

from typing import Any, Final

from biodesci.inspection.deidentify.mend import Action
from biodesci.inspection.deidentify.plan import OF_PERSON, Plan
from biodesci.inspection.formats.cells import text
from biodesci.inspection.formats.records import NAME_OF_ENTRY, by_name, is_by_name

GONE: Final = object()
"""What is in the place of a value that goes."""
_EMPTY: Final = (None, "")


class Tree:
    """Mends records as their tables were inspected: a field within a field is a column "a.b", a list is a
    table of its own. `names_are_values` is for formats in which an object may hold a list by names (JSON)."""

    def __init__(self, plan: Plan, *, names_are_values: bool) -> None:
        self._plan, self._names_are_values = plan, names_are_values

    def record(self, record: dict[str, Any], table: str, person: str = "") -> dict[str, Any]:
        """A record of a table, without what goes. `person` says whose it is, where the record does not."""
        column = self._plan.whose(table)
        whose = at(record, column) if column else None
        person = person if whose in _EMPTY else text(whose) or person
        return self._fields(record, table, "", person)

    def value(self, value: Any, table: str, name: str, person: str) -> Any:
        """A field's value, or GONE."""
        if isinstance(value, dict):
            if self._names_are_values and is_by_name(value):
                return self._entries(value, f"{table}.{name}" if table else name, person)
            kept = self._fields(value, table, f"{name}.", person)
            return kept if kept or not value else GONE
        if isinstance(value, list):
            return self._elements(value, f"{table}.{name}" if table else name, person)
        change = self._plan.change(table, name)
        if change is None:
            return value
        if value in _EMPTY:
            return GONE if change.rule is None else value
        made = GONE if change.rule is None else change.rule(value, person)
        self._plan.count(table, name, int(made is GONE or made != value))
        return made

    def _fields(self, fields: dict[str, Any], table: str, prefix: str, person: str) -> dict[str, Any]:
        kept = {}
        for key, value in fields.items():
            if isinstance(value, dict | list) and self._plan.names_person(key):
                self._plan.note("fields called by an id", Action.REMOVED, OF_PERSON)
                continue
            made = self.value(value, table, f"{prefix}{key}", person)
            if made is not GONE:
                change = (
                    None if isinstance(value, dict | list) else self._plan.change(table, f"{prefix}{key}")
                )
                kept[change.name if change and change.name else key] = made
        return kept

    def _elements(self, elements: list[Any], path: str, person: str) -> Any:
        last = path.rsplit(".", 1)[-1]
        made = [
            self.record(element, path, person)
            if isinstance(element, dict)
            else self.value(element, path, last, person)
            for element in elements
        ]
        kept = [element for element in made if element is not GONE]
        return kept if kept or not elements else GONE

    def _entries(self, members: dict[str, Any], path: str, person: str) -> Any:
        """An object whose names are values: entries without names, where those go."""
        made = [self.record(entry, path, person) for entry in by_name(members)]
        change = self._plan.change(path, NAME_OF_ENTRY)
        if change is not None and change.name is not None:
            made = [{NAME_OF_ENTRY: entry.pop(change.name), **entry} for entry in made]
        if change is not None and change.rule is None:
            self._plan.note(f"names of entries of {path!r}", Action.REMOVED, "they are values")
            return made
        plain = not all(isinstance(member, dict) for member in members.values())
        return {
            str(entry.pop(NAME_OF_ENTRY)): entry.get("value") if plain and set(entry) <= {"value"} else entry
            for entry in made
        }


def at(record: dict[str, Any], name: str) -> Any:
    """The value of a column "a.b" of a record, wherever the points divide its name."""
    if name in record:
        return record[name]
    for key, value in record.items():
        if isinstance(value, dict) and name.startswith(f"{key}."):
            return at(value, name[len(key) + 1 :])
    return None
