"""Who plays in the story: four hospitals with their custodians, and those who deal with them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from biodesci.chain.client import Chain
from biodesci.core import files, keyfile
from biodesci.ipfs.client import Ipfs
from biodesci.ipfs.pins import Pins
from biodesci.localnet.stack import Party, Stack
from biodesci.party import keys
from biodesci.party.member import Member
from examples.heart import cohorts
from examples.heart.cohorts import Hospital

CUSTODIAN = "custodian"


@dataclass
class Site:
    """A hospital with its accounts, its cohort on disk, and what it published."""

    hospital: Hospital
    owner: Party
    custodian: Party
    table: Path
    held_out: Path
    dataset_id: int = 0
    offer_id: int = 0

    @property
    def slug(self) -> str:
        return self.owner.name


def slug(name: str) -> str:
    """A hospital's name as part of a process's or a folder's name."""
    return name.lower().replace(" ", "-")


class Cast:
    """Makes the accounts; each party's passphrase is drawn anew for every network."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._chains: dict[str, Chain] = {}
        self._seeds: dict[str, bytes] = {}
        self.sites = [self._site(hospital) for hospital in cohorts.load()]
        self.researcher = self._party("researcher")
        self.outsider = self._party("outsider")
        self.model_owner = self._party("model-owner")
        self.aggregator = self._party("aggregator")
        self.worker = self._party("inference-worker")
        self.cheat = self._party("dishonest-worker")
        self.arbiter = self._party("arbiter")
        self.auditor = self._party("auditor")

    @property
    def site_accounts(self) -> tuple[str, ...]:
        """The hospitals' accounts, with which each of them lets itself be summed."""
        return tuple(site.owner.address for site in self.sites)

    def chain(self, party: Party) -> Chain:
        """The party's chain client."""
        if party.name not in self._chains:
            self._chains[party.name] = self._stack.chain(party)
        return self._chains[party.name]

    def member(self, party: Party) -> Member:
        """As whom the party publishes; its home notes what its IPFS node has to keep."""
        ipfs = Ipfs(self._stack.ipfs_api, pins=Pins(party.home))
        return Member(self.chain(party), ipfs, party.home, party.passphrase)

    def register_key(self, party: Party) -> None:
        """Puts the party's encryption key on chain; makes it first where there is none."""
        if not keys.path(party.home).exists():
            # Nobody can guess a passphrase that was drawn for this network alone.
            keys.create(party.home, party.passphrase, n=keyfile.LOWEST_N)
        keys.register(self.chain(party), party.home, party.passphrase)

    def seed(self, party: Party) -> bytes:
        """The party's private decryption key."""
        if party.name not in self._seeds:
            self._seeds[party.name] = keys.load_seed(party.home, party.passphrase)
        return self._seeds[party.name]

    def _party(self, name: str) -> Party:
        return self._stack.party(name, passphrase=secrets.token_urlsafe(24))

    def _site(self, hospital: Hospital) -> Site:
        name = slug(hospital.name)
        owner = self._party(name)
        # The custodian opens the owner's dataset keys, and signs with an account of its own.
        custodian = self._stack.party(
            f"{name}-{CUSTODIAN}", home=name, account=CUSTODIAN, passphrase=owner.passphrase
        )
        table = owner.home / f"heart-disease-{name}.csv"
        held_out = owner.home / "held-out.csv"
        files.write_private(table, hospital.train)
        files.write_private(held_out, hospital.test)
        return Site(hospital, owner, custodian, table, held_out)
