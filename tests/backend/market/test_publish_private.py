"""Published privately: the container stays at home, and licensees get it from who the card says."""

from __future__ import annotations

import json

import pytest

from biodesci.chain.records import DatasetVersion
from biodesci.core import cid
from biodesci.core.errors import InputError, NotFoundError
from biodesci.ipfs.client import Ipfs
from biodesci.market import licensed_copy
from biodesci.market.card import DatasetMeta
from biodesci.market.custody import Custodian
from biodesci.market.journal import Journal
from biodesci.market.offers import OfferTerms
from biodesci.market.publish import publish
from biodesci.market.purchase import purchase
from biodesci.party import keys
from biodesci.party.containers import Containers
from tests.backend.acting import PASSPHRASE, acting
from tests.backend.market.private import serving

HMB = 1 << 2
ROWS = "marker,chol\n" + "".join(f"{30 + i % 40},{180 + i}\n" for i in range(120))


@pytest.fixture
def ipfs(ipfs_node):
    return Ipfs(ipfs_node.api, timeout=1.0)


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "cohort.csv"
    file.write_text(ROWS)
    return file


def test_a_licensee_gets_it_from_its_owner_and_ipfs_has_nothing(chain_for, ipfs, table, tmp_path):
    owner, buyer, home = chain_for(), chain_for(), tmp_path / "home"
    with serving(owner, home) as served:
        meta = DatasetMeta("Cohort", "", HMB, served_at=served.origin, confirmed=True)
        done = publish(acting(owner, ipfs, home), table, meta, OfferTerms(price=7))
        card = json.loads(ipfs.cat(owner.read(DatasetVersion, done.dataset_id, 1).card))
        assert card["distribution"][0]["biodesci:servedAt"] == served.origin
        (held,) = Containers(home).all()
        assert (held.dataset_id, held.version) == (done.dataset_id, 1)
        with pytest.raises(NotFoundError):
            ipfs.cat(held.content)
        keys.register(buyer, tmp_path / "buyer", PASSPHRASE)
        license_id = purchase(buyer, done.offer_id, HMB).license_id
        assert Custodian(acting(owner, ipfs, home)).poll() == [license_id]
        target = tmp_path / "copy.csv"
        seed = keys.load_seed(tmp_path / "buyer", PASSPHRASE)
        licensed_copy.download(buyer, ipfs, seed, license_id, target)
        assert target.read_text() == ROWS


def test_run_again_it_keeps_one_container(chain_for, ipfs, table, tmp_path):
    chain, home = chain_for(), tmp_path / "home"
    meta = DatasetMeta("Cohort", "", HMB, served_at="https://data.hospital.example", confirmed=True)
    first = publish(acting(chain, ipfs, home), table, meta)
    assert publish(acting(chain, ipfs, home), table, meta) == first
    assert len(list((home / "containers").glob("*.container"))) == 1
    assert not list((home / "publications").rglob("container*"))
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


@pytest.mark.parametrize("address", ["http://data.example", "https://data.example/", "data.example"])
def test_an_address_that_is_none_stops_before_anything_is_done(chain_for, ipfs, table, tmp_path, address):
    meta = DatasetMeta("Cohort", "", HMB, served_at=address, confirmed=True)
    with pytest.raises(InputError):
        publish(acting(chain_for(), ipfs, tmp_path / "home"), table, meta)
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("field", ["content_root", "content", "card", "published"])
def test_a_run_that_was_stopped_before_a_note_goes_on(chain_for, ipfs, table, tmp_path, field, monkeypatch):
    chain, home, note = chain_for(), tmp_path / "home", Journal.note
    meta = DatasetMeta("Cohort", "", HMB, served_at="https://data.hospital.example", confirmed=True)

    def stopping(self, **values):
        if field in values:
            raise SystemExit
        note(self, **values)

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "note", stopping)
        with pytest.raises(SystemExit):
            publish(acting(chain, ipfs, home), table, meta)
    done = publish(acting(chain, ipfs, home), table, meta)
    assert chain.call(chain.datasets.functions.balanceOf(chain.address)) == 1
    (held,) = Containers(home).all()
    assert (held.dataset_id, held.content) == (done.dataset_id, cid.to_digest(done.content))
    assert [path.stem for path in (home / "containers").glob("*.container")] == [held.content.hex()]
