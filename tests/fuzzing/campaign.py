"""Fuzzes each reader for a while: python tests/fuzzing/campaign.py SECONDS [READER ...]

What was learnt is kept under .cache/fuzzing/READER/inputs, so that the next campaign goes on from there. An
input on which a reader fails (anything but an error of ours), hangs or takes too much memory is kept beside
it, and ends the campaign with 1.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from readers import READERS, seeds

ROOT: Final = Path(__file__).parents[2]
_KEPT: Final = ROOT / ".cache" / "fuzzing"
_HANGS: Final = 20  # seconds for one input
_MEMORY: Final = 2_048  # MiB
_LONGEST: Final = 150_000  # bytes of an input: two segments of a container
_DONE: Final = re.compile(r"stat::number_of_executed_units:\s+(\d+)")


def main() -> int:
    """1 where a reader failed."""
    seconds, names = int(sys.argv[1]), sys.argv[2:] or list(READERS)
    failed = []
    for name in names:
        ended, done = campaign(name, seconds)
        print(f"{name}: {done:,} executions{'' if ended == 0 else ', and it failed'}", flush=True)
        if ended:
            failed.append(name)
    for name in failed:
        folder = folder_of(name)
        for input_ in sorted(folder.glob("failed-*")):
            print(f"Repeat it: python tests/fuzzing/target.py {name!r} {input_}", file=sys.stderr)
    return int(bool(failed))


def campaign(name: str, seconds: int) -> tuple[int, int]:
    """Fuzzes one reader; (exit status, how many inputs were tried)."""
    folder = folder_of(name)
    inputs = folder / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    for seed in seeds(name):
        (inputs / hashlib.sha256(seed).hexdigest()[:40]).write_bytes(seed)
    options = {
        "max_total_time": seconds,
        "timeout": _HANGS,
        "rss_limit_mb": _MEMORY,
        "max_len": _LONGEST,
        "len_control": 0,
        "print_final_stats": 1,
        "artifact_prefix": f"{folder}/failed-",
    }
    command = [sys.executable, str(Path(__file__).with_name("target.py")), name, str(inputs)]
    command += [f"-{option}={value}" for option, value in options.items()]
    log = folder / "log.txt"
    with log.open("wb") as stream:
        ended = subprocess.run(command, cwd=ROOT, env=os.environ, stderr=stream, stdout=stream, check=False)
    text = log.read_text(errors="replace")
    if ended.returncode:
        print("\n".join(text.splitlines()[-40:]), file=sys.stderr)
    match = _DONE.search(text)
    return ended.returncode, int(match[1]) if match else 0


def folder_of(name: str) -> Path:
    """Where what a reader's campaigns learnt is kept."""
    return _KEPT / re.sub(r"\W+", "-", name)


if __name__ == "__main__":
    sys.exit(main())
