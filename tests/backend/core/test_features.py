"""Tables to features: missing values, bounded sums, statistics over sites, errors without values."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biodesci.core.errors import InputError
from biodesci.core.features import (
    CategoricalColumn,
    FeaturePlan,
    LabelColumn,
    Normalization,
    NumericColumn,
)

PLAN = FeaturePlan(
    numeric=(
        NumericColumn(name="age", low=0, high=100),
        NumericColumn(name="chol", low=50, high=650, zero_is_missing=True, indicator=True),
    ),
    categorical=(CategoricalColumn(name="sex", values=("Male", "Female")),),
    label=LabelColumn(name="num", threshold=0),
)
TABLE = b"age,sex,chol,num\n50,Male,200,0\n60,Female,0,3\n,,300,1\n"


def test_missing_values_stay_visible() -> None:
    x, y = PLAN.encode(TABLE)
    assert list(y) == [0, 1, 1]
    expected = [[50, 200, 1, 0], [60, np.nan, 0, 1], [np.nan, 300, 0, 0]]
    assert np.array_equal(x, np.array(expected), equal_nan=True)


def test_normalized_features_hold_no_missing_value() -> None:
    x, _ = PLAN.encode(TABLE)
    features = Normalization.from_sums(PLAN, PLAN.sums(x)).apply(x)
    assert features.shape == (3, PLAN.width) == (3, len(PLAN.feature_names))
    assert PLAN.feature_names == ["age", "chol", "chol missing", "sex = Male", "sex = Female"]
    assert features[:, 0] == pytest.approx([-1, 1, 0])
    assert features[:, 1] == pytest.approx([-1, 0, 1])
    assert list(features[:, 2]) == [0, 1, 0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.floats(0, 100), min_size=1, max_size=20), min_size=2, max_size=4))
def test_sums_over_sites_give_the_statistics_of_all_records(sites: list[list[float]]) -> None:
    tables = [np.array([[v, np.nan, 0.0, 1.0] for v in site]) for site in sites]
    norm = Normalization.from_sums(PLAN, np.sum([PLAN.sums(t) for t in tables], axis=0))
    pooled = np.concatenate(tables)
    ages = pooled[:, 0] / 50 - 1
    assert norm.mean[0] == pytest.approx(ages.mean(), abs=1e-9)
    if ages.std() > 1e-3:
        assert norm.deviation[0] == pytest.approx(ages.std(), rel=1e-6)
        assert norm.apply(pooled)[:, 0].std() == pytest.approx(1, rel=1e-6)
    assert (norm.apply(pooled)[:, 1] == 0).all()


@given(st.floats(-1e300, 1e300))
def test_sums_are_bounded_by_the_number_of_rows(value: float) -> None:
    x = np.array([[value, value, 0.0, 1.0]] * 3)
    assert np.abs(PLAN.sums(x)).max() <= 3


def test_documents_round_trip() -> None:
    assert FeaturePlan.parse(PLAN.to_bytes()) == PLAN
    norm = Normalization.from_sums(PLAN, PLAN.sums(PLAN.encode(TABLE)[0]))
    assert Normalization(norm.plan, norm.mean, norm.deviation) == norm
    with pytest.raises(InputError):
        FeaturePlan.parse(b'{"numeric": []}')
    with pytest.raises(InputError):
        Normalization(norm.plan, norm.mean, (0.0, 1.0))


def test_a_request_needs_no_label() -> None:
    assert PLAN.encode_inputs(b"age,sex,chol\n50,Male,200\n").shape == (1, 4)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (b"", "no column age"),
        (b"age,sex,num\n1,Male,0\n", "no column chol"),
        (b"age,sex,chol,num\n", "no rows"),
        (b"age,sex,chol,num\n1,Male,200,\n", "label in line 2 is missing"),
        (b"age,sex,chol,num\n1,Male,200,0\n1,Divers,200,0\n", "Line 3 holds an unknown value in column sex"),
        (b"age,sex,chol,num\nInf,Male,200,0\n", "Line 2 holds no number in column age"),
        (b"\xff\xfe\x00", "not a CSV file"),
    ],
)
def test_bad_tables_are_refused(table: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        PLAN.encode(table)


@pytest.mark.parametrize("table", [b"age,sex,chol,num\n4711x,Male,1,0\n", b"age,sex,chol,num\n1,4711x,1,0\n"])
def test_errors_never_show_a_value(table: bytes) -> None:
    with pytest.raises(InputError) as caught:
        PLAN.encode(table)
    assert "4711x" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "plan",
    [
        {"numeric": ({"name": "a", "low": 1, "high": 1},)},
        {"numeric": ({"name": "num", "low": 0, "high": 1},)},
    ],
)
def test_bad_plans_are_refused(plan: dict[str, tuple[dict[str, float]]]) -> None:
    with pytest.raises(InputError):
        FeaturePlan(
            numeric=tuple(NumericColumn(**c) for c in plan["numeric"]),
            categorical=(),
            label=LabelColumn(name="num", threshold=0),
        )


def test_the_example_of_the_documentation_is_a_plan() -> None:
    page = (Path(__file__).parents[3] / "docs" / "rounds.md").read_text()
    (example,) = re.findall(r"```json\n(.*?)```", page, re.S)
    plan = FeaturePlan.parse(example.encode())
    assert f"a model of {plan.width} features" in page
    assert plan.feature_names == ["age", "chol", "chol missing", "sex = Male", "sex = Female"]
    for field in ('"zeroIsMissing": true, ', ', "indicator": true'):
        assert field in example
        with pytest.raises(InputError):
            FeaturePlan.parse(example.replace(field, "").encode())
