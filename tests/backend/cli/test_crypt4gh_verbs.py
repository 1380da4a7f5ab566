"""Crypt4GH at the command line: a pair of keys, a licensee's file, a header for a colleague, the check."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from biodesci.core.crypt4gh import keyfiles, whole
from tests.backend.core.crypt4gh import peer

PHRASE = "one for all"


@pytest.fixture
def sold(crowd: Any, tmp_path: Path) -> tuple[Any, int, bytes]:
    """(people, licence of "buyer", plain file)."""
    people = crowd("owner", "buyer", keyed=("buyer",))
    file = tmp_path / "cohort.csv"
    file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i % 90}\n" for i in range(12_000)))
    done = people.run(
        "owner",
        "dataset",
        "publish",
        file,
        "--name",
        "Cohort",
        "--term",
        "HMB",
        "--price",
        "0.001",
        "--public",
    )
    bought = people.run("buyer", "license", "buy", done["offer_id"], "--purpose", "HMB", "--yes")
    people.run("owner", "dataset", "release")
    return people, bought["license_id"], file.read_bytes()


def test_a_licensee_hands_a_colleague_what_the_package_opens(sold, tmp_path, monkeypatch) -> None:
    people, license_id, plain = sold
    pairs = {}
    for name in ("own", "colleague"):
        pair = tmp_path / f"{name}.key"
        made = people.run("buyer", "key", "crypt4gh", pair)
        assert made == {"file": str(pair), "public": f"{pair}.pub"}
        assert pair.stat().st_mode & 0o777 == 0o600
        pairs[name] = keyfiles.read_private(pair.read_bytes(), PHRASE)
    code, _, err = people.try_("buyer", "key", "crypt4gh", tmp_path / "own.key")
    assert code, err

    target, header = tmp_path / "cohort.c4gh", tmp_path / "header"
    public = tmp_path / "own.key.pub"
    people.run("buyer", "license", "download", license_id, target, "--crypt4gh", public)
    raw = target.read_bytes()
    assert peer.opened(raw, pairs["own"]) == plain

    given = people.run(
        "buyer", "license", "header", license_id, header, "--crypt4gh", tmp_path / "colleague.key.pub"
    )
    assert given["size"] == 124
    assert peer.opened(header.read_bytes() + raw[124:], pairs["colleague"]) == plain

    checked = people.run("buyer", "license", "check", license_id, target)
    assert checked["size"] == len(plain)
    monkeypatch.setenv("C4GH_PASSPHRASE", PHRASE)
    theirs = tmp_path / "theirs.c4gh"
    theirs.write_bytes(peer.written(plain, keyfiles.read_public(public.read_bytes())))
    key = ("--crypt4gh-key", tmp_path / "own.key")
    assert people.run("buyer", "license", "check", license_id, theirs, *key)["size"] == len(plain)
    theirs.write_bytes(theirs.read_bytes()[: 124 + 65_564])
    code, _, err = people.try_("buyer", "license", "check", license_id, theirs, *key)
    assert code
    assert "content root" in err
    monkeypatch.setenv("C4GH_PASSPHRASE", "not this one")
    code, _, err = people.try_("buyer", "license", "check", license_id, theirs, *key)
    assert code
    assert "does not open" in err
    assert "not this one" not in err


def test_what_is_no_public_key_is_refused_before_anything_is_fetched(owner, tmp_path) -> None:
    for content in (b"", os.urandom(100), keyfiles.write_private(keyfiles.generate(), "ten letters")):
        (tmp_path / "key").write_bytes(content)
        code, _, err = owner("license", "download", 1, tmp_path / "x", "--crypt4gh", tmp_path / "key")
        assert code
        assert "key" in err
    code, _, err = owner("license", "download", 1, tmp_path / "x", "--crypt4gh", tmp_path / "none")
    assert code
    assert "There is no file" in err


@pytest.mark.parametrize("by_others", [False, True])
def test_what_a_stewards_file_holds_is_inspected_and_published(
    crowd, tmp_path, monkeypatch, by_others
) -> None:
    people = crowd("owner")
    pair, file = tmp_path / "steward.key", tmp_path / "cohort.bin"
    people.run("owner", "key", "crypt4gh", pair)
    public = keyfiles.read_public(pair.with_name("steward.key.pub").read_bytes())
    table = "age,chol\n" + "".join(f"{40 + i % 30},{200 + i % 90}\n" for i in range(60))
    sealed = io.BytesIO()
    whole.encrypt(io.BytesIO(table.encode()), sealed, [public])
    file.write_bytes(peer.written(table.encode(), public) if by_others else sealed.getvalue())
    said = ("--name", "Cohort", "--term", "HMB")
    for verb in (("check",), ("publish", *said, "--public")):
        code, _, err = people.try_("owner", "dataset", verb[0], file, *verb[1:])
        assert code
        assert "--crypt4gh-key" in err
    key = ("--crypt4gh-key", pair)
    monkeypatch.setenv("C4GH_PASSPHRASE", PHRASE)
    code, out, err = people.try_("owner", "dataset", "check", file, *key)
    assert code == 0, err
    assert json.loads(out)["bytes"] == len(table)
    assert ("does not show whether it is whole" in err) is by_others
    given = (*said, *key, "--public")
    done = people.run("owner", "dataset", "publish", file, *given)
    assert people.run("owner", "dataset", "publish", file, *given)["dataset_id"] == done["dataset_id"]
    assert not list((people.home("owner") / "imports").iterdir())
    plain = tmp_path / "cohort.csv"
    plain.write_text(table)
    code, _, err = people.try_("owner", "dataset", "check", plain, *key)
    assert code
    assert "no Crypt4GH file" in err
