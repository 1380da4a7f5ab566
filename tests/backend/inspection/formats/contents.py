"""What tests of formats share: a file's content, read to its end."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from biodesci.inspection.content import Declared, Member, Passage, Table
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats import recognise
from biodesci.inspection.source import Source


@dataclass
class Content:
    """All that a source and its members hold. `tables` maps names to rows."""

    formats: list[str | None] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    rows: list[list[dict[str, object]]] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        return [passage.text for passage in self.passages]

    @property
    def kinds(self) -> dict[str, Level]:
        return {finding.kind: finding.level for finding in self.findings}


def read(path: Path, declared: Declared | None = None) -> Content:
    content = Content()
    _read(Source.of(path), declared or Declared(), content)
    return content


def read_bytes(folder: Path, data: bytes, name: str = "file", declared: Declared | None = None) -> Content:
    path = folder / name
    path.write_bytes(data)
    return read(path, declared)


def _read(source: Source, declared: Declared, content: Content) -> None:
    format_ = recognise(source)
    content.formats.append(format_ and format_.name)
    for item in format_.read(source, declared) if format_ else ():
        match item:
            case Table():
                content.tables.append(item)
                content.rows.append([row for batch in item.batches for row in batch.to_pylist()])
            case Passage():
                content.passages.append(item)
            case Member():
                _read(item.source, declared, content)
            case Finding():
                content.findings.append(item)
