"""Keys are backed up, shared out and restored, by the commands that people type."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from biodesci.party import keys

PASS = "one for all"


def test_keys_are_shared_out_and_come_back_on_an_empty_machine(
    owner: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    def at(home: str, *arguments: object) -> tuple[int, str, str]:
        monkeypatch.setenv("BIODESCI_HOME", str(tmp_path / home))
        return owner(*arguments)

    for home in ("ann", "bob", "cid"):
        assert at(home, "key", "create")[0] == 0
    for home in ("bob", "cid"):
        assert at(home, "key", "export", tmp_path / f"{home}.pub")[0] == 0
    (tmp_path / "dot").write_text("the word of Dot\n")
    (tmp_path / "told").write_text("told by telephone\n")
    file = tmp_path / "keys"
    shared = ("--holder", tmp_path / "bob.pub", "--holder", tmp_path / "cid.pub")
    code, out, err = at(
        "ann", "key", "backup", file, *shared, "--holder-passphrase", tmp_path / "dot", "--threshold", 2
    )
    assert code == 0, err
    assert '"threshold": 2' in out
    assert at("ann", "key", "backup", file, "--threshold", 2)[0] == 2
    assert at("ann", "key", "backup", file, *shared, "--threshold", 2)[0] == 1, "the files are there"

    opened = (
        "key",
        "open-share",
        f"{file}.1",
        "-o",
        tmp_path / "opened",
        "--new-passphrase",
        tmp_path / "told",
    )
    code, _, err = at("cid", *opened)
    assert code == 1
    assert "does not open with this key" in err
    assert at("bob", *opened)[0] == 0
    words = ("--share-passphrase", tmp_path / "told", "--share-passphrase", tmp_path / "dot")
    code, _, err = at("fresh", "key", "restore", tmp_path / "opened", f"{file}.3")
    assert code == 2
    assert "no terminal to ask on" in err
    code, out, err = at("fresh", "key", "restore", tmp_path / "opened", f"{file}.3", *words)
    assert code == 0, err
    assert keys.load_seed(tmp_path / "fresh", PASS) == keys.load_seed(tmp_path / "ann", PASS)


def test_one_file_under_the_passphrase(owner: Any, tmp_path: Path, monkeypatch: Any) -> None:
    assert owner("key", "create")[0] == 0
    before = keys.load_seed(tmp_path / "home", PASS)
    assert owner("key", "backup", tmp_path / "keys")[0] == 0
    monkeypatch.setenv("BIODESCI_HOME", str(tmp_path / "fresh"))
    assert owner("key", "restore", tmp_path / "keys")[0] == 0
    assert keys.load_seed(tmp_path / "fresh", PASS) == before
    monkeypatch.setenv("BIODESCI_PASSPHRASE", "another one than that")
    code, _, err = owner("key", "restore", tmp_path / "keys")
    assert code == 1
    assert "does not open" in err
