"""An inspection in a process of its own: the same result, and errors in words where a library fails."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from biodesci.core.errors import InputError
from biodesci.inspection import apart
from biodesci.inspection.content import Declared
from biodesci.inspection.forking import received
from biodesci.inspection.inspect import inspect
from tests.backend.inspection.formats.test_around import zipped
from tests.waiting import in_time, wait_for

TABLE = "person,sex,age\n" + "".join(f"{i},{'fm'[i % 2]},{30 + i % 40}\n" for i in range(200))
DECLARED = Declared(person="person")


@pytest.fixture
def table(tmp_path):
    (tmp_path / "data.csv").write_text(TABLE)
    return tmp_path / "data.csv"


def test_the_result_is_that_of_an_inspection_here(table):
    amounts: list[int] = []
    assert apart.inspect(table, DECLARED, amounts.append) == inspect(table, DECLARED)
    assert sum(amounts) > 0


def test_a_refusal_is_the_same(table, tmp_path):
    (tmp_path / "damaged").write_bytes(b"PAR1" + bytes(40))
    for path, declared in ((table, Declared(person="nobody")), (tmp_path / "damaged", None)):
        with pytest.raises(InputError) as here:
            inspect(path, declared)
        with pytest.raises(InputError) as there:
            apart.inspect(path, declared)
        assert (there.value.message, there.value.hint) == (here.value.message, here.value.hint)
    with pytest.raises(InputError, match="There is no file"):
        apart.inspect(tmp_path / "nothing")


def _fifo(path: Path) -> Path:
    """What no read of comes to an end: it stands for a library that hangs."""
    os.mkfifo(path)
    return path


def test_a_hang_ends_in_words_and_leaves_no_folder(tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    os.utime(temporary, (0, 0))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(apart, "PATIENCE", 1)
    with in_time(), pytest.raises(InputError, match="no end in 1 seconds") as refused:
        apart.inspect(_fifo(tmp_path / "pipe"))
    assert refused.value.hint
    assert temporary.stat().st_mtime, "a folder for what is unpacked was made there"
    assert not any(temporary.iterdir())


def _killed(path: Path, number: int, done: list[BaseException]) -> None:
    """Inspects, and kills the process that does as soon as it has begun."""
    try:
        with apart._Forked() as child:
            child.send((path, None, None, str(path.parent)))
            kind, pid = received(child._socket)
            assert kind == "process"
            os.kill(pid, number)
            child.inspection(60, lambda _: None)
    except InputError as error:
        done.append(error)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL])
def test_a_crash_ends_in_words_and_the_next_inspection_works(tmp_path, table, number):
    done: list[BaseException] = []
    _killed(_fifo(tmp_path / "pipe"), number, done)
    assert "crashed" in str(done[0])
    assert apart.inspect(table).tables[0].rows


def test_a_server_that_ended_is_started_again(table):
    apart.inspect(table)
    assert apart._server._control is not None
    apart._server._control.close()
    ours, theirs = socket.socketpair()
    theirs.close()
    apart._server._control = ours
    assert apart.inspect(table).tables


def test_several_threads_inspect_at_once(table):
    results: list[object] = []
    threads = [threading.Thread(target=lambda: results.append(apart.inspect(table))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4 and all(result == results[0] for result in results)


def test_the_process_has_no_secret_of_the_environment_and_ends_with_the_one_that_asked(table):
    script = (
        "import os, sys, pathlib\n"
        "from biodesci.inspection import apart\n"
        "from biodesci.inspection.forking import received\n"
        "apart.inspect(pathlib.Path(sys.argv[1]))\n"
        "child = apart._Forked(); child.send((pathlib.Path(sys.argv[2]), None, None, '/nowhere'))\n"
        "_, pid = received(child._socket)\n"
        "print(pid, b'SECRET' in pathlib.Path(f'/proc/{pid}/environ').read_bytes(), flush=True)\n"
        "os._exit(0)\n"
    )
    pipe = _fifo(table.parent / "pipe")
    environment = {**os.environ, "BIODESCI_SECRET": "x"}
    answer = subprocess.run(
        [sys.executable, "-c", script, str(table), str(pipe)],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    pid, secret = answer.stdout.split()
    assert secret == "False"
    wait_for(lambda: not Path(f"/proc/{pid}").exists())


def test_members_of_archives_and_databases_are_inspected_there(tmp_path):
    (tmp_path / "data.zip").write_bytes(zipped())
    with sqlite3.connect(tmp_path / "data.db") as database:
        database.execute("CREATE TABLE visits (arm TEXT)")
        database.execute("INSERT INTO visits VALUES ('control')")
    database.close()
    assert len(apart.inspect(tmp_path / "data.zip").tables) == 2
    assert len(apart.inspect(tmp_path / "data.db").tables) == 1


def test_each_step_of_a_table_is_a_sign_of_progress(tmp_path):
    """Of a table that is very wide a step may take as long as a reader's patience lasts."""
    path, amounts = tmp_path / "in.csv", list[int]()
    path.write_text("grade,hb\nlow,12\nhigh,13\n")
    apart.inspect(path, progress=amounts.append)
    assert len(amounts) > 5
    assert sum(map(bool, amounts)) == 1, "bytes are counted once"


def test_who_asks_for_an_inspection_loads_no_pandas() -> None:
    """pyarrow imports it with the first array that is made: that is for the process that inspects."""
    look = "import sys, biodesci.inspection.apart; print('pandas' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True)
    assert answer.stdout.strip() == "False"
