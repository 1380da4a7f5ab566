"""A damaged file of any format is read or refused, by an error that says so: it never ends otherwise."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from biodesci.core.errors import InputError
from biodesci.inspection import apart
from tests.backend.inspection.formats.contents import read
from tests.backend.inspection.test_any_ending import CLEAN, WRITERS


def _damaged(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 3, 20])):
        at = chance.randrange(len(changed))
        match chance.randrange(4):
            case 0:
                del changed[max(at, 1) :]
            case 1:
                changed[at:at] = chance.randbytes(chance.randrange(1, 9))
            case _:
                changed[at] = chance.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("rounds", [6, pytest.param(300, marks=pytest.mark.deep)])
@pytest.mark.parametrize("writer", WRITERS)
def test_damage_is_read_or_refused(tmp_path, writer, rounds):
    WRITERS[writer](CLEAN, tmp_path / "whole")
    data = (tmp_path / "whole").read_bytes()
    chance, ends = random.Random(writer), Counter[str]()
    path = tmp_path / "damaged"
    for _ in range(rounds):
        path.write_bytes(_damaged(data, chance))
        try:
            # The library for ORC crashes on some damaged files, which this process would not outlive.
            apart.inspect(path) if writer == "orc" else read(path)
            ends["read"] += 1
        except InputError as refused:
            assert refused.message and refused.hint
            ends["refused"] += 1
    assert ends.total() == rounds
