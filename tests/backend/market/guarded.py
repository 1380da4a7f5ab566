"""A sale whose key three guardians hold, any two of whom deliver it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from biodesci.chain.client import Chain
from biodesci.core.documents.guarding import SplitFile
from biodesci.core.onchain import Role
from biodesci.market import guarded_custody, licensed_copy, roles
from biodesci.market.card import DatasetMeta
from biodesci.market.guardians import guard, take_share
from biodesci.market.publish import publish
from biodesci.party import keys
from biodesci.party.member import Member
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.market.conftest import HMB, NCU, Sale, seller


class House:
    """The sale, its guardians with the first split, and what a licensee downloads."""

    def __init__(self, chain_for: Any, ipfs: Any, folder: Path) -> None:
        self.sale, self.folder = Sale(chain_for, ipfs, folder), folder
        self.members = [self.member(chain_for(), f"guardian {number}") for number in range(3)]
        for member in self.members:
            self.appoint(member)
        self.file = self.split()
        for member in self.members:
            take_share(member, self.file)

    def member(self, chain: Chain, name: str) -> Member:
        member = acting(chain, self.sale.ipfs, self.folder / name)
        keys.register(chain, member.home, PASSPHRASE)
        return member

    def appoint(self, member: Member) -> None:
        roles.grant(self.sale.owner, self.sale.dataset, Role.CUSTODIAN, member.chain.address)
        roles.accept(member.chain, self.sale.dataset, Role.CUSTODIAN)

    def split(self, threshold: int = 2, version: int = 1) -> SplitFile:
        accounts = [member.chain.address for member in self.members]
        return guard(seller(self.sale), self.sale.dataset, version, accounts, threshold)

    def publish_version(self) -> int:
        """The same file under another key; its number."""
        meta = DatasetMeta("Cohort", "", HMB | NCU, accept_risk="an invented cohort")
        return publish(seller(self.sale), self.sale.file, meta, dataset_id=self.sale.dataset).version

    def buy(self) -> int:
        return self.sale.buy(again=True).license_id

    def download(self, license_id: int) -> bytes:
        target = self.folder / f"copy {license_id}.csv"
        sale = self.sale
        licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, target)
        return target.read_bytes()


class ContractHouse(House):
    """The same, with the contract as custodian: no guardian has a role."""

    def appoint(self, member: Member) -> None:
        """Nobody: the owner names all of them with the split."""

    def split(self, threshold: int = 2, version: int = 1) -> SplitFile:
        accounts = [member.chain.address for member in self.members]
        guarded_custody.appoint(self.sale.owner, self.sale.dataset, version, accounts, threshold)
        return super().split(threshold, version)
