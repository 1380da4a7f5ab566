"""README's section for a steward, command by command, against a chain and an IPFS node."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

README = Path(__file__).parents[3] / "README.md"


def test_a_steward_publishes_and_sells_as_the_readme_says(
    crowd: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (section,) = re.findall(r"^## Publish and sell\n(.*?)^## ", README.read_text(), re.DOTALL | re.MULTILINE)
    (block,) = re.findall(r"```\n(.*?)```", section, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    Path("cohort.csv").write_text("age,marker\n" + "".join(f"{30 + i},{i / 7:.2f}\n" for i in range(60)))
    people, known, said = crowd(), {}, {}
    for line in block.splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] != ["biodesci"]:
            continue
        verb = tuple(words[1:3])
        said[verb] = people.run("steward", *(known.get(word, word) for word in words[1:]))
        if verb == ("account", "create"):
            known["ADDRESS"] = said[verb]["address"]
        if verb == ("dataset", "publish"):
            known["NUMBER"] = str(said[verb]["dataset_id"])
    assert {("key", "register"), ("dataset", "offer"), ("dataset", "release")} <= said.keys()
    shown = people.run("steward", "dataset", "show", known["NUMBER"])
    assert len(shown["offers"]) == 1
