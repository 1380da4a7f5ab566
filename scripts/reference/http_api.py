"""docs/reference/http-api.md, from the OpenAPI schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from biodesci.api.app import create
from biodesci.config import Settings
from biodesci.core import problems

ROOT = Path(__file__).resolve().parents[2]
HEAD = """# HTTP API

Made from the API's OpenAPI schema by `make generate`; do not edit it here. A server has the schema at
`/openapi.json`, and a page to read and try it at `/docs`.

The API only reads, and signs in who wants to see what waits for an account. What it answers comes from the
index, and `asOf` is the block that it stands for. Lists
come by pages: ask again with `cursor` set to `nextCursor`, until that is null. Answers have an ETag. Amounts
are texts of whole numbers in the currency's smallest unit.
"""
PROBLEMS = f"""
## Problems

Errors are problem documents (`{problems.MEDIA_TYPE}`, RFC 9457); `hint` says what to do. The type tells them
apart, the same ones for API and aggregator (`core/problems.py`):

| type | status | title |
| --- | --- | --- |"""


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def _anchor(name: str) -> str:
    return f"[{name}](#{name.lower()})"


def _type(schema: dict[str, Any]) -> str:
    """In words; a schema of its own is named, with a link."""
    if "$ref" in schema:
        return _anchor(schema["$ref"].rsplit("/", 1)[1])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = str(schema.get("type", "any JSON"))
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    bounds = [schema[name] for name in ("minimum", "maximum") if name in schema]
    words = {"date-time": "time"}.get(schema.get("format", ""), kind)
    return f"{words}, {bounds[0]} to {bounds[1]}" if len(bounds) == 2 else words


def _parameters(operation: dict[str, Any]) -> Iterator[str]:
    parameters = operation.get("parameters", [])
    if parameters:
        yield "\n| parameter | in | value | default | what it is |\n| --- | --- | --- | --- | --- |"
    for one in parameters:
        default = "must be given" if one["required"] else _value(one["schema"].get("default"))
        row = (f"`{one['name']}`", one["in"], _type(one["schema"]), default, one.get("description", ""))
        yield f"| {' | '.join(_cell(text) for text in row)} |"


def _value(value: Any) -> str:
    return "" if value in (None, "") else f"`{value}`"


def _operation(path: str, method: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"\n### {method.upper()} {path}\n\n{operation.get('description', operation['summary'])}"
    yield from _parameters(operation)
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        yield f"\nTakes {_type(body)}."
    answers = operation["responses"]
    answer = answers.get("200", {}).get("content", {}).get("application/json", {}).get("schema")
    what = _type(answer) if answer else "text" if "200" in answers else "nothing (204)"
    refusals = [code for code in sorted(answers) if code[0] in "45"]
    yield f"\nAnswers {what}; or a problem: {', '.join(refusals)}."


def _schema(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f"\n### {name}\n\n{_cell(schema.get('description', ''))}\n"
    yield "| field | value | what it is |\n| --- | --- | --- |"
    for field, kind in schema.get("properties", {}).items():
        examples = ", ".join(f"`{json.dumps(one)}`" for one in kind.get("examples", ()))
        parts = (kind.get("description", ""), examples and f"such as {examples}")
        words = "; ".join(part for part in parts if part)
        yield f"| `{field}` | {_cell(_type(kind))} | {_cell(words)} |"


def text() -> str:
    """The page: a section for each path, one for problems, one for each schema."""
    settings = Settings(home=ROOT / ".cache" / "nothing", deployment=ROOT / ".cache" / "nothing.json")
    document = create(settings).openapi()
    parts = [HEAD, "## Paths"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            parts += _operation(path, method, operation)
    parts.append(PROBLEMS)
    parts += [f"| `{kind.type}` | {kind.status} | {kind.title} |" for kind in problems.KINDS]
    parts.append("\n## Schemas")
    for name, schema in sorted(document["components"]["schemas"].items()):
        parts += _schema(name, schema)
    return "\n".join(parts) + "\n"
