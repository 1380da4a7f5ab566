"""Where a party keeps what it needs to go on with a round after `kill -9`: one folder a round.

The folder is named after chain, registry and round: what a round's keys are bound to. A local chain that was
reset may repeat all three; a node then refuses, or sends its old vector again, but never makes a second one.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from biodesci.core import files
from biodesci.core.errors import NotFoundError
from biodesci.fl.masking import Context


class RoundFolder:
    """Named blobs of one round; written whole or not at all, readable by this user only."""

    def __init__(self, home: Path, role: str, where: Context) -> None:
        self.path = home / role / f"{where.chain_id}-{where.registry.hex()}" / str(where.round_id)

    def write(self, name: str, data: bytes) -> None:
        """Store a blob under this name in place of any other, and make the folder if need be."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write_private(self.path / name, data)

    def read(self, name: str) -> bytes:
        """The blob with this name. Raises NotFoundError where none was written."""
        path = self.path / name
        if not path.exists():
            raise NotFoundError(f"There is no {name} for round {self.path.name}.", "It was not written yet.")
        data: bytes = files.read(path)
        return data

    def has(self, name: str) -> bool:
        """Whether a blob of this name was written."""
        return (self.path / name).exists()

    def names(self, prefix: str) -> list[str]:
        """The names that begin with `prefix`, sorted; none where nothing was written."""
        return sorted(p.name for p in self.path.glob(f"{prefix}*")) if self.path.exists() else []

    def destroy(self) -> None:
        """Forget the round; its secrets have no use any more."""
        shutil.rmtree(self.path, ignore_errors=True)
