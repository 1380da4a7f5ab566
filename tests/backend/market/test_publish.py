"""Publishing: once, whatever happens on the way."""

from __future__ import annotations

import hashlib
import io
import json
import os
import threading
from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from biodesci.chain import transactions
from biodesci.chain.client import Chain
from biodesci.chain.commitments import commitments
from biodesci.chain.endpoint import Endpoint
from biodesci.chain.records import DatasetVersion
from biodesci.core import container, typed_data
from biodesci.core.documents.inspection_report import InspectionReport
from biodesci.core.errors import (
    AccessDeniedError,
    ConfigurationError,
    FundsError,
    InputError,
    RevertedError,
    StateError,
    UnavailableError,
    WrongKeyError,
)
from biodesci.inspection.content import Declared
from biodesci.ipfs.client import Ipfs
from biodesci.market import offers
from biodesci.market import publish as module
from biodesci.market.card import DatasetMeta
from biodesci.market.content import locate
from biodesci.market.journal import FILE, Journal, Notes
from biodesci.market.material import Material
from biodesci.market.offers import OfferTerms
from biodesci.market.publish import publish
from biodesci.party import dataset_keys
from tests.backend.acting import PASSPHRASE, acting
from tests.children import die, killed

HMB = 1 << 2
TS = 1 << 19
# A person looked at age and sex, of which the inspection asks.
META = DatasetMeta(name="Cohort", description="Heart disease in one hospital", terms=HMB, confirmed=True)
ROWS = "age,sex,chol\n" + "".join(f"{30 + i % 40},{i % 2},{180 + i}\n" for i in range(120))


@pytest.fixture
def ipfs(ipfs_node):
    return Ipfs(ipfs_node.api, timeout=2.0)


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "cohort.csv"
    file.write_text(ROWS)
    return file


def owned(chain: Chain) -> int:
    return int(chain.call(chain.datasets.functions.balanceOf(chain.address)))


def decrypted(chain: Chain, ipfs: Ipfs, home, dataset_id: int, version: int = 1) -> bytes:
    on_chain = chain.read(DatasetVersion, dataset_id, version)
    key, _ = dataset_keys.load(home, PASSPHRASE, chain, on_chain)
    blob = ipfs.cat(locate(ipfs, on_chain.card, commitments(chain, on_chain).content_root).content)
    opened = io.BytesIO()
    container.decrypt(io.BytesIO(blob), opened, key, expected_root=commitments(chain, on_chain).content_root)
    return opened.getvalue()


def test_published_file_decrypts_to_the_same_bytes(chain_for, ipfs, table, tmp_path):
    chain, home, steps = chain_for(), tmp_path / "home", []
    offer = OfferTerms(price=7, duration=60)
    done = publish(
        acting(chain, ipfs, home),
        table,
        META,
        offer,
        lambda *seen: steps.append(seen),
    )
    assert decrypted(chain, ipfs, home, done.dataset_id) == table.read_bytes()
    made = offers.get(chain, done.offer_id)
    assert (made.terms.dataset_id, made.terms.price, made.terms.duration) == (done.dataset_id, 7, 60)
    assert made.open
    assert chain.read(DatasetVersion, done.dataset_id, 1).terms == HMB
    assert {step for step, _, _ in steps} == {"inspect", "encrypt", "upload"}
    assert all(now <= total for _, now, total in steps)
    assert ("encrypt", len(ROWS), len(ROWS)) in steps


def test_card_describes_the_container_and_no_person(chain_for, ipfs, table, tmp_path):
    chain = chain_for()
    done = publish(acting(chain, ipfs, tmp_path / "home"), table, META)
    on_chain = chain.read(DatasetVersion, done.dataset_id, 1)
    card = json.loads(ipfs.cat(on_chain.card))
    file = card["distribution"][0]
    assert file["contentUrl"] == f"ipfs://{done.content}"
    assert file["biodesci:contentRoot"].removeprefix("0x") == commitments(chain, on_chain).content_root.hex()
    assert file["biodesci:plaintextSize"] == len(ROWS)
    assert "DUO:0000006" in json.dumps(card["usageInfo"])
    text = json.dumps(card)
    assert "plaintextSha256" not in text
    assert str(tmp_path) not in text


def test_private_files_are_private(chain_for, ipfs, table, tmp_path):
    home = tmp_path / "home"
    publish(acting(chain_for(), ipfs, home), table, META)
    files = [p for p in home.rglob("*") if p.is_file()]
    assert files
    assert {p.stat().st_mode & 0o777 for p in files} == {0o600}
    assert not list(home.rglob("container*"))


def test_published_again_is_the_same_dataset(chain_for, ipfs, table, tmp_path):
    chain, home = chain_for(), tmp_path / "home"
    first = publish(acting(chain, ipfs, home), table, META)
    again = publish(acting(chain, ipfs, home), table, META)
    assert again == first
    assert owned(chain) == 1
    other = publish(acting(chain, ipfs, home), table, replace(META, name="Another"))
    assert other.dataset_id != first.dataset_id
    assert other.key_commitment != first.key_commitment


def test_lost_journal_does_not_lose_the_key(chain_for, ipfs, table, tmp_path):
    chain, home = chain_for(), tmp_path / "home"
    done = publish(acting(chain, ipfs, home), table, META)
    for journal in home.rglob("journal.json"):
        journal.unlink()
    assert decrypted(chain, ipfs, home, done.dataset_id) == table.read_bytes()


def test_a_journal_of_an_earlier_run_is_read_and_a_damaged_one_stops_before_anything_is_sent(
    chain_for, ipfs, table, tmp_path
):
    chain, home = chain_for(), tmp_path / "home"
    first = publish(acting(chain, ipfs, home), table, META)
    (journal,) = home.rglob(FILE)
    written = json.loads(journal.read_bytes())
    assert written["keyCommitment"] == first.key_commitment[2:]
    assert written["published"] == {"datasetId": first.dataset_id, "version": 1}
    assert Notes.parse(journal.read_bytes()).to_bytes() == journal.read_bytes()
    sent = chain.web3.eth.get_transaction_count(chain.address)
    assert publish(acting(chain, ipfs, home), table, META) == first
    for damage in (b"{", b"[]", b'{"keyCommitment": 5}', b"[" * 100_000, journal.read_bytes()[:-1]):
        journal.write_bytes(damage)
        with pytest.raises(ConfigurationError, match="journal of a publication"):
            publish(acting(chain, ipfs, home), table, META)
    assert chain.web3.eth.get_transaction_count(chain.address) == sent


def _after(function):
    def run(*args, **kwargs):
        function(*args, **kwargs)
        die()

    return run


STAGES = {
    "before the key is noted": (Journal, "note", die),
    "after the key": (dataset_keys, "create", _after(dataset_keys.create)),
    "in encryption": (container, "seal", die),
    "after encryption": (container, "seal", _after(container.seal)),
    "after the upload": (Ipfs, "add_file", _after(Ipfs.add_file)),
    "after the card": (Ipfs, "add", _after(Ipfs.add)),
    "signed, not sent": (transactions, "send", die),
    "sent, unknown to us": (transactions, "send", _after(transactions.send)),
    "minted, not reported": (module, "_result", die),
}


@pytest.mark.parametrize("stage", STAGES)
def test_killed_and_run_again_mints_once(chain_for, ipfs, table, tmp_path, localnet, monkeypatch, stage):
    account, home = localnet.account(), tmp_path / "home"
    owner, name, replacement = STAGES[stage]

    def run() -> None:
        setattr(owner, name, replacement)
        publish(acting(chain_for(account), Ipfs(ipfs.api), home), table, META, OfferTerms(price=1))

    killed(run)

    chain = chain_for(account)
    done = publish(acting(chain, ipfs, home), table, META, OfferTerms(price=1))
    assert owned(chain) == 1
    assert chain.web3.eth.get_transaction_count(chain.address) == 1
    assert decrypted(chain, ipfs, home, done.dataset_id) == table.read_bytes()
    again = publish(acting(chain, ipfs, home), table, META, OfferTerms(price=1))
    assert again.dataset_id == done.dataset_id
    assert owned(chain) == 1


def test_replaced_transaction_is_signed_anew(chain_for, ipfs, table, tmp_path, lost):
    chain, home = chain_for(), tmp_path / "home"

    with lost(chain.datasets), pytest.raises(UnavailableError):
        publish(acting(chain, ipfs, home), table, META)
    chain.send(chain.datasets.functions.publish((b"\1" * 32, b"\2" * 32, b"\3" * 32, HMB, bytes(32)), []))
    done = publish(acting(chain, ipfs, home), table, META)
    assert owned(chain) == 2
    assert decrypted(chain, ipfs, home, done.dataset_id) == table.read_bytes()


def test_a_transaction_that_failed_on_chain_is_signed_anew(chain_for, ipfs, table, tmp_path, localnet, lost):
    chain, other, home = chain_for(), chain_for(), tmp_path / "home"
    plain = other.datasets.functions.publish((b"\1" * 32, b"\2" * 32, b"\3" * 32, HMB, bytes(32)), [])
    before = localnet.rpc("evm_snapshot")
    parent = other.event(other.send(plain), other.datasets, "DatasetPublished")["datasetId"]
    meta = replace(META, name="Derived", parents=(parent,))

    with lost(chain.datasets), pytest.raises(UnavailableError):
        publish(acting(chain, ipfs, home), table, meta)
    localnet.rpc("evm_revert", before)  # a reorganization takes the parent away
    with pytest.raises(RevertedError) as caught:
        publish(acting(chain, ipfs, home), table, meta)
    assert (caught.value.name, caught.value.args_) == ("DatasetNFT_UnknownParent", (parent,))
    assert chain.web3.eth.get_transaction_count(chain.address) == 1, (
        "what was signed was cancelled, as it could only fail"
    )
    other.send(plain)
    done = publish(acting(chain, ipfs, home), table, meta)
    assert owned(chain) == 1
    assert decrypted(chain, ipfs, home, done.dataset_id) == table.read_bytes()


def test_ipfs_down_leaves_a_publication_to_go_on_with(chain_for, ipfs, table, tmp_path):
    chain, home = chain_for(), tmp_path / "home"
    with pytest.raises(UnavailableError) as caught:
        publish(acting(chain, Ipfs("http://127.0.0.1:9"), home), table, META)
    assert "127.0.0.1:9" in caught.value.message
    assert caught.value.hint
    assert owned(chain) == 0
    done = publish(acting(chain, ipfs, home), table, META)
    assert decrypted(chain, ipfs, home, done.dataset_id) == table.read_bytes()


def test_chain_going_down_is_told_and_nothing_is_lost(
    chain_for, ipfs, table, tmp_path, localnet, monkeypatch
):
    chain, home = chain_for(), tmp_path / "home"
    with monkeypatch.context() as patch:
        real = module._upload

        def upload(*args):
            real(*args)
            patch.setattr(chain.provider, "endpoints", [Endpoint("http://127.0.0.1:9")])
            patch.setattr(chain.provider, "patience", 1.0)

        patch.setattr(module, "_upload", upload)
        with pytest.raises(UnavailableError, match="does not answer") as caught:
            publish(acting(chain, ipfs, home), table, META)
        assert "BIODESCI_RPC_URL" in caught.value.hint
    publish(acting(chain, ipfs, home), table, META)
    assert owned(chain) == 1


def test_no_funds_then_funds(chain_for, ipfs, table, tmp_path, localnet):
    chain, home = chain_for(ether=0), tmp_path / "home"
    with pytest.raises(FundsError) as caught:
        publish(acting(chain, ipfs, home), table, META)
    assert chain.address in caught.value.hint
    localnet.rpc("anvil_setBalance", chain.address, hex(10**18))
    publish(acting(chain, ipfs, home), table, META)
    assert owned(chain) == 1


def test_identifiers_stop_publishing_before_anything_is_written(chain_for, ipfs, tmp_path):
    chain, home = chain_for(), tmp_path / "home"
    file = tmp_path / "leak.csv"
    rows = "".join(f"{40 + i},jane.doe{i}@example.org\n" for i in range(20))
    file.write_text("age,contact\n" + rows)
    with pytest.raises(InputError) as caught:
        publish(acting(chain, ipfs, home), file, META)
    assert "contact" in caught.value.message
    assert "jane.doe" not in str(caught.value)
    assert "accept-risk" in caught.value.hint
    assert not home.exists()
    assert owned(chain) == 0
    accepted = DatasetMeta("Cohort", "", HMB, accept_risk="synthetic addresses")
    done = publish(acting(chain, ipfs, home), file, accepted)
    assert any("contact" in finding for finding in done.findings)


def test_what_is_asked_stops_until_a_person_confirms_it(chain_for, ipfs, table, tmp_path):
    chain, home = chain_for(), tmp_path / "home"
    with pytest.raises(InputError, match="'age', 'sex'") as caught:
        publish(acting(chain, ipfs, home), table, replace(META, confirmed=False))
    assert "--confirm" in caught.value.hint
    assert not home.exists()
    assert owned(chain) == 0


def test_a_format_that_is_not_read_stops_unless_a_reason_accepts_that(chain_for, ipfs, tmp_path):
    chain, home = chain_for(), tmp_path / "home"
    file = tmp_path / "Weber Anna 1950-03-07.dat"
    file.write_bytes(b"\0" + os.urandom(70_000))
    with pytest.raises(InputError, match="format that is not read"):
        publish(acting(chain, ipfs, home), file, META)
    assert not home.exists()
    accepted = replace(META, accept_risk="raw signal of a phantom, read by Dr. Weber")
    done = publish(acting(chain, ipfs, home), file, accepted)
    assert decrypted(chain, ipfs, home, done.dataset_id) == file.read_bytes()
    card = ipfs.cat(chain.read(DatasetVersion, done.dataset_id, 1).card)
    assert b"Weber" not in card
    assert b"phantom" not in card


def test_data_that_change_after_the_inspection_are_not_published(
    chain_for, ipfs, table, tmp_path, monkeypatch
):
    """A clinic's export may go on while it is published."""
    chain, home = chain_for(), tmp_path / "home"
    looked, digest, is_taken = module.inspect, Material.digest, threading.Event()

    def taken(material):
        got = digest(material)
        is_taken.set()
        return got

    def inspect_then_change(*args):
        inspection = looked(*args)
        assert is_taken.wait(60)  # the digest is taken beside
        table.write_text(ROWS.replace("age", "ssn"))
        return inspection

    with (
        monkeypatch.context() as patched,
        pytest.raises(StateError, match="The data changed"),
    ):
        patched.setattr(module, "inspect", inspect_then_change)
        patched.setattr(Material, "digest", taken)
        publish(acting(chain, ipfs, home), table, META)
    assert owned(chain) == 0
    assert not list(home.rglob("container*"))


def test_the_report_is_signed_and_stays_at_home(chain_for, ipfs, tmp_path):
    chain, home = chain_for(), tmp_path / "home"
    file = tmp_path / "cohort.csv"
    file.write_text("age,contact\n" + "".join(f"{40 + i},jane.doe{i}@example.org\n" for i in range(20)))
    publish(
        acting(chain, ipfs, home),
        file,
        replace(META, accept_risk="invented addresses", declared=Declared(rows_are_people=True)),
    )
    (path,) = home.rglob(module.REPORT)
    report = InspectionReport.parse(path.read_bytes())
    assert report.accepted_risk == "invented addresses"
    assert report.declared.rows_are_people
    assert report.plaintext_sha256 == hashlib.sha256(file.read_bytes()).digest()
    assert "e-mail" in {finding.kind for finding in report.findings if finding.level == "stop"}
    signed = encode_typed_data(full_message=typed_data.inspection_report(report))
    assert Account.recover_message(signed, signature=report.signature) == chain.address
    assert "jane" not in path.read_text()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "MRN 00471123"},
        {"description": "Of jane.doe@example.org"},
        {"keywords": ("+49 170 1234567",)},
    ],
)
def test_public_texts_are_looked_at_like_the_data(chain_for, ipfs, table, tmp_path, changes):
    with pytest.raises(InputError, match="the public "):
        publish(acting(chain_for(), ipfs, tmp_path / "home"), table, replace(META, **changes))


def test_a_folder_is_published_as_one_archive(chain_for, ipfs, tmp_path):
    chain, home, folder = chain_for(), tmp_path / "home", tmp_path / "study"
    folder.mkdir()
    (folder / "a.csv").write_text(ROWS)
    (folder / "b.csv").write_text(ROWS)
    done = publish(acting(chain, ipfs, home), folder, replace(META, accept_risk="two invented tables"))
    archive = decrypted(chain, ipfs, home, done.dataset_id)
    assert archive == Material.of(folder).open().read()
    card = json.loads(ipfs.cat(chain.read(DatasetVersion, done.dataset_id, 1).card))
    assert "a.csv" not in json.dumps(card)


def test_new_version_of_an_own_dataset_only(chain_for, ipfs, table, tmp_path):
    chain, home = chain_for(), tmp_path / "home"
    first = publish(acting(chain, ipfs, home), table, META)
    table.write_text(ROWS + "71,1,240\n")
    second = publish(acting(chain, ipfs, home), table, META, dataset_id=first.dataset_id)
    assert (second.dataset_id, second.version) == (first.dataset_id, 2)
    assert decrypted(chain, ipfs, home, first.dataset_id, 2) == table.read_bytes()
    assert publish(acting(chain, ipfs, home), table, META, dataset_id=first.dataset_id).version == 2
    with pytest.raises(AccessDeniedError, match="not owned by"):
        publish(acting(chain_for(), ipfs, tmp_path / "h2"), table, META, dataset_id=first.dataset_id)


@pytest.mark.parametrize(
    ("meta", "offer", "match"),
    [
        (DatasetMeta("", "", HMB), None, "needs a name"),
        (DatasetMeta("a\x1b[31mb", "", HMB), None, "name has a character that cannot be shown"),
        (DatasetMeta("x", "", HMB, keywords=("a", "\u202eb")), None, "keyword has a character"),
        (DatasetMeta("x", "", 0), None, "permit nothing"),
        (META, OfferTerms(right="own"), "not a right"),
        (DatasetMeta("x", "", HMB | TS), OfferTerms(), "limit the time of use"),
    ],
)
def test_bad_input_costs_nothing(chain_for, ipfs, table, tmp_path, meta, offer, match):
    chain = chain_for()
    with pytest.raises(InputError, match=match):
        publish(acting(chain, ipfs, tmp_path / "home"), table, meta, offer)
    assert owned(chain) == 0


def test_missing_file_and_folder_without_one(chain_for, ipfs, tmp_path):
    with pytest.raises(InputError, match="no file"):
        publish(acting(chain_for(), ipfs, tmp_path / "home"), tmp_path / "none.csv", META)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no file"):
        publish(acting(chain_for(), ipfs, tmp_path / "home"), tmp_path / "empty", META)


def test_unknown_parent_is_refused_by_the_contract(chain_for, ipfs, table, tmp_path):
    meta = replace(META, parents=(10**6,))
    with pytest.raises(RevertedError, match="which does not exist"):
        publish(acting(chain_for(), ipfs, tmp_path / "home"), table, meta)


def test_full_disk_is_told_before_it_is_full(chain_for, ipfs, table, tmp_path, monkeypatch):
    usage = type("usage", (), {"free": 10})
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(StateError, match="no room") as caught:
        publish(acting(chain_for(), ipfs, tmp_path / "home"), table, META)
    assert "Free space" in caught.value.hint


def test_wrong_passphrase_does_not_open_the_dataset_key(chain_for, tmp_path):
    chain = chain_for()
    committed = dataset_keys.create(tmp_path, PASSPHRASE, chain)
    with pytest.raises(WrongKeyError):
        dataset_keys.load_unpublished(tmp_path, "another", chain, committed)
