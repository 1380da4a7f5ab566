"""What lies beside the private containers of a home."""

from __future__ import annotations

from pathlib import Path

import pytest

from biodesci.core.documents.copies import PartnerList
from biodesci.party.containers import FOLDER, Containers

VECTORS = Path(__file__).parents[2] / "vectors" / "documents"


def test_a_list_of_partners_is_never_there_with_another_time_than_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is killed, or a server that reads meanwhile, takes no list for one that just came."""
    partners = PartnerList.parse((VECTORS / "partners.json").read_bytes())
    times, replace = [], Path.replace

    def replaced(path: Path, target: Path) -> Path:
        times.append(path.stat().st_mtime)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", replaced)
    Containers(tmp_path).write_partners(partners, 7.0)
    (path,) = (tmp_path / FOLDER).glob("*.partners")
    assert times == [path.stat().st_mtime] == [7.0]
