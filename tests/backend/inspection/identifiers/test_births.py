"""Ids that are made of a date of birth stop, whatever stands around it."""

from __future__ import annotations

import random

import pytest

from biodesci.inspection.finding import Level
from tests.backend.inspection.identifiers.looking import levels

FORMS = (
    *(
        "{i}{j}{d:02}{m:02}{yy:02}",
        "{i}{j}{m:02}{d:02}{yy:02}",
        "{i}{j}{y}{m:02}{d:02}",
        "{i}{j}{d:02}{m:02}{y}",
    ),
    *("{i}{j}-{d:02}.{m:02}.{y}", "{y}{m:02}{d:02}-{n}", "{yy:02}{m:02}{d:02}-{n}1", "P{y}{m:02}{d:02}"),
    *(
        "WEB{i}{j}A{yy:02}{m:02}{d:02}",
        "{d:02}{m:02}{yy:02}/{n}",
        "{y}-{m:02}-{d:02}-{i}{j}",
        "{i}{j}_{d}.{m}.{yy:02}",
    ),
)
HEADINGS = ("pat_id", "subject", "participant", "patient", "person", "Probandennummer", "Pat-ID", "x7")


def _ids(form: str, *, rows: int = 60, first: int = 1935, last: int = 1999) -> list[str]:
    dice = random.Random(form)
    return [
        form.format(
            d=dice.randint(1, 28), m=dice.randint(1, 12),
            y=(year := dice.randint(first, last)), yy=year % 100,
            i=chr(65 + dice.randrange(26)), j=chr(65 + dice.randrange(26)), n=dice.randint(100, 999),
        )
        for _ in range(rows)
    ]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_ids_of_births_stop(form: str) -> None:
    for heading in HEADINGS:
        assert Level.STOP in levels(heading, _ids(form)).values(), heading
    assert Level.STOP in levels("subject", _ids(form, rows=8)).values()


def test_dates_of_a_few_years_and_initials_with_a_year_ask() -> None:
    assert levels("sample", _ids("{i}{j}{y}{m:02}{d:02}", first=2019, last=2023))["date"] is Level.ASK
    assert levels("subject", _ids("{i}{j}_{y}"))["year of birth"] is Level.ASK


@pytest.mark.parametrize(
    "values",
    [
        [
            f"S{site:02}{subject:02}{visit:02}"
            for site in range(1, 6)
            for subject in range(1, 9)
            for visit in (1, 2)
        ],
        [f"P{number:06}" for number in range(10_101, 10_161)],
        [f"GENE{random.Random(i).randrange(10**6):06}" for i in range(60)],
        [f"TCGA-{i % 30:02}-{1900 + i:04}-{i % 12:02}A" for i in range(60)],
        [f"{random.Random(i).uniform(0, 1):.6f}" for i in range(60)],
        [f"v{i % 9}.{i % 5}.{i % 30}" for i in range(60)],
    ],
)
def test_other_ids_have_no_dates(values: list[str]) -> None:
    assert not {"date", "date of birth", "year of birth"} & levels("code", values).keys()
