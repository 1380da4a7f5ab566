"""A disk that is full: said in a sentence that names it, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from biodesci.core.errors import UnavailableError
from biodesci.index.database import Block, Event, Store
from tests.backend.disks import small_disk
from tests.backend.postgres import Server

# In a process of its own, whose files have a limit that it takes away again.
_FILL = """
import resource, signal, sys
from pathlib import Path
from biodesci.core.errors import UnavailableError
from biodesci.index.database import Block, Event, Store

def published(number):
    args = {"datasetId": number, "owner": "0x" + "a1" * 20, "card": f"0x{number:064x}", "parents": [],
            "contentRoot": "0x" + "02" * 32, "keyCommitment": "0x" + "03" * 32, "terms": 1,
            "diseases": "0x" + "0" * 64}
    block = Block(number, f"0x{number:064x}", number)
    return Event(block, 0, "0x" + "04" * 32, "DatasetNFT", "DatasetPublished", args)

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
none = resource.RLIM_INFINITY
with Store(Path(sys.argv[1])) as store:
    store.apply([published(1)], published(1).block)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, none))
    reached = 1
    try:
        while reached < 2_000:
            events = [published(number) for number in range(reached + 1, reached + 101)]
            store.apply(events, events[-1].block)
            reached += 100
    except UnavailableError as exc:
        print(exc)
    assert store.cursor().number == reached == store.condition().events, "nothing of a piece, or all of it"
    resource.setrlimit(resource.RLIMIT_FSIZE, (none, none))
    events = [published(number) for number in range(reached + 1, 2_001)]
    store.apply(events, events[-1].block)
    assert store.condition().events == 2_000
"""


def test_a_full_disk_is_named_and_the_index_goes_on_when_there_is_space(tmp_path: Path) -> None:
    file = tmp_path / "index.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", _FILL, str(file)], check=False, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert f"the disk of {file} takes no more" in done.stdout
    assert "Nothing is lost" in done.stdout


def published(number: int) -> Event:
    args = {
        "datasetId": number, "owner": "0x" + "a1" * 20, "card": f"0x{number:064x}", "parents": [],
        "contentRoot": "0x" + "02" * 32, "keyCommitment": "0x" + "03" * 32, "terms": 1,
        "diseases": "0x" + "0" * 64,
    }  # fmt: skip
    block = Block(number, f"0x{number:064x}", number)
    return Event(block, 0, "0x" + "04" * 32, "DatasetNFT", "DatasetPublished", args)


def test_a_servers_full_disk_is_named_and_the_index_goes_on_when_there_is_space() -> None:
    with small_disk(160) as disk:
        server = Server(disk.folder)
        server.start()
        try:
            with Store(server.url(server.database(empty=True))) as store:
                store.apply([published(1)], published(1).block)
                disk.fill()
                reached, said = 1, ""
                while not said and reached < 5_000:
                    events = [published(number) for number in range(reached + 1, reached + 101)]
                    try:
                        store.apply(events, events[-1].block)
                        reached += 100
                    except UnavailableError as exc:
                        said = str(exc)
                disk.free()
                assert "takes no more" in said
                assert "Nothing is lost" in said
                cursor = store.cursor()
                assert cursor is not None
                assert cursor.number == reached == store.condition().events
                events = [published(number) for number in range(reached + 1, reached + 2_001)]
                store.apply(events, events[-1].block)
                assert store.condition().events == reached + 2_000
        finally:
            server.stop()


def test_an_index_is_not_made_on_a_full_disk(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("biodesci.store.engine.prepare", refuse)
        with pytest.raises(UnavailableError, match="No space left"):
            Store(tmp_path / "index.sqlite")
    with Store(tmp_path / "index.sqlite") as store:
        store.apply([], Block(1, "0x1", 1))
