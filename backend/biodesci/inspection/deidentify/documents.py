"""JSON: its records, one in each line of the copy, with what may name people mended wherever it stands."""

from __future__ import annotations

import json
from pathlib import Path

from biodesci.core.errors import InputError
from biodesci.inspection.content import Declared
from biodesci.inspection.deidentify.mend import Action
from biodesci.inspection.deidentify.plan import Plan
from biodesci.inspection.deidentify.tree import Tree
from biodesci.inspection.formats.json_files import JsonLines, records
from biodesci.inspection.source import Source


def mend(source: Source, target: Path, declared: Declared, plan: Plan) -> None:
    """Writes the records of JSON, or of JSON lines, as JSON lines.

    Raises InputError where nothing would be left of any.
    """
    tree, is_empty = Tree(plan, names_are_values=True), True
    with target.open("w", encoding="utf-8") as stream:
        for record in records(source, declared):
            mended = tree.record(record, "")
            is_empty = is_empty and not mended
            stream.write(json.dumps(mended, ensure_ascii=False) + "\n")
    if is_empty:
        raise InputError("Each field of the records may name people.", "Nothing of them can be published.")
    if not JsonLines().recognises(source):
        plan.note("JSON file", Action.REWRITTEN, "as JSON lines: a record in each line")
