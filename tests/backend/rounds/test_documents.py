"""What passes between the parties of a round: plan, signed messages, vectors; and who may import what."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from fastapi.testclient import TestClient

from biodesci.core import canonical, problems
from biodesci.core.documents.plan import MAX_SCALE, Plan
from biodesci.core.documents.result import Metrics
from biodesci.core.documents.round_messages import RoundStatus
from biodesci.core.errors import AccessDeniedError, InputError, IntegrityError
from biodesci.core.features import CategoricalColumn, FeaturePlan, LabelColumn, NumericColumn
from biodesci.fl import quantize
from biodesci.fl.masking import Context
from biodesci.rounds import signatures
from biodesci.rounds.aggregator import RoundAggregator
from biodesci.rounds.approvals import Approvals
from biodesci.rounds.plan import BINS, COUNTS, Scores, Update, decode_statistics, encode_statistics, size
from biodesci.rounds.store import RoundFolder
from biodesci.workers import aggregator as worker

VECTORS = Path(__file__).parents[2] / "vectors" / "documents"
FEATURES = FeaturePlan(
    numeric=(NumericColumn(name="age", low=0, high=100),),
    categorical=(CategoricalColumn(name="sex", values=("f", "m")),),
    label=LabelColumn(name="sick", threshold=0),
)
TRAINING: dict[str, Any] = {
    "epochs": 1, "batch_size": 8, "learning_rate": 0.1, "momentum": 0.9,
    "clip": 1.0, "optimizer": "sgd", "weight_decay": 0.0,
}  # fmt: skip
PLAN = Plan(
    kind="training",
    model_id=3,
    base_version=2,
    architecture={"name": "x"},
    features=FEATURES,
    label=FEATURES.label.name,
    **TRAINING,
    seed="s",
    scale=18,
    threshold=0,
    statistics=1,
    cohort=4,
    validation=0.1,
    colluders=1,
    invited=(),
    attempt=1,
)
WHERE = Context(31337, bytes(20), 5)


def test_a_plan_survives_its_document() -> None:
    again = Plan.parse(PLAN.to_bytes())
    assert again == PLAN
    assert size(again, 1000) == COUNTS + 1000
    sums = PLAN.model_copy(update={**dict.fromkeys(TRAINING), "kind": "statistics", "statistics": 0})
    assert size(Plan.parse(sums.to_bytes()), 1000) == 3 * 4
    assert sums.training is None
    assert PLAN.training is not None
    assert {name: getattr(PLAN, name) for name, _ in PLAN.training} == dict(PLAN.training)
    assert MAX_SCALE == quantize.MAX_SCALE


@pytest.mark.parametrize(
    ("change", "error"),
    [({"extra": 1}, InputError), ({"validation": 2.0}, InputError), ({"epochs": None}, None)],
)
def test_a_plan_with_unknown_or_wrong_fields_is_refused(
    change: dict[str, object], error: type[Exception] | None
) -> None:
    document = json.loads(PLAN.to_bytes()) | change
    if error is None:
        del document["epochs"]
        error = InputError
    with pytest.raises(error):
        Plan.parse(canonical.dumps(document))


@pytest.mark.parametrize(
    "change",
    [
        {"architecture": 3},
        {"architecture": [1]},
        {"features": [1]},
        {"validation": 10**400},
        {"label": "\ud800"},
    ],
)
def test_a_plan_of_the_wrong_types_is_refused_by_an_error_of_ours(change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Plan.parse(canonical.dumps(json.loads(PLAN.to_bytes()) | change))


def test_a_plan_that_is_not_canonical_is_refused() -> None:
    with pytest.raises(IntegrityError):
        Plan.parse(PLAN.to_bytes() + b" ")
    with pytest.raises(InputError):
        Plan.parse(b"\xff")


def test_a_signature_holds_for_one_round_kind_and_body() -> None:
    account = Account.create()
    signature = signatures.sign(account, WHERE, "masked", b"body")
    me = bytes.fromhex(account.address[2:])
    assert signatures.signer(WHERE, "masked", sha256(b"body").digest(), signature) == me
    for where, kind, body in (
        (replace(WHERE, round_id=6), "masked", b"body"),
        (replace(WHERE, chain_id=1), "masked", b"body"),
        (WHERE, "shares", b"body"),
        (WHERE, "masked", b"other"),
    ):
        assert signatures.signer(where, kind, sha256(body).digest(), signature) != me


def test_what_is_signed_are_the_lines_of_the_protocol() -> None:
    account = Account.create()
    text = (
        "BioDeSci round message v1\nchain 31337\nregistry 0x0000000000000000000000000000000000000000\n"
        "round 5\nkind unmask\nsha256 230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"
    )
    signed = bytes(account.sign_message(encode_defunct(text=text)).signature)
    assert len(signed) == 65
    assert signatures.sign(account, WHERE, "unmask", b"body") == "0x" + signed.hex()


@pytest.mark.parametrize(
    "signature", ["", "0x", "zz", "0x" + "00" * 65, "0x" + "ff" * 65, "0x12", "00" * 65, "0x" + " 00" * 65]
)
def test_noise_is_no_signature(signature: str) -> None:
    with pytest.raises(AccessDeniedError, match="not valid"):
        signatures.signer(WHERE, "masked", sha256(b"body").digest(), signature)


def test_a_digest_is_read_as_rfc_9530_writes_it() -> None:
    digest = sha256(b"body").digest()
    assert signatures.read_digest(signatures.write_digest(b"body")) == digest
    assert signatures.read_digest(f"sha-512=:AAAA:, {signatures.write_digest(b'body')}") == digest
    for field in ("", "sha-256=", "sha-256=:AAAA:", "xsha-256=:" + "A" * 43 + "=:", digest.hex()):
        with pytest.raises(InputError, match="digest"):
            signatures.read_digest(field)


def test_an_update_survives_summation() -> None:
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 2, 50)
    score = Scores.of(30, rng.random(50), labels)
    one = Update(450, 50, score, score, np.rint(rng.normal(size=20) * 2**18) / 2**18)
    total = Update.decode(one.encode(18, 4) + one.encode(18, 4), 18)
    assert (total.records, total.validated, total.after.right) == (900, 100, 60)
    assert np.array_equal(total.delta, 2 * one.delta)
    assert total.after.metrics() == score.metrics()
    with pytest.raises(IntegrityError, match="no sense"):
        Update.decode(np.zeros(COUNTS + 20, dtype=np.uint32), 18)


def test_auc_is_that_of_the_bins() -> None:
    perfect = Scores.of(4, np.array([0.1, 0.2, 0.8, 1.0]), np.array([0, 0, 1, 1]))
    assert perfect.metrics() == Metrics(accuracy=1.0, auc=1.0)
    even = Scores.of(1, np.full(2, 0.5), np.array([0, 1]))
    assert even.metrics() == Metrics(accuracy=0.5, auc=0.5)
    assert perfect.positive.size == BINS


def test_statistics_survive_summation() -> None:
    vectors = [encode_statistics(10, np.array([9.5, -0.25, 3.0]), 24, 3) for _ in range(3)]
    rows, sums = decode_statistics(np.sum(vectors, axis=0, dtype=np.uint32), 24)
    assert (rows, sums.tolist()) == (30, [28.5, -0.75, 9.0])
    with pytest.raises(IntegrityError, match="no rows"):
        decode_statistics(np.zeros(12, dtype=np.uint32), 24)


def test_a_site_approves_plans_one_by_one(tmp_path: Path) -> None:
    site = Approvals(tmp_path)
    with pytest.raises(AccessDeniedError, match="not approved"):
        site.require(b"\1" * 32)
    site.approve(b"\1" * 32)
    Approvals(tmp_path).require(b"\1" * 32)
    with pytest.raises(AccessDeniedError):
        site.require(b"\2" * 32)
    Approvals(tmp_path, approve_any=True).require(b"\2" * 32)


def test_plans_that_were_approved_before_stay_approved_and_a_damaged_list_approves_none(
    tmp_path: Path,
) -> None:
    file = tmp_path / "approved-plans.json"
    file.write_text(json.dumps(["01" * 32, "02" * 32]))
    Approvals(tmp_path).approve(b"\3" * 32)
    assert json.loads(file.read_bytes()) == ["01" * 32, "02" * 32, "03" * 32]
    for text in ("", "{}", "null", '["01"]', "[1]", '{"01": 1}', f'["0x{"01" * 32}"]', "[" * 100_000):
        file.write_text(text)
        with pytest.raises(IntegrityError, match="is damaged"):
            Approvals(tmp_path).require(b"\1" * 32)


def test_the_aggregator_reaches_no_key_and_no_torch() -> None:
    code = (
        "import sys, biodesci.workers.aggregator\n"
        "bad = {'torch', 'biodesci.ee', 'biodesci.market.publish', 'biodesci.market.custody'}\n"
        "print(sorted(bad & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def test_round_secrets_are_their_owners_alone(tmp_path: Path) -> None:
    folder = RoundFolder(tmp_path, "node", WHERE)
    folder.write("secrets", b"mask keys")
    assert stat.S_IMODE((folder.path / "secrets").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_an_inbox_is_empty_until_sharing_is_over() -> None:
    class Sharing:
        def inbox(self, round_id: int, address: str) -> None:
            """Nothing yet: the nodes are still sharing."""

    app = worker.create_app(cast(RoundAggregator, Sharing()))
    answer = TestClient(app).get(f"/rounds/5/inbox/0x{'11' * 20}")
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "path",
    ["rounds/x", "rounds/-1", f"rounds/{2**256}", "rounds/" + "9" * 5_000, "rounds/1.5", "rounds/x/inbox/0x"],
)
def test_a_path_that_names_no_round_is_refused_as_every_error_is(path: str) -> None:
    answer = TestClient(worker.create_app(cast(RoundAggregator, None))).get(f"/{path}")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-input")
    assert answer.headers["content-type"] == problems.MEDIA_TYPE


def test_a_round_has_three_messages() -> None:
    answer = TestClient(worker.create_app(cast(RoundAggregator, None))).post("/rounds/5/vote", content=b"")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-input")


def test_what_an_aggregator_says_of_a_round_is_a_document() -> None:
    raw = (VECTORS / "round-status.json").read_bytes()

    class Running:
        def status(self, round_id: int) -> RoundStatus:
            return RoundStatus.parse(raw)

    answer = TestClient(worker.create_app(cast(RoundAggregator, Running()))).get("/rounds/7")
    assert (answer.status_code, answer.content) == (200, raw)
    assert answer.headers["content-type"] == "application/json"
