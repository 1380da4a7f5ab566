"""What pyproject.toml asks for, in any part, is what requirements.lock holds."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = {"torch", "biodesci"}  # set-up installs torch by itself; a part that names others names biodesci


def test_the_lock_has_every_part() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    parts = [project["dependencies"], *project["optional-dependencies"].values()]
    wanted = [Requirement(line) for part in parts for line in part]
    pinned = re.findall(r"^([\w.-]+)==([^\s\\]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    locked = {canonicalize_name(name): version for name, version in pinned}
    assert len(locked) > 100
    missing = [
        str(requirement)
        for requirement in wanted
        if requirement.name not in ELSEWHERE
        and not requirement.specifier.contains(
            locked.get(canonicalize_name(requirement.name), "0"), prereleases=True
        )
    ]
    assert missing == []
    assert {name for name in ELSEWHERE if name in locked} == set()
