"""Versions of datasets as DRS objects, out of the index."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self

from biodesci.api.drs.passports import Door
from biodesci.api.drs.schemas import AccessMethod, AccessUrl, Authorizations, Checksum, DrsObject
from biodesci.api.present import values
from biodesci.api.present.datasets import container
from biodesci.core.documents import published_card
from biodesci.core.documents.deployment import Deployment
from biodesci.core.errors import AccessDeniedError, IntegrityError, NotFoundError
from biodesci.core.onchain import utc
from biodesci.index import queries
from biodesci.index.database import Store
from biodesci.index.queries import Row

_ID: Final = re.compile(r"([0-9]{1,20})-(0x[0-9a-fA-F]{40})-([1-9][0-9]{0,15})-([1-9][0-9]{0,8})")
_SHA256: Final = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")


class NotReadYetError(Exception):
    """The version is on chain, and its card is still being fetched: ask again."""


@dataclass(frozen=True)
class ObjectId:
    """What names a version for ever: its chain, the contract, the dataset's number and the version's."""

    chain_id: int
    contract: str
    dataset: int
    version: int

    @classmethod
    def parse(cls, text: str, deployment: Deployment) -> Self:
        """Raises NotFoundError for what is no id of a version in this deployment's contract."""
        parts = _ID.fullmatch(text)
        contract = deployment.contracts["DatasetNFT"].address
        if parts is None or (int(parts[1]), parts[2].lower()) != (deployment.chain_id, contract.lower()):
            raise NotFoundError(
                "There is no such object here.",
                f"Ids are {deployment.chain_id}-{contract}-DATASET-VERSION.",
            )
        return cls(deployment.chain_id, contract, int(parts[3]), int(parts[4]))

    def __str__(self) -> str:
        return f"{self.chain_id}-{self.contract}-{self.dataset}-{self.version}"


@dataclass(frozen=True)
class Shelf:
    """Where objects are found: the index, the gateway that has their bytes, and who may be told where.

    `host` is the name and port by which clients reach this service.
    """

    store: Store
    gateway: str
    host: str
    door: Door

    def find(self, id_: ObjectId) -> Row:
        """The row of a version. Raises NotFoundError where there is none whose card tells what its bytes are,
        and NotReadYetError while that is being fetched."""
        found = [row for row in queries.versions(self.store, id_.dataset) if row["version"] == id_.version]
        if not found:
            raise NotFoundError(
                f"There is no version {id_.version} of dataset {id_.dataset} in the index.",
                "What was just published takes a moment.",
            )
        (row,) = found
        if row["body"] is None and row["reason"] is None:
            raise NotReadYetError
        return row

    def show(self, id_: ObjectId, passports: list[str] | None = None) -> DrsObject:
        """The object, with the address of its bytes where nothing has to be shown for that, or where these
        passports suffice. Raises as `find`, and as `Door.require` for passports that don't."""
        row = self.find(id_)
        served_at = self._served_at(row)
        card = values.card(row["body"])
        file = container(card, self.gateway)
        sha256 = _SHA256.fullmatch(file.sha256) if file is not None else None
        if file is None or sha256 is None:
            raise NotFoundError(
                f"The card of version {id_.version} of dataset {id_.dataset} does not tell what its file is"
                + (f": {row['reason']}" if row["reason"] else "."),
                "What could not be read is tried again; else ask the publisher for a new version.",
            )
        is_gone, is_private = row["withdrawn_at"] is not None, served_at is not None
        is_open = not is_gone and not is_private
        if passports and is_open:
            self.door.require(id_.dataset, passports)
        is_told = is_open and (bool(passports) or not self.door.guards(id_.dataset))
        method = AccessMethod(
            access_url=AccessUrl(url=file.url) if is_told and file.url else None,
            available=not is_gone,
            authorizations=None if is_private else self.needed(id_),
        )
        name = card.name or f"Dataset {id_.dataset}"
        return DrsObject(
            id=str(id_),
            name=f"dataset-{id_.dataset}-v{id_.version}.bdsc",
            self_uri=f"drs://{self.host}/{id_}",
            size=file.size,
            created_time=utc(row["published_at"]),
            updated_time=utc(row["published_at"]),
            version=str(id_.version),
            checksums=[Checksum(checksum=sha256[1].lower())],
            access_methods=[method],
            description=f"{name}, version {id_.version}. {_conditions(id_, served_at, is_gone=is_gone)}",
            aliases=[f"ipfs://{file.content.cid}"] if is_told else [],
        )

    def locate(self, id_: ObjectId, access_id: str, passports: list[str] | None = None) -> AccessUrl:
        """Where the object's bytes are. Raises NotFoundError for another way than "container",
        AccessDeniedError where consent was withdrawn or the owner's server has the bytes, and as `show`."""
        if access_id != "container":
            raise NotFoundError("There is no such way to the object.", "Its access_id is: container.")
        row = self.find(id_)
        served_at, is_gone = self._served_at(row), row["withdrawn_at"] is not None
        if is_gone or served_at is not None:
            raise AccessDeniedError(_conditions(id_, served_at, is_gone=is_gone))
        self.door.require(id_.dataset, passports)
        (method,) = self.show(id_, passports).access_methods
        assert method.access_url is not None, "whoever may be told, is"
        return method.access_url

    def needed(self, id_: ObjectId) -> Authorizations:
        """What has to be shown for an object's bytes."""
        if not self.door.guards(id_.dataset):
            return Authorizations(drs_object_id=str(id_), supported_types=["None"])
        return Authorizations(
            drs_object_id=str(id_),
            supported_types=["PassportAuth"],
            passport_auth_issuers=self.door.issuers,
        )

    def _served_at(self, row: Row) -> str | None:
        """The owner's server that has a private container; None for one on public IPFS."""
        document = queries.document(self.store, row["card"], "card")
        try:
            return None if document is None else published_card.served_at(document.encode())
        except IntegrityError as exc:
            raise NotFoundError(exc.message, exc.hint) from exc


def _conditions(id_: ObjectId, served_at: str | None, *, is_gone: bool) -> str:
    if is_gone:
        return "These bytes are encrypted; consent was withdrawn: neither they nor the key are released."
    key = f"the key is delivered for a licence to download, bought on chain (GET /v1/datasets/{id_.dataset})"
    if served_at is None:
        return f"These bytes are encrypted; {key}."
    return (
        f"These bytes are encrypted, and {served_at} gives them to holders of a licence alone, for a request "
        f"that their account signs (biodesci license download); {key}."
    )
