"""Names of the files and folders of a copy: those that may name people become numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from biodesci.inspection.deidentify.ids import Ids
from biodesci.inspection.deidentify.mend import Action, Mends
from biodesci.inspection.finding import Level
from biodesci.inspection.identifiers import check_text

_LONGEST_ENDING: Final = 5  # characters


class Names:
    """The same name is replaced by the same number wherever it stands."""

    def __init__(self, mends: Mends, ids: Ids) -> None:
        self._mends, self._ids = mends, ids
        self._new: dict[str, str] = {}

    def of(self, path: Path) -> Path:
        """The path in the copy, both relative to the folder."""
        return Path(*map(self._part, path.parts))

    def _part(self, part: str) -> str:
        if part not in self._new:
            stem, ending = Path(part).stem, Path(part).suffix
            stops = any(finding.level is Level.STOP for finding in check_text("", stem))
            if stops or self._ids.same(stem) is not None or self._ids.within(stem):
                kept = ending if len(ending) <= _LONGEST_ENDING and ending[1:].isalnum() else ""
                self._new[part] = f"{len(self._new) + 1:06}{kept}"
                self._mends.add("names of files and folders", Action.REPLACED, "they may name people")
            else:
                self._new[part] = part
        return self._new[part]
