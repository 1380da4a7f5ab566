"""A private publication that was minted and never repeated is served: the custodian notes whose it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from biodesci.core import cid
from biodesci.market.card import DatasetMeta
from biodesci.market.minted import Unfinished
from biodesci.market.publish import publish
from biodesci.party.containers import Containers
from tests.backend.acting import acting

META = DatasetMeta("Private", "", 1 << 2, confirmed=True, served_at="https://data.hospital.example")


def stopped(*_: Any) -> Any:
    raise KeyboardInterrupt


def test_a_publication_that_was_minted_and_never_repeated_is_assigned(
    chain_for: Any, ipfs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, file = chain_for(), tmp_path / "cohort.csv"
    owner = acting(chain, ipfs, tmp_path / "home")
    held, unfinished = Containers(owner.home), Unfinished(owner)
    assert unfinished.assign() == []
    contents = []
    for number, cut in enumerate(("send", "assign", "assign")):  # the first one never gets to the chain
        file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60 + 30 * number)))
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            if cut == "send":
                patch.setattr("biodesci.market.publish._mint", stopped)
            else:
                patch.setattr(Containers, "assign", stopped)
            publish(owner, file, META)
        contents.append({bytes.fromhex(path.stem) for path in held.unassigned()})
        if not number:
            assert unfinished.assign() == []
        if number == 1:
            [one] = unfinished.assign()
            assert {one.content} == contents[1] - contents[0]
            assert held.find(one.content) == one
    [one] = unfinished.assign()
    assert {one.content} == contents[2] - contents[0]
    assert unfinished.assign() == []
    assert {bytes.fromhex(path.stem) for path in held.unassigned()} == contents[0]
    done = publish(owner, file, META)  # repeated after all
    assert cid.to_digest(done.content) == one.content
    assert held.find(one.content) == one


def test_the_custodian_of_another_account_assigns_nothing(
    chain_for: Any, ipfs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, file = chain_for(), tmp_path / "cohort.csv"
    file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60)))
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Containers, "assign", stopped)
        publish(acting(chain, ipfs, tmp_path / "home"), file, META)
    assert Unfinished(acting(chain_for(), ipfs, tmp_path / "home")).assign() == []
    assert len(Unfinished(acting(chain, ipfs, tmp_path / "home")).assign()) == 1
