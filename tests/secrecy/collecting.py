"""What a running network gives away, and its secrets, collected while it runs: `make demo` throws both away.

Of what is gone with the processes (the chain, the API's answers, arguments and environments, the secrets of a
round that ends) copies are taken several times a second; the rest lies in the state folder at the end.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx

from biodesci.chain import accounts
from biodesci.core import keyfile
from biodesci.core.errors import BioDeSciError

_PURPOSES = ("dataset-key", "x-wing-seed", "ee-key", "delivery-evidence")
_OF_A_NODE = ("maskKey", "shareKey", "seed")
_A_LISTING = re.compile(r"/v1/[^{]*")
_PRIVATE = ("homes", "passphrases")


class Collector(threading.Thread):
    """Watches the network whose state lies in `state` until `end` is called."""

    def __init__(self, state: Path) -> None:
        super().__init__(daemon=True)
        self.state = state
        self.given: dict[str, bytes] = {}  # by the name of a place
        self.block = -1  # the last that was read
        self._nodes: dict[str, dict[str, str]] = {}
        self._over = threading.Event()
        self._http = httpx.Client(timeout=10, trust_env=False)

    def run(self) -> None:
        while not self._over.wait(0.3):
            self._watch_processes()
            self._watch_rounds()
            network = self._network()
            if network:
                self._watch_chain(network["BIODESCI_RPC_URL"])
                self._watch_api(network["BIODESCI_API_URL"])

    def end(self) -> None:
        self._over.set()
        self.join()
        self._http.close()

    # What others can see

    def _watch_processes(self) -> None:
        try:
            pids = json.loads((self.state / "processes.json").read_text())
        except (OSError, ValueError):
            return  # not written yet
        for name, pid in pids.items():
            for what in ("cmdline", "environ"):
                try:
                    seen = Path(f"/proc/{pid}/{what}").read_bytes()
                except OSError:
                    continue  # just being started anew
                if seen:
                    self.given[f"{what} of {name} ({pid})"] = seen

    def _network(self) -> dict[str, str]:
        for place, seen in self.given.items():
            if place.startswith("environ of indexer"):
                pairs = (entry.partition(b"=") for entry in seen.split(b"\0"))
                return {key.decode(): value.decode(errors="replace") for key, _, value in pairs}
        return {}

    def _watch_chain(self, url: str) -> None:
        try:
            head = int(self._rpc(url, "eth_blockNumber"), 16)
            for number in range(self.block + 1, head + 1):
                block = self._rpc(url, "eth_getBlockByNumber", hex(number), True)
                logs = self._rpc(url, "eth_getLogs", {"fromBlock": hex(number), "toBlock": hex(number)})
                data = [one["input"] for one in block["transactions"]] + [one["data"] for one in logs]
                raw = b"\0".join(bytes.fromhex(one[2:]) for one in data)
                self.given[f"block {number}"] = json.dumps([block, logs]).encode() + raw
                self.block = number
        except (httpx.HTTPError, KeyError, ValueError):
            return  # it has ended, or has not begun

    def _rpc(self, url: str, method: str, *params: Any) -> Any:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        return self._http.post(url, json=call).json()["result"]

    def _watch_api(self, url: str) -> None:
        try:
            paths = self._http.get(urljoin(url, "/openapi.json")).json()["paths"]
            for path in paths:
                if _A_LISTING.fullmatch(path) and "get" in paths[path] and "live" not in path:
                    self._read_with_children(url, path)
        except (httpx.HTTPError, KeyError, ValueError):
            return

    def _read_with_children(self, url: str, path: str) -> None:
        with self._http.stream("GET", urljoin(url, path)) as answer:
            if "event-stream" in answer.headers.get("content-type", ""):
                return
            self.given[f"GET {path}"] = answer.read()
            items = answer.json().get("items", []) if answer.status_code == 200 else []
        for item in items:
            child = f"{path}/{item['id']}" if isinstance(item, dict) and "id" in item else ""
            if child and f"GET {child}" not in self.given:
                self.given[f"GET {child}"] = self._http.get(urljoin(url, child)).content

    def left(self) -> Iterator[tuple[str, bytes]]:
        """What lies in the state folder, but for the homes, whose files are their owners' alone."""
        for path in sorted(self.state.rglob("*")):
            of = path.relative_to(self.state).parts[0]
            if of not in _PRIVATE and path.is_file() and not path.is_symlink():
                yield str(path.relative_to(self.state)), path.read_bytes()
        # Of a home the work database: on PostgreSQL it is shared by all parties' processes.
        for path in sorted((self.state / "homes").rglob("work.sqlite*")):
            yield str(path.relative_to(self.state)), path.read_bytes()

    # Secrets

    def _watch_rounds(self) -> None:
        for path in (self.state / "homes").glob("*/rounds/*/*/node-state"):
            try:
                state = json.loads(path.read_bytes())
            except (OSError, ValueError):
                continue  # destroyed meanwhile
            self._nodes[str(path)] = {key: state[key] for key in _OF_A_NODE if state.get(key)}

    def secrets(self) -> Iterator[tuple[str, bytes]]:
        """Every secret of the story that is not gone with its process: its name, and its bytes."""
        for file in sorted((self.state / "passphrases").iterdir()):
            passphrase = file.read_text().strip()
            yield f"passphrase of {file.name}", passphrase.encode()
        for home in sorted((self.state / "homes").iterdir()):
            words = (self.state / "passphrases" / home.name).read_text().strip()
            yield from self._of_home(home, words)
        for path, parts in self._nodes.items():
            for name, value in parts.items():
                yield f"{name} of {path}", bytes.fromhex(value)

    def _of_home(self, home: Path, passphrase: str) -> Iterator[tuple[str, bytes]]:
        for file in sorted(home.rglob("*")):
            name = str(file.relative_to(self.state))
            if file.suffix == ".csv":
                lines = [line for line in file.read_bytes().splitlines()[1:] if len(line) >= 24]
                yield from ((f"a record of {name}", line) for line in lines[:: max(1, len(lines) // 20)])
            elif file.suffix == ".json" and file.parent == home and b'"crypto"' in file.read_bytes():
                yield f"private key of {name}", bytes(accounts.load(file, passphrase).key)
                yield (
                    f"ciphertext of {name}",
                    bytes.fromhex(json.loads(file.read_bytes())["crypto"]["ciphertext"]),
                )
            elif file.is_file() and file.read_bytes()[:4] == b"BDSK":
                yield name, self._opened(file, passphrase)

    @staticmethod
    def _opened(file: Path, passphrase: str) -> bytes:
        for purpose in _PURPOSES:
            try:
                secret = keyfile.open_(file.read_bytes(), passphrase, purpose)
                # Evidence begins with the digest of an envelope, which is on chain.
                return secret[32:] if purpose == "delivery-evidence" else secret
            except BioDeSciError:
                continue
        raise AssertionError(f"{file} has a purpose that this test does not know: add it.")
