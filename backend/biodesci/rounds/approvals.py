"""Which plans a site lets its training node run."""

from __future__ import annotations

import json
from pathlib import Path

from biodesci.core import cid, files
from biodesci.core.errors import AccessDeniedError, IntegrityError


class Approvals:
    """The plans that the site's operator agreed to, by digest; a file in the node's home."""

    def __init__(self, home: Path, *, approve_any: bool = False) -> None:
        self._path = home / "approved-plans.json"
        self._any = approve_any

    def approve(self, plan: bytes) -> None:
        """Record that the operator agreed to the plan with this digest (32 bytes, of its CID)."""
        files.write_private(self._path, json.dumps(sorted({*self._read(), plan.hex()})).encode())

    def require(self, plan: bytes) -> None:
        """Raises AccessDeniedError until the operator approved this very plan."""
        if not self._any and plan.hex() not in self._read():
            raise AccessDeniedError(
                "This site has not approved the round's plan yet.",
                f"Read and approve it: biodesci round approve {cid.from_digest(plan)}.",
            )

    def _read(self) -> list[str]:
        if not self._path.exists():
            return []
        try:
            return [str(entry) for entry in json.loads(files.read(self._path))]
        except (ValueError, TypeError) as exc:
            raise IntegrityError(
                f"{self._path} is damaged.", "Remove it, and approve the plans again."
            ) from exc
