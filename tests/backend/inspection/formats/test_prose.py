"""Texts without tables, and formats that nobody here opens."""

from __future__ import annotations

import pickle

import pytest

from biodesci.inspection.finding import Level
from tests.backend.inspection.formats.contents import read_bytes


def test_a_text_is_read_by_paragraphs(tmp_path):
    text = "# Report\nof the ward.\n\n\nMrs Weber came in\ntoday, and left.\n"
    content = read_bytes(tmp_path, text.encode("utf-16"))
    assert [(p.place, p.text) for p in content.passages] == [
        ("text, from line 1", "# Report\nof the ward.\n"),
        ("text, from line 5", "Mrs Weber came in\ntoday, and left.\n"),
    ]
    assert content.kinds == {"encoding": Level.NOTE}


def test_a_long_line_is_several_passages(tmp_path):
    content = read_bytes(tmp_path, b"All is well here. " * 4_000)
    assert len(content.passages) == 5 and "".join(content.texts) == "All is well here. " * 4_000


@pytest.mark.parametrize("protocol", range(6))
def test_a_pickle_is_never_opened(tmp_path, protocol):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    content = read_bytes(tmp_path, pickle.dumps([Trap()], protocol), "data.csv")
    assert content.kinds == {"pickle": Level.STOP} and not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n...", "PDF that is not read"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "7z archive that is not read"),
        (b"Rar!\x1a\x07\x01\0", "RAR archive that is not read"),
        (b"X\n\0\0\0\3\0\4\3\2", "R data file that is not read"),
        (b"RDX3\nX\n\0\0\0\3", "R data file that is not read"),
        (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "MATLAB file that is not read"),
    ],
)
def test_a_format_that_is_known_and_not_read_stops(tmp_path, data, kind):
    assert read_bytes(tmp_path, data, "data.csv").kinds == {kind: Level.STOP}


def test_unknown_bytes_are_no_format(tmp_path):
    assert read_bytes(tmp_path, bytes(range(256)) * 40, "data.csv").formats == [None]
