"""A guardian's worker: it releases its share of what is due, and delivers once enough shares are there.

Each guardian looks at the chain itself (`guarded_due`). What it releases the other guardians fetch from its
address, sealed to each of them alone, as the licensee is not to have it before the delivery is on chain. One
after the other has the turn to deliver, so that mostly one of them sends; the contract takes one delivery.
All shares that come in time are delivered, as the licensee alone sees which are right.

Where a contract is the custodian (market/guarded_custody.py), whoever has the turn proposes its shares to the
others, each of which approves their delivery, if they leave none out that it has; with enough it sends.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from biodesci.chain import events
from biodesci.chain.follow import Follower
from biodesci.chain.records import DatasetVersion, License
from biodesci.core import guarding
from biodesci.core.about import about
from biodesci.core.documents.custody import Approval, GuardianAnswer, SignedApproval
from biodesci.core.documents.guarding import ReleasedShare, SignedRelease, SignedSplit, Split
from biodesci.core.errors import BioDeSciError, FundsError, NotFoundError, UnavailableError
from biodesci.core.onchain import DAY, LicenseState
from biodesci.market import guarded_custody, guarded_due, guarded_splits, guardians, shares
from biodesci.market.fellows import Fellow, Fellows, Question
from biodesci.market.license import get
from biodesci.market.spending import Terms
from biodesci.party import keys
from biodesci.party.allowance import Allowance, Asked
from biodesci.party.member import Member

_log = logging.getLogger(__name__)
_WAITING: Final = frozenset({LicenseState.IN_REVIEW, LicenseState.PURCHASED})
_DEEP: Final = 64  # blocks, after which no reorganization makes a licence wait again
_MOST_NAMED: Final = 100  # datasets whose purchases are asked for by name


@dataclass(frozen=True)
class _Due:
    """A licence whose key is due, by which split, and what this guardian released for it. `custody` is what
    the contract keeps of the guardians, where it delivers for them."""

    licence: License
    version: DatasetVersion
    signed: SignedSplit
    released: ReleasedShare
    custody: bytes | None

    @property
    def split(self) -> Split:
        """Whose shares they are."""
        return self.signed.split


@dataclass
class _Given:
    """What fellow guardians released of that, by account, so that nobody is asked twice; what this guardian
    proposes to deliver, what is signed for that, and by whom; and what others propose, with its approvals of
    that, by account."""

    due: _Due
    shares: dict[str, ReleasedShare] = field(default_factory=dict)
    proposed: list[ReleasedShare] = field(default_factory=list)
    wanted: Approval | None = None
    approvals: dict[str, SignedApproval] = field(default_factory=dict)
    heard: dict[str, tuple[SignedRelease, ...]] = field(default_factory=dict)
    approved: dict[str, SignedApproval] = field(default_factory=dict)
    since: float = field(default_factory=time.monotonic)


class Guarding:
    """Guards for one account and home; `poll` is to be called again and again."""

    def __init__(
        self, member: Member, fellows: Fellows, terms: Terms | None = None, turn: float = 10, wait: float = 5
    ) -> None:
        """For `turn` seconds each guardian has the turn alone; for `wait` it waits for all shares."""
        self._member, self._fellows, self._turn, self._wait = member, fellows, turn, wait
        self._terms = terms or Terms()
        self._allowance = Allowance(member.home / "guarded" / "served.json", self._terms.bounds)
        chain = member.chain
        first = chain.deployment.first_block
        self._purchases = Follower(chain, f"guardian {chain.address}", first)
        self._open: set[int] = set(self._purchases.state.get("open", ()))
        self._past: dict[int, int] = {}  # licences for which nothing is due, and the head when that was seen
        self._since: dict[int, float] = {}
        self._released: dict[int, tuple[bytes, ReleasedShare]] = {}
        self._sealed: dict[tuple[int, str], tuple[GuardianAnswer, bytes, bytes]] = {}
        self._answers: dict[tuple[int, str], bytes] = {}
        self._given: dict[int, _Given] = {}
        self._why: dict[int, str] = {}

    @property
    def seen_block(self) -> int:
        """The last block whose purchases it has read."""
        return self._purchases.next_block - 1

    @property
    def waiting(self) -> dict[int, str]:
        """The licences that are not delivered, each with the reason, as `poll` saw it."""
        return dict(self._why)

    def answer(self, license_id: int, account: str) -> bytes | None:
        """The share that is released for a licence, sealed to a fellow guardian; None where none is due, or
        for that account. Asks nobody; may be called from any thread."""
        return self._answers.get((license_id, account))

    def poll(self) -> list[int]:
        """Releases what is due, and delivers what has its turn and enough shares; the licences that were
        delivered. Raises UnavailableError or FundsError for what concerns all licences."""
        chain = self._member.chain
        head = chain.counted_head()
        if head < chain.deployment.first_block:
            return []
        guardians.complete(self._member, head)
        self._look(head)
        turns = self._release_all(head)
        self._gather(turns)
        done = []
        for due in turns:
            license_id = due.licence.id
            with about(licence=license_id), self._noting(license_id, head):
                if self._has_turn(due) and self._deliver(due):
                    done.append(license_id)
                else:
                    self._answers = {**self._answers, **self._seal(due)}  # with what is proposed or approved
        return done

    def close(self) -> None:
        """Asks nobody any more."""
        self._fellows.close()

    def _release_all(self, head: int) -> list[_Due]:
        """Releases whatever is due, before anybody is asked; what it is this guardian's turn to deliver, or
        what others may propose to it."""
        answers: dict[tuple[int, str], bytes] = {}
        turns = []
        for license_id in sorted(self._open):
            with about(licence=license_id), self._noting(license_id, head):
                licence, version = guarded_due.due(self._member, license_id)
                signed = guarded_splits.split_of(self._member, version).signed
                custody = guarded_splits.custody_of(self._member, version)
                due = _Due(licence, version, signed, self._release(licence, version), custody)
                answers |= self._seal(due)
                # The others may ask for it from now on.
                self._answers = {**self._answers, **answers}
                if self._has_turn(due) or custody is not None:
                    turns.append(due)
        self._answers = answers
        self._sealed = {place: known for place, known in self._sealed.items() if place in answers}
        return turns

    @contextmanager
    def _noting(self, license_id: int, head: int) -> Iterator[None]:
        """Why a licence is not delivered now; what concerns all of them is raised."""
        try:
            yield
        except (UnavailableError, FundsError):
            raise
        except BioDeSciError as exc:
            self._note(license_id, str(exc), head)

    def _look(self, head: int) -> None:
        chain, name = self._member.chain, "LicensePurchased"
        watched = sorted(guarded_splits.kept(self._member))
        if watched != [tuple(one) for one in self._purchases.state.get("watched", ())]:
            self._purchases.restart(head)  # of a share that came, what was bought before
        datasets = sorted({dataset for dataset, _ in watched})
        if not datasets:
            return
        filters = {"datasetId": datasets} if len(datasets) <= _MOST_NAMED else {}
        topics = events.topics_of(chain.licenses, name, filters)
        for piece in self._purchases.news(head, [chain.licenses.address], topics):
            for log in piece.logs:
                args = events.decode(chain.licenses, name, log)["args"]
                if (args["datasetId"], args["version"]) in watched:
                    self._open.add(args["licenseId"])
            self._purchases.state = {"watched": watched, "open": sorted(self._open)}

    def _release(self, licence: License, version: DatasetVersion) -> ReleasedShare:
        """One for each licence, licensee's key and split, however often it is asked for."""
        split = guarded_splits.split_of(self._member, version).signed.split
        bound = self._member.chain.key_of(licence.licensee) + version.commitments + split.content
        known = self._released.get(licence.id)
        if known is None or known[0] != bound:
            known = self._released[licence.id] = bound, guardians.release_share(self._member, licence.id)
            _log.info("licence %d: a share is released for %s", licence.id, licence.licensee)
        return known[1]

    def _seal(self, due: _Due) -> dict[tuple[int, str], bytes]:
        """For each fellow: once for what is released and its key, and not with each look."""
        chain = self._member.chain
        given = self._given.get(due.licence.id)
        known_of = given if given is not None and given.due == due else _Given(due)
        answer = GuardianAnswer(
            released=due.released.signed,
            proposed=tuple(one.signed for one in known_of.proposed),
            approvals=tuple(known_of.approved.values()),
        )
        sealed = {}
        for account in (one.account for one in due.split.guardians if one.account != chain.address):
            place, public_key = (due.licence.id, account), chain.key_of(account)
            known = self._sealed.get(place)
            if known is None or known[:2] != (answer, public_key):
                made = guarding.seal_to_fellow(answer, account, public_key)
                known = self._sealed[place] = answer, public_key, made
            sealed[place] = known[2]
        return sealed

    def _has_turn(self, due: _Due) -> bool:
        since = self._since.setdefault(due.licence.id, time.monotonic())
        index = due.split.index_of(self._member.chain.address) or 0
        rank = (index + due.licence.id) % len(due.split.guardians)
        return time.monotonic() - since >= rank * self._turn

    def _deliver(self, due: _Due) -> bool:
        licence, split = due.licence, due.split
        known = self._given[licence.id]
        given = [due.released, *known.shares.values()]
        if len(given) < split.threshold:
            self._why[licence.id] = f"{len(given)} of {split.threshold} shares are there"
            return False
        if not self._has_all(due, known):
            self._why[licence.id] = "the shares of the other guardians are waited for"
            return False
        if due.custody is not None:
            given = self._propose(known, given)
            if len(known.approvals) < split.threshold:
                self._why[licence.id] = f"{len(known.approvals)} of {split.threshold} approvals are there"
                return False
        asked = Asked(licence.id, licence.licensee, self._terms.pays(licence))
        today = self._member.chain.now() // DAY
        if (limit := self._allowance.reached(asked, today)) is not None:
            self._why[licence.id] = self._terms.why(limit, licence)
            return False
        self._allowance.note(asked, today)
        guardians.deliver(self._member, licence.id, given, tuple(known.approvals.values()))
        _log.info("licence %d: delivered in %d shares", licence.id, len(given))
        self._why.pop(licence.id, None)
        return True

    def _has_all(self, due: _Due, known: _Given) -> bool:
        """Whether each fellow that has an address gave its share, or had the time to."""
        asked = {one.fellow.account for one in self._questions(due, _Given(due))}
        return asked <= known.shares.keys() or time.monotonic() - known.since >= self._wait

    def _propose(self, known: _Given, given: list[ReleasedShare]) -> list[ReleasedShare]:
        """What this guardian wants delivered, with its own approval: the same until another share comes."""
        if len(given) > len(known.proposed):
            wanted = self._wanted(known.due, given)
            approval = guarded_custody.sign(self._member.chain, wanted)
            known.proposed, known.wanted = given, wanted
            known.approvals = {approval.guardian: approval}
        return known.proposed

    def _wanted(self, due: _Due, given: Sequence[ReleasedShare]) -> Approval:
        """What is signed to deliver these shares. Raises InputError where too few of them count."""
        return guardians.approval_of(self._member.chain, due.licence, due.version, due.signed, given)

    def _gather(self, turns: Sequence[_Due]) -> None:
        """Asks the other guardians of all these licences for what they released, and keeps what counts."""
        before, self._given = self._given, {}
        questions: dict[Question, _Due] = {}
        for due in turns:
            known = before.get(due.licence.id)
            given = known if known is not None and known.due == due else _Given(due)
            self._given[due.licence.id] = given
            is_short = len(given.shares) + 1 < due.split.threshold
            if due.custody is not None or is_short or not self._has_all(due, given):
                questions |= dict.fromkeys(self._questions(due, given), due)
        answers = self._fellows.ask(questions)
        if not answers:
            return
        seed = keys.load_seed(self._member.home, self._member.passphrase)
        for question, sealed in answers.items():
            if question in questions:  # else it was asked for what has its shares by now
                self._keep(questions[question], question.fellow, sealed, seed)

    def _questions(self, due: _Due, given: _Given) -> Iterator[Question]:
        own = self._member.chain.address
        for guardian in due.split.guardians:
            is_done = due.custody is None and guardian.account in given.shares
            if guardian.account != own and not is_done and guardian.url is not None:
                fellow = Fellow(due.licence.dataset_id, guardian.account, guardian.url)
                yield Question(fellow, due.licence.id, own)

    def _keep(self, due: _Due, fellow: Fellow, sealed: bytes, seed: bytes) -> None:
        chain = self._member.chain
        asked = shares.asked(chain, due.licence, due.split, fellow.account)
        try:
            answer = guarding.open_of_fellow(seed, sealed, asked, chain.address)
            good, refused = shares.sifted(chain, due.licence, due.split, [answer.released])
            why = "; ".join(refused.values())
            if good and due.custody is not None:
                self._hear(due, fellow, answer)
        except BioDeSciError as exc:
            good, why = [], exc.message
        if not good:
            _log.warning("licence %d: the answer of %s is left out: %s", due.licence.id, fellow.account, why)
            self._fellows.distrust(fellow)
            return
        self._given[due.licence.id].shares[fellow.account] = ReleasedShare(signed=answer.released)

    def _hear(self, due: _Due, fellow: Fellow, answer: GuardianAnswer) -> None:
        """Approves what a fellow proposes, once, if it leaves no share out that this guardian has, and keeps
        its approval of what this guardian proposes. InputError for a proposal whose shares do not count."""
        chain, known = self._member.chain, self._given[due.licence.id]
        if answer.proposed and known.heard.get(fellow.account) != answer.proposed:
            wanted = self._wanted(due, [ReleasedShare(signed=one) for one in answer.proposed])
            good, _ = shares.sifted(chain, due.licence, due.split, answer.proposed)
            proposed = {one.release.guardian: ReleasedShare(signed=one) for one in good}
            known.shares = {**proposed, **known.shares}
            is_in = known.shares.pop(chain.address, None) is not None
            if is_in and self._has_all(due, known) and known.shares.keys() <= proposed.keys():
                known.approved[fellow.account] = guarded_custody.sign(chain, wanted)
                known.heard[fellow.account] = answer.proposed
        if known.wanted is not None and fellow.account not in known.approvals:
            wanted, named = known.wanted, guarded_custody.of_split(due.split)
            own = [
                one for one in answer.approvals if one.guardian == fellow.account and one.approval == wanted
            ]
            counted, _ = guarded_custody.sifted(chain, wanted, named, own)
            known.approvals.update({one.guardian: one for one in own if one.guardian in counted})

    def _note(self, license_id: int, why: str, head: int) -> None:
        """Nothing is due for a licence, or not now."""
        if self._waits(license_id):
            self._past.pop(license_id, None)
            if self._why.get(license_id) != why:
                _log.info("licence %d: %s", license_id, why)
            self._why[license_id] = why
            return
        self._why.pop(license_id, None)
        if head - self._past.setdefault(license_id, head) >= _DEEP:
            self._open.discard(license_id)
            for noted in (self._past, self._since, self._released):
                noted.pop(license_id, None)

    def _waits(self, license_id: int) -> bool:
        """Whether a key may be due for it yet."""
        try:
            return get(self._member.chain, license_id).state in _WAITING
        except NotFoundError:
            return False  # a reorganization took it
