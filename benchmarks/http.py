"""The HTTP API beside an endpoint of FastAPI that answers {"status": "ok"}, both in a process under uvicorn.

The index has 1,000 datasets, each with an offer, a licence and a card, and 20 models. The mix is what a page
asks: lists (the first page mostly), one dataset or licence, the configuration, and the same again with its
ETag. The index gets a block every 1,200 requests, as it would every twelve seconds at 100 requests a second.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from biodesci.index.database import Block, Event, Store
from biodesci.localnet.processes import free_port

DATASETS, MODELS = 1_000, 20
REQUESTS, A_BLOCK = 6_000, 1_200
RUNS = 3
RATES, SECONDS = (100, 200), 30
_ROOT = Path(__file__).resolve().parent.parent
_BARE = """
import sys, uvicorn
from fastapi import FastAPI
app = FastAPI()
@app.get("/v1/bare")
async def bare() -> dict[str, str]:
    return {"status": "ok"}
uvicorn.run(app, port=int(sys.argv[1]), log_level="warning", access_log=False)
"""


def figures() -> dict[str, dict[str, object]]:
    """CPU of a request in both servers, and how long the slowest hundredth takes at two rates."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = stack.enter_context(_index(folder))
        api, bare = stack.enter_context(_api(folder)), stack.enter_context(_bare())
        ours, cold, theirs = [], [], []
        for run in range(RUNS):
            ours.append(api.cpu_of(_mix(REQUESTS, run), lambda: _block(store)))
            theirs.append(bare.cpu_of([Ask("/v1/bare")] * REQUESTS, lambda: None))
            cold.append(api.cpu_of(_once(run), lambda: None))
        micro = f"{1e6 * median(ours):.0f} us beside {1e6 * median(theirs):.0f} us a request"
        measured = {
            "api.cpu_ratio": _figure(median(ours) / median(theirs), "x", f"a bare FastAPI endpoint: {micro}"),
            "api.cpu_ratio_first": _figure(
                median(cold) / median(theirs), "x", "the same, where nobody asked before"
            ),
        }
        for rate in RATES:
            both = [
                asyncio.run(_paced(server, asks, rate))
                for server, asks in (
                    (bare, [Ask("/v1/bare")] * rate * SECONDS),
                    (api, _mix(rate * SECONDS, rate)),
                )
            ]
            measured[f"api.p99_ms_{rate}"] = _figure(
                both[1], "ms", f"a bare FastAPI endpoint: {both[0]:.1f} ms"
            )
    return measured


def _figure(value: float, unit: str, peer: str) -> dict[str, object]:
    return {"value": round(value, 2), "unit": unit, "peer": peer}


@dataclass(frozen=True)
class Ask:
    """A path, and whether it was asked before: then the tag that came with the answer goes along."""

    path: str
    again: bool = False


def _mix(count: int, seed: int) -> list[Ask]:
    drawn = random.Random(seed)  # which page is looked at
    weights = [1 / (rank + 1) for rank in range(DATASETS)]
    ids = iter(drawn.choices(range(1, DATASETS + 1), weights, k=count))
    lists = (
        "/v1/datasets",
        "/v1/datasets",
        "/v1/datasets?limit=50",
        "/v1/models",
        "/v1/licenses",
        "/v1/activity",
    )
    asked: list[Ask] = []
    for _ in range(count):
        dice = drawn.random()
        if dice < 0.3 and asked:
            asked.append(Ask(drawn.choice(asked[-20:]).path, again=True))
        elif dice < 0.55:
            asked.append(Ask(drawn.choice(lists)))
        elif dice < 0.6:
            asked.append(Ask(f"/v1/datasets?cursor={drawn.randrange(21, DATASETS)}"))
        elif dice < 0.65:
            asked.append(Ask(f"/v1/datasets?q=cohort+{drawn.randrange(DATASETS)}"))
        elif dice < 0.85:
            asked.append(Ask(f"/v1/datasets/{next(ids)}"))
        elif dice < 0.9:
            asked.append(Ask(f"/v1/licenses/{next(ids)}"))
        else:
            asked.append(Ask("/v1/config"))
    return asked


def _once(run: int) -> list[Ask]:
    """Each dataset once, and each page of them."""
    return [Ask(f"/v1/datasets/{number}?run={run}") for number in range(1, DATASETS + 1)] + [
        Ask(f"/v1/datasets?cursor={number}&run={run}") for number in range(21, DATASETS, 4)
    ]


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    port: int

    def cpu_of(self, asks: Sequence[Ask], block: object) -> float:
        """Seconds of CPU for each request, one after the other on one connection."""
        asyncio.run(self._ask(asks[:200], lambda: None))
        before = self._cpu()
        asyncio.run(self._ask(asks, block))
        return (self._cpu() - before) / len(asks)

    def _cpu(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def _ask(self, asks: Sequence[Ask], block) -> None:  # type: ignore[no-untyped-def]
        line = await Line.open(self.port)
        for number, ask in enumerate(asks, 1):
            await line.ask(ask)
            if number % A_BLOCK == 0:
                block()
        line.close()


class Line:
    """A connection that stays open, and the tags of what it was answered."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._tags: dict[str, str] = {}

    @classmethod
    async def open(cls, port: int) -> Line:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, ask: Ask) -> None:
        tag = self._tags.get(ask.path, "") if ask.again else ""
        known = f"If-None-Match: {tag}\r\n" if tag else ""
        self._writer.write(
            f"GET {ask.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n{known}\r\n".encode()
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        assert head.split(" ", 2)[1] in {"200", "304"}, head
        fields = dict(field.split(": ", 1) for field in head.split("\r\n")[1:-2])
        await self._reader.readexactly(int(fields.get("content-length", "0")))
        self._tags[ask.path] = fields.get("etag", "")

    def close(self) -> None:
        self._writer.close()


async def _paced(server: Server, asks: Sequence[Ask], rate: int) -> float:
    """Milliseconds that 99 of 100 requests took at most, counted from when each was due."""
    lines: asyncio.Queue[Line] = asyncio.Queue()
    for _ in range(32):
        lines.put_nowait(await Line.open(server.port))
    took: list[float] = []
    began = time.perf_counter()

    async def one(ask: Ask, due: float) -> None:
        line = await lines.get()
        await line.ask(ask)
        took.append(time.perf_counter() - due)
        lines.put_nowait(line)

    async with asyncio.TaskGroup() as group:
        for number, ask in enumerate(asks):
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            group.create_task(one(ask, due))
    while not lines.empty():
        lines.get_nowait().close()
    return 1_000 * sorted(took)[int(len(took) * 0.99)]


@contextlib.contextmanager
def _bare() -> Iterator[Server]:
    port = free_port()
    with _running([sys.executable, "-c", _BARE, str(port)], port, {}) as server:
        yield server


@contextlib.contextmanager
def _api(folder: Path) -> Iterator[Server]:
    port = free_port()
    settings = {
        "BIODESCI_HOME": str(folder),
        "BIODESCI_DEPLOYMENT": str(_ROOT / "tests" / "vectors" / "documents" / "deployment.json"),
        "BIODESCI_REQUESTS_A_MINUTE": "0",
    }
    command = [sys.executable, "-m", "biodesci.api", "--port", str(port)]
    with _running(command, port, settings) as server:
        yield server


@contextlib.contextmanager
def _running(command: list[str], port: int, settings: dict[str, str]) -> Iterator[Server]:
    process = subprocess.Popen(command, env={**os.environ, **settings}, cwd=_ROOT)
    try:
        give_up = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                asyncio.run(_reach(port))
                break
            assert time.monotonic() < give_up and process.poll() is None
            time.sleep(0.1)
        yield Server(process, port)
    finally:
        process.terminate()
        process.wait()


async def _reach(port: int) -> None:
    (await Line.open(port)).close()


_blocks = itertools.count(2)
_WORD = "0x" + "02" * 32


def _word(number: int) -> str:
    return f"0x{number:064x}"


def _block(store: Store) -> None:
    number = next(_blocks)
    store.apply([], Block(number, _word(number), 1_700_000_000 + 12 * number))


@contextlib.contextmanager
def _index(folder: Path) -> Iterator[Store]:
    offer = {
        "right": 1, "price": 10**16, "currency": "0x" + "0" * 40, "duration": 86_400 * 365, "uses": 0,
        "deliveryWindow": 600, "disputeWindow": 600, "visas": 3, "proRata": False, "arbiter": "0x" + "0" * 40,
    }  # fmt: skip
    block = Block(1, _word(1), 1_700_000_000)
    log: list[tuple[str, str, dict[str, object]]] = []
    for number in range(1, DATASETS + 1):
        who = f"0x{number % 97 + 1:040x}"
        log += (
            ("DatasetNFT", "DatasetPublished", {
                "datasetId": number, "owner": who, "card": _word(number), "contentRoot": _WORD,
                "keyCommitment": _WORD, "terms": 2, "diseases": "0x" + "0" * 64, "parents": [],
            }),
            ("AccessLicense", "OfferCreated", {
                "by": who, "offerId": number, "datasetId": number, "offer": offer,
                "symbol": "ETH", "decimals": 18,
            }),
            ("AccessLicense", "LicensePurchased", {
                "by": f"0x{number % 89 + 1_000:040x}", "licenseId": number, "offerId": number,
                "datasetId": number, "version": 1, "licensee": f"0x{number % 89 + 1_000:040x}", "purpose": 2,
                "needsReview": False,
            }),
        )  # fmt: skip
    for number in range(1, MODELS + 1):
        log.append(("ModelRegistry", "ModelRegistered", {
            "modelId": number, "owner": f"0x{number:040x}", "architecture": _WORD, "card": _word(1),
            "weightsRoot": _WORD, "weights": _WORD,
        }))  # fmt: skip
    events = [
        Event(block, at, _word(at), contract, name, args) for at, (contract, name, args) in enumerate(log)
    ]
    with Store(folder / "index.sqlite") as store:
        store.apply(events, block)
        for number in range(1, DATASETS + 1):
            store.put_document(_word(number), "card", {**_CARD, "name": f"Cohort {number}"})
        yield store


_CARD = {
    "name": "Cohort", "description": "Patients of one hospital with a heart disease. " * 8,
    "keywords": ["cardiology", "tabular", "adults"], "biodesci:records": 303,
}  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(figures(), indent=2))
