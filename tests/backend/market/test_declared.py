"""What a buyer declares: a disease with its proof, a research statement."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from biodesci.chain.records import DatasetVersion
from biodesci.core import disease
from biodesci.core.documents.order import Evidence, Purpose
from biodesci.core.errors import InputError, IntegrityError, NotFoundError, RevertedError
from biodesci.ipfs.client import Ipfs
from biodesci.market import diseases, statement
from biodesci.market.card import DatasetMeta
from biodesci.market.offers import OfferTerms
from biodesci.market.publish import publish
from biodesci.market.purchase import purchase
from biodesci.market.statement import keep
from tests.backend.acting import acting

MONDO = Path(__file__).parents[2] / "vectors" / "mondo_heart.obo"
CORONARY, ANGINA, HEART_FAILURE = 5010, 6021, 5252
HMB, DS = 1 << 2, 1 << 3


def test_a_disease_is_proved_from_the_card_and_needs_no_review(chain_for, keyed, ipfs_node, tmp_path):
    owner, buyer, ipfs = chain_for(), keyed(), Ipfs(ipfs_node.api)
    file = tmp_path / "cohort.csv"
    file.write_text("age,chol\n" + "".join(f"{40 + i % 30},{200 + i}\n" for i in range(60)))
    named = diseases.permitted(MONDO, [CORONARY])
    done = publish(
        acting(owner, ipfs, tmp_path / "owner"), file,
        DatasetMeta("Cohort", "", DS, diseases=named),
        OfferTerms(price=0),
    )  # fmt: skip
    assert owner.read(DatasetVersion, done.dataset_id, 1).diseases == named.root
    assert [(one.id, one.name) for one in named.named] == [(CORONARY, "coronary artery disorder")]
    assert named.ontology == "2026-05-05"
    card = json.loads(ipfs.cat(owner.read(DatasetVersion, done.dataset_id, 1).card))
    assert card["biodesci:diseases"]["named"] == [{"id": "MONDO:0005010", "name": "coronary artery disorder"}]

    proof = diseases.prove(buyer, ipfs, done.dataset_id, ANGINA, MONDO)
    disease.check(named.root, ANGINA, proof)
    shown = purchase(
        buyer,
        done.offer_id,
        Purpose(duo=DS, disease=ANGINA),
        Evidence(disease_proof=proof),
        again=True,
    )
    assert not shown.needs_review
    assert purchase(buyer, done.offer_id, Purpose(duo=DS, disease=ANGINA), again=True).needs_review
    with pytest.raises(InputError, match="not among the diseases"):
        diseases.prove(buyer, ipfs, done.dataset_id, HEART_FAILURE, MONDO)
    with pytest.raises(RevertedError) as caught:
        purchase(
            buyer,
            done.offer_id,
            Purpose(duo=DS, disease=HEART_FAILURE),
            Evidence(disease_proof=proof),
            again=True,
        )
    assert caught.value.name == "AccessLicense_BadDiseaseProof"
    assert caught.value.args_ == (HEART_FAILURE, named.root)

    other = tmp_path / "other.obo"
    other.write_text(MONDO.read_text().replace("is_a: MONDO:0005010", "is_a: MONDO:0005267"))
    with pytest.raises(IntegrityError, match="not those that dataset") as wrong:
        diseases.prove(buyer, ipfs, done.dataset_id, ANGINA, other)
    assert "2026-05-05" in wrong.value.hint


def test_diseases_need_their_term_and_their_file(chain_for, ipfs_node, tmp_path):
    file = tmp_path / "cohort.csv"
    file.write_text("age\n1\n")
    named = diseases.permitted(MONDO, [CORONARY])
    with pytest.raises(InputError, match="not limited"):
        publish(
            acting(chain_for(), Ipfs(ipfs_node.api), tmp_path),
            file,
            DatasetMeta("C", "", HMB, diseases=named),
        )
    with pytest.raises(NotFoundError, match=r"none\.obo"):
        diseases.permitted(tmp_path / "none.obo", [CORONARY])
    binary = tmp_path / "binary.obo"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="no OBO file"):
        diseases.permitted(binary, [CORONARY])


def test_a_statement_stays_at_home_and_its_salted_hash_goes_on_chain(shop, tmp_path):
    text = "Does ST depression predict the finding?"
    hashed = keep(tmp_path, text)
    assert keep(tmp_path, text) == hashed, "a purchase that goes on says the same"
    assert keep(tmp_path / "elsewhere", text) != hashed, "salted"
    kept = statement.path(tmp_path, hashed)
    assert kept.stat().st_mode & 0o777 == 0o600
    document = json.loads(kept.read_text())
    assert document["text"] == text
    bought = shop.buy(Purpose(duo=HMB, disease=0, statement=hashed))
    receipt = shop.buyer.web3.eth.get_transaction_receipt(bought.tx_hash)
    declared = shop.buyer.event(receipt, shop.buyer.licenses, "PurposeDeclared")
    assert (declared["licenseId"], declared["statement"]) == (bought.license_id, hashed)
    with pytest.raises(InputError, match="research statement"):
        keep(tmp_path, "  ")


def test_a_statement_that_an_earlier_version_kept_is_found(tmp_path):
    hashed = keep(tmp_path, "Why?")
    kept = statement.path(tmp_path, hashed)
    kept.write_text(json.dumps(json.loads(kept.read_text()), indent=1) + "\n")
    assert keep(tmp_path, "Why?") == hashed


def test_a_damaged_statement_is_named(tmp_path):
    kept = statement.path(tmp_path, keep(tmp_path, "Why?"))
    for damage in ("{", "[]", "{}"):
        kept.write_text(damage)
        with pytest.raises(IntegrityError, match=kept.name):
            keep(tmp_path, "Why not?")
