"""What a process logs is one bounded line a record, whoever wrote what is in it, and names no secret."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Callable

import pytest

from biodesci import logs
from biodesci.core.about import about

log = logging.getLogger("custodian")
QUOTED = 'pässword "with" quotes\\'  # is written in another way in JSON
HOSTILE = [
    "a\n2026-01-01 00:00:00,000 custodian licence 7: key delivered to 0xEvil",
    "a\r\nb",
    "\x1b[2J\x1b[1;1Hcleared",
    "left\u202eright",
    "line\u2028separator",
    "lone\ud800surrogate",
    "\x9b31m",
]


@pytest.fixture(params=["text", "json"])
def lines(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """lines(write) are those that come of what `write` logs, in one of the formats."""

    def begin(write: Callable[[], object], chosen: logs.Format = request.param) -> list[str]:
        root = logging.getLogger()
        before = (list(root.handlers), root.level)
        logs.begin("custodian", chosen, ["correct horse battery staple", "abc", QUOTED])
        try:
            write()
        finally:
            logging.captureWarnings(capture=False)
            root.handlers[:], root.level = before
        return capsys.readouterr().err.splitlines()

    return begin


@pytest.mark.parametrize("text", HOSTILE)
def test_a_strangers_text_begins_no_line_and_commands_no_terminal(lines, text: str) -> None:
    (shown,) = lines(lambda: log.warning("licence %d: %s", 1, text))
    assert shown.isprintable()
    assert "licence 1: " in shown


def test_a_strangers_text_is_bounded(lines) -> None:
    (shown,) = lines(lambda: log.warning("card: %s", "x" * 1_000_000))
    assert len(shown) < 2 * logs.LONGEST
    assert "996006 more characters" in shown


def failing(text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("Unexpected error; trying again.")


def test_the_secrets_of_the_process_are_blotted_out(lines) -> None:
    text = "\n".join(lines(lambda: log.warning("opened with %s, abc", "correct horse battery staple")))
    assert "battery" not in text
    assert "[secret]" in text
    assert "abc" in text  # too short to be told from a word


@pytest.mark.parametrize("before", ["", "x" * (logs.LONGEST - 9)], ids=["whole", "cut"])
def test_a_secret_is_blotted_out_before_it_is_escaped_or_cut(lines, before: str) -> None:
    (shown,) = lines(lambda: log.warning("%s%s", before, QUOTED))
    assert "pässword" not in shown
    assert "ssword" not in shown


def test_an_error_says_where_it_happened_and_not_what_it_quotes(lines) -> None:
    text = "\n".join(lines(lambda: failing("63,1,4,1 a patient's record")))
    assert "ValueError" in text
    assert "test_logs.py" in text
    assert "patient" not in text


def test_a_line_that_cannot_be_written_shows_no_argument(lines) -> None:
    text = "\n".join(lines(lambda: log.info("%d records", "63,1,4,1 a patient's record")))
    assert "could not be logged" in text
    assert "patient" not in text


def test_json_has_the_ids_as_fields(lines) -> None:
    def write() -> None:
        with about(network=1, licence=4), about(transaction="0xab"):
            log.info("delivered")
        thread = threading.Thread(target=lambda: log.info("elsewhere"))
        thread.start()
        thread.join()
        logging.getLogger("uvicorn.error").warning("from a library")

    entries = [json.loads(line) for line in lines(write, "json")]
    first, *others = entries
    assert first["message"] == "delivered"
    assert (first["worker"], first["network"]) == ("custodian", 1)
    assert (first["licence"], first["transaction"]) == (4, "0xab")
    assert first["level"] == "info"
    assert first["time"].endswith("+00:00")
    assert [entry["message"] for entry in others] == ["elsewhere", "from a library"]
    assert not any("licence" in entry for entry in others)
    assert all(entry["worker"] == "custodian" for entry in others)


def test_a_library_that_logs_in_its_own_way_logs_as_the_process_does(lines) -> None:
    library = logging.getLogger("a.library")
    library.propagate = False
    library.addHandler(logging.StreamHandler(sys.stderr))
    (shown,) = lines(lambda: library.warning("its own way"))
    assert "a.library" in shown
