"""Tables in a terminal: sentences wrap within its width, and what is copied stays whole."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from biodesci.cli import output

ADDRESS = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
CID = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"
SENTENCE = f"The licensee {ADDRESS} was not found on the chain node, which lags far behind all the others."
Draw = Callable[..., list[str]]


@pytest.fixture
def draw(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Draw:
    """The lines of a table: of a terminal of so many columns, or of a pipe."""

    def drawn(row: dict[str, object], width: int | None) -> list[str]:
        if width is not None:
            monkeypatch.setenv("FORCE_COLOR", "1")
            monkeypatch.setenv("COLUMNS", str(width))
        output.use_json(False)
        output.table([row], list(row), "")
        return [re.sub("\x1b\\[[0-9;]*m", "", line) for line in capsys.readouterr().out.splitlines()]

    return drawn


@pytest.mark.parametrize("width", [80, 100, 120])
def test_a_sentence_wraps_within_the_terminal_and_an_address_in_it_is_whole(draw: Draw, width: int) -> None:
    lines = draw({"id": 7, "cause": SENTENCE}, width)
    assert max(map(len, lines)) <= width
    assert any(ADDRESS in line for line in lines)
    assert " ".join(" ".join(lines).split()) == f"id cause 7 {SENTENCE}"


@pytest.mark.parametrize("width", [40, 80, 120, None])
def test_addresses_cids_and_ids_are_never_cut(draw: Draw, width: int | None) -> None:
    row = {"id": "deliver:31337:7:0123456789", "owner": ADDRESS, "cid": CID, "reason": SENTENCE}
    text = "\n".join(draw(row, width))
    assert all(str(row[name]) in text for name in ("id", "owner", "cid"))
    assert ADDRESS in text.replace(ADDRESS, "", 1)


def test_short_cells_are_not_wrapped_for_a_sentence_beside_them(draw: Draw) -> None:
    lines = draw({"time": "2026-11-30 12:00", "reason": SENTENCE}, 80)
    assert "2026-11-30 12:00" in lines[1]


def test_a_pipe_gets_one_line_a_row(draw: Draw) -> None:
    assert len(draw({"reason": SENTENCE * 4, "mend": SENTENCE}, None)) == 2
