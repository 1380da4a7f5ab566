"""The issuer's register: who has which account, whole or not at all on disk, and how somebody is released."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from biodesci.core import keyfile
from biodesci.core.documents.order import Evidence, Purpose
from biodesci.core.errors import (
    AccessDeniedError,
    ConfigurationError,
    NotFoundError,
    UnavailableError,
    WrongKeyError,
)
from biodesci.core.visa import VisaType
from biodesci.market import offers, visa
from biodesci.market.offers import OfferTerms
from biodesci.market.purchase import purchase
from biodesci.passports import register as registers
from biodesci.passports.register import Issued, Register
from biodesci.passports.release import release
from tests.backend.passports.test_issuer import DAY, HMB, Desk, desk, published

__all__ = ["desk"]

PASS = "correct horse battery"
ANN, BOB = ("ann@uni.example", "https://broker.example"), ("bob", "https://other.example")
ONE, TWO = "0x" + "1" * 40, "0x" + "2" * 40
NOW = 1_800_000_000
ISSUER = "0x" + "9" * 40
fork = multiprocessing.get_context("fork")


def issued(number: int, expires: int = NOW + 1000) -> Issued:
    return Issued(bytes([number]) * 32, ISSUER, expires)


@pytest.fixture
def chain(chain_for: Any) -> Any:
    return chain_for()


@pytest.fixture
def opened(tmp_path: Path, chain: Any) -> Callable[[], Register]:
    return lambda: Register.open(tmp_path, PASS, chain)


def folder(home: Path) -> Path:
    (only,) = (home / "visas").iterdir()
    return only


def test_a_person_has_an_account_and_an_account_a_person(opened):
    register = opened()
    register.enter([ANN], ONE, [issued(1)], NOW)
    register.enter([ANN], ONE, [issued(1), issued(2)], NOW)
    with pytest.raises(AccessDeniedError, match="visas for another account") as refused:
        register.enter([ANN], TWO, [], NOW)
    assert ONE not in str(refused.value), "a stolen passport does not say whose account is whose"
    with pytest.raises(AccessDeniedError, match="visas of another identity"):
        register.enter([BOB], ONE, [], NOW)
    register.enter([BOB], TWO, [], NOW)
    with pytest.raises(AccessDeniedError, match="visas for another account"):
        register.enter([ANN, BOB], ONE, [], NOW)
    assert (register.account_of(ANN), register.account_of(BOB)) == (ONE, TWO)


def test_who_was_linked_once_is_known_by_either_identity(opened):
    register = opened()
    register.enter([ANN, BOB], ONE, [], NOW)
    for identity in (ANN, BOB):
        with pytest.raises(AccessDeniedError, match="visas for another account"):
            opened().enter([identity], TWO, [], NOW)
        register.enter([identity], ONE, [], NOW)


@pytest.mark.parametrize("sub", ["", '","', "é" * 100, "\ud800", "\0", "a,https://broker.example"])
def test_whatever_a_broker_calls_people_they_are_told_apart(opened, sub):
    register = opened()
    register.enter([(sub, ANN[1])], ONE, [], NOW)
    register.enter([(sub + "x", ANN[1])], TWO, [], NOW)
    assert register.account_of((sub, ANN[1])) == ONE


def test_the_files_are_private_and_name_nobody(opened, tmp_path):
    opened().enter([ANN, BOB], ONE, [issued(1)], NOW)
    for file in folder(tmp_path).iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        for name in (*ANN, *BOB, "ann"):
            assert name.encode() not in file.read_bytes()
    assert stat.S_IMODE(folder(tmp_path).stat().st_mode) == 0o700
    # Nor does who guesses a name find it there without the key.
    key = keyfile.open_((folder(tmp_path) / "register.key").read_bytes(), PASS, "visa-register")
    assert key not in (folder(tmp_path) / "register.sqlite").read_bytes()


def test_what_expired_is_forgotten_and_what_has_still_to_end_is_not(opened):
    register = opened()
    register.enter([ANN], ONE, [issued(1, NOW + 10), issued(2, NOW + 9 * DAY)], NOW)
    register.enter([ANN], ONE, [], NOW + 5 * DAY)
    assert register.begin_release(ONE) == [issued(2, NOW + 9 * DAY)]


def test_a_register_that_is_not_whole_serves_nobody(opened, tmp_path, chain):
    opened().enter([ANN], ONE, [], NOW)
    data, key = (folder(tmp_path) / name for name in ("register.sqlite", "register.key"))
    whole = {file: file.read_bytes() for file in (data, key)}

    def is_refused(kind: type[Exception], why: str) -> None:
        with pytest.raises(kind, match=why):
            opened()
        for file, raw in whole.items():
            file.write_bytes(raw)

    with pytest.raises(WrongKeyError):
        Register.open(tmp_path, "another passphrase", chain)
    data.unlink()
    is_refused(ConfigurationError, "is missing, though its key is there")
    key.unlink()
    is_refused(ConfigurationError, "key .* is missing")
    key.write_bytes(keyfile.seal(b"\1" * 32, PASS, "visa-register"))
    is_refused(ConfigurationError, "is another register's")
    data.write_bytes(b"no database" * 100)
    is_refused(ConfigurationError, "missing or damaged")
    register = opened()
    data.unlink()
    with pytest.raises(ConfigurationError, match="missing or damaged"):
        register.enter([BOB], TWO, [], NOW)
    for file, raw in whole.items():
        file.write_bytes(raw)
    with sqlite3.connect(data) as db:
        db.execute("PRAGMA user_version = 2")
    with pytest.raises(ConfigurationError, match="of another version"):
        opened()


def test_one_writes_at_a_time_and_who_waits_too_long_gets_no_visa(opened, tmp_path, monkeypatch):
    register = opened()
    monkeypatch.setattr(registers, "_PATIENCE", 0.1)
    holder = sqlite3.connect(folder(tmp_path) / "register.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(UnavailableError, match="cannot be written now"):
        register.enter([ANN], ONE, [], NOW)
    holder.execute("ROLLBACK")
    register.enter([ANN], TWO, [], NOW)


def test_of_processes_that_ask_at_once_one_passes(opened):
    """Each with an account of its own, for one person: a server with many workers."""
    register, gate = opened(), fork.Barrier(8)

    def ask(number: int) -> None:
        gate.wait()
        try:
            register.enter([ANN], f"0x{number:040x}", [issued(number)], NOW)
        except AccessDeniedError:
            os._exit(3)
        os._exit(0)

    people = [fork.Process(target=ask, args=(number,)) for number in range(8)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(person.exitcode for person in people) == [0, *[3] * 7]


class Fatal:
    """A connection whose process is killed before the statement of this number."""

    def __init__(self, db: sqlite3.Connection, left: list[int]) -> None:
        self._db, self._left = db, left

    def __getattr__(self, name: str) -> Any:
        if name.startswith("execute"):
            if self._left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left[0] -= 1
        return getattr(self._db, name)


def killed(step: int, work: Callable[[], object]) -> bool:
    """Whether `work`, in a process of its own, was killed before its SQL statement of this number."""

    def run() -> None:
        connect, left = sqlite3.connect, [step]
        registers.sqlite3.connect = lambda *args, **more: Fatal(connect(*args, **more), left)  # type: ignore[assignment, attr-defined]
        work()
        os._exit(0)

    child = fork.Process(target=run)
    child.start()
    child.join()
    assert child.exitcode in {0, -signal.SIGKILL}
    return child.exitcode != 0


def test_killed_anywhere_an_entry_is_whole_or_absent(opened):
    opened()
    step = 0
    while killed(step, lambda: opened().enter([ANN, BOB], ONE, [issued(1), issued(2)], NOW)):
        register = opened()
        # Neither person has an account, and neither account a person: both are free for others.
        for identity in (ANN, BOB):
            with pytest.raises(NotFoundError):
                register.account_of(identity)
        with pytest.raises(NotFoundError):
            register.begin_release(ONE)
        step += 1
    assert step > 8
    assert opened().begin_release(ONE) == [issued(1), issued(2)]


def test_killed_anywhere_when_it_is_made_it_is_made_by_the_next_start(tmp_path, chain):
    for step in range(100):
        home = tmp_path / str(step)
        if not killed(step, lambda home=home: Register.open(home, PASS, chain)):
            break
        Register.open(home, PASS, chain).enter([ANN], ONE, [], NOW)
        with pytest.raises(AccessDeniedError):
            Register.open(home, PASS, chain).enter([ANN], TWO, [], NOW)
    assert step > 8


def test_killed_anywhere_when_it_ends_a_release_is_gone_on_with(opened):
    opened().enter([ANN, BOB], ONE, [issued(1)], NOW)
    opened().begin_release(ONE)
    step = 0
    while killed(step, lambda: opened().end_release(ONE)):
        with pytest.raises(UnavailableError, match="being revoked"):
            opened().enter([ANN], ONE, [], NOW)
        with pytest.raises(AccessDeniedError):
            opened().enter([BOB], TWO, [], NOW)
        step += 1
    assert step > 4
    opened().enter([ANN, BOB], TWO, [], NOW)


def sold(desk: Desk, owner: Any) -> Callable[[Any], int]:
    """A dataset that asks for a researcher's status by this issuer; buys a licence with such visas."""
    dataset = published(owner)
    status = 1 << VisaType.RESEARCHER_STATUS
    visa.trust(owner, desk.chain.address, status, dataset)
    offer = offers.create(owner, dataset, OfferTerms(duration=DAY, visas=status))
    return lambda shown: int(purchase(desk.asker, offer, Purpose(duo=HMB), Evidence(visas=shown)).license_id)


def test_a_released_person_has_another_account_and_the_earlier_ones_visas_are_revoked(
    desk, broker, keyed, chain_for
):
    owner, old, new = chain_for(), desk.asker, keyed()
    token = broker.passport(broker.visa(), broker.visa("AcceptedTermsAndPolicies"))
    given = desk.ask(token).visas
    license_id = sold(desk, owner)(given[:1])
    register = desk.issuer.register
    account = register.account_of(("researcher", broker.issuer))
    assert account == old.address
    assert release(desk.chain, register, account) == 2
    assert all(visa.is_revoked(owner, one) for one in given)
    assert not owner.call(owner.licenses.functions.isActive(license_id))
    with pytest.raises(NotFoundError):
        release(desk.chain, register, account)
    desk.asker = new
    assert len(desk.ask(token).visas) == 2
    desk.asker = old
    with pytest.raises(AccessDeniedError, match="visas for another account"):
        desk.ask(token)


def test_what_was_revoked_is_not_given_again_by_the_same_passport(desk, broker):
    short, long = broker.visa(), broker.visa("AcceptedTermsAndPolicies")
    token = broker.passport(short, long)
    first = desk.ask(token).visas
    visa.revoke(desk.chain, first[0])
    again = desk.ask(token)
    assert again.visas == first[1:]
    assert again.ignored == ("A visa that this passport gives for this account was revoked.",)
    release(desk.chain, desk.issuer.register, desk.asker.address)
    with pytest.raises(AccessDeniedError, match="was revoked"):
        desk.ask(token)
    newer = broker.passport(broker.visa(claims={"exp": desk.now + 7777}))
    assert desk.ask(newer).visas


class KilledError(BaseException):
    """The release's process ends here."""


@pytest.mark.parametrize("sent", [0, 1, 2])
def test_a_release_that_was_stopped_is_gone_on_with_and_nobody_slips_through(
    desk, broker, keyed, monkeypatch, sent
):
    old, new = desk.asker, keyed()
    token = broker.passport(broker.visa(), broker.visa("AcceptedTermsAndPolicies"))
    given = desk.ask(token).visas
    left, send = [sent], desk.chain.send

    def stopping(function: Any, *more: Any) -> Any:
        if left[0] == 0:
            raise KilledError
        left[0] -= 1
        return send(function, *more)

    with monkeypatch.context() as patch:
        patch.setattr(desk.chain, "send", stopping)
        if sent == 2:
            patch.setattr(Register, "end_release", lambda *_: (_ for _ in ()).throw(KilledError()))
        with pytest.raises(KilledError):
            release(desk.chain, desk.issuer.register, old.address)
    # Between the two runs neither account gets a visa: what was signed then would not be revoked.
    with pytest.raises(UnavailableError, match="being revoked"):
        desk.ask(token)
    desk.asker = new
    with pytest.raises(AccessDeniedError, match="visas for another account"):
        desk.ask(token)
    assert release(desk.chain, desk.issuer.register, old.address) == 2 - sent
    assert all(visa.is_revoked(new, one) for one in given)
    assert desk.ask(token).visas


def test_an_issuer_with_another_account_cannot_release_what_it_did_not_sign(desk, broker, chain_for):
    desk.ask(broker.passport(broker.visa()))
    with pytest.raises(AccessDeniedError, match=f"signed by {desk.chain.address}"):
        release(chain_for(), desk.issuer.register, desk.asker.address)
    assert release(desk.chain, desk.issuer.register, desk.asker.address) == 1


def test_expired_visas_are_not_revoked(desk, broker, localnet):
    desk.ask(broker.passport(broker.visa(claims={"exp": desk.now + 60})))
    snapshot = localnet.rpc("evm_snapshot")
    localnet.pass_time(max(0, desk.now + 100 - desk.chain.now()))
    try:
        assert release(desk.chain, desk.issuer.register, desk.asker.address) == 0
    finally:
        localnet.rpc("evm_revert", snapshot)
