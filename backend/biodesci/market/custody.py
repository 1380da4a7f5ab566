"""A data owner's side: seals dataset keys to licensees whose purchase the contract holds, and delivers them.

A purchase counts once it is as deep in the chain as `Chain.confirmations` says. State, withdrawal, visas,
deadline and the licensee's key are asked of the chain at release time. The contract takes one delivery, so
that a crash between sealing and sending, or an event seen twice, ends in one delivery too.

Gas and storage are the custodian's, whoever buys: so it serves a number of licences a day (`Terms`), and what
is over that waits for the next day, or for the refund that the contract gives after the delivery window.

An envelope leaves only once the chain has taken its delivery: whoever sees a delivery that fails, because
somebody was in front of it, reads a digest of what is nowhere, and gets no key with its money back.
"""

from __future__ import annotations

import logging
from typing import Final

from biodesci.chain import events
from biodesci.chain.flights import MOST
from biodesci.chain.follow import Follower
from biodesci.chain.landed import Gone
from biodesci.chain.records import DatasetVersion, License, Release
from biodesci.core.about import about
from biodesci.core.errors import BioDeSciError, FundsError, NotFoundError, RevertedError, UnavailableError
from biodesci.core.onchain import DAY, LicenseState, Right
from biodesci.market import evidence
from biodesci.market.entrusted import Entrusted, Watch
from biodesci.market.in_flight import SETTLED, InFlight
from biodesci.market.license import get, visas_until
from biodesci.market.sealing import ANY, LEAST_TIME, delivery
from biodesci.market.spending import Terms
from biodesci.party import dataset_keys
from biodesci.party.allowance import Allowance, Asked
from biodesci.party.member import Member
from biodesci.store.jobs import Failures, Jobs

_log = logging.getLogger(__name__)
_NO_KEY: Final = bytes(32)
_WAITING: Final = frozenset({LicenseState.IN_REVIEW, LicenseState.PURCHASED})
_REORG_MARGIN: Final = 64  # blocks in which publications are looked for again with each new one
_MOST_NAMED: Final = 100  # datasets whose purchases are asked for by name


class Custodian:
    """Delivers for one account and home; `poll` is to be called again and again."""

    def __init__(self, member: Member, terms: Terms | None = None, jobs: Jobs | None = None) -> None:
        """`jobs` keeps what fails, for a custodian that goes on; without it, it is tried with each `poll`."""
        self._member = member
        self._failures = Failures(jobs, "licence")
        self._chain = member.chain
        self._home = member.home
        self._purchases = Follower(
            member.chain, f"custodian {member.chain.address}", member.chain.deployment.first_block
        )
        self._next_block = self._purchases.next_block
        noted = self._purchases.state
        self._entrusted = Entrusted(member.chain)
        self._watch = Watch.parse(noted)  # whose purchases were looked for
        self._anew, self._known = self._watch, -1  # up to that block, these are looked for alone
        self._open: set[int] = set(noted.get("open", ()))
        self._bought = {int(id_): int(block) for id_, block in noted.get("bought", ())}  # in which blocks
        self._past: dict[int, int] = {}  # licences that do not wait any more, and the head when that was seen
        self._gone = Gone()  # purchases that a reorganization took
        self._reported: set[tuple[int, str]] = set()  # licences, and what was said of them
        self._said: set[tuple[int, str]] = set()  # days, and what was said of the bounds on them
        self._terms = terms or Terms()
        folder = evidence.path(member.home, member.chain, 0, b"").parent
        self._allowance = Allowance(folder / "served.json", self._terms.bounds)
        self._in_flight = InFlight(member, self._report)
        self._held: dict[int, int] = {}  # licences that wait, and the day for which they do
        self._why: dict[int, str] = {}

    def __repr__(self) -> str:
        return f"Custodian({self._chain.address})"

    @property
    def waiting(self) -> dict[int, str]:
        """The licences that were bought and are not delivered yet, each with the reason, as `poll` saw it."""
        return {
            license_id: self._why[license_id] for license_id in sorted(self._open) if license_id in self._why
        }

    @property
    def seen_block(self) -> int:
        """The last block whose purchases it has read."""
        return self._next_block - 1

    @property
    def undelivered(self) -> int:
        """How many licences it has to deliver."""
        return len(self._open)

    def poll(self) -> list[int]:
        """Sends what is due, and collects what was sent; the licences whose delivery took effect.

        It waits for no block: what is on its way is collected by a later call. Raises UnavailableError or
        FundsError for what concerns all licences.
        """
        chain = self._chain
        done = self._delivered(self._in_flight.collect())
        # A purchase that a reorganization takes back would have been paid for with nothing.
        head = chain.counted_head()
        if head < chain.deployment.first_block:
            return done
        self._open.update(self._in_flight.taken_back(head))
        self._in_flight.complete(head)
        # Blocks bring purchases; keys come without one, when they are taken over.
        is_other = self._entrusted.is_due or dataset_keys.held(self._home, chain) != self._watch.keys
        if is_other or head != self._next_block - 1:
            self._look(head)
        if begun := self._release_due():
            done += self._delivered(self._in_flight.collect_soon(begun))
        self._forget()
        return done

    def _forget(self) -> None:
        """What was noted of licences for which nothing is owed."""
        known = self._open.union(self._in_flight.sealed())
        self._reported = {one for one in self._reported if one[0] in known}
        for noted in (self._why, self._held, self._past, self._bought):
            for license_id in noted.keys() - self._open:
                del noted[license_id]

    def _delivered(self, licences: list[int]) -> list[int]:
        """Takes note of what is done; the same licences."""
        for license_id in licences:
            self._open.discard(license_id)
            self._failures.done(license_id)
            _log.info("licence %d: delivered", license_id)
        return licences

    def _release_due(self) -> list[int]:
        """The licences whose delivery was sent now."""
        # Of thousands that wait for another day, nothing is asked before it comes.
        today = self._chain.now() // DAY
        resting = self._resting()
        on_their_way = set(self._in_flight.licences())
        due = [
            license_id
            for license_id in sorted(self._open - on_their_way - resting)
            if self._held.get(license_id, 0) <= today
        ]
        begun: list[int] = []
        trouble: UnavailableError | None = None
        for license_id in due:
            if len(on_their_way) + len(begun) >= MOST:
                self._why[license_id] = f"{MOST} deliveries are on their way, for which it waits"
                continue
            try:
                if self._release(license_id):
                    begun.append(license_id)
            except UnavailableError as exc:
                if trouble is not None:
                    raise  # the second: it is no matter of one licence
                trouble = exc
                self._why[license_id] = str(exc)
        if trouble is not None and not begun:
            raise trouble
        return begun

    def _resting(self) -> frozenset[int]:
        """Licences that failed and are not due yet. Opens those that are, as a person may say so."""
        due, resting = self._failures.schedule()
        self._open |= due
        return resting

    def _look(self, head: int) -> None:
        """Takes note of the keys that it holds, and of purchases of what they open."""
        chain = self._chain
        start = max(self._next_block - _REORG_MARGIN, chain.deployment.first_block)
        dataset_keys.settle_all(self._home, chain, start, head)
        watch = self._entrusted.watch(dataset_keys.held(self._home, chain), head)
        anew = watch.beyond(self._watch)
        if anew.keys:
            self._failures.hurry()  # what failed for want of a key
        if anew:
            # Of what was taken over, what was bought before. Of the others that is known, and mostly done.
            self._anew, self._known = anew, self._purchases.restart(head)
        if watch != self._watch:
            self._watch = watch
            self._note()
            if not anew:
                self._purchases.store()  # or a key that comes back would not be a new one after a restart
        if watch:
            self._note_purchases(head)
        self._next_block = head + 1

    def _note_purchases(self, head: int) -> None:
        chain, name = self._chain, "LicensePurchased"
        datasets = self._watch.datasets
        filters = {"datasetId": sorted(datasets)} if len(datasets) <= _MOST_NAMED else {}
        topics = events.topics_of(chain.licenses, name, filters)
        for piece in self._purchases.news(head, [chain.licenses.address], topics):
            for log in piece.logs:
                args = events.decode(chain.licenses, name, log)["args"]
                id_, version = args["datasetId"], args["version"]
                # Of a version whose key is not here the chain is asked later whether it has to be.
                if id_ in datasets if log.block > self._known else self._anew.has(id_, version):
                    self._open.add(args["licenseId"])
                    self._bought[args["licenseId"]] = log.block
            self._note()

    def _note(self) -> None:
        """What the next custodian of this account and home has to know, with the place in the chain."""
        where = sorted(self._bought.items())
        self._purchases.state = {**self._watch.document(), "open": sorted(self._open), "bought": where}

    def _release(self, license_id: int) -> bool:
        with about(licence=license_id):
            is_delivered = self._try(license_id)
        if license_id not in self._open:  # delivered, refunded, cancelled, gone
            self._failures.done(license_id)
            self._gone.forget(license_id)
        return is_delivered

    def _try(self, license_id: int) -> bool:
        try:
            return self._deliver(license_id)
        except (UnavailableError, FundsError):
            raise
        except BioDeSciError as exc:
            # One licence that cannot be served must not hold up the others.
            self._report(license_id, str(exc))
            return False
        except Exception as exc:  # noqa: BLE001
            _log.debug("licence %d", license_id, exc_info=exc)
            self._report(license_id, f"unexpected {type(exc).__name__}")
            return False

    def _deliver(self, license_id: int) -> bool:
        chain = self._chain
        try:
            licence = get(chain, license_id)
        except NotFoundError:
            if not self._gone.is_for_good(license_id, self._next_block - 1):
                raise
            self._open.discard(license_id)
            return False
        self._gone.forget(license_id)
        version = chain.read(DatasetVersion, licence.dataset_id, licence.version)
        waits = licence.state in _WAITING
        if waits:
            self._past.pop(license_id, None)
        if not waits:
            if self._is_past_waiting(license_id):
                self._open.discard(license_id)
                self._past.pop(license_id, None)
            return False
        if not self._is_mine(licence, version):
            return False
        if not self._is_allowed(licence):
            return False
        # Tried first: what can't be delivered (a visa lapsed, say) is not sealed either.
        digest = ANY if licence.right is Right.DOWNLOAD else _NO_KEY
        chain.call(delivery(chain, licence, version, digest), sender=chain.address)
        self._allowance.note(self._asked(licence), chain.now() // DAY)
        try:
            is_sent = self._in_flight.begin(licence, version)
        except RevertedError as exc:
            if exc.name not in SETTLED:
                raise
            return False  # the next poll sees what holds now
        if is_sent:
            self._why[license_id] = "its delivery was sent, and is in no block yet"
            done = (
                "key sent to %s" if licence.right is Right.DOWNLOAD else "access granted to %s, without a key"
            )
            _log.info(f"licence %d: {done}", license_id, licence.licensee)
        return is_sent

    def _asked(self, licence: License) -> Asked:
        return Asked(licence.id, licence.licensee, self._terms.pays(licence))

    def _is_allowed(self, licence: License) -> bool:
        """Whether today's bounds leave room for it."""
        today = self._chain.now() // DAY
        limit = self._allowance.reached(self._asked(licence), today)
        if limit is None:
            return True
        self._held[licence.id] = today + 1
        self._why[licence.id] = over = self._terms.why(limit, licence)
        # Once a day, and not for each of thousands.
        if (today, over) not in self._said:
            self._said = {(day, text) for day, text in self._said if day == today} | {(today, over)}
            _log.warning("licence %d and perhaps more: %s", licence.id, over)
        return False

    def _is_past_waiting(self, license_id: int) -> bool:
        """Whether that is so deep in the chain that no reorganization makes it wait again."""
        since = self._past.setdefault(license_id, self._chain.block_number())
        return self._next_block - 1 >= since

    def _until(self, licence: License) -> int:
        """Until when it may be delivered, by its deadline and its visas."""
        at = self._bought.get(licence.id)
        at = None if at is None or at >= self._next_block else at  # of a chain that is shorter by now
        return min(licence.deadline, visas_until(self._chain, licence.id, at))

    def _is_mine(self, licence: License, version: DatasetVersion) -> bool:
        """Whether it can be delivered here, now. Says so of what should be; and forgets another's."""
        release = self._chain.read(Release, licence.dataset_id, licence.version, self._chain.address)
        has_key = dataset_keys.path(self._home, self._chain, version).exists()
        if not has_key and not release.entitled:
            self._open.discard(licence.id)
            return False
        if licence.state is LicenseState.IN_REVIEW or not self._due(licence, release):
            return False
        if not has_key:
            self._report(
                licence.id,
                f"the key of dataset {licence.dataset_id}, version {licence.version}, is not in this home: "
                "restore its datasets/ from a backup, or have it handed over (biodesci dataset take-over); "
                "where another custodian delivers it, this goes by itself",
            )
        return has_key

    def _due(self, licence: License, release: Release) -> bool:
        chain = self._chain
        if not release.entitled:
            self._report(licence.id, "this account is neither owner nor custodian of the dataset")
        elif release.withdrawn:
            self._report(licence.id, "consent was withdrawn, so the key stays here; the buyer gets a refund")
        elif chain.now() > licence.deadline:
            self._report(licence.id, "the delivery deadline has passed; the buyer gets a refund")
        elif self._until(licence) - chain.now() < LEAST_TIME:
            self._report(
                licence.id,
                f"its delivery deadline, or the end of its visas, is less than {LEAST_TIME} seconds away: "
                "a delivery might come too late, so nothing is sealed; the buyer gets a refund",
            )
        else:
            return True
        return False

    def _report(self, license_id: int, text: str) -> None:
        self._why[license_id] = text
        if license_id in self._open:
            self._failures.note(license_id, text)
        if (license_id, text) not in self._reported:
            self._reported.add((license_id, text))
            _log.warning("licence %d: %s", license_id, text)
