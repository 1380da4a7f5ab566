"""A licence on a card is an address that its readers can look up."""

from __future__ import annotations

import pytest

from biodesci.core import licenses
from biodesci.core.errors import InputError


def test_a_short_name_becomes_its_address_in_whatever_case() -> None:
    for given in ("CC-BY-4.0", "cc-by-4.0", " CC-BY-4.0 "):
        assert licenses.parse(given) == "https://spdx.org/licenses/CC-BY-4.0"
    assert len(set(licenses.NAMES)) == len(licenses.NAMES)


def test_an_address_stays_as_it_is() -> None:
    address = "https://hospital.example/data-use?version=2"
    assert licenses.parse(address) == address


@pytest.mark.parametrize(
    "wrong",
    ["", "CC-BY", "MIT or so", "ftp://x.example/", "https://", "https://a b.example", "https://anna:x@h.example/",
     "https://münchen.example/", "javascript:alert(1)", "https://[", "https://h.example/" + "x" * 500],
)  # fmt: skip
def test_anything_else_is_refused_with_what_may_stand_there(wrong: str) -> None:
    with pytest.raises(InputError) as refused:
        licenses.parse(wrong)
    assert "CC-BY-4.0" in refused.value.hint
