"""What a colleague reads as a whole has 350 lines at most, and what is excepted is there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts import lengths

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("path", "lines", "passes"),
    [
        ("backend/biodesci/party/keys.py", 350, True),
        ("backend/biodesci/party/keys.py", 351, False),
        ("contracts/DatasetNFT.sol", 351, False),
        ("frontend/src/lib/format.ts", 351, False),
        ("tests/backend/core/test_documents.py", 500, True),
        ("tests/backend/core/test_documents.py", 501, False),
        ("frontend/src/generated/abi.ts", 5_000, True),
    ],
)
def test_what_is_too_long(path, lines, passes):
    assert (lengths.too_long([(path, lines)]) == []) is passes


def test_what_is_excepted_is_there():
    assert all(list(ROOT.glob(pattern)) for pattern in lengths.EXCEPTED)


def test_a_checkout_with_a_long_file_is_refused(tmp_path, capsys):
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "short.py").write_text("x = 1\n" * 350)
    assert lengths.main(tmp_path) == 0
    (tmp_path / "long.sol").write_text("// a line\n" * 351)
    assert lengths.main(tmp_path) == 1
    assert "long.sol has 351 lines" in capsys.readouterr().err
