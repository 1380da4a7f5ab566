"""What was withdrawn can be let go of: exactly that, of what this home has published."""

from __future__ import annotations

from biodesci.core import cid
from biodesci.ipfs.client import Ipfs
from biodesci.ipfs.pins import Pins
from biodesci.market.publish import DatasetMeta, publish, withdrawn_files
from tests.backend.acting import acting
from tests.backend.market.conftest import HMB


def test_files_of_withdrawn_datasets_go_and_others_stay(chain_for, ipfs_node, tmp_path):
    chain, home, pins = chain_for(), tmp_path / "home", Pins(tmp_path / "home")
    ipfs = Ipfs(ipfs_node.api, timeout=2.0, pins=pins)
    done = []
    for name in ("kept", "withdrawn"):
        file = tmp_path / f"{name}.csv"
        file.write_text(f"age,{name}\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60)))
        done.append(publish(acting(chain, ipfs, home), file, DatasetMeta(name, "", HMB)))
    assert {pin.why for pin in pins.all()} == {"card of a dataset", "encrypted file of a dataset"}
    assert withdrawn_files(chain, home) == []
    chain.send(chain.datasets.functions.withdraw(done[1].dataset_id, 1))
    gone = withdrawn_files(chain, home)
    assert gone == [cid.to_digest(done[1].card), cid.to_digest(done[1].content)]
    for digest in gone:
        ipfs.unpin(digest)
    assert {pin.digest for pin in pins.all()} == {cid.to_digest(done[0].card), cid.to_digest(done[0].content)}
    assert [ipfs.is_pinned(digest) for digest in gone] == [False, False]
    assert ipfs.is_pinned(cid.to_digest(done[0].content))
