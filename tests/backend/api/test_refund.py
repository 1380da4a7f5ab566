"""What is due for a licence whose renewals ran into the contract's words for "not counted" and "no end"."""

from __future__ import annotations

import pytest

from biodesci.api.present.licenses import license_item
from biodesci.index import queries
from biodesci.index.database import Block, Event, Store

OWNER = "0x" + "a1" * 20
NOBODY = "0x" + "0" * 40
PRICE, HOUR, USES = 1_000, 3_600, 7
UNCOUNTED, FOREVER = 2**32 - 1, 2**40 - 1


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "i.sqlite") as opened:
        yield opened


def settled(store: Store, *, duration: int, uses: int, expires: int, left: int) -> int:
    """A pro rata licence that was bought, delivered, settled and renewed. Returns the time of the renewal."""
    offer = {
        "right": 1, "price": PRICE, "currency": NOBODY, "duration": duration, "uses": uses,
        "deliveryWindow": 60, "disputeWindow": 60, "visas": 0, "proRata": True, "arbiter": NOBODY,
    }  # fmt: skip
    word = "0x" + "02" * 32
    log = (
        ("DatasetNFT", "DatasetPublished", {
            "datasetId": 1, "owner": OWNER, "card": word, "contentRoot": word, "keyCommitment": word,
            "terms": 2, "diseases": "0x" + "0" * 64, "parents": [],
        }),
        ("AccessLicense", "OfferCreated", {
            "offerId": 1, "datasetId": 1, "offer": offer, "symbol": "ETH", "decimals": 18,
        }),
        ("AccessLicense", "LicensePurchased", {
            "licenseId": 1, "offerId": 1, "datasetId": 1, "version": 1, "licensee": OWNER, "purpose": 2,
            "needsReview": False,
        }),
        ("AccessLicense", "KeyDelivered", {"licenseId": 1, "envelope": word}),
        ("AccessLicense", "LicenseSettled", {"licenseId": 1}),
        ("AccessLicense", "LicenseRenewed", {"licenseId": 1, "expiresAt": expires, "usesLeft": left}),
    )  # fmt: skip
    block = Block(1, word, 1_000)
    events = [Event(block, at, word, contract, name, args) for at, (contract, name, args) in enumerate(log)]
    assert store.apply(1, events, block) == len(log)
    return block.time


def due(store: Store, now: int) -> str | None:
    row = queries.license(store, 1)
    assert row is not None
    return license_item(row, now).refund_due


def test_uses_that_a_renewal_left_uncounted_are_due_as_the_contract_counts_them(store):
    now = settled(store, duration=0, uses=USES, expires=FOREVER, left=UNCOUNTED)
    assert due(store, now) == str(-(-PRICE * UNCOUNTED // USES))


def test_the_smaller_share_is_due_where_uses_are_uncounted(store):
    now = settled(store, duration=HOUR, uses=USES, expires=1_000 + 2 * HOUR, left=UNCOUNTED)
    assert due(store, now) == str(2 * PRICE)


def test_time_without_an_end_is_due_as_the_contract_counts_it(store):
    now = settled(store, duration=HOUR, uses=0, expires=FOREVER, left=UNCOUNTED)
    assert due(store, now) == str(-(-PRICE * (FOREVER - now) // HOUR))
