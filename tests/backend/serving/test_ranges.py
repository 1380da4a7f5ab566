"""Ranges of bytes (RFC 9110, section 14)."""

from __future__ import annotations

import pytest

from biodesci.serving.ranges import Range, asked


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", Range(0, 100, 200)),
        ("bytes=0-0", Range(0, 1, 206)),
        (" bytes=10-19 ", Range(10, 20, 206)),
        ("bytes=90-", Range(90, 100, 206)),
        ("bytes=90-1000", Range(90, 100, 206)),
        ("bytes=-10", Range(90, 100, 206)),
        ("bytes=-1000", Range(0, 100, 206)),
        ("bytes=100-", Range(0, 0, 416)),
        ("bytes=20-10", Range(0, 0, 416)),
        ("bytes=-0", Range(0, 0, 416)),
        # What is not understood, or is more than one range, gets the whole file.
        ("bytes=-", Range(0, 100, 200)),
        ("bytes=0-1,3-4", Range(0, 100, 200)),
        ("lines=0-1", Range(0, 100, 200)),
        ("bytes=0x1-2", Range(0, 100, 200)),
        (f"bytes={'9' * 19}-", Range(0, 100, 200)),
    ],
)
def test_what_is_asked_of_a_hundred_bytes(header: str, expected: Range) -> None:
    assert asked(header, 100) == expected


def test_an_empty_file_has_no_range() -> None:
    assert asked("bytes=0-", 0) == Range(0, 0, 416)
    assert asked("", 0) == Range(0, 0, 200)
