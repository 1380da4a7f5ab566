"""The whole story, as `make demo` plays it, while every worker is killed in the middle of its work.

The supervisor starts a killed worker again, as a service manager would; the story must come to the same end.
"""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from biodesci.ipfs.pins import Pins
from tests.make import make
from tests.secrecy.collecting import Collector
from tests.secrecy.search import Search

# Minutes on a small machine: some twenty processes, and eleven kills.
pytestmark = pytest.mark.timeout(900)

HOSPITALS = ("cleveland", "hungary", "switzerland", "va-long-beach")
ROUNDS = 3  # the demo itself plays eight
HEADING = re.compile(r"\s*(\d+)\. [A-Z]")  # "3. A researcher buys a licence", and not "3.4 s"
# step of the story -> workers killed soon after it began
VICTIMS = {
    2: ("ipfs",),
    3: tuple(f"custodian-{name}" for name in HOSPITALS),
    4: ("node-cleveland", "aggregator", "node-switzerland", "ipfs", "indexer"),
    5: ("inference-worker",),
}


class Killer(threading.Thread):
    """Kills the step's workers one after the other, a little later each."""

    def __init__(self, state: Path, names: tuple[str, ...]) -> None:
        super().__init__(daemon=True)
        self.state, self.names = state, names
        self.killed: list[str] = []

    def run(self) -> None:
        for name in self.names:
            for _ in range(100):
                time.sleep(0.3)
                pid = json.loads((self.state / "processes.json").read_text()).get(name)
                if pid is None or not Path(f"/proc/{pid}").exists():
                    continue  # not started yet, or just being restarted
                os.kill(pid, signal.SIGKILL)
                self.killed.append(name)
                break


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home and a folder for temporary files of the story's own, both empty when it begins."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "home").mkdir()
    (folder / "tmp").mkdir()
    return folder


@pytest.fixture(scope="module")
def story(
    tmp_path_factory: pytest.TempPathFactory, outside: Path
) -> tuple[dict, list[str], Path, str, Collector]:
    state = tmp_path_factory.mktemp("story")
    report = state / "demo.json"
    argv = ["--state", str(state), "--report", str(report), "--rounds", str(ROUNDS)]
    elsewhere = {"HOME": str(outside / "home"), "TMPDIR": str(outside / "tmp")}
    collector = Collector(state)
    collector.start()
    process = make("demo", *argv, environment=elsewhere)
    killers: list[Killer] = []
    output = []
    assert process.stdout is not None
    for line in process.stdout:
        output.append(line)
        begun = HEADING.match(line)
        if begun and (victims := VICTIMS.get(int(begun[1]))):
            killers.append(Killer(state, victims))
            killers[-1].start()
    assert process.wait() == 0, "".join(output)[-6000:]
    for killer in killers:
        killer.join()
    collector.end()
    killed = [name for killer in killers for name in killer.killed]
    return json.loads(report.read_text()), killed, state, "".join(output), collector


def test_every_step_is_told_although_workers_were_killed(story) -> None:
    report, killed, *_ = story
    assert [step["step"] for step in report["steps"]] == [1, 2, 3, 4, 5, 6]
    # The story may outrun a killer, but most of them must have struck.
    assert {"aggregator", "inference-worker"} <= set(killed)
    assert len(killed) >= 6


def test_the_researcher_got_the_file_and_others_were_refused(story) -> None:
    report, *_ = story
    facts = report["steps"][2]["facts"]
    assert any("byte for byte" in fact["text"] for fact in facts)
    assert sum(fact.get("refused", False) for fact in facts) >= 3


def test_encrypted_training_and_inference_equal_plaintext(story) -> None:
    report, *_ = story
    figures = {
        k: v for step in report["steps"] for fact in step["facts"] for k, v in fact.get("figures", {}).items()
    }
    assert figures["inference_max_difference"] < 1e-9
    assert figures["inference_agreement"] == 1.0
    assert figures["federated_accuracy"] > 0.75


def test_the_audit_passes_the_honest_worker_and_catches_the_swapped_model(story) -> None:
    report, *_ = story
    facts = report["steps"][5]["facts"]
    assert any(fact.get("refused") and "model" in fact["text"] for fact in facts)
    assert any(fact.get("figures", {}).get("audit_passed") is True for fact in facts)


def test_each_hospital_knows_what_its_ipfs_node_has_to_keep(story) -> None:
    _, _, state, *_ = story
    for name in HOSPITALS:
        why = {pin.why for pin in Pins(state / "homes" / name).all()}
        assert "card of a dataset" in why
        at_home = list((state / "homes" / name / "containers").glob("*.container"))
        # The first one keeps its encrypted file itself, and the node has none of it.
        assert len(at_home) == (name == HOSPITALS[0])
        assert ("encrypted file of a dataset" in why) is (name != HOSPITALS[0])


def test_nothing_is_left_running(story) -> None:
    _, _, state, *_ = story
    for name, pid in json.loads((state / "processes.json").read_text()).items():
        assert not Path(f"/proc/{pid}").exists(), f"{name} is still running"


def test_nothing_is_written_at_home_or_left_among_temporary_files(story, outside: Path) -> None:
    assert list(outside.glob("*/*")) == []


def test_no_secret_of_the_story_has_left_its_owner(story) -> None:
    """Every secret, in seven encodings, is looked for in logs, arguments and environments of processes, index
    and work databases, IPFS blocks, the chain's blocks and logs, and the API's answers."""
    _, _, _, output, collector = story
    search = Search(collector.secrets())
    kinds = ("passphrase", "private key", "a record", "maskKey", "shareKey", "seed", "datasets/", "models/")
    assert all(any(kind in name for name in search.names) for kind in kinds), sorted(search.names)
    places = {**collector.given, **dict(collector.left()), "terminal": output.encode()}
    kinds = (
        "cmdline of custodian",
        "environ of node-",
        "block ",
        "GET /v1/datasets",
        "logs/",
        "ipfs/",
        "index.sqlite",
    )
    assert all(any(place.startswith(kind) for place in places) for kind in kinds), sorted(places)
    findings = {found for place, data in places.items() for found in search.look(place, data)}
    assert findings == set()
