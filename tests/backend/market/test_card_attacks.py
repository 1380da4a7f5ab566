"""Each attack of `make figures` (benchmarks/card_attacks.py) gets small counts out of plain statistics, and
none out of our cards."""

from __future__ import annotations

import pyarrow as pa
import pytest

from benchmarks import card, card_datasets

TABLES = {
    "mean x records": {"sick": ["1"] * 9 + ["0"] * 128},
    "mean and deviation": {"rr": [f"{1000 + i % 40}.5" for i in range(200)] + ["1900.0"]},
    "the share of missing values": {"age": [""] * 3 + [str(30 + i % 40) for i in range(134)]},
    "a total": {"sex": ["f"] * 4 + ["m"] * 133},
    "two versions": {"country": ["DE"] * 70 + ["CH"] * 67},
}


@pytest.mark.parametrize("name", TABLES)
def test_an_attack_gets_something_out_of_plain_statistics_and_nothing_out_of_a_card(name: str) -> None:
    ours, plainly, columns = card.attacked(pa.table(TABLES[name]))
    assert columns == 1
    assert ours == 0
    # One of the finds is always the growth between versions; the others are of the attack.
    assert plainly > (2 if name != "two versions" else 1)


def test_no_generated_cohort_gives_anything_back() -> None:
    assert [card.attacked(card.generated(seed))[0] for seed in range(8)] == [0] * 8


def test_two_datasets_of_nearly_the_same_people_show_no_cell_that_grew() -> None:
    pairs = [card_datasets.compared(card.generated(seed), more) for seed in range(6) for more in (1, 7)]
    assert [(ours, is_recognised) for ours, _, is_recognised in pairs] == [(0, True)] * len(pairs)
    assert sum(alone for _, alone, _ in pairs) > 0
