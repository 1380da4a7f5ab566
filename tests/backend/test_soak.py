"""What `make soak` judges by: it fails where something grows, and where nothing is done."""

from __future__ import annotations

import subprocess
import sys

import pytest

from benchmarks.flat import BOUNDS, Sample, of_process, what_grew, what_stopped

SECONDS = 1_800.0


def samples(value, name="MiB"):
    return [Sample(at, {name: value(at)}) for at in range(0, int(SECONDS), 5)]


@pytest.mark.parametrize("name", BOUNDS)
def test_what_grows_to_the_end_is_found(name):
    over = 1.3 * BOUNDS[name] / (0.4 * SECONDS)
    assert what_grew({"api": samples(lambda at: 100 + over * at, name)}, SECONDS)
    assert not what_grew({"api": samples(lambda at: 100 + over / 2 * at, name)}, SECONDS)


def test_loading_and_a_peak_are_no_growth():
    assert not what_grew({"api": samples(lambda at: 100 + min(at, 300))}, SECONDS)
    assert not what_grew({"api": samples(lambda at: 300 if 1_500 < at < 1_600 else 100)}, SECONDS)


def test_what_was_not_seen_is_not_called_flat():
    assert what_grew({"api": samples(lambda _: 100)[:200]}, SECONDS)


def test_work_that_ends_half_way_is_found():
    assert not what_stopped(samples(lambda at: at, "buy"), SECONDS)
    assert what_stopped(samples(lambda at: min(at, 900), "buy"), SECONDS)


def test_a_process_that_takes_memory_files_and_threads_is_seen():
    program = """if 1:
        import sys, threading, time
        print("begun", flush=True)
        sys.stdin.readline()
        kept = [b"x" * (32 << 20), *(open("/dev/null") for _ in range(20))]
        for _ in range(5):
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        print("held", flush=True)
        time.sleep(60)
    """
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "begun\n"
        before = of_process(process.pid)
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "held\n"
        after = of_process(process.pid)
        process.kill()
    assert after["MiB"] - before["MiB"] > 30
    assert after["files"] - before["files"] == 20
    assert after["threads"] - before["threads"] == 5
