"""All workers and commands of a network, each behind one faulty provider, and what must be so in the end."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from eth_account.signers.local import LocalAccount
from sqlalchemy import select

from biodesci.chain import accounts
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.chain.outbox import Sending
from biodesci.chain.reading import Depth, Reading
from biodesci.chain.records import License
from biodesci.core.errors import BioDeSciError
from biodesci.core.onchain import LicenseState
from biodesci.index import tables
from biodesci.index.database import Store
from biodesci.index.sync import sync
from biodesci.inference.worker import serve_pending
from biodesci.ipfs.client import Ipfs
from biodesci.market.card import DatasetMeta
from biodesci.market.custody import Custodian
from biodesci.market.offers import OfferTerms
from biodesci.market.publish import Published, publish
from biodesci.market.purchase import purchase
from biodesci.party import keys
from biodesci.registry import rounds
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.conftest import Localnet
from tests.faults.proxy import FaultProxy

HMB, PRICE = 1 << 2, 10**15
_PATIENCE_S, _ANSWER_S, _STUCK_S, _BLOCK_S = 0.6, 0.5, 0.7, 1.5


class UntoldError(AssertionError):
    """A worker ended with something that is no sentence of ours."""


def attempt(run: Callable[[], object]) -> bool:
    """Whether it went well. What it may fail with is an error of ours: what, why, what to do."""
    try:
        run()
    except BioDeSciError as exc:
        if "nexpected" in exc.message or not exc.message.rstrip().endswith((".", ")", "?")):
            raise UntoldError(repr(exc.message)) from exc
        return False
    return True


def persist(run: Callable[[], object], *, seconds: float, until: Callable[[], bool] | None = None) -> None:
    """Runs until it goes well and `until` is so; the last attempt begins within `seconds`."""
    deadline = time.monotonic() + seconds
    while not (attempt(run) and (until is None or until())):
        if time.monotonic() > deadline:
            run()
            assert until is None or until(), "no progress"
            return
        time.sleep(0.2)


def dump(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Every row of the index that is a function of the chain's logs, by table."""
    return {
        table.name: [dict(row) for row in store.rows(select(table).order_by(*table.primary_key.columns))]
        for table in (*tables.DERIVED, tables.events)
    }


@dataclass
class Party:
    """An account with a home: `honest` asks the node itself, `chain` the provider."""

    honest: Chain
    chain: Chain
    home: Path

    @property
    def address(self) -> str:
        return str(self.honest.address)


class World:
    """A seller, a buyer, and whoever reads. By the provider, a block counts after so many `confirmations`."""

    def __init__(
        self, localnet: Localnet, proxy: FaultProxy, ipfs: Ipfs, folder: Path, confirmations: Depth = 0
    ) -> None:
        self.confirmations = confirmations
        self.localnet, self.proxy, self.ipfs, self.folder = localnet, proxy, ipfs, folder
        self.deployment = load_deployment(localnet.deployment_file)
        self.seller, self.buyer, self.reader = (self.party(n) for n in ("seller", "buyer", "reader"))
        self._numbers = itertools.count(1)
        keys.register(self.buyer.honest, self.buyer.home, PASSPHRASE)
        private_key = bytes(self.seller.honest.signer().key)
        accounts.create(self.seller.home / "account.json", PASSPHRASE, private_key=private_key, work_factor=2)
        first = publish(
            acting(self.seller.honest, ipfs, self.seller.home), self.cohort(), DatasetMeta("Cohort", "", HMB),
            OfferTerms(price=PRICE),
        )  # fmt: skip
        assert first.offer_id is not None
        self.dataset, self.offer = first.dataset_id, first.offer_id
        self.first_block = self.seller.honest.block_number()
        self.custodian = Custodian(acting(self.seller.chain, ipfs, self.seller.home))

    def party(self, name: str, account: LocalAccount | None = None, home: Path | None = None) -> Party:
        """Somebody with 10 ETH."""
        home = home or self.folder / name
        home.mkdir(parents=True, exist_ok=True)
        account = account or self.localnet.account()
        honest = Chain(self.localnet.rpc_url, self.deployment, account, home)
        return Party(honest, self.behind(account, home), home)

    def behind(self, account: LocalAccount | None, home: Path) -> Chain:
        """A client of the provider, of little patience."""
        chain = Chain(
            self.proxy.url, self.deployment, account, home,
            reading=Reading(self.confirmations, patience=_PATIENCE_S),
            sending=Sending(block_timeout=_BLOCK_S, stuck_after=_STUCK_S, sure_after=0.1),
        )  # fmt: skip
        for endpoint in chain.provider.endpoints:
            endpoint.timeout = _ANSWER_S
        return chain

    def cohort(self) -> Path:
        """Another file of records."""
        number = next(self._numbers)
        file = self.folder / f"cohort-{number}.csv"
        file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i + number}\n" for i in range(60)))
        return file

    # What the workers do

    @contextmanager
    def fresh_index(self) -> Iterator[tuple[Store, Callable[[], object]]]:
        """An empty index, and one look of its indexer, by the provider."""
        with Store(self.folder / f"index-{next(self._numbers)}.sqlite") as store:
            yield store, lambda: sync(self.reader.chain, self.ipfs, store)

    def publish(self, file: Path) -> Published:
        """The seller publishes by the provider."""
        member = acting(self.seller.chain, self.ipfs, self.seller.home)
        return publish(member, file, DatasetMeta(file.stem, "", HMB), OfferTerms(price=PRICE))

    def buy(self, offer: int | None = None) -> int:
        """The buyer buys by the provider; called again after an error, it goes on."""
        return purchase(self.buyer.chain, offer or self.offer, HMB, again=True).license_id

    def buy_honestly(self, offer: int | None = None) -> int:
        """A licence that waits for its key."""
        return purchase(self.buyer.honest, offer or self.offer, HMB, again=True).license_id

    def is_delivered(self, license_id: int) -> bool:
        """As the honest node says."""
        licence = self.seller.honest.read(License, license_id)
        return licence.state is LicenseState.DELIVERED

    # What must be so

    def rebuilt(self) -> dict[str, list[dict[str, Any]]]:
        """What an index that never knew the provider holds."""
        path = self.folder / f"rebuilt-{next(self._numbers)}.sqlite"
        with Store(path) as store:
            sync(self.reader.honest, self.ipfs, store)
            return dump(store)

    def count(self, contract: str, name: str, since: int = 0, **filters: Any) -> int:
        """How often an event happened, from the block `since` on."""
        of = getattr(self.reader.honest, contract)
        return len(self.reader.honest.events(of, name, since, filters=filters))


@dataclass
class Serving:
    """An inference worker behind the provider; `inner` is the world of tests/backend/inference."""

    inner: Any
    chain: Chain

    def ask(self) -> int:
        """A request, which the honest node has."""
        return int(self.inner.request(np.random.default_rng(8).normal(size=(3, self.inner.config.features))))

    def serve(self) -> None:
        """One look of the worker."""
        worker = self.inner.worker
        serve_pending(self.chain, self.inner.ipfs, worker.home, worker.seed, self.inner.policy)

    def answers(self, request_id: int, since: int) -> int:
        """How many answers are on chain, from the block `since` on."""
        chain = self.inner.client.chain
        wanted = {"requestId": request_id}
        return len(chain.events(chain.inferences, "InferenceCommitted", since, filters=wanted))


def roster(chain: Chain, round_id: int) -> Any:
    """What a training node and the aggregator read of a round before they mask or sum."""
    seats = rounds.enrolments(chain, round_id)
    return rounds.read(chain, round_id), rounds.roster(chain, round_id), seats
