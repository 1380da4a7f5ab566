"""Containers beside `age` (https://age-encryption.org), file to file on one disk, and beside a plain upload.

age seals 64 KiB at a time with ChaCha20-Poly1305, on one core, and hashes nothing. A container is hashed once
besides, since the chain commits to it, on all cores. The peer is age's own program, or where that is not
installed its twin in Rust (PyPI `pyrage`); without either, the two figures are left out.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from biodesci.core import container
from biodesci.ipfs import unixfs
from biodesci.ipfs.client import Ipfs
from tests.backend.conftest import running_ipfs

SIZE = 256 << 20
RUNS = 7
UPLOAD, UPLOADS = 64 << 20, 3
Figures = dict[str, dict[str, object]]
_Action = Callable[[], object]


def figures() -> Figures:
    """Both, over files that are in the page cache."""
    with tempfile.TemporaryDirectory() as folder:
        return _beside_age(Path(folder)) | _beside_plain_add(Path(folder))


def _beside_age(folder: Path) -> Figures:
    plain, sealed, opened = folder / "plain", folder / "encrypt", folder / "decrypt"
    _fill(plain, SIZE)
    key = container.generate_key()

    def encrypt() -> None:
        with plain.open("rb") as source, sealed.open("wb") as target:
            container.seal(source, target, key)

    def decrypt() -> None:
        with sealed.open("rb") as source, opened.open("wb") as target:
            container.decrypt(source, target, key, expected_root=None)

    peer = _age(folder, plain)
    if peer is None:
        print("age is not installed: apt install age, or pip install pyrage; its figures are left out")
        return {}
    name, age_encrypt, age_decrypt = peer
    taken = _alternating(
        {"age_encrypt": age_encrypt, "encrypt": encrypt, "age_decrypt": age_decrypt, "decrypt": decrypt},
        RUNS,
        # To throw an earlier run's pages away would cost whoever is faster the larger share of its time.
        before=lambda name: (folder / name).unlink(missing_ok=True),
    )
    how = (
        f"{SIZE >> 20} MiB from file to file, {len(os.sched_getaffinity(0))} cores, median of {RUNS} "
        "alternating runs: the peer's time divided by ours"
    )
    return {
        f"container.{what}_vs_age": {
            "value": round(taken[f"age_{what}"] / taken[what], 2),
            "unit": "x",
            "peer": f"{name}: {_rate(SIZE, taken[f'age_{what}'])}; ours: {_rate(SIZE, taken[what])}",
            "how": how,
        }
        for what in ("encrypt", "decrypt")
    }


def _beside_plain_add(folder: Path) -> Figures:
    """What publishing does with an opaque file, but for the chain: encrypt, hash for the card, upload."""
    plain, sealed = folder / "opaque", folder / "opaque.container"
    key = container.generate_key()
    with running_ipfs(folder / "repo") as node:
        ipfs = Ipfs(node.api)

        def add() -> None:
            ipfs.add_file(plain)

        def publish() -> None:
            before, whole, name = hashlib.sha256(), hashlib.sha256(), unixfs.Hasher()
            readers = container.Readers(plaintext=(before.update,), sealed=(whole.update, name.update))
            with plain.open("rb") as source, sealed.open("wb") as target:
                container.seal(source, target, key, readers=readers)
            ipfs.add_file(sealed, expected=name.digest())

        taken = _alternating({"add": add, "publish": publish}, UPLOADS, before=lambda _: _fill(plain, UPLOAD))
    return {
        "publish.vs_plain_add": {
            "value": round(taken["add"] / taken["publish"], 2),
            "unit": "x",
            "peer": f"adding the plain file: {_rate(UPLOAD, taken['add'])}",
            "how": f"{UPLOAD >> 20} MiB to the embedded IPFS node, encryption, SHA-256 of both files and CID "
            f"included, median of {UPLOADS} alternating runs: the plain add's time divided by ours",
        }
    }


def _age(folder: Path, plain: Path) -> tuple[str, _Action, _Action] | None:
    """The peer's name, and what encrypts the plain file and decrypts it again."""
    sealed, opened, identity = folder / "age_encrypt", folder / "age_decrypt", folder / "identity"
    program, maker = shutil.which("age"), shutil.which("age-keygen")
    if program is not None and maker is not None:
        subprocess.run([maker, "-o", identity], check=True, capture_output=True)
        to = subprocess.run(
            [maker, "-y", identity], check=True, capture_output=True, text=True
        ).stdout.strip()
        version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
        seal = [program, "-r", to, "-o", str(sealed), str(plain)]
        open_ = [program, "-d", "-i", str(identity), "-o", str(opened), str(sealed)]
        return (
            f"age {version.strip()}",
            lambda: subprocess.run(seal, check=True),
            lambda: subprocess.run(open_, check=True),
        )
    if importlib.util.find_spec("pyrage") is None:
        return None
    pyrage = importlib.import_module("pyrage")
    own = pyrage.x25519.Identity.generate()
    return (
        "rage (pyrage)",
        lambda: pyrage.encrypt_file(str(plain), str(sealed), [own.to_public()]),
        lambda: pyrage.decrypt_file(str(sealed), str(opened), [own]),
    )


def _fill(path: Path, size: int) -> None:
    with path.open("wb") as target:
        for _ in range(size >> 20):
            target.write(os.urandom(1 << 20))


def _rate(size: int, seconds: float) -> str:
    return f"{size / 1e6 / seconds:.0f} MB/s"


def _alternating(
    actions: Mapping[str, _Action], runs: int, before: Callable[[str], None]
) -> dict[str, float]:
    """Median seconds of each: one run of every action in turn, so that a busy moment hits all alike.

    `before` runs ahead of each, by its name, unmeasured: a node that has a file's blocks already adds it
    faster.
    """
    seconds: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(runs + 1):
        for name, action in actions.items():
            before(name)
            began = time.perf_counter()
            action()
            seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(taken[1:]) for name, taken in seconds.items()}
