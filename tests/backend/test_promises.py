"""Each promise of the documents has its test: tests/README.md names none that does not exist."""

from __future__ import annotations

import ast
import functools
import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
DOCUMENTS = {
    "README": ROOT / "README.md",
    "security": ROOT / "docs/security.md",
    "protocol": ROOT / "docs/protocol.md",
    "deployment": ROOT / "docs/deployment.md",
    "operations": ROOT / "docs/operations.md",
    "monitoring": ROOT / "docs/monitoring.md",
    "reference/http-api": ROOT / "docs/reference/http-api.md",
}
TIERS = ("make test", "make test-deep")
NONE_YET = "none yet"
LEVELS = ["Data", "Model", "Evaluation", "House"]


@dataclass(frozen=True)
class Row:
    promise: str
    where: str
    held_by: str
    tier: str

    @property
    def tests(self) -> list[str]:
        """The names of the tests, without the marks around them."""
        return re.findall(r"`([^`]+)`", self.held_by)


def rows_of(text: str) -> list[Row]:
    """The rows of every table below "Promises", without heads and rules."""
    table = text.partition("\n## Promises\n")[2]
    lines = [line for line in table.splitlines() if line.startswith("|") and not line.startswith("| ---")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [Row(*row) for row in cells if row[0] != "promise"]


@functools.cache
def defined_in(path: Path) -> dict[str, bool]:
    """The tests of a Python file, and whether each runs in `make test-deep` alone."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, kinds)]
    installs = path.is_relative_to(TESTS / "install")
    return {
        function.name: installs
        or any(ast.unparse(decorator) == "pytest.mark.deep" for decorator in function.decorator_list)
        for function in functions
        if function.name.startswith("test_")
    }


def is_deep(name: str) -> bool:
    """Whether a test runs in `make test-deep` alone. Raises ValueError where there is no such test."""
    relative, mark, title = name.partition("::") if "::" in name else name.partition(":")
    path = next((place for place in (TESTS / relative, ROOT / relative) if place.is_file()), None)
    if not mark or path is None:
        raise ValueError(f"{name}: there is no such file")
    text = path.read_text()
    if path.suffix == ".py":
        if title not in defined_in(path):
            raise ValueError(f"{name}: the file has no such test")
        return defined_in(path)[title]
    if path.suffix == ".sol":
        exists = re.search(rf"\bfunction {re.escape(title)}\(", text)
    elif path.suffix in {".ts", ".tsx"}:
        quoted = re.escape(title)
        exists = re.search(rf"\b(?:test|it|describe)(?:\.\w+)*\(\s*([\"'`]){quoted}\1", text)
    else:
        exists = re.search(rf"^\W*(?:name = )?{re.escape(title)}$", text, re.M)
    if not exists:
        raise ValueError(f"{name}: the file has no such test")
    return False


def faults_of(row: Row) -> list[str]:
    """What is wrong with a row: its document, its section, its tests or its tier."""
    document, _, section = row.where.partition(", ")
    faults = []
    if document not in DOCUMENTS:
        faults.append(f"{row.where}: there is no such document")
    elif not re.search(rf"^#+ {re.escape(section)}", DOCUMENTS[document].read_text(), re.M):
        faults.append(f"{row.where}: the document has no such section")
    if row.held_by.startswith(NONE_YET):
        return [*faults, *([f"{row.promise}: no test, so no tier"] if row.tier != "-" else [])]
    if not row.tests:
        faults.append(f"{row.promise}: neither a test nor '{NONE_YET}'")
    if row.tier not in TIERS:
        faults.append(f"{row.promise}: {row.tier!r} is no tier")
    for name in row.tests:
        try:
            if is_deep(name) != (row.tier == "make test-deep"):
                faults.append(f"{name}: does not run in {row.tier}")
        except ValueError as error:
            faults.append(str(error))
    return faults


def test_every_promise_has_a_test_that_exists() -> None:
    text = (TESTS / "README.md").read_text()
    rows = rows_of(text)
    assert re.findall(r"^### (.*)$", text, re.M) == LEVELS
    assert {row.where.partition(",")[0] for row in rows} == DOCUMENTS.keys()
    assert len({row.promise for row in rows}) == len(rows) > 100
    assert [fault for row in rows for fault in faults_of(row)] == []


def test_every_command_of_the_readme_is_run_by_a_test() -> None:
    text = DOCUMENTS["README"].read_text()
    blocks = re.findall(r"^```\n(.*?)^```$", text, re.M | re.S)
    commands = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    commands += re.findall(r"`(biodesci [^`]+)`", text)
    assert {"make demo", "biodesci --help"} <= set(commands)
    rows = [
        row.promise for row in rows_of((TESTS / "README.md").read_text()) if row.where.startswith("README")
    ]
    without = [command for command in commands if not any(f"`{command}`" in promise for promise in rows)]
    assert without == []


@pytest.mark.parametrize(
    "row",
    [
        Row("a", "README, Two commands", "", "make test"),
        Row("a", "README, Two commands", "`backend/test_promises.py::test_that_is_not`", "make test"),
        Row("a", "README, Two commands", "`backend/no.py::test_a`", "make test"),
        Row("a", "README, Two commands", "`e2e/pages.spec.ts:no such title`", "make test"),
        Row("a", "README, Two commands", "`contracts/keys/revoke.t.sol:test_given`", "make test"),
        Row("a", "README, Two commands", "`Makefile:no such check`", "make test"),
        Row("a", "README, Three commands", NONE_YET, "-"),
        Row("a", "README, Two commands", "`install/test_node.py::test_the_node_answers`", "make test"),
        Row("a", "README, Two commands", "`contracts/keys/revoke.t.sol:test_given_a_key`", "make test-deep"),
    ],
)
def test_a_row_without_its_test_is_noticed(row: Row) -> None:
    assert len(faults_of(row)) == 1


def test_the_readme_has_the_measured_gas() -> None:
    measured = json.loads((TESTS / "contracts/gas.json").read_text())
    table = re.findall(r"^\| (`gas\..*?) \| (.*?) \|", DOCUMENTS["README"].read_text(), re.M)
    said = {
        name: figure
        for names, figures in table
        for name, figure in zip(re.findall(r"`gas\.(\w+)`", names), figures.split(", "), strict=True)
    }
    assert said.pop("deploy") == f"{measured['deploy'] / 1e6:.1f} M"
    assert said == {name: f"{measured[name]:,}" for name in said}
    assert len(said) == 7
