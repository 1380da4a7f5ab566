"""The commands of model, round, inference and audit, once each, by four people with a home each.

Chain, IPFS node, aggregator and nodes are real; the workers run as threads here.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from biodesci.chain.client import Chain
from biodesci.core import duo
from biodesci.core.errors import BioDeSciError
from biodesci.core.features import CategoricalColumn, FeaturePlan, LabelColumn, NumericColumn
from biodesci.inference import worker as serve
from biodesci.inference.policy import Policy
from biodesci.ipfs.client import Ipfs
from biodesci.party import keys
from biodesci.registry import codecs as codec
from biodesci.registry import rounds
from biodesci.rounds.aggregator import RoundAggregator
from biodesci.rounds.approvals import Approvals
from biodesci.rounds.node import Operator, Site, TrainingNode
from biodesci.rounds.seats import Seats
from biodesci.rounds.transport.http import AggregatorClient
from biodesci.workers.aggregator import create_app

PASS = "one for all"
SITES = ("site0", "site1", "site2")
PLAN = FeaturePlan(
    numeric=(NumericColumn(name="age", low=0, high=100), NumericColumn(name="chol", low=60, high=640)),
    categorical=(CategoricalColumn(name="sex", values=("Male", "Female")),),
    label=LabelColumn(name="num", threshold=0),
)
TABLE = "age,chol,sex,num\n" + "".join(
    f"{30 + i},{150 + 7 * i},{('Male', 'Female')[i % 2]},{i % 3 % 2}\n" for i in range(40)
)
pytestmark = pytest.mark.timeout(280)


@pytest.fixture
def people(crowd: Callable[..., Any]) -> Any:
    keyed = (*SITES, "client", "worker", "auditor")
    return crowd("owner", "aggregator", "arbiter", *keyed, keyed=keyed)


@pytest.fixture
def background() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Calls a step again and again in a thread, until the test is over."""
    stop, threads = threading.Event(), []

    def start(step: Callable[[], object]) -> None:
        def again() -> None:
            while not stop.wait(0.1):
                with suppress(BioDeSciError):
                    step()

        threads.append(threading.Thread(target=again))
        threads[-1].start()

    yield start
    stop.set()
    for thread in threads:
        thread.join()


def move_on(adds: RoundAggregator, stop: threading.Event) -> None:
    """What the aggregator's supervisor does."""
    while not stop.wait(0.1):
        adds.step()


@pytest.fixture
def aggregator_url(people: Any, ipfs_node: Any) -> Iterator[str]:
    stop = threading.Event()
    owners = frozenset({rounds.raw(people.chain("owner").address)})
    adds = RoundAggregator(people.chain("aggregator"), Ipfs(ipfs_node.api), people.home("aggregator"), owners)
    server = uvicorn.Server(uvicorn.Config(create_app(adds), port=0, log_level="warning", log_config=None))
    threads = [
        threading.Thread(target=move_on, args=(adds, stop)),
        threading.Thread(target=server.run),
    ]
    for thread in threads:
        thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    stop.set()
    server.should_exit = True
    for thread in threads:
        thread.join()


def publish(chain: Chain, ipfs: Ipfs) -> int:
    """A dataset on chain to enrol with; its container plays no part in a round."""
    publication = (ipfs.add(b"{}"), os.urandom(32), os.urandom(32), duo.parse_terms(["HMB"]), bytes(32))
    receipt = chain.send(chain.datasets.functions.publish(publication, []))
    return int(chain.event(receipt, chain.datasets, "DatasetPublished")["datasetId"])


def test_from_a_model_to_its_audit(
    people: Any,
    ipfs_node: Any,
    background: Callable[[Callable[[], object]], None],
    aggregator_url: str,
    tmp_path: Path,
) -> None:
    run, ipfs = people.run, Ipfs(ipfs_node.api)
    table, plan = tmp_path / "cohort.csv", tmp_path / "plan.json"
    table.write_text(TABLE)
    plan.write_bytes(PLAN.to_bytes())

    size = {"tokens": 2, "width": 8, "heads": 2, "layers": 1, "hidden": 8}
    shape = [part for name, value in size.items() for part in (f"--{name}", value)]
    model = run("owner", "model", "create", "--name", "small", "--features", PLAN.width, *shape)["model"]
    assert run("auditor", "model", "card", model)["name"] == "small"
    assert {"model": model, "name": "small", "versions": 1}.items() <= run("auditor", "model", "list")[
        -1
    ].items()

    invited = ",".join(people.chain(site).address for site in SITES)
    for site in SITES:
        chain = people.chain(site)
        dataset = publish(chain, ipfs)
        run("owner", "model", "grant", model, chain.address, "--kind", "training")
        opened = codec.load_codec(chain, ipfs, keys.load_seed(people.home(site), PASS), model, "training")
        node = TrainingNode(
            chain,
            ipfs,
            Site(people.home(site), model, dataset, table),
            AggregatorClient(aggregator_url, chain.account),
            Operator(
                Approvals(people.home(site), approve_any=site != "site1"),
                Seats.read(invited, "", None),
                lambda opened=opened: opened,
            ),
        )
        background(node.step)

    # `round open` follows its rounds: site1, which approves each plan by hand, does so in a process beside.
    approved: set[str] = set()

    chain = people.chain("site1")

    def approve() -> None:
        for number in range(1, rounds.count(chain) + 1):
            found = rounds.read(chain, number)
            if found.model_id == model and not found.state.is_over and found.plan.hex() not in approved:
                Approvals(people.home("site1")).approve(found.plan)
                approved.add(found.plan.hex())

    background(approve)
    options = ("--cohort", 3, "--rounds", 1, "--epochs", 1, "--invite", invited)
    done = run(
        "owner", "round", "open", model, plan, "--aggregator", people.chain("aggregator").address, *options
    )
    assert [row["kind"] for row in done] == ["statistics", "training"]
    statistics = done[0]["round"]
    listed = run("auditor", "round", "list", model)
    assert [row["state"] for row in listed] == ["finalized", "finalized"]
    shown = run("auditor", "round", "show", statistics)
    assert json.loads(shown["result"])["records"] == 120
    assert (len(shown["summed"]), shown["burnt"]) == (3, None)
    run("site0", "round", "approve", shown["plan"])
    assert [row["round"] for row in run("auditor", "round", "lineage", model)] == [None, done[1]["round"]]
    code, _, err = people.try_("owner", "round", "abort", "--yes", statistics)
    assert code == 1
    assert json.loads(err.splitlines()[-1])["error"]["hint"]

    assert run("auditor", "audit", "model", model, 2)["verdict"] == "passed"
    plaintext = tmp_path / "weights.safetensors"
    run("owner", "model", "decrypt", model, plaintext)
    assert plaintext.stat().st_mode & 0o077 == 0

    run("owner", "model", "grant", model, people.chain("client").address)
    worker = people.chain("worker")
    unnamed = ("--worker", worker.address, "--fee", "0.1", "--yes", "--statistics", statistics)
    code, _, err = people.try_("client", "inference", "request", table, "--model", model, *unnamed)
    assert (code, "needs an arbiter" in err) == (2, True)
    judge = people.chain("arbiter").address
    run("arbiter", "inference", "accept-arbitration")
    asked = run(
        *("client", "inference", "request", table, "--model", model, "--statistics", statistics),
        *("--worker", worker.address, "--fee", "0.000000000000001", "--arbiter", judge, "--yes"),
    )
    number = asked["request"]
    assert asked["records"] == 40
    home = people.home("worker")
    policy = Policy(arbiters=frozenset({judge}))
    assert serve.serve_pending(worker, ipfs, home, keys.load_seed(home, PASS), policy) == [number]
    assert len(run("client", "inference", "result", number, "--accept")) == 40
    assert [row["state"] for row in run("client", "inference", "list")] == ["finalized"]
    assert run("worker", "inference", "withdraw")["paid"]["units"] == "1000"
    code, _, err = people.try_("client", "inference", "reclaim", number)
    assert (code, "nothing to reclaim" in err) == (1, True)

    run("client", "index", "sync")
    history = run("client", "index", "history", "inference", number)
    client = people.chain("client").address
    assert [(row["event"], row["by"], row["credits"]) for row in history] == [
        (
            "InferenceFinalized",
            f"{client} (requester)",
            f"0.000000000000001 ETH to {worker.address} (worker)",
        ),
        ("InferenceCommitted", f"{worker.address} (worker)", ""),
        ("InferenceRequested", f"{client} (requester)", ""),
    ]
    assert history[-1]["names"] == f"{worker.address} (worker), {judge} (arbiter)"

    bundle = tmp_path / "bundle.json"
    run("client", "inference", "bundle", number, bundle)
    assert run("auditor", "audit", "receipt", bundle)["request"] == number
    assert run("auditor", "audit", "inference", bundle)["verdict"] == "passed"
    run("client", "inference", "auditors", number, people.chain("auditor").address)
    trace = run("worker", "inference", "disclose", number, people.chain("auditor").address)["trace"]
    file = tmp_path / "report.json"
    with_trace = run("auditor", "audit", "inference", bundle, "--trace", trace, "--attest", "--report", file)
    assert with_trace["verdict"] == "passed"
    (attested,) = run("client", "inference", "audits", number)
    assert (attested["verdict"], attested["named by"]) == ("passed", "the requester")
    for shown in (file, attested["report"]):
        assert run("client", "audit", "report", shown)["named by"] == "the requester"
    code, _, err = people.try_("client", "audit", "report", "--offline", file)
    assert (code, "whom nobody named" in err) == (1, True)
    auditor = people.chain("auditor").address
    assert run("client", "audit", "report", "--offline", "--auditor", auditor, file)["verdict"] == "passed"
    run("owner", "inference", "trust", model, auditor)
    run("owner", "inference", "trust", model, auditor, "--no-longer")
    code, _, err = people.try_("arbiter", "inference", "decide", number, "--upheld")
    assert (code, "This needs consent" in err) == (2, True), err
    code, _, err = people.try_(
        "arbiter", "inference", "decide", number, "--upheld", "--yes", "--answer", "0x"
    )
    assert (code, "is no commitment" in err) == (2, True), err
    code, _, err = people.try_("arbiter", "inference", "decide", number, "--upheld", "--yes")
    assert (code, json.loads(err.splitlines()[-1])["error"]["type"]) == (1, "RevertedError")
    code, _, err = people.try_("client", "inference", "challenge", number, trace)
    assert code == 1
    assert json.loads(err.splitlines()[-1])["error"]["type"] == "RevertedError"


@pytest.mark.parametrize(
    "arguments",
    [
        ("key", "show", "0x123"),
        ("model", "grant", "1", "0x12"),
        ("inference", "disclose", "1", "bob"),
        ("license", "list", "--account", "nobody"),
        ("fund", "0x12"),
        ("fund", "0x" + "00" * 19 + "01", "--ether", "-1"),
        ("model", "card", "0"),
        ("round", "show", "-5"),
        ("license", "show", str(2**256)),
        ("dataset", "offer", "1", "--price", "0.1", "--duration", "-5"),
    ],
)
def test_what_is_no_address_number_or_amount_is_bad_input(
    arguments: tuple[str, ...], crowd: Callable[..., Any]
) -> None:
    people = crowd("somebody")
    code, out, err = people.try_("somebody", *arguments)
    assert (code, out) == (2, "")
    assert err
