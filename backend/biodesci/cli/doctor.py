"""biodesci doctor: what is missing, and how to mend it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Final

import typer

from biodesci.cli import checkup, output, private_files, session
from biodesci.cli.checkup import Remark
from biodesci.core.errors import BioDeSciError, ConfigurationError, UnavailableError

if TYPE_CHECKING:
    from biodesci.chain.client import Chain

_EMBEDDED: Final = "0.22."
_Check = Callable[[], Remark]


class _Unknown(Exception):
    """Nothing can be said without what another row misses."""


def doctor(
    worker: Annotated[
        list[int] | None, typer.Option(help="Metrics port of a worker on this machine; may be repeated.")
    ] = None,
) -> None:
    """Check settings, files, chain, IPFS, index and workers, and say how to mend what is amiss.

    Exit status: 1 if a row that is `needed` is not `ok`, else 0. What no role can work without is needed;
    account and key are not in a home that has neither of them and no passphrase, as indexer's and API's. What
    fails, lags or runs low ends with 0: a script that should notice it reads each row's `ok` (--json).

    What is well may have a remark: a limit that costs time, and what to do about it.
    """
    node = _Node()
    checks: list[tuple[str, bool, _Check]] = [
        ("settings", True, _settings),
        ("disk", True, _disk),
        ("account", True, _account),
        ("key", True, lambda: _key(node)),
        ("chain", True, node.check),
        *((name, False, node.checks(check)) for name, check in checkup.CHECKS.items()),
        ("transactions", False, node.checks(lambda chain: checkup.waiting(chain, _paying()))),
        ("balance", False, node.checks(_balance)),
        ("ipfs", True, _ipfs),
        ("database", True, _database),
        ("work", False, _work),
        ("containers", False, _containers),
        ("index", False, lambda: _index(node)),  # the API and the page alone read it
        *((f"worker {port}", False, _worker(port)) for port in worker or ()),
    ]
    rows: list[dict[str, object]] = []
    for name, needed, check in checks:
        row: dict[str, object] = {"check": name, "ok": True, "needed": needed, "says": "", "mend": ""}
        try:
            remark = check()
            row |= {"says": remark.says, "mend": remark.mend, "needed": needed and not remark.is_spare}
        except _Unknown:
            continue
        except BioDeSciError as exc:
            row |= {"ok": False, "says": exc.message, "mend": exc.hint}
        rows.append(row)
        if name == "settings" and not row["ok"]:
            break  # all others read them
    if not output.json_wanted():  # what is to be done stands under what is said, where a terminal has room
        rows = [row | {"says": f"{row['says']}\n{row['mend']}".strip()} for row in rows]
    output.table(rows, ["check", "ok", "needed", "says"], "")
    if not all(row["ok"] for row in rows if row["needed"]):
        raise typer.Exit(1)


def _settings() -> Remark:
    return Remark(f"home {session.settings().home}")


def _disk() -> Remark:
    home = session.settings().home
    place = next(p for p in (home, *home.parents) if p.exists())
    usage = shutil.disk_usage(place)
    if usage.free < 1 << 30:
        raise ConfigurationError(
            f"Only {usage.free >> 20} MiB are free at {place}.",
            "Free some space: workers stop before they send what they cannot note.",
        )
    few = usage.free < usage.total // 20
    return Remark(f"{usage.free >> 30} GiB free", "Less than a twentieth: make room soon." if few else "")


def _address() -> str:
    from biodesci.chain import accounts

    return accounts.address(session.settings().account_path)


def _only_reads() -> bool:
    """Whether nothing says that this home is an account's, whose files may be on a disk that is not there."""
    from biodesci.party import keys

    chosen = session.settings()
    said = (chosen.account, chosen.passphrase, chosen.passphrase_file)
    files = (chosen.account_path, keys.path(chosen.home))
    return all(one is None for one in said) and not any(path.exists() for path in files)


def _account() -> Remark:
    if _only_reads():
        return Remark(
            "none, and nothing here needs one: this home only reads",
            "Who sends makes one: biodesci account create.",
            is_spare=True,
        )
    return Remark(_address())


def _key(node: _Node) -> Remark:
    from eth_utils.crypto import keccak

    from biodesci.chain.records import Key
    from biodesci.core import envelope
    from biodesci.party import keys

    if _only_reads():
        return Remark(
            "none, and nothing here needs one: this home only reads",
            "Who is sent secrets makes one: biodesci key register.",
            is_spare=True,
        )
    chosen = session.settings()
    if not keys.path(chosen.home).exists():
        raise ConfigurationError(
            "There is no encryption key.", "Make and register one: biodesci key register."
        )
    try:
        own, chain = _paying(), node.chain()
    except _Unknown:
        return Remark("found")
    there = chain.read(Key, own)
    if not any(there.key_hash):
        return Remark(
            "found, but the chain has none of this account: nothing can be sealed to it",
            "Who buys, asks or trains registers it: biodesci key register.",
        )
    if chosen.passphrase is None and chosen.passphrase_file is None:
        return Remark("found, and the chain has one of this account; without the passphrase not compared")
    public = envelope.public_key(keys.load_seed(chosen.home, session.passphrase()))
    if keccak(public) != there.key_hash:
        raise ConfigurationError(
            "The key on chain is another one: this home cannot open what is sealed to it.",
            "Put this home's there: biodesci key register. What was sealed to the other needs that.",
        )
    return Remark("found, and it is the one on chain")


class _Node:
    """The chain's node, reached once for all checks: one that does not answer is not waited for by each."""

    def __init__(self) -> None:
        self._reached: Chain | BioDeSciError | None = None

    def check(self) -> Remark:
        """Where it stands."""
        chain = self._reach()
        return Remark(f"chain {chain.chain_id}, block {chain.block_number()}, contracts in place")

    def checks(self, check: Callable[[Chain], Remark]) -> _Check:
        """What is to be said of it only where it can be used."""
        return lambda: check(self.chain())

    def chain(self) -> Chain:
        """Raises _Unknown where it cannot be used."""
        try:
            return self._reach()
        except BioDeSciError as exc:
            raise _Unknown from exc

    def _reach(self) -> Chain:
        if self._reached is None:
            try:
                self._reached = session.chain(account=False)
            except BioDeSciError as exc:
                self._reached = exc
        if isinstance(self._reached, BioDeSciError):
            raise self._reached
        return self._reached


def _paying() -> str:
    """The account. _Unknown where there is none."""
    try:
        return _address()
    except BioDeSciError as exc:
        raise _Unknown from exc


def _balance(chain: Chain) -> Remark:
    return checkup.balance(chain, _paying(), session.settings().low_balance_wei)


def _ipfs() -> Remark:
    ipfs = session.ipfs()
    ipfs.ready()
    api, version = session.settings().ipfs_api, ipfs.version()
    if version.startswith(_EMBEDDED):
        return Remark(
            f"{api}, version {version}",
            "This is the embedded node, for one machine: its network code is of 2023. Where others can "
            "reach it, run a current Kubo or IPFS Cluster, and name it in BIODESCI_IPFS_API.",
        )
    return Remark(f"{api}, version {version}")


def _database() -> Remark:
    from biodesci.store import engine
    from biodesci.store.work import Work

    location = session.settings().work_location
    if not engine.exists(location):
        return Remark("nothing was sent or worked at from this home yet")
    with Work(location):
        return Remark(engine.shown(location))


def _work() -> Remark:
    from biodesci.chain import pending
    from biodesci.store import engine, jobs
    from biodesci.store.work import Work

    location = session.settings().work_location
    if not engine.exists(location):
        raise _Unknown
    try:
        with Work(location) as work:
            listed = jobs.listed(work)
        damaged = pending.damaged(location)
    except (ConfigurationError, UnavailableError) as exc:
        raise _Unknown from exc
    if damaged:
        raise ConfigurationError(
            f"{len(damaged)} entries of the outbox are damaged. {damaged[0].reason}",
            "Nothing is sent for what they are about: see all of them by biodesci work list.",
        )
    waiting = [job for job in listed if job.due is None]
    if failing := [job for job in listed if job.due is not None]:
        raise UnavailableError(
            f"{len(failing)} things failed; the oldest: {failing[0].id}, {failing[0].reason}",
            "See all with their reasons: biodesci work list; have them tried again: biodesci work retry.",
        )
    if waiting:
        return Remark(
            f"nothing fails, and {len(waiting)} things wait for you; the oldest: {waiting[0].id}, "
            f"{waiting[0].reason}",
            "See all with their reasons: biodesci work list.",
        )
    return Remark("nothing fails")


def _containers() -> Remark:
    found = private_files.containers(session.settings().home, session.settings().containers_url)
    if found is None:
        raise _Unknown
    return found


def _index(node: _Node) -> Remark:
    from biodesci.index.condition import BEHIND
    from biodesci.index.database import Store
    from biodesci.store import engine

    location = session.settings().index_location
    if not engine.exists(location):
        raise ConfigurationError(
            "The chain was not indexed yet.", "Only API and page need that: biodesci index sync."
        )
    with Store(location, read_only=True) as store:
        condition, identity = store.condition(), store.identity()
    reached, unread = condition.block or 0, condition.unreadable
    says = f"up to block {reached}, {unread} documents unreadable"
    if condition.gaps or condition.aside_count:
        raise UnavailableError(
            f"The index is {says}, with {len(condition.gaps)} gaps and {condition.aside_count} events aside.",
            "See why: biodesci index status. Gaps are read again, best from another node (BIODESCI_RPC_URL); "
            "after an update that understands them, events are taken in by biodesci index rebuild.",
        )
    try:
        chain = node.chain()
    except _Unknown:
        return Remark(says)
    if identity != chain.identity:
        raise UnavailableError(
            "The index is of another chain or of other contracts.",
            "An indexer with these settings reads it anew: python -m biodesci.workers.indexer. To keep it, "
            "name another one (BIODESCI_DATABASE or DATABASE_URL).",
        )
    behind = chain.counted_head() - reached
    if behind > BEHIND:
        raise UnavailableError(
            f"The index is {behind} blocks behind: it is {says}.",
            "Start the indexer, or look at its log: python -m biodesci.workers.indexer.",
        )
    if behind < -BEHIND:
        raise UnavailableError(
            f"The index is {-behind} blocks ahead of the chain node: it is {says}.",
            "The node is not up to date, or BIODESCI_CONFIRMATIONS was raised: compare with an explorer.",
        )
    return Remark(says, "See them: biodesci index unreadable." if unread else "")


def _worker(port: int) -> _Check:
    def check() -> Remark:
        import httpx

        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/ready", timeout=5, trust_env=False)
            ready = json.loads(answer.content)
            name, why = str(ready["worker"]), str(ready["why"])
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as exc:
            raise UnavailableError(
                f"No worker answers at port {port}.", "Start it with BIODESCI_METRICS_PORT set to that port."
            ) from exc
        if why and "stands by" not in why:
            raise UnavailableError(f"The {name} is not well. {why}", "Look at its log.")
        return Remark(f"{name}: {why or 'well'}")

    return check
