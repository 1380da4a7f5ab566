"""A data owner's private containers: encrypted files that lie in its home, and on no IPFS node.

Each is named by the digest of the CID that IPFS would give it, so that cards and roots are as for a public
one. It is served (market/container_server.py) once it is noted whose it is: the version of a dataset that
this home published, or took over.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar, Final

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion
from biodesci.core import cid, files
from biodesci.core.documents.base import Document
from biodesci.core.documents.copies import PartnerList
from biodesci.core.documents.values import BareBytes32, Count, Text, Uint256
from biodesci.core.errors import ConfigurationError, NotFoundError

FOLDER: Final = "containers"
SUFFIX: Final = ".container"
RECEIPT: Final = "receipt"
REQUEST: Final = "erasure"
DELETION: Final = "deletion"
"""What lies beside a container, or where one was: a partner's receipt of its copy, the owner's request to
delete it, a partner's receipt that it did."""


class HeldContainer(Document):
    """Whose container it is: that of a dataset's version on one chain (`Chain.identity`).

    `content` and `card` are digests of CIDs, `size` is in bytes.
    """

    title: ClassVar = "note of a private container"
    remedy: ClassVar = "Publish again, which writes it anew; or restore containers/ from a backup."
    limit: ClassVar = 4 << 10
    refusal: ClassVar = ConfigurationError

    content: BareBytes32
    size: Count
    network: Text
    dataset_id: Uint256
    version: Uint256
    card: BareBytes32


class Containers:
    """Those of one home."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER

    def path(self, content: bytes) -> Path:
        """Where the container with this digest lies, or would."""
        return self._folder / f"{content.hex()}{SUFFIX}"

    def keep(self, made: Path, content: bytes) -> None:
        """Takes a container over that was made at `made`, on the same disk; it survives a power cut then.

        Done again, it does nothing. NotFoundError where there is none, neither here nor there, as
        after a backup was restored: another one would have another root than what may have been sent.
        """
        target = self.path(content)
        if not made.exists():
            if target.exists():
                return
            raise NotFoundError(
                f"The container {cid.from_digest(content)} of this publication is not in this home.",
                "Put the folder containers/ back from your copy of it, then repeat the command.",
            )
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with made.open("rb") as source:
            os.fsync(source.fileno())
        made.chmod(files.PRIVATE)
        made.replace(target)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def assign(self, content: bytes, chain: Chain, version: DatasetVersion) -> HeldContainer:
        """Notes whose it is, now that the version was minted: from here on it is served to those entitled."""
        held = HeldContainer(
            content=content,
            size=self._size(content),
            network=chain.identity,
            dataset_id=version.dataset_id,
            version=version.version,
            card=version.card,
        )
        files.write_private(self._note(content), held.to_bytes())
        return held

    def find(self, content: bytes) -> HeldContainer | None:
        """Whose the container with this digest is; None where it is not here, or nobody's yet."""
        try:
            held = HeldContainer.parse(self._note(content).read_bytes())
        except FileNotFoundError:
            return None
        return held if self.path(content).exists() else None

    def all(self) -> list[HeldContainer]:
        """All that are assigned, by dataset and version."""
        notes = [HeldContainer.parse(path.read_bytes()) for path in self._folder.glob("*.json")]
        return sorted(notes, key=lambda held: (held.network, held.dataset_id, held.version))

    def missing(self) -> list[HeldContainer]:
        """Those that are assigned and not here."""
        return [held for held in self.all() if not self.path(held.content).exists()]

    def unassigned(self) -> list[Path]:
        """Those that are here and nobody's: their publication has not come to its end."""
        found = self._folder.glob(f"*{SUFFIX}")
        return sorted(path for path in found if not path.with_suffix(".json").exists())

    def size(self) -> tuple[int, int]:
        """How many are here, and their bytes."""
        sizes = [path.stat().st_size for path in self._folder.glob(f"*{SUFFIX}")]
        return len(sizes), sum(sizes)

    def attach(self, content: bytes, kind: str, raw: bytes) -> None:
        """Keeps a signed document about it, which the server gives to those of the dataset."""
        files.write_private(self._folder / f"{content.hex()}.{kind}", raw)

    def attached(self, content: bytes, kind: str) -> bytes | None:
        """Such a document; None where there is none."""
        path = self._folder / f"{content.hex()}.{kind}"
        return path.read_bytes() if path.exists() else None

    def write_partners(self, partners: PartnerList, asked: float) -> None:
        """Keeps the list of a dataset's partners, in place of the one before, and when it was asked for."""
        path = self._partners(partners.chain_id, partners.contract, partners.dataset_id)
        files.write_private(path, partners.to_bytes(), modified=asked)

    def partners_asked(self, chain: Chain, dataset_id: int) -> float:
        """When the list was asked for, in Unix seconds; 0 where none is here."""
        path = self._partners(chain.chain_id, str(chain.datasets.address), dataset_id)
        return path.stat().st_mtime if path.exists() else 0.0

    def partners(self, chain: Chain, dataset_id: int) -> PartnerList | None:
        """The list as it lies here; whether it counts, market/partners.py says."""
        path = self._partners(chain.chain_id, str(chain.datasets.address), dataset_id)
        return PartnerList.parse(path.read_bytes()) if path.exists() else None

    def forget(self, content: bytes) -> None:
        """Deletes it: nobody gets it here any more."""
        for receipt in self._folder.glob(f"{content.hex()}*.{RECEIPT}"):
            receipt.unlink()
        self._note(content).unlink(missing_ok=True)
        self.path(content).unlink(missing_ok=True)

    def _partners(self, chain_id: int, contract: str, dataset_id: int) -> Path:
        return self._folder / f"{chain_id}-{contract.lower()}-{dataset_id}.partners"

    def _note(self, content: bytes) -> Path:
        return self._folder / f"{content.hex()}.json"

    def _size(self, content: bytes) -> int:
        try:
            return self.path(content).stat().st_size
        except FileNotFoundError as exc:
            raise NotFoundError(
                f"The container {cid.from_digest(content)} is not in this home.",
                "Publish again, or restore containers/ from a backup.",
            ) from exc
