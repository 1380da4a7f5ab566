"""What a verifier notices who has the files and nothing else, and what it has to know from elsewhere."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biodesci.chain.encoded import read_header
from biodesci.core import canonical
from biodesci.core.errors import IntegrityError, NotFoundError
from biodesci.market.trail.comparing import Comparing
from biodesci.market.trail.verifying import Trust, verify
from tests.backend.market.trail.conftest import Life

Lines = list[dict[str, Any]]
FILES = ("trail.csv", "trail.fhir.json", "trail.proofs.jsonl", "all.proofs.jsonl")


def lines_of(file: Path) -> Lines:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


@pytest.fixture
def forged(exported: Path, tmp_path: Path) -> Callable[..., Path]:
    """forged("all", edit) has proofs that were edited, and that end as whoever edits them would end them."""

    def forge(name: str, edit: Callable[[Lines], object]) -> Path:
        lines = lines_of(exported / f"{name}.proofs.jsonl")
        edit(lines)
        lines[-1]["blocks"] = len(lines) - 2
        lines[-1]["events"] = sum(len(place["logs"]) for line in lines[1:-1] for place in line["events"])
        body = b"".join(canonical.dumps(line) + b"\n" for line in lines[:-1])
        lines[-1]["sha256"] = hashlib.sha256(body).hexdigest()
        file = tmp_path / "forged.proofs.jsonl"
        file.write_bytes(body + canonical.dumps(lines[-1]) + b"\n")
        return file

    return forge


def last_with_events(lines: Lines) -> dict[str, Any]:
    return next(line for line in reversed(lines[1:-1]) if line["events"])


def test_files_are_checked_without_a_node(exported: Path) -> None:
    for name, complete in (("trail", False), ("all", True)):
        for ending in (".csv", ".fhir.json", ".proofs.jsonl"):
            done = verify(exported / f"{name}{ending}")
            assert (done.events, len(done.files), done.anchored) == (34, 3, 0)
            assert done.head.complete is complete


@pytest.mark.parametrize("file", FILES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_byte_of_any_file_can_be_changed_added_or_taken_away(
    exported: Path, tmp_path: Path, file: str, data: st.DataObject
) -> None:
    for path in exported.glob(f"{file.partition('.')[0]}.*"):
        shutil.copy(path, tmp_path)
    raw = bytearray((exported / file).read_bytes())
    place = data.draw(st.integers(0, len(raw) - 1))
    match data.draw(st.sampled_from(["change", "insert", "delete", "cut"])):
        case "change":
            raw[place] = (raw[place] + data.draw(st.integers(1, 255))) % 256
        case "insert":
            raw.insert(place, data.draw(st.integers(0, 255)))
            if bytes(raw) == (exported / file).read_bytes():
                return
        case "delete":
            del raw[place]
        case "cut":
            del raw[place:]
    (tmp_path / file).write_bytes(raw)
    with pytest.raises(IntegrityError):
        verify(tmp_path / file)


@pytest.mark.parametrize("column", range(20))
def test_no_field_of_a_row_can_be_changed(exported: Path, tmp_path: Path, column: int) -> None:
    shutil.copy(exported / "trail.proofs.jsonl", tmp_path)
    lines = (exported / "trail.csv").read_text().split("\n")
    row = next(i for i, line in enumerate(lines) if "LicenseRefunded" in line)
    fields = lines[row].rstrip("\r").split(",")
    fields[column] += "1"
    lines[row] = ",".join(fields) + "\r"
    (tmp_path / "trail.csv").write_text("\n".join(lines), newline="")
    with pytest.raises(IntegrityError, match="is not what the chain's log says"):
        verify(tmp_path / "trail.csv")


def test_proofs_alone_are_enough_and_their_lack_is_said(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"trail\.proofs\.jsonl"):
        verify(Path(shutil.copy(exported / "trail.csv", tmp_path)))
    assert verify(Path(shutil.copy(exported / "all.proofs.jsonl", tmp_path))).events == 34


def drop_event(lines: Lines) -> None:
    line = last_with_events(lines)
    line["events"], line["receipts"], line["transactions"] = [], [], []


def drop_block(lines: Lines) -> None:
    del lines[len(lines) // 2]


def drop_receipts(lines: Lines) -> None:
    drop_event(lines)
    last_with = next(line for line in reversed(lines[1:-1]) if "allReceipts" in line)
    del last_with["allReceipts"]


def cut_receipts(lines: Lines) -> None:
    line = last_with_events(lines)
    line["allReceipts"] = line["allReceipts"][:-1]
    line["events"] = []


def begin_later(lines: Lines) -> None:
    del lines[1]
    lines[0]["first"] += 1


def end_earlier(lines: Lines) -> None:
    del lines[-2]
    before = read_header(bytes.fromhex(lines[-2]["header"][2:]))
    lines[0]["last"], lines[0]["lastHash"] = before.number, "0x" + before.hash.hex()


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (drop_event, "its events are not those of the dataset"),
        (drop_block, "it is not the one that has to come here"),
        (drop_receipts, "does not show all its receipts"),
        (cut_receipts, "are not the block's"),
    ],
)
def test_nothing_is_left_out_of_a_complete_trail(forged: Callable[..., Path], edit: Any, why: str) -> None:
    with pytest.raises(IntegrityError, match=why):
        verify(forged("all", edit))


def test_a_complete_trail_goes_from_the_deployment_to_the_hash_that_is_trusted(
    forged: Callable[..., Path], exported: Path, life: Life
) -> None:
    """Its ends are the exporter's word, until the verifier knows better."""
    last = bytes.fromhex(lines_of(exported / "all.proofs.jsonl")[0]["lastHash"][2:])
    trust = Trust(frozenset({last}), life.chain.deployment)
    assert verify(exported / "all.csv", trust).anchored == verify(exported / "all.csv").blocks
    later, earlier = (str(forged("all", edit).read_text()) for edit in (begin_later, end_earlier))
    file = forged("all", lambda lines: None)
    for text in (later, earlier):
        file.write_text(text)
        assert verify(file).head.complete
        with pytest.raises(IntegrityError):
            verify(file, trust)


def swap(lines: Lines) -> None:
    with_events = [i for i, line in enumerate(lines[:-1]) if i and line["events"]]
    first, second = with_events[0], with_events[1]
    lines[first], lines[second] = lines[second], lines[first]


def twice(lines: Lines) -> None:
    line = last_with_events(lines)
    line["events"] = line["events"] * 2


def another_log(lines: Lines) -> None:
    last_with_events(lines)["events"][0]["logs"] = [7]


def another_dataset(lines: Lines) -> None:
    lines[0]["datasetId"] = 1


def another_chain(lines: Lines) -> None:
    lines[0]["chainId"] = 1


def another_contract(lines: Lines) -> None:
    lines[0]["contracts"]["AccessLicense"] = "0x" + "11" * 20


def no_contract(lines: Lines) -> None:
    del lines[0]["contracts"]["VisaRegistry"]


def another_proof(lines: Lines) -> None:
    line = last_with_events(lines)
    line["receipts"] = lines[lines.index(line) - 1]["receipts"]


def hidden_purchase(lines: Lines) -> None:
    """Whoever hides a purchase has to hide what came of it."""
    bought = [line for line in lines[1:-1] if line["events"] and line["events"][0]["logs"] == [0, 1, 2]]
    lines.remove(bought[0])


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (swap, "it is not the one that has to come here"),
        (twice, "its events are not in the order of the chain"),
        (another_log, "a log in it is no event of the contracts"),
        (another_dataset, "its events are not those of the dataset"),
        (another_chain, "a transaction in it was signed for another chain"),
        (another_contract, "a log in it is no event of the contracts"),
        (no_contract, "does not name the five contracts"),
        (another_proof, "does not lead to its block's header"),
        (hidden_purchase, "its events are not those of the dataset"),
    ],
)
def test_what_the_logs_do_not_say_is_noticed(forged: Callable[..., Path], edit: Any, why: str) -> None:
    with pytest.raises(IntegrityError, match=why):
        verify(forged("trail", edit))


def test_only_a_hash_from_elsewhere_tells_a_made_up_chain(
    forged: Callable[..., Path], exported: Path, life: Life
) -> None:
    """A header with another state root has another hash, and everything in the file fits it."""
    import rlp

    def invent(lines: Lines) -> None:
        fields = rlp.decode(bytes.fromhex(lines[-2]["header"][2:]))
        fields[3] = b"\1" * 32
        made = rlp.encode(fields)
        lines[-2]["header"] = "0x" + made.hex()
        lines[0]["lastHash"] = "0x" + read_header(made).hash.hex()

    file = forged("trail", invent)
    assert verify(file).anchored == 0
    real = bytes.fromhex(lines_of(exported / "trail.proofs.jsonl")[0]["lastHash"][2:])
    assert verify(exported / "trail.csv", Trust(frozenset({real}))).anchored == 6
    with pytest.raises(IntegrityError, match="No block of the trail has the hash"):
        verify(file, Trust(frozenset({real})))
    comparing = Comparing(life.chain)
    verify(exported / "trail.csv", seen=comparing.seen)
    comparing.finish()
    with pytest.raises(IntegrityError, match="is not the chain's"):
        verify(file, seen=comparing.seen)
        comparing.finish()


def test_contracts_that_the_verifier_does_not_know_are_refused(
    forged: Callable[..., Path], exported: Path, life: Life
) -> None:
    def swapped(lines: Lines) -> None:
        lines[0]["contracts"]["AccessLicense"], lines[0]["contracts"]["DatasetNFT"] = (
            lines[0]["contracts"]["DatasetNFT"],
            lines[0]["contracts"]["AccessLicense"],
        )

    trust = Trust(deployment=life.chain.deployment)
    assert verify(exported / "trail.csv", trust).events == 34
    with pytest.raises(IntegrityError):
        verify(forged("trail", swapped), trust)
