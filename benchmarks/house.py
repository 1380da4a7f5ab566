"""The house itself: how long its commands take, and how far a reader has to walk."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_PARAMETERS = 6
STOPS = ("tests/backend/market/test_stops.py", "tests/backend/rounds/test_stops.py")
NO_PEER = "none: a property of this code base"


def wide_calls() -> list[str]:
    """Functions of the product and its examples with more than six parameters, as "path:name"."""
    return sorted(
        f"{path.relative_to(ROOT)}:{function.name}"
        for folder in ("backend", "examples")
        for path in (ROOT / folder).rglob("*.py")
        for function in _functions(path)
        if len(_parameters(function)) > MOST_PARAMETERS
    )


def figures() -> dict[str, dict[str, object]]:
    """Runs `make demo` in a fresh clone with an empty home, then both tiers of tests there."""
    measured: dict[str, dict[str, object]] = {
        "house.wide_calls": _figure(len(wide_calls()), "functions", "read from the source"),
        **{
            name: _figure(
                count,
                "functions",
                "functions of ours, traced in a test: that get the price (buy), that run (update)",
            )
            for name, count in _stops()
        },
    }
    with tempfile.TemporaryDirectory() as folder:
        clone, home = Path(folder) / "clone", Path(folder) / "home"
        home.mkdir()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        for name, target in (
            ("house.cold_demo_s", "demo"),
            ("house.test_s", "test"),
            ("house.test_deep_s", "test-deep"),
        ):
            how = f"one run of `make {target}` in a fresh clone with an empty home"
            measured[name] = _figure(round(_make(target, clone, home), 1), "s", how)
    return measured


def _make(target: str, clone: Path, home: Path) -> float:
    """Seconds that a command takes. Raises CalledProcessError when it fails: then it has no time."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "PIP_CONFIG_FILE") if name in os.environ}
    began = time.monotonic()
    subprocess.run(
        ["make", target], cwd=clone, env={**kept, "HOME": str(home)}, check=True, stdout=subprocess.DEVNULL
    )
    return time.monotonic() - began


def _stops() -> Iterator[tuple[str, int]]:
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        argv = [sys.executable, "-m", "pytest", "-p", "no:ape_test", f"--junitxml={report.name}", *STOPS]
        subprocess.run(argv, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        for entry in ET.parse(report.name).iter("property"):
            yield str(entry.get("name")), int(entry.get("value", ""))


def _functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = function.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return [name for name in names if name not in ("self", "cls")]


def _figure(value: float, unit: str, how: str) -> dict[str, object]:
    return {"value": value, "unit": unit, "peer": NO_PEER, "how": how}
