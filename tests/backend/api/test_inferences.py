"""An inference as the index and the API tell it: how it ended, and whose statements count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from biodesci.api.app import create
from biodesci.config import Settings
from biodesci.index.database import Block, Event, Store

REQUESTER, WORKER, ARBITER = ("0x" + digits * 20 for digits in ("a1", "b2", "c3"))
FRIEND, NAMED, TRUSTED = ("0x" + digits * 20 for digits in ("d4", "e5", "f6"))
Log = tuple[tuple[str, dict[str, Any]], ...]


def word(number: int) -> str:
    return f"0x{number:064x}"


def resolved(*, upheld: bool) -> tuple[str, dict[str, Any]]:
    return "ChallengeResolved", {"requestId": 1, "arbiter": ARBITER, "upheld": upheld}


def attested(auditor: str, standing: int, *, passed: bool = True) -> tuple[str, dict[str, Any]]:
    args = {"requestId": 1, "auditor": auditor, "standing": standing, "passed": passed, "report": word(9)}
    return "AuditAttested", args


ASKED: Log = (
    (
        "InferenceRequested",
        {
            "requestId": 1,
            "modelId": 1,
            "version": 1,
            "requester": REQUESTER,
            "worker": WORKER,
            "arbiter": ARBITER,
            "fee": 7,
            "challengeWindow": 3600,
            "deadline": 2_000,
            "inputCommitment": word(1),
            "input": word(2),
        },
    ),
    (
        "InferenceCommitted",
        {"requestId": 1, "worker": WORKER, "outputCommitment": word(3), "output": word(4)},
    ),
)
CHALLENGED: Log = (
    *ASKED,
    ("InferenceChallenged", {"requestId": 1, "requester": REQUESTER, "evidence": word(5)}),
)
REFUSED = ("InferenceRefused", {"requestId": 1, "requester": REQUESTER, "paid": 7, "by": ARBITER})
FINAL = ("InferenceFinalized", {"requestId": 1, "worker": WORKER, "paid": 7, "by": ARBITER})


def told(tmp_path: Path, log: Log) -> dict[str, Any]:
    settings = Settings(home=tmp_path / "home", deployment=tmp_path / "none.json")
    with Store(settings.index_location) as store, TestClient(create(settings)) as client:
        block = Block(1, word(1), 1_000)
        store.apply(
            [Event(block, at, word(at), "InferenceCommitment", *event) for at, event in enumerate(log)],
            block,
        )
        answer = client.get("/v1/inferences/1")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


@pytest.mark.parametrize(
    ("log", "state"),
    [
        (ASKED, "committed"),
        (CHALLENGED, "challenged"),
        ((*CHALLENGED, REFUSED), "refused"),  # nobody decided in 30 days
        ((*CHALLENGED, resolved(upheld=True), REFUSED), "refused"),
        ((*CHALLENGED, resolved(upheld=False), FINAL), "finalized"),
    ],
)
def test_states_follow_what_the_contract_says(tmp_path: Path, log: Log, state: str) -> None:
    found = told(tmp_path, log)
    assert (found["state"], found["arbiter"]) == (state, ARBITER)
    assert (found["deadline"] is None) == (state in ("refused", "finalized"))


def test_a_statement_says_who_had_named_its_auditor(tmp_path: Path) -> None:
    log = (
        *ASKED,
        attested(FRIEND, 0),
        attested(NAMED, 0),
        attested(NAMED, 2, passed=False),
        attested(TRUSTED, 1),
    )
    shown = [
        (one["auditor"], one["standing"], one["superseded"], one["passed"])
        for one in told(tmp_path, log)["attestations"]
    ]
    assert shown == [
        (FRIEND, "nobody", False, True),
        (NAMED, "nobody", True, True),
        (NAMED, "requester", False, False),
        (TRUSTED, "owner", False, True),
    ]
