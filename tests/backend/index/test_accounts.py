"""Every event of every contract says who called and whom it credits; none of its accounts is left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Table, Text

from biodesci.chain import contracts
from biodesci.core.documents.deployment import CONTRACTS
from biodesci.core.onchain import NOBODY, Role
from biodesci.index.accounts import RULES, Account, Money, accounts
from biodesci.index.changes.draft import Draft
from biodesci.index.database import Store
from biodesci.index.tables import (
    datasets,
    enrolments,
    inferences,
    licenses,
    models,
    offers,
    roles,
    rounds,
)

EVENTS = [
    (contract, entry)
    for contract in CONTRACTS
    for entry in contracts.abi(contract)
    if entry["type"] == "event"
]
# Addresses of events that are no account of anybody.
NO_ACCOUNT = {"currency"}
TOKEN = "0x" + "7e" * 20


def account(number: int) -> str:
    return f"0x{number:040x}"


OWNER, CUSTODIAN, COMMITTEE, LICENSEE, ARBITER = (account(0xA0 + n) for n in range(5))
AGGREGATOR, SITE, REQUESTER, WORKER, STRANGER = (account(0xB0 + n) for n in range(5))


def add(draft: Draft, table: Table, **row: Any) -> None:
    """A row in which what is not given is nothing."""
    nothing = {column.name: "" if isinstance(column.type, Text) else 0 for column in table.columns}
    draft.add(table, **{**nothing, **row})


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """Of an index in which nothing is: drafts are never written here, so one engine tells as much as two."""
    with (
        Store(tmp_path_factory.mktemp("accounts") / "index.sqlite") as store,
        store.transaction() as connection,
    ):
        yield connection


@pytest.fixture
def draft(connection: Connection) -> Draft:
    """One of each: dataset, licence that is paid in a token, model, round and request, all with number 1."""
    made = Draft(connection, from_nothing=True)
    add(made, datasets, id=1, owner=OWNER, handovers=2)
    add(made, roles, dataset_id=1, handovers=2, role=int(Role.CUSTODIAN), account=CUSTODIAN, state=2)
    add(made, roles, dataset_id=1, handovers=2, role=int(Role.COMMITTEE), account=COMMITTEE, state=2)
    add(made, offers, id=1, dataset_id=1, currency=TOKEN)
    add(made, licenses, id=1, offer_id=1, dataset_id=1, licensee=LICENSEE, arbiter=ARBITER)
    add(made, models, id=1, owner=OWNER)
    add(made, rounds, id=1, model_id=1, aggregator=AGGREGATOR)
    add(made, enrolments, round_id=1, node=SITE)
    add(made, inferences, id=1, model_id=1, requester=REQUESTER, worker=WORKER, arbiter=ARBITER)
    return made


def test_every_event_has_a_rule_and_every_rule_an_event():
    assert {(contract, entry["name"]) for contract, entry in EVENTS} == {
        (contract, name) for contract, rules in RULES.items() for name in rules
    }


def fill(inputs: list[dict[str, Any]], fresh: Iterator[str]) -> dict[str, Any]:
    """Arguments of an event: every account another one, every number 1."""

    def value(entry: dict[str, Any]) -> Any:
        kind = entry["type"]
        if kind.endswith("[]"):
            return [value({**entry, "type": kind[:-2]}) for _ in range(2)]
        if kind == "tuple":
            return fill(entry["components"], fresh)
        return next(fresh) if kind == "address" else 1

    return {entry["name"]: value(entry) for entry in inputs}


def addresses(args: Any, name: str = "") -> Iterator[str]:
    if isinstance(args, dict):
        for key, inner in args.items():
            yield from addresses(inner, key)
    elif isinstance(args, list):
        for inner in args:
            yield from addresses(inner, name)
    elif isinstance(args, str) and name not in NO_ACCOUNT:
        yield args


@pytest.mark.parametrize(
    ("contract", "entry"), EVENTS, ids=[f"{contract}.{entry['name']}" for contract, entry in EVENTS]
)
def test_who_called_is_said_and_no_account_is_left_out(draft, contract, entry):
    args = fill(entry["inputs"], (account(n) for n in range(1, 100)))
    told = accounts(draft, contract, entry["name"], args)
    assert {one.address for one in told} == set(addresses(args))
    rule = RULES[contract][entry["name"]]
    callers = [one for one in told if one.part == "by"]
    # An event that says no caller has its reason in the rule; one that has a `by` says it.
    assert len(callers) == (0 if rule.no_caller else 1)
    assert not (rule.no_caller and "by" in args)
    if "by" in args:
        assert callers[0].address == args["by"]
    assert all(one.money is not None for one in told if one.part == "credits")


@pytest.mark.parametrize(
    ("contract", "entry"),
    [one for one in EVENTS if {"amount", "paid", "royalty"} & {field["name"] for field in one[1]["inputs"]}],
)
def test_every_amount_of_an_event_is_credited_to_somebody(draft, contract, entry):
    args = fill(entry["inputs"], (account(n) for n in range(1, 100)))
    amounts = [name for name in args if name in {"amount", "paid", "royalty"}]
    args |= {name: 10 + at for at, name in enumerate(amounts)}
    told = accounts(draft, contract, entry["name"], args)
    assert sorted(one.money.amount for one in told if one.money) == [str(args[name]) for name in amounts]


@pytest.mark.parametrize(
    ("caller", "role"),
    [
        (OWNER, "owner"),
        (CUSTODIAN, "custodian"),
        (COMMITTEE, "committee"),
        (LICENSEE, "licensee"),
        (ARBITER, "arbiter"),
        (STRANGER, "somebody else"),
    ],
)
def test_what_the_caller_is_to_a_licence(draft, caller, role):
    told = accounts(draft, "AccessLicense", "LicenseRefunded", {
        "licenseId": 1, "by": caller, "licensee": LICENSEE, "amount": 25,
    })  # fmt: skip
    assert told[0] == Account("by", caller, role)
    assert told[1] == Account("credits", LICENSEE, "licensee", Money("25", TOKEN))
    assert len(told) == 2


@pytest.mark.parametrize(
    ("caller", "role"),
    [(AGGREGATOR, "aggregator"), (SITE, "site"), (OWNER, "owner"), (STRANGER, "somebody else")],
)
def test_what_the_caller_is_to_a_round(draft, caller, role):
    told = accounts(draft, "ModelRegistry", "RoundAborted", {"roundId": 1, "by": caller, "reason": "0x"})
    assert told == (Account("by", caller, role),)


def test_a_worker_that_declines_is_a_worker(draft):
    args = {"requestId": 1, "requester": REQUESTER, "paid": 5, "by": WORKER}
    assert accounts(draft, "InferenceCommitment", "InferenceExpired", args) == (
        Account("by", WORKER, "worker"),
        Account("credits", REQUESTER, "requester", Money("5", NOBODY)),
    )


def test_a_role_that_is_given_back_is_still_named(draft):
    args = {"datasetId": 1, "role": int(Role.OPERATOR), "account": SITE, "by": SITE}
    assert accounts(draft, "DatasetNFT", "RoleRevoked", args) == (Account("by", SITE, "operator"),)
    args["by"] = OWNER
    assert accounts(draft, "DatasetNFT", "RoleRevoked", args) == (
        Account("by", OWNER, "owner"),
        Account("names", SITE, "operator"),
    )


def test_a_role_before_a_handover_is_none_any_more(draft):
    draft.set(datasets, 1, handovers=3)
    told = accounts(draft, "AccessLicense", "LicenseDelivered", {"licenseId": 1, "by": CUSTODIAN})
    assert told == (Account("by", CUSTODIAN, "somebody else"),)


def test_nothing_is_credited_where_nothing_is_paid(draft):
    args = {"licenseId": 1, "by": LICENSEE, "owner": OWNER, "amount": 0, "publisher": NOBODY, "royalty": 0}
    assert accounts(draft, "AccessLicense", "LicenseSettled", args) == (Account("by", LICENSEE, "licensee"),)


def test_uses_that_a_round_counts_are_called_by_the_contract_of_rounds(draft):
    args = {"licenseId": 1, "by": STRANGER, "usesLeft": 1}
    assert accounts(draft, "AccessLicense", "LicenseConsumed", args) == (
        Account("by", STRANGER, "model registry"),
    )
