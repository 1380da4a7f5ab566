"""What was sealed is a stranger's until it is known: a header that breaks a reader is refused in words."""

from __future__ import annotations

import pytest

from biodesci.models.sealed_codec import _format

HEADERS = [b"", b"[" * 100_000, b"null", b'{"__metadata__": 7}', b"\xff", b"{}"]


@pytest.mark.parametrize("header", HEADERS, ids=range(len(HEADERS)))
def test_a_header_that_names_no_format_is_read_as_none(header: bytes) -> None:
    assert _format(len(header).to_bytes(8, "little") + header) == ""
