"""A network that lives, for `make soak`: trade, readers, listeners, reorganizations, a node's bad moments."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import requests
from eth_account.messages import encode_defunct

from biodesci.core.errors import BioDeSciError, NotFoundError
from biodesci.market import offers
from biodesci.market.card import DatasetMeta
from biodesci.market.offers import OfferTerms
from biodesci.market.publish import publish
from biodesci.market.purchase import purchase
from tests.backend.acting import acting
from tests.faults import faults, lies
from tests.faults.faults import Fault
from tests.faults.proxy import FaultProxy
from tests.faults.world import HMB, PRICE, World

BAD_MOMENTS: tuple[Callable[[], Fault], ...] = (
    lambda: faults.TooManyRequests("http", 0.05), lambda: faults.Slow(0.03), faults.Html, faults.Dead,
    lambda: faults.Dead("reset"), lambda: lies.Lag(3), lies.Cut, lies.Drop, faults.BatchRefused,
)  # fmt: skip
STEP_S = 2.0  # between two acts of trade
BAD_S, GOOD_S = 4.0, 25.0
REORG_S = 45.0
SETTLING_S = 0.5  # in which the node mines what it has taken
LISTENERS = 6
MOST_DATASETS = 400  # of one seller; from then on, trade is with what is there
PAGES = (
    "/v1", "/v1/config", "/v1/datasets", "/v1/datasets?q=cohort", "/v1/datasets?q=nothing+of+the+kind",
    "/v1/datasets?limit=100", "/v1/licenses", "/v1/activity", "/v1/models", "/v1/inferences",
)  # fmt: skip
ODD = (
    "/v1/datasets?limit=many",
    "/v1/datasets/99999999",
    "/v1/licenses/x",
    "/v1/rounds/1",
    "/nowhere",
    "/v1/me/queue",
)


@dataclass
class Side:
    """A seller and a buyer, whose API is at `url`."""

    world: World
    url: str
    offers: list[int] = field(default_factory=list)
    datasets: int = 1


class Trade:
    """Goes on in threads of its own until `end`. `done` counts what was done, `failed` what was refused;
    a page that the API failed at is there by its path."""

    def __init__(self, sides: list[Side], proxy: FaultProxy, dice: random.Random) -> None:
        self.sides, self.proxy = sides, proxy
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            *(threading.Thread(target=self._trade, args=(side, _dice(dice))) for side in sides),
            *(threading.Thread(target=self._read, args=(side, _dice(dice))) for side in sides),
            *(
                threading.Thread(target=self._listen, args=(side, _dice(dice)))
                for side in sides
                for _ in range(LISTENERS)
            ),
            threading.Thread(target=self._reorganize, args=(sides[0], _dice(dice))),
            threading.Thread(target=self._trouble, args=(_dice(dice),)),
        ]
        for thread in self._threads:
            thread.daemon = True

    def begin(self) -> None:
        """At once."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Waits for what is being done."""
        self._stop.set()
        for thread in self._threads:
            thread.join(150)

    def _did(self, what: str, count: int = 1) -> None:
        with self._lock:
            self.done[what] += count

    def _went_wrong(self, what: str) -> None:
        with self._lock:
            self.failed[what] += 1

    def _trade(self, side: Side, dice: random.Random) -> None:
        turn = 0
        while not self._stop.wait(STEP_S):
            turn += 1
            what = (
                "publish"
                if turn % 6 == 0 and side.datasets < MOST_DATASETS
                else "offer"
                if turn % 9 == 0
                else "buy"
            )
            try:
                self._act(side, dice, what)
            except BioDeSciError as exc:  # a reorganization took it back
                self._went_wrong(f"{what}: {exc.message[:90]}")
            else:
                self._did(what)

    def _act(self, side: Side, dice: random.Random, what: str) -> None:
        world = side.world
        if what == "publish":
            file = world.cohort()
            member = acting(world.seller.honest, world.ipfs, world.seller.home)
            made = publish(member, file, DatasetMeta(file.stem, "", HMB), OfferTerms(price=PRICE))
            file.unlink()
            side.datasets += 1
            if made.offer_id is not None:
                side.offers.append(made.offer_id)
        elif what == "offer":
            side.offers.append(offers.create(world.seller.honest, world.dataset, OfferTerms(price=PRICE)))
        else:
            offer = dice.choice(side.offers[-50:])
            try:
                purchase(world.buyer.honest, offer, HMB, again=True)
            except NotFoundError:
                if offer != world.offer:  # a reorganization took it back
                    side.offers.remove(offer)
                raise

    def _read(self, side: Side, dice: random.Random) -> None:
        session = requests.Session()
        turn = 0
        while not self._stop.wait(0.25):
            turn += 1
            path = dice.choice(ODD) if turn % 10 == 0 else dice.choice((*PAGES, self._of_one(side, dice)))
            try:
                answer = session.get(side.url + path, timeout=10)
            except requests.RequestException as exc:
                self._went_wrong(f"read: {type(exc).__name__}")
                continue
            if answer.status_code >= 500 and answer.status_code != 503:
                self._went_wrong(f"{path}: {answer.status_code}")
            self._did("read")
            if turn % 40 == 0:
                session.close()
                session = requests.Session()
                self._sign_in(side)

    def _of_one(self, side: Side, dice: random.Random) -> str:
        return f"/v1/datasets/{dice.randint(1, side.datasets)}"

    def _sign_in(self, side: Side) -> None:
        """And sees the queue."""
        chain = side.world.buyer.honest
        with requests.Session() as session:
            try:
                text = session.post(
                    f"{side.url}/v1/session/message", json={"account": chain.address}, timeout=10
                ).json()["message"]
                signature = chain.signer().sign_message(encode_defunct(text=text)).signature
                signed = {"message": text, "signature": "0x" + bytes(signature).hex()}
                session.post(f"{side.url}/v1/session", json=signed, timeout=20).raise_for_status()
                session.get(f"{side.url}/v1/me/queue", timeout=20).raise_for_status()
            except (requests.RequestException, KeyError) as exc:
                self._went_wrong(f"sign in: {type(exc).__name__}")
            else:
                self._did("sign in")

    def _listen(self, side: Side, dice: random.Random) -> None:
        """Comes, hears for a while, and goes without a word."""
        last = ""
        while not self._stop.wait(dice.random()):
            until = time.monotonic() + dice.choice((0.0, 2.0, 10.0, 40.0))
            headers = {"Last-Event-ID": last} if last and dice.random() < 0.5 else {}
            with (
                contextlib.suppress(requests.RequestException),
                requests.get(f"{side.url}/v1/events", headers=headers, stream=True, timeout=20) as answer,
            ):
                for line in answer.iter_lines():
                    if line.startswith(b"id: "):
                        last = line[4:].decode()
                        self._did("hear")
                    if time.monotonic() > until or self._stop.is_set():
                        break

    def _reorganize(self, side: Side, dice: random.Random) -> None:
        world = side.world
        while not self._stop.wait(REORG_S):
            room = world.reader.honest.block_number() - max(one.world.first_block for one in self.sides)
            depth = min(dice.randint(1, 12), room)
            if depth > 0:
                _replace_blocks(world, depth)
                self._did("reorganize")

    def _trouble(self, dice: random.Random) -> None:
        while not self._stop.wait(GOOD_S):
            with self.proxy.fault(dice.choice(BAD_MOMENTS)()):
                self._stop.wait(BAD_S)
            self._did("bad moment")


def _replace_blocks(world: World, depth: int) -> None:
    """The last blocks by others. One that anvil makes meanwhile is lost for good, its number too (seen with
    1.7.1 in 4 of 40 reorganizations under load): so it makes none."""
    world.localnet.rpc("evm_setAutomine", False)
    try:
        time.sleep(SETTLING_S)
        world.localnet.rpc("anvil_reorg", depth, [])
    finally:
        world.localnet.rpc("evm_setAutomine", True)
        world.localnet.rpc("evm_mine")


def _dice(dice: random.Random) -> random.Random:
    """Another, of one thread."""
    return random.Random(dice.randrange(1 << 32))
