"""Which plans a site lets its training node run."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from biodesci.core import cid, files
from biodesci.core.documents.values import BareBytes32
from biodesci.core.errors import AccessDeniedError, IntegrityError

_PLANS: Final = TypeAdapter[tuple[bytes, ...]](tuple[BareBytes32, ...])  # a JSON list of hexadecimal digits


class Approvals:
    """The plans that the site's operator agreed to, by digest; a file in the node's home."""

    def __init__(self, home: Path, *, approve_any: bool = False) -> None:
        self._path = home / "approved-plans.json"
        self._any = approve_any

    def approve(self, plan: bytes) -> None:
        """Record that the operator agreed to the plan with this digest (32 bytes, of its CID)."""
        files.write_private(self._path, _PLANS.dump_json(tuple(sorted({*self._read(), plan}))))

    def require(self, plan: bytes) -> None:
        """Raises AccessDeniedError until the operator approved this very plan."""
        if not self._any and plan not in self._read():
            raise AccessDeniedError(
                "This site has not approved the round's plan yet.",
                f"Read and approve it: biodesci round approve {cid.from_digest(plan)}.",
            )

    def _read(self) -> tuple[bytes, ...]:
        if not self._path.exists():
            return ()
        try:
            return _PLANS.validate_json(files.read(self._path), strict=True)
        except ValidationError as exc:
            raise IntegrityError(
                f"{self._path} is damaged.", "Remove it, and approve the plans again."
            ) from exc
