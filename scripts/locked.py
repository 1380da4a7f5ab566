"""Prints the part of requirements.lock that an installation needs: `python -m scripts.locked api node`.

The lock says of each package, below "via", what asks for it; so what an extra of pyproject.toml brings is
found from there, with its hashes, and without asking a package index. It needs nothing but Python itself.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
_PACKAGE: Final = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,._-]+\])?==", re.MULTILINE)
# What torch asks for. It is installed by itself, and the lock does not know it.
_TORCHS: Final = ("filelock", "fsspec", "jinja2", "networkx", "sympy", "typing-extensions")


def entries(lock: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Each package's lines in the lock, and the packages that ask for it, by its name."""
    starts = [match.start() for match in _PACKAGE.finditer(lock)]
    found = {}
    for start, end in zip(starts, [*starts[1:], len(lock)], strict=True):
        lines = lock[start:end]
        comments = " ".join(line.strip(" #") for line in lines.splitlines() if line.lstrip().startswith("#"))
        asking = re.findall(r"[a-z0-9][a-z0-9._-]*", comments.partition("via")[2])
        match = _PACKAGE.match(lines)
        assert match is not None
        found[match[1]] = ("".join(_without_comments(lines)), frozenset(asking))
    return found


def _without_comments(lines: str) -> list[str]:
    return [line for line in lines.splitlines(keepends=True) if not line.lstrip().startswith("#")]


def asked(project: dict[str, object], extras: list[str]) -> set[str]:
    """What the project itself asks for with these extras; ValueError for one that it does not have.

    An extra that takes others in ("biodesci[node,api]") brings theirs.
    """
    optional = project["optional-dependencies"]
    assert isinstance(optional, dict)
    wanted, names, seen = list(project["dependencies"]), set[str](), set[str]()  # type: ignore[call-overload]
    extras = list(extras)
    while extras:
        extra = extras.pop()
        if extra not in optional:
            raise ValueError(f"There is no extra {extra}: choose from {', '.join(sorted(optional))}.")
        if extra not in seen:
            seen.add(extra)
            wanted += optional[extra]
            extras += [e for one in optional[extra] for e in _own_extras(one)]
    for requirement in wanted:
        name = re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]
        name = re.sub(r"[-_.]+", "-", name).lower()  # as the lock has it (PEP 503)
        names |= set(_TORCHS) if name == "torch" else set() if name == "biodesci" else {name}
    return names


def _own_extras(requirement: str) -> list[str]:
    match = re.fullmatch(r"biodesci\[([a-z,]+)\]", requirement)
    return match[1].split(",") if match else []


def needed(lock: str, roots: set[str]) -> str:
    """The lines of `roots` and of all that they bring. Raises ValueError for a root that is not locked."""
    known = entries(lock)
    if missing := roots - known.keys():
        raise ValueError(f"The lock does not have {', '.join(sorted(missing))}.")
    taken, grows = set(roots), True
    while grows:
        more = {name for name, (_, asking) in known.items() if name not in taken and asking & taken}
        taken |= more
        grows = bool(more)
    return "".join(known[name][0] for name in sorted(taken))


def main() -> int:
    """Prints it; each argument is an extra, or `+name` for a package beside them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [one for one in sys.argv[1:] if not one.startswith("+")]
    try:
        roots = asked(project, extras) | {one[1:] for one in sys.argv[1:] if one.startswith("+")}
        print(needed((ROOT / "requirements.lock").read_text(), roots), end="")
    except ValueError as exc:
        print(exc, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
