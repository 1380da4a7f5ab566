"""Names of the files and folders of a copy: those that may name people become numbers."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Final

from biodesci.inspection.deidentify.mend import Action, Mends
from biodesci.inspection.deidentify.plan import Shared
from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers import check_text

_LONGEST_ENDING: Final = 5  # characters


class Names:
    """The same name is replaced by the same number wherever it stands, and by none that a file or folder has
    for a name: two of the copy would be one."""

    def __init__(self, mends: Mends, shared: Shared, paths: Iterable[Path]) -> None:
        """`paths` are those of all files, relative to the folder."""
        self._mends, self._shared = mends, shared
        self._taken = {part for path in paths for part in path.parts}
        self._new: dict[str, str] = {}

    def of(self, path: Path) -> Path:
        """The path in the copy, both relative to the folder."""
        return Path(*map(self._part, path.parts))

    def without_ids(self, path: Path) -> Path:
        """The same, where a model says what names may be, and ids of persons alone are replaced."""
        return Path(
            *(self._part(part) if self._shared.holds(Path(part).stem) else part for part in path.parts)
        )

    def _part(self, part: str) -> str:
        if part not in self._new:
            stem, ending = Path(part).stem, Path(part).suffix
            stops = any(finding.level is Level.STOP for finding in check_text("", stem))
            if stops or self._shared.holds(stem):
                kept = ending if len(ending) <= _LONGEST_ENDING and ending[1:].isalnum() else ""
                numbered = (f"{number:06}{kept}" for number in count(len(self._new) + 1))
                self._new[part] = next(name for name in numbered if name not in self._taken)
                self._taken.add(self._new[part])
                self._mends.add("names of files and folders", Action.REPLACED, "they may name people")
            else:
                self._new[part] = part
        return self._new[part]
