"""AccessLicense.purchaseFor: the order, who carries it out, and what the buyer declares

├── given an offer that does not exist, or is closed: reverts as `purchase` does
├── given another price than the offer's: reverts AccessLicense_WrongPrice
├── given another currency: reverts AccessLicense_WrongCurrency
├── given a passed deadline: reverts AccessLicense_OrderExpired
├── given a withdrawn version, a buyer without a key, a purpose that is denied: reverts as `purchase` does
├── by the buyer, without a signature: the nonce is not looked at
├── by the buyer, with a signature: the nonce is used up, so that nobody carries it out again
├── by anyone else
│   ├── given no signature, another's, or an order that was changed: reverts AccessLicense_BadSignature
│   ├── given another nonce, or an order that was carried out: reverts InvalidAccountNonce
│   ├── given too little or too much ETH: reverts AccessLicense_WrongPrice
│   ├── otherwise: the licence is the buyer's, paid in ETH by the sender; refunds are the buyer's
│   └── for a contract: what it accepts as its signature counts (ERC-1271)
└── a disease
    ├── given a proof that is wrong, or proves another disease: reverts AccessLicense_BadDiseaseProof
    ├── given none: needs review, which reverts AccessLicense_NeedsReview where the order does not allow it
    └── given a right one: needs no review
Payments in an ERC-20: test_purchase_for_in_token.py. Visas: visa/test_purchase.py.
"""

import pytest
from eth_account import Account
from reverting import reverts
from typed import sign_order, sign_registration
from vocabulary import DOLLARS, EMPTY, NO_EVIDENCE, PRICE, ZERO, Duo, License, purpose, word

from biodesci.core import disease

KEY = bytes(1216)
PERMITTED = [5068, 5148, 24573, 45057]


@pytest.fixture
def keyed(researcher, register_key):
    register_key(researcher)


@pytest.fixture
def sign(licenses, researcher):
    return lambda order, signer=researcher: sign_order(signer, licenses, order)


@pytest.fixture
def disease_offer(licenses, datasets, publication, terms_of_sale, hospital, keyed):
    p = publication("cardiac", Duo.DS, diseases=disease.root(PERMITTED))
    datasets.publishWithOffer(p, [], terms_of_sale(), sender=hospital)
    return licenses.offerCount()


def test_needs_an_offer(licenses, order, submit, offer, hospital):
    with reverts(licenses.AccessLicense_UnknownOffer, offerId=99):
        submit(order(99))
    licenses.closeOffer(offer, sender=hospital)
    with reverts(licenses.AccessLicense_OfferClosed, offerId=offer):
        submit(order(offer))


def test_needs_the_offers_price(licenses, order, submit, offer):
    for price in (0, PRICE - 1, PRICE + 1, 2**200):
        with reverts(licenses.AccessLicense_WrongPrice, got=price, required=PRICE):
            submit(order(offer, price=price), value=0)


def test_needs_the_offers_currency(licenses, order, submit, offer, make_offer, dollar):
    with reverts(licenses.AccessLicense_WrongCurrency, got=dollar, required=ZERO):
        submit(order(offer, currency=dollar.address))
    in_dollars = make_offer(price=DOLLARS, currency=dollar.address)
    with reverts(licenses.AccessLicense_WrongCurrency, got=ZERO, required=dollar):
        submit(order(in_dollars, price=DOLLARS))


@pytest.mark.parametrize("by", ["researcher", "stranger"])
def test_in_time(licenses, order, submit, sign, offer, now, wait, actors, by):
    expired = order(offer, deadline=now() + 100)
    wait(200)
    with reverts(licenses.AccessLicense_OrderExpired, deadline=expired["deadline"]):
        submit(expired, sender=getattr(actors, by), signature=sign(expired))


def test_needs_a_key(licenses, order, submit, sign, offer, researcher, stranger, register_key):
    register_key(stranger)
    fields = order(offer)
    with reverts(licenses.AccessLicense_NoKey, licensee=researcher):
        submit(fields, sender=stranger, signature=sign(fields))


def test_needs_consent(licenses, datasets, order, submit, keyed, offer, dataset, hospital):
    datasets.withdraw(dataset, 1, sender=hospital)
    with reverts(licenses.AccessLicense_Withdrawn, datasetId=dataset, version=1):
        submit(order(offer))


def test_denies_what_the_terms_do_not_permit(licenses, order, submit, keyed, offer):
    for duo in (0, Duo.GRU, Duo.HMB | Duo.COMMERCIAL, Duo.HMB | 1 << 63):
        with reverts(licenses.AccessLicense_Denied, terms=Duo.HMB | Duo.NCU, purpose=duo):
            submit(order(offer, purpose=purpose(duo)))


def test_by_the_buyer(licenses, order, submit, keyed, offer, dataset, researcher):
    tx = submit(order(offer, nonce=77))
    assert tx.events == [
        licenses.Transfer(**{"from": ZERO, "to": researcher, "tokenId": 1}),
        licenses.Locked(tokenId=1),
        licenses.LicensePurchased(
            licenseId=1,
            datasetId=dataset,
            licensee=researcher,
            offerId=offer,
            version=1,
            purpose=Duo.HMB,
            needsReview=False,
        ),
    ]
    assert licenses.nonces(researcher) == 0
    assert licenses.balance == PRICE
    assert licenses.licenseOf(1).state == License.PURCHASED


def test_by_the_buyer_with_a_signature(licenses, order, submit, sign, keyed, offer, researcher, stranger):
    fields = order(offer)
    signature = sign(fields)
    submit(fields, signature=signature)
    assert licenses.nonces(researcher) == 1
    with reverts(licenses.InvalidAccountNonce, account=researcher, currentNonce=1):
        submit(fields, sender=stranger, signature=signature)


def test_the_buyers_own_bad_signature(licenses, order, submit, sign, keyed, offer, researcher, stranger):
    fields = order(offer)
    with reverts(licenses.AccessLicense_BadSignature, buyer=researcher):
        submit(fields, signature=sign(fields, stranger))


def test_by_anyone_else_needs_the_signature(
    licenses, order, submit, sign, keyed, offer, researcher, stranger
):
    fields = order(offer)
    for signature in (b"", bytes(65), sign(fields)[:64], sign(fields, stranger)):
        with reverts(licenses.AccessLicense_BadSignature, buyer=researcher):
            submit(fields, sender=stranger, signature=signature)


@pytest.mark.parametrize(
    "change",
    [
        {"purpose": purpose(Duo.HMB | Duo.FOR_PROFIT)},
        {"purpose": purpose(Duo.HMB, disease=5068)},
        {"purpose": purpose(Duo.HMB, statement=word("another plan"))},
        {"nonce": 1},
        {"deadline": 2**41},
    ],
)
def test_needs_what_was_signed(licenses, order, submit, sign, keyed, offer, researcher, stranger, change):
    signature = sign(order(offer))
    with reverts(licenses.AccessLicense_BadSignature, buyer=researcher):
        submit(order(offer, **change), sender=stranger, signature=signature)


def test_not_on_another_offer(licenses, order, submit, sign, keyed, offer, make_offer, researcher, stranger):
    """Two offers at one price: the buyer signed for the longer one."""
    shorter = make_offer(duration=1)
    signature = sign(order(offer))
    with reverts(licenses.AccessLicense_BadSignature, buyer=researcher):
        submit(order(shorter), sender=stranger, signature=signature)


def test_not_for_another_buyer(licenses, order, submit, sign, offer, stranger, register_key):
    register_key(stranger)
    signature = sign(order(offer))
    with reverts(licenses.AccessLicense_BadSignature, buyer=stranger):
        submit(order(offer, buyer=stranger.address), sender=stranger.address, signature=signature)


def test_needs_the_next_nonce(licenses, order, submit, sign, keyed, offer, researcher, stranger):
    later = order(offer, nonce=1)
    with reverts(licenses.InvalidAccountNonce, account=researcher, currentNonce=0):
        submit(later, sender=stranger, signature=sign(later))


def test_only_once(licenses, order, submit, sign, keyed, offer, researcher, stranger):
    fields = order(offer)
    signature = sign(fields)
    submit(fields, sender=stranger, signature=signature)
    with reverts(licenses.InvalidAccountNonce, account=researcher, currentNonce=1):
        submit(fields, sender=stranger, signature=signature)
    later = order(offer, nonce=1)
    submit(later, sender=stranger, signature=sign(later))
    assert licenses.balanceOf(researcher) == 2


@pytest.mark.parametrize("value", [0, PRICE - 1, PRICE + 1])
def test_the_sponsor_pays_the_price(licenses, order, submit, sign, keyed, offer, stranger, value):
    fields = order(offer)
    with reverts(licenses.AccessLicense_WrongPrice, got=value, required=PRICE):
        submit(fields, sender=stranger, signature=sign(fields), value=value)


def test_a_sponsor(licenses, order, submit, sign, keyed, offer, researcher, stranger, hospital):
    fields = order(offer)
    before = researcher.balance
    tx = submit(fields, sender=stranger, signature=sign(fields))
    assert tx.events[-1].licensee == researcher
    assert licenses.ownerOf(1) == researcher
    assert researcher.balance == before
    assert licenses.nonces(researcher) == 1
    licenses.reject(1, word("no"), sender=hospital)
    assert (licenses.owed(researcher, ZERO), licenses.owed(stranger, ZERO)) == (PRICE, 0)


def test_a_contract_as_buyer(
    licenses, keys, order, submit, sign, offer, wallet, stranger, researcher, deliver, as_wallet
):
    registration = sign_registration(stranger, keys, wallet.address, KEY, 0, 2**40)
    keys.registerFor(wallet, KEY, 2**40, registration, sender=researcher)
    fields = order(offer, buyer=wallet.address)
    with reverts(licenses.AccessLicense_BadSignature, buyer=wallet):
        submit(fields, sender=researcher, signature=sign(fields))
    submit(fields, sender=researcher, signature=sign(fields, stranger))
    assert licenses.ownerOf(1) == wallet
    deliver(1)
    as_wallet(licenses.confirm, 1)
    assert licenses.licenseOf(1).state == License.SETTLED


def test_a_contract_that_calls(licenses, keys, order, offer, wallet, as_wallet):
    as_wallet(keys.register, KEY)
    as_wallet(licenses.purchase, offer, Duo.HMB, value=PRICE)
    assert licenses.ownerOf(1) == wallet


def test_a_plan(licenses, order, submit, keyed, offer):
    plan = word("salt and research plan")
    tx = submit(order(offer, purpose=purpose(Duo.HMB, statement=plan)))
    assert tx.events[-1] == licenses.PurposeDeclared(licenseId=1, disease=0, statement=plan)


def test_the_hash_is_eth_accounts(licenses, order, sign, offer, researcher, stranger):
    """`orderHash` is what wallets show and sign: it recovers the signer of eth-account's."""
    fields = order(offer, purpose=purpose(Duo.HMB, 5068, word("plan")), nonce=3)
    assert Account._recover_hash(licenses.orderHash(fields), signature=sign(fields)) == researcher.address


@pytest.mark.parametrize("named", PERMITTED)
def test_a_disease_with_its_proof(licenses, order, submit, disease_offer, named):
    evidence = {**NO_EVIDENCE, "diseaseProof": disease.prove(PERMITTED, named)}
    tx = submit(order(disease_offer, purpose=purpose(Duo.DS, named)), evidence=evidence)
    assert tx.events[-1] == licenses.PurposeDeclared(
        licenseId=licenses.licenseCount(), disease=named, statement=EMPTY
    )
    assert licenses.licenseOf(licenses.licenseCount()).state == License.PURCHASED


@pytest.mark.parametrize("named", [0, 5068, 1])
def test_a_disease_without_proof(licenses, order, submit, disease_offer, named):
    submit(order(disease_offer, purpose=purpose(Duo.DS, named)))
    assert licenses.licenseOf(licenses.licenseCount()).state == License.IN_REVIEW


def test_no_review_without_leave(licenses, order, submit, disease_offer):
    """A relayer could leave the proof out, and the money would wait for a committee."""
    wanted = order(disease_offer, purpose=purpose(Duo.DS, 5068), mayReview=False)
    with reverts(licenses.AccessLicense_NeedsReview, terms=Duo.DS, purpose=Duo.DS):
        submit(wanted)
    submit(wanted, evidence={**NO_EVIDENCE, "diseaseProof": disease.prove(PERMITTED, 5068)})
    assert licenses.licenseOf(licenses.licenseCount()).state == License.PURCHASED


@pytest.mark.parametrize("named", [1, 5148])
def test_a_proof_of_another_disease(licenses, order, submit, disease_offer, named):
    evidence = {**NO_EVIDENCE, "diseaseProof": disease.prove(PERMITTED, 5068)}
    with reverts(licenses.AccessLicense_BadDiseaseProof, disease=named, root=disease.root(PERMITTED)):
        submit(order(disease_offer, purpose=purpose(Duo.DS, named)), evidence=evidence)


def test_a_proof_where_none_can_be(licenses, order, submit, keyed, offer):
    evidence = {**NO_EVIDENCE, "diseaseProof": disease.prove(PERMITTED, 5068)}
    with reverts(licenses.AccessLicense_BadDiseaseProof, disease=5068, root=EMPTY):
        submit(order(offer, purpose=purpose(Duo.HMB, 5068)), evidence=evidence)


def test_the_only_disease_needs_no_path(
    licenses, datasets, publication, terms_of_sale, order, submit, keyed, hospital
):
    p = publication("single", Duo.DS, diseases=disease.root([5068]))
    datasets.publishWithOffer(p, [], terms_of_sale(), sender=hospital)
    for named, state in ((5068, License.PURCHASED), (5148, License.IN_REVIEW)):
        submit(order(licenses.offerCount(), purpose=purpose(Duo.DS, named)))
        assert licenses.licenseOf(licenses.licenseCount()).state == state
