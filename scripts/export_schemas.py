"""Writes the JSON Schema of every kind of document to docs/reference/schemas/; `--check` compares.

python scripts/export_schemas.py [--check]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from biodesci.core.documents.base import Document
from biodesci.core.documents.kinds import KINDS

TARGET = Path(__file__).resolve().parent.parent / "docs" / "reference" / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Spelled(GenerateJsonSchema):
    """As documents are read: every field has to be there, but for one whose default is None, which is left
    out where it is None."""

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,
    ) -> bool:
        schema = field["schema"]
        return not (schema["type"] == "default" and "default" in schema and schema["default"] is None)

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        inner = schema["schema"]
        is_left_out = schema.get("default", ...) is None and inner["type"] == "nullable"
        return self.generate_inner(inner["schema"] if is_left_out else inner)

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def name(kind: type[Document]) -> str:
    """Of the file: "audit bundle" becomes audit-bundle.json."""
    return f"{kind.title.replace(' ', '-')}.json"


def schema(kind: type[Document]) -> str:
    """The schema of one kind, as the text of its file."""
    document = kind.model_json_schema(schema_generator=Spelled, mode="validation")
    described = {
        "$schema": DIALECT,
        "title": kind.title,
        "$comment": f"At most {kind.limit} bytes. Written by scripts/export_schemas.py.",
    }
    return json.dumps({**document, **described}, indent=2, sort_keys=True) + "\n"


def main() -> int:
    """Writes, or with --check compares; the exit code."""
    wanted = {name(kind): schema(kind) for kind in KINDS}
    there = {file.name: file.read_text() for file in TARGET.glob("*.json")} if TARGET.exists() else {}
    if there == wanted:
        return 0
    if "--check" in sys.argv:
        outdated = sorted(
            file for file in wanted.keys() | there.keys() if wanted.get(file) != there.get(file)
        )
        print(f"Out of date in {TARGET}: {', '.join(outdated)}. Run: python scripts/export_schemas.py")
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    for file in there.keys() - wanted.keys():
        (TARGET / file).unlink()
    for file, text in wanted.items():
        (TARGET / file).write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
