"""pyproject.toml says which version this is; whoever says it, too, says the same."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_the_changelog_begins_with_this_version() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == VERSION


@pytest.mark.parametrize("file", ["package.json", "package-lock.json"])
def test_the_page_is_of_this_version(file: str) -> None:
    document = json.loads((ROOT / file).read_text())
    assert document["version"] == VERSION
    assert document.get("packages", {}).get("", document)["version"] == VERSION
