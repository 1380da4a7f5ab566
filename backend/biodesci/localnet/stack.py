"""A whole local network in processes of its own: chain, IPFS node, contracts, indexer, API, workers.

Everything is thrown away with its state folder. Real deployments run the same worker entry points under their
own service manager; see docs/deployment.md.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from biodesci.chain import accounts
from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.core import files, problems
from biodesci.core.errors import ConfigurationError, InputError, UnavailableError
from biodesci.ipfs.client import Ipfs
from biodesci.localnet import local_chain
from biodesci.localnet.ports import Ports
from biodesci.localnet.processes import Supervisor

FUNDS_WEI = 100 * 10**18
MIN_FREE_BYTES = 500 * 2**20
QUICK_WORK_FACTOR = 1 << 12


@dataclass(frozen=True)
class Party:
    """Somebody with a wallet and a private folder."""

    name: str
    home: Path
    account_file: Path
    address: str
    passphrase: str
    passphrase_file: Path


class Stack:
    """Use as a context manager: `with Stack(state) as stack: stack.start_core()`."""

    def __init__(
        self,
        state: Path,
        *,
        root: Path,
        ports: Ports | None = None,
        deployment: Path | None = None,
        on_restart: Callable[[str], None] | None = None,
    ) -> None:
        self.state = state.resolve()
        self.root = root.resolve()
        self.ports = ports or Ports.auto()
        self.supervisor = Supervisor(self.state / "logs", on_restart)
        self.parties: dict[str, Party] = {}
        self.deployment_file = (deployment or self.state / "deployment.json").resolve()
        self.database = self.state / files.INDEX_FILE
        self.ipfs = Ipfs(self.ipfs_api)
        # One for all requests: a client reads the system's certificates when it is made.
        self._http = httpx.Client()

    @classmethod
    def on_ports(
        cls, ports: str, state: Path, *, root: Path, on_restart: Callable[[str], None] | None = None
    ) -> Stack:
        """On the `default` ports it is what `biodesci` and `make console` find without any setting; `auto`
        takes free ones. InputError for another word.
        """
        if ports == "default":
            deployment = root / "deployments" / "local.json"
            return cls(state, root=root, ports=Ports(), deployment=deployment, on_restart=on_restart)
        if ports != "auto":
            raise InputError(f"--ports {ports} is not known.", "Use `default` or `auto`.")
        return cls(state, root=root, on_restart=on_restart)

    @property
    def rpc_url(self) -> str:
        """The chain's JSON-RPC endpoint."""
        return f"http://127.0.0.1:{self.ports.chain}"

    @property
    def ipfs_api(self) -> str:
        """The IPFS node's RPC API, without /api/v0."""
        return f"http://127.0.0.1:{self.ports.ipfs}"

    @property
    def gateway_url(self) -> str:
        """The read-only IPFS gateway, without /ipfs."""
        return f"http://127.0.0.1:{self.ports.gateway}"

    @property
    def api_url(self) -> str:
        """The BioDeSci API and the web page, without /v1."""
        return f"http://127.0.0.1:{self.ports.api}"

    @property
    def aggregator_url(self) -> str:
        """The aggregator's HTTP endpoint, whether or not one was started."""
        return f"http://127.0.0.1:{self.ports.aggregator}"

    @property
    def containers_url(self) -> str:
        """The origin of the server of private containers, whether or not one was started."""
        return f"http://127.0.0.1:{self.ports.containers}"

    def __enter__(self) -> Stack:
        return self

    def __exit__(self, *_: object) -> None:
        self.supervisor.stop()
        self._http.close()

    # -- parts ----------

    def start_core(self) -> None:
        """Chain, IPFS node and contracts.

        Raises:
            ConfigurationError: a port is taken, no disk is left, or a tool is missing.
            UnavailableError: a part did not come up; the message quotes its log.
        """
        self.ports.require_free()
        if (free := shutil.disk_usage(self.state).free) < MIN_FREE_BYTES:
            raise ConfigurationError(
                f"Only {free // 2**20} MiB of disk are free under {self.state}.",
                f"The stack needs {MIN_FREE_BYTES // 2**20} MiB: free some, or choose another --state.",
            )
        self.supervisor.spawn(
            "chain",
            local_chain.command(self.root, self.ports.chain, self.state / "chain"),
            self._env(),
            ready=lambda: local_chain.answers(self.rpc_url),
            restart=False,
        )
        self.supervisor.spawn(
            "ipfs",
            [
                *self._python("biodesci.ipfs.node"),
                *("--repo", str(self.state / "ipfs"), "--port", str(self.ports.ipfs)),
                *("--gateway-port", str(self.ports.gateway)),
            ],
            self._env(),
            ready=self._ipfs_answers,
        )
        self._deploy()

    def start_api(self) -> None:
        """Indexer and API with the web page."""
        self.worker("indexer", "biodesci.workers.indexer")
        self.supervisor.spawn(
            "api",
            self._python("biodesci.api"),
            self._env(
                BIODESCI_API_HOST="127.0.0.1",
                BIODESCI_API_PORT=str(self.ports.api),
                BIODESCI_CONTAINERS_OF_OTHERS=self.containers_url,
            ),
            ready=lambda: self._answers(f"{self.api_url}/health"),
        )

    def worker(
        self,
        name: str,
        module: str,
        party: Party | None = None,
        *,
        ready: Callable[[], bool] | None = None,
        **env: str,
    ) -> None:
        """Start a worker process for `party`: the environment names its home, account and passphrase file."""
        self.supervisor.spawn(name, self._python(module), self._env(party, **env), ready=ready)

    def start_aggregator(self, party: Party, owner: Party) -> None:
        """The aggregator, an HTTP server that holds nothing secret; for the rounds of `owner`'s models."""
        self.worker(
            "aggregator",
            "biodesci.workers.aggregator",
            party,
            ready=lambda: self._answers(f"{self.aggregator_url}/health"),
            BIODESCI_AGGREGATOR_PORT=str(self.ports.aggregator),
            BIODESCI_MODEL_OWNERS=owner.address,
        )

    def start_containers(self, party: Party) -> None:
        """The server of a party's private containers, which is given neither account nor passphrase."""
        self.worker(
            "containers",
            "biodesci.workers.containers",
            ready=lambda: self._answers(f"{self.containers_url}/health"),
            BIODESCI_HOME=str(party.home),
            BIODESCI_CONTAINERS_URL=self.containers_url,
            BIODESCI_CONTAINERS_LISTEN=f"127.0.0.1:{self.ports.containers}",
        )

    # -- parties ----------

    def party(
        self, name: str, *, home: str | None = None, account: str = "account", passphrase: str
    ) -> Party:
        """A party with a new funded account, in the folder `home` (its name by default).

        `passphrase` has to be drawn at random: the account file is made for speed.
        """
        folder = self.state / "homes" / (home or name)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = folder / f"{account}.json"
        address = accounts.create(file, passphrase, work_factor=QUICK_WORK_FACTOR)
        self.fund(address)
        words = self.state / "passphrases" / name
        words.parent.mkdir(exist_ok=True, mode=0o700)
        files.write_private(words, passphrase.encode())
        self.parties[name] = Party(name, folder, file, address, passphrase, words)
        return self.parties[name]

    def fund(self, address: str, wei: int = FUNDS_WEI) -> None:
        """Give an account of the local chain some ether."""
        local_chain.set_balance(self.rpc_url, address, wei)

    def chain(self, party: Party | None = None) -> Chain:
        """A chain client that signs for `party`."""
        account = accounts.load(party.account_file, party.passphrase) if party else None
        home = party.home if party else None
        return Chain(self.rpc_url, load_deployment(self.deployment_file), account, home)

    def wait(self) -> None:
        """Until Ctrl-C, or until a part that can't be restarted has died.

        Raises:
            UnavailableError: naming that part, with the end of its log.
        """
        while not (failed := self.supervisor.failed()):
            time.sleep(0.5)
        raise UnavailableError(
            f"The {failed[0].name} process died and does not come up again.",
            f"Its log ends with:\n{failed[0].tail()}",
        )

    def count(self, collection: str) -> int:
        """How many items the API lists under /v1/<collection> (on its first page).

        Raises UnavailableError when the API does not answer.
        """
        try:
            answer = self._http.get(f"{self.api_url}/v1/{collection}", timeout=5)
        except httpx.HTTPError as exc:
            raise UnavailableError("The API does not answer.") from exc
        if answer.status_code >= 400:
            raise problems.error_from(answer.status_code, answer.content, "The API")
        return len(answer.json()["items"])

    # -- inside ----------

    def _python(self, module: str) -> list[str]:
        return [sys.executable, "-m", module]

    def _env(self, party: Party | None = None, **more: str) -> Mapping[str, str]:
        env = {
            **os.environ,
            "APE_DATA_FOLDER": str(self.root / ".cache" / "ape"),
            "SOLCX_BINARY_PATH": str(self.root / ".cache" / "solc"),
            "OMP_NUM_THREADS": "1",  # many small processes on few cores
            "PYTHONUNBUFFERED": "1",
            "BIODESCI_ROOT": str(self.root),
            "BIODESCI_IDLE_INTERVAL": "1",  # nobody else asks this chain, and somebody looks on
            "BIODESCI_RPC_URL": self.rpc_url,
            "BIODESCI_IPFS_API": self.ipfs_api,
            "BIODESCI_IPFS_GATEWAY": self.gateway_url,
            "BIODESCI_DEPLOYMENT": str(self.deployment_file),
            "BIODESCI_DATABASE": str(self.database),
            "DATABASE_URL": "",  # what is thrown away goes into no database of the operator's
            "BIODESCI_AGGREGATOR_URL": self.aggregator_url,
            "BIODESCI_API_URL": self.api_url,
        }
        for secret in ("BIODESCI_PASSPHRASE", "BIODESCI_PRIVATE_KEY"):
            env.pop(secret, None)  # of whoever starts this network, not of its parties
        if party is not None:
            env |= {
                "BIODESCI_HOME": str(party.home),
                "BIODESCI_ACCOUNT": str(party.account_file),
                # Other processes of the same user can read an environment.
                "BIODESCI_PASSPHRASE_FILE": str(party.passphrase_file),
            }
        return {**env, **more}

    def _deploy(self) -> None:
        child = self.supervisor.spawn(
            "deploy",
            [
                str(Path(sys.executable).with_name("ape")),
                "run",
                "deploy",
                "--network",
                f"ethereum:local:{self.rpc_url}",
            ],
            self._env(),
            restart=False,
            folder=self.root,  # Ape's project is its working folder
        )
        assert child.process is not None
        code = child.process.wait()
        if code != 0:
            raise UnavailableError(
                f"The contracts could not be deployed (exit {code}).", f"The log ends with:\n{child.tail()}"
            )
        self.supervisor.stop("deploy")

    def _ipfs_answers(self) -> bool:
        try:
            self.ipfs.ready()
        except UnavailableError:
            return False
        return True

    def _answers(self, url: str) -> bool:
        try:
            return self._http.get(url, timeout=2).status_code < 500
        except httpx.HTTPError:
            return False
