"""What was bought and cannot be delivered, as its key is not in this home, is shown and not passed over."""

from __future__ import annotations

import logging
import shutil
from typing import Any

import pytest

from biodesci.chain.provider import Provider
from biodesci.core.onchain import Role
from biodesci.market import entrusted, license, roles
from biodesci.market.card import DatasetMeta
from biodesci.market.custody import Custodian
from biodesci.market.entrusted import Entrusted
from biodesci.market.handover import hand_over, take_over
from biodesci.market.publish import publish
from biodesci.store import jobs
from biodesci.store.jobs import Jobs
from biodesci.store.work import Work
from tests.backend.acting import acting
from tests.backend.market.conftest import seller

HMB = 1 << 2


@pytest.fixture
def work(tmp_path):
    with Work(tmp_path / "work.sqlite") as opened:
        yield opened


def custodian(member: Any, work: Work) -> Custodian:
    return Custodian(member, jobs=Jobs(work, "custodian"))


def reasons(work: Work) -> dict[str, str]:
    return {job.subject: job.reason for job in jobs.listed(work)}


def test_a_home_that_lost_its_keys_says_what_it_owes_until_they_are_back(sale, work, tmp_path, caplog):
    before = sale.buy().license_id
    assert custodian(seller(sale), work).poll() == [before]
    away = shutil.move(sale.home / "datasets", tmp_path / "away")
    bought = sale.buy(again=True).license_id
    serves = custodian(seller(sale), work)
    with caplog.at_level(logging.WARNING):
        for _ in range(6):
            assert serves.poll() == []
    assert serves.undelivered == 1
    why = serves.waiting[bought]
    assert f"the key of dataset {sale.dataset}, version 1, is not in this home" in why
    assert "datasets/" in why
    assert "biodesci dataset take-over" in why
    assert reasons(work) == {str(bought): why}
    assert sum("is not in this home" in record.getMessage() for record in caplog.records) == 1

    again = Custodian(seller(sale))  # `dataset release`, which keeps no jobs
    assert again.poll() == []
    assert again.waiting == {bought: why}

    shutil.move(away, sale.home / "datasets")
    assert custodian(seller(sale), work).poll() == [bought], "it rests, and need not any more"
    assert reasons(work) == {}


def test_keys_that_go_while_it_runs_and_a_home_that_never_had_them(sale, work, tmp_path):
    serves = custodian(seller(sale), work)
    assert serves.poll() == []
    shutil.rmtree(sale.home / "datasets")
    bought = sale.buy().license_id
    assert serves.poll() == []
    assert list(serves.waiting) == [bought]
    empty = Custodian(acting(sale.owner, sale.ipfs, tmp_path / "empty"))
    assert empty.poll() == []
    assert list(empty.waiting) == [bought]


def test_who_accepted_custody_and_has_no_key_says_so_until_it_takes_over(sale, other, work, tmp_path):
    bought = sale.buy().license_id
    roles.grant(sale.owner, sale.dataset, Role.CUSTODIAN, other.chain.address)
    assert custodian(other, work).poll() == []
    assert reasons(work) == {}, "it was only proposed"
    roles.accept(other.chain, sale.dataset, Role.CUSTODIAN)
    serves = custodian(other, work)
    for _ in range(6):
        assert serves.poll() == []
    assert list(reasons(work)) == [str(bought)]
    hand_over(seller(sale), sale.dataset, other.chain.address, tmp_path / "keys")
    take_over(other, sale.dataset, tmp_path / "keys")
    assert serves.poll() == [bought]
    assert reasons(work) == {}


def test_a_new_owner_without_keys_says_so_and_the_one_before_does_not(sale, other, work):
    move = sale.owner.datasets.functions.transferFrom(sale.owner.address, other.chain.address, sale.dataset)
    sale.owner.send(move)
    shutil.rmtree(sale.home / "datasets")
    bought = sale.buy().license_id
    assert custodian(seller(sale), work).poll() == []
    assert reasons(work) == {}
    assert custodian(other, work).poll() == []
    assert list(reasons(work)) == [str(bought)]


def test_what_another_custodian_delivers_goes_by_itself(sale, other, work, tmp_path):
    roles.grant(sale.owner, sale.dataset, Role.CUSTODIAN, other.chain.address)
    roles.accept(other.chain, sale.dataset, Role.CUSTODIAN)
    hand_over(seller(sale), sale.dataset, other.chain.address, tmp_path / "keys")
    take_over(other, sale.dataset, tmp_path / "keys")
    shutil.rmtree(sale.home / "datasets")
    bought = sale.buy().license_id
    serves = custodian(seller(sale), work)
    assert serves.poll() == []
    assert list(reasons(work)) == [str(bought)]
    assert Custodian(other).poll() == [bought]
    assert serves.poll() == []
    assert serves.undelivered == 0
    assert serves.waiting == reasons(work) == {}


def test_what_is_owed_no_more_is_gone(sale, work):
    sale.buy()
    shutil.rmtree(sale.home / "datasets")
    serves = custodian(seller(sale), work)
    assert serves.poll() == []
    (license_id,) = serves.waiting
    sale.owner.send(sale.owner.datasets.functions.withdraw(sale.dataset, 1))
    assert serves.poll() == []
    assert "consent was withdrawn" in serves.waiting[license_id]
    assert license.refund(sale.buyer, license_id) is not None
    assert serves.poll() == []
    assert reasons(work) == {}


def test_a_block_costs_no_more_questions_than_with_the_keys(sale, localnet, monkeypatch):
    """What an account answers for on chain is looked up when it begins, and then once an hour."""
    asked: list[object] = []
    real = Provider.logs
    monkeypatch.setattr(
        Provider, "logs", lambda self, query, blocks: asked.append(query) or real(self, query, blocks)
    )
    serves = Custodian(seller(sale))
    counts = []
    for _ in range(2):
        serves.poll()
        localnet.rpc("evm_mine")
        asked.clear()
        serves.poll()
        counts.append(len(asked))
        shutil.rmtree(sale.home / "datasets", ignore_errors=True)
    assert counts == [1, 1]


def test_of_tokens_that_are_given_away_the_newest_count(sale, other, work, monkeypatch):
    """Anybody can give them to anybody."""
    monkeypatch.setattr(entrusted, "_MOST_GIVEN", 1)
    functions, bought = sale.owner.datasets.functions, sale.buy().license_id
    second = publish(seller(sale), sale.file, DatasetMeta("Cohort", "", HMB)).dataset_id
    sale.owner.send(functions.transferFrom(sale.owner.address, other.chain.address, sale.dataset))
    assert custodian(other, work).poll() == []
    assert list(reasons(work)) == [str(bought)]
    sale.owner.send(functions.transferFrom(sale.owner.address, other.chain.address, second))
    for _ in range(2):  # as it is read, and as it was noted
        watch = Entrusted(other.chain).watch(frozenset(), other.chain.counted_head())
        assert list(watch.keyless) == [second]


def test_what_is_accepted_while_it_runs_is_noticed_later(sale, other, work, monkeypatch):
    monkeypatch.setattr(entrusted, "_PAUSE_S", 0.0)
    bought = sale.buy().license_id
    serves = custodian(other, work)
    assert serves.poll() == []
    for _ in range(2):  # as often as it is given and taken
        roles.grant(sale.owner, sale.dataset, Role.CUSTODIAN, other.chain.address)
        assert serves.poll() == []
        assert serves.undelivered == 0
        roles.accept(other.chain, sale.dataset, Role.CUSTODIAN)
        assert serves.poll() == []
        assert list(serves.waiting) == [bought]
        roles.revoke(sale.owner, sale.dataset, Role.CUSTODIAN, other.chain.address)
        assert serves.poll() == []
        assert serves.undelivered == 0
