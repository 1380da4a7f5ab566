"""What a format's reader gives of a file, sorted by kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from biodesci.inspection.content import Declared, Member, Passage, Table
from biodesci.inspection.finding import Finding, Level
from biodesci.inspection.formats import recognise
from biodesci.inspection.source import Source


@dataclass
class Reading:
    format: str = ""
    tables: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    passages: list[Passage] = field(default_factory=list)
    members: list[Source] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def kinds(self, level: Level) -> set[str]:
        return {finding.kind for finding in self.findings if finding.level is level}

    def places(self, kind: str) -> set[str]:
        return {finding.place for finding in self.findings if finding.kind == kind}

    @property
    def texts(self) -> set[str]:
        return {passage.text for passage in self.passages}


def read(path: Path) -> Reading:
    """Reads by the format that recognises the file; no finding and no place holds a value of the data."""
    source = Source.of(path)
    format_ = recognise(source)
    assert format_ is not None, "no format recognises the file"
    reading = Reading(format_.name)
    for item in format_.read(source, Declared()):
        match item:
            case Table():
                reading.tables[item.name] = [row for batch in item.batches for row in batch.to_pylist()]
            case Passage():
                reading.passages.append(item)
            case Member():
                reading.members.append(item.source)
            case Finding():
                reading.findings.append(item)
    return reading
