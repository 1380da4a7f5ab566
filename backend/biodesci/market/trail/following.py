"""Which events of the contracts are about a dataset: those that name it, or an offer or licence of it.

A dataset is also named as the parent of another one, and by the visas that its licences rest on. What names
no dataset (that a payee collected money, that somebody registered a key) is about none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from eth_utils.address import to_checksum_address

from biodesci.chain.completeness import Log
from biodesci.chain.decoding import decode
from biodesci.chain.encoded import HeaderRead, LogRead
from biodesci.core.errors import IntegrityError
from biodesci.core.onchain import utc
from biodesci.core.visa import visa_id

CONTRACTS: Final = ("DatasetNFT", "AccessLicense", "ModelRegistry", "VisaRegistry", "GuardedCustody")
Args = Mapping[str, Any]


@dataclass(frozen=True)
class TrailEvent:
    """An event of a contract's log; by its `place` whoever read the log finds it again."""

    place: tuple[int, int]
    contract: str
    name: str
    args: Args


@dataclass(frozen=True)
class Entry:
    """An event of a trail, and where it is: `transaction` is the hash, `transaction_index` its place in the
    block, `log` the place in its receipt; both counted from 0."""

    block: HeaderRead
    transaction: bytes
    transaction_index: int
    log: int
    contract: str
    name: str
    args: Args

    @property
    def time(self) -> datetime:
        """When the block was made."""
        return utc(self.block.time)

    @property
    def license_id(self) -> int | None:
        """The licence that it is about."""
        number = self.args.get("licenseId")
        if number is None and self.contract == "AccessLicense":
            number = self.args.get("tokenId")
        return number or None


class Decoder:
    """Reads logs of the contracts at these addresses."""

    def __init__(self, contracts: Mapping[str, str]) -> None:
        if set(contracts) != set(CONTRACTS):
            raise IntegrityError(
                "The audit trail does not name the five contracts whose events it is made of.",
                "Use the file as `biodesci dataset audit-export` wrote it.",
            )
        self._names = {str(to_checksum_address(where)): name for name, where in contracts.items()}
        self.addresses = tuple(bytes.fromhex(address[2:]) for address in self._names)

    def read(self, log: LogRead, place: tuple[int, int]) -> TrailEvent | None:
        """The event; None for a log of another contract, or of an event that the contract's ABI lacks."""
        address = str(to_checksum_address(log.address))
        name = self._names.get(address)
        if name is None:
            return None
        raw = Log(address, log.topics, log.data, 0, "", "", 0)
        decoded = decode(name, raw)
        return None if decoded is None else TrailEvent(place, name, *decoded)


@dataclass
class Following:
    """Chooses the events about a dataset, block after block: it learns of the dataset's licences and of the
    visas shown for them as it goes."""

    dataset_id: int
    _licenses: set[int] = field(default_factory=set)
    _visas: set[str] = field(default_factory=set)

    def of_block(self, events: Iterable[TrailEvent]) -> list[TrailEvent]:
        """Those of a block's events, in their order."""
        in_block = list(events)
        # A licence's token and visas have their events right before the purchase that says whose it is.
        for event in in_block:
            if event.name == "LicensePurchased" and event.args["datasetId"] == self.dataset_id:
                self._licenses.add(event.args["licenseId"])
        for event in in_block:
            if event.name == "VisasShown" and event.args["licenseId"] in self._licenses:
                self._visas.update(event.args["visaIds"])
        return [event for event in in_block if self._is_about(event)]

    def _is_about(self, event: TrailEvent) -> bool:
        args = event.args
        if args.get("datasetId") == self.dataset_id or args.get("licenseId") in self._licenses:
            return True
        match event.contract, event.name:
            case "DatasetNFT", "DatasetPublished":
                return any(parent["datasetId"] == self.dataset_id for parent in args["parents"])
            case "DatasetNFT", _:
                return self.dataset_id in (args.get("tokenId"), args.get("_tokenId"))
            case "AccessLicense", _:
                return args.get("tokenId") in self._licenses
            case "VisaRegistry", "VisaRevoked":
                return self._names(args)
        return False

    def _names(self, revoked: Args) -> bool:
        hashed = bytes.fromhex(revoked["visaHash"][2:])
        return f"0x{visa_id(revoked['issuer'], hashed).hex()}" in self._visas
