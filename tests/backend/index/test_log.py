"""The log: rows are a function of it alone, whatever was taken back, came late or could not be applied."""

from __future__ import annotations

import copy
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from biodesci.core.errors import UnavailableError
from biodesci.core.onchain import NOBODY
from biodesci.index import log, queries
from biodesci.index.database import Event, Store
from biodesci.index.tables import DERIVED, tokens, wanted
from biodesci.index.undo import undo
from tests.backend.index.stories import Story
from tests.backend.sql import heard

from .chains import Made, apply, block, dump, grown, mined, pieces

OWNER = "0x" + "a1" * 20
WORD = "0x" + "02" * 32


@pytest.fixture
def store(location):
    with Store(location) as opened:
        yield opened


@pytest.fixture
def other(tmp_path):
    """An index that reads the same chain once, from its beginning."""
    with Store(tmp_path / "rebuilt.sqlite") as opened:
        yield opened


def rebuilt(other: Store, chain: list[Made]) -> dict:
    other.clear()
    apply(other, chain)
    return dump(other)


def published(dataset: int) -> tuple:
    args = {
        "datasetId": dataset, "owner": OWNER, "card": f"0x{dataset:064x}", "contentRoot": WORD,
        "keyCommitment": WORD, "terms": 1, "diseases": WORD, "parents": [],
    }  # fmt: skip
    return "DatasetNFT", "DatasetPublished", args


def offered(offer: int, dataset: int, currency: str = NOBODY) -> tuple:
    terms = dict.fromkeys(
        ("price", "duration", "uses", "deliveryWindow", "disputeWindow", "right", "visas"), 1
    )
    offer_ = {**terms, "datasetId": dataset, "currency": currency, "proRata": False, "arbiter": NOBODY}
    args = {"offerId": offer, "datasetId": dataset, "by": OWNER, "offer": offer_}
    return "AccessLicense", "OfferCreated", args


def bought(license: int, offer: int = 1, dataset: int = 1) -> tuple:
    args = {
        "licenseId": license, "datasetId": dataset, "licensee": OWNER, "offerId": offer, "version": 1,
        "purpose": 1, "needsReview": False, "by": OWNER,
    }  # fmt: skip
    return "AccessLicense", "LicensePurchased", args


def delivered(license: int) -> tuple:
    return "AccessLicense", "LicenseDelivered", {"licenseId": license, "by": OWNER, "envelope": WORD}


# Reorganisations

NAMED = (0, 0, log.KEPT + 15, log.KEPT + 30, 10**6)  # as the chain's last block


@settings(phases=[Phase.generate])  # another seed is no simpler story
@given(seed=st.integers(0, 2**32), depths=st.lists(st.integers(1, 30), min_size=1, max_size=6))
def test_whatever_was_taken_back_the_rows_are_those_of_a_rebuild(store_of, seed, depths):
    store, other = store_of
    dice, story = random.Random(seed), Story(seed)
    store.clear()
    chain = grown(story, dice, 1, 40)
    stories = {0: copy.deepcopy(Story(seed))}
    for piece in pieces(dice, chain):
        apply(store, piece, latest=dice.choice(NAMED))
    for number, depth in enumerate(depths):
        fork = max(0, len(chain) - depth)
        store.roll_back(fork)
        # The new fork has other events with the same numbers of things: as far as the old one is known.
        chain = chain[:fork]
        assert dump(store) == rebuilt(other, chain)
        branch = Story(seed + number + 1)
        branch.__dict__.update(copy.deepcopy(stories.get(fork, story).__dict__))
        assert not [why for _, _, why in aside(store) if "did not make" not in why]
        chain += grown(branch, dice, fork + 1, dice.randint(0, depth + 3), str(number))
        story = branch
        for piece in pieces(dice, chain[fork:]):
            apply(store, piece, latest=dice.choice(NAMED))
        assert dump(store) == rebuilt(other, chain)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store_of(request, tmp_path_factory):
    """An index on either engine, and a second one to compare it with, for many examples."""
    folder = tmp_path_factory.mktemp("indexes")
    if request.param == "sqlite":
        place = folder / "i.sqlite"
    else:
        server = request.getfixturevalue("postgres")
        place = server.url(server.database())
    with Store(place) as store, Store(folder / "other.sqlite") as other:
        yield store, other


def test_a_reorganisation_reads_no_log(store):
    story, dice = Story(3), random.Random(3)
    chain = grown(story, dice, 1, 120)
    apply(store, chain)
    with heard() as asked:
        store.roll_back(100)
    assert not [one for one in asked if "FROM events" in one and "args" in one]
    assert store.cursor() is not None


def test_older_than_what_is_kept_the_log_is_replayed(store, other, monkeypatch):
    monkeypatch.setattr(log, "KEPT", 10)
    chain = grown(Story(4), random.Random(4), 1, 60)
    for start in range(0, 60, 7):
        apply(store, chain[start : start + 7])
    assert store.rows(select(func.min(undo.c.block).label("lowest")))[0]["lowest"] > 45
    for fork in (55, 30):  # by images, by replay
        store.roll_back(fork)
        assert dump(store) == rebuilt(other, chain[:fork])
    apply(store, chain[30:])
    assert dump(store) == rebuilt(other, chain)
    store.roll_back(52)
    assert dump(store) == rebuilt(other, chain[:52])


def kept_from(store: Store) -> int | None:
    """The lowest block of which the index has rows as they were before."""
    lowest = store.rows(select(func.min(undo.c.block).label("lowest")))[0]["lowest"]
    return None if lowest is None else int(lowest)


def test_far_below_the_head_no_rows_are_kept_for_a_reorganisation(store, other):
    chain = grown(Story(5), random.Random(5), 1, 60)
    apply(store, chain[:20], latest=1_000)
    assert kept_from(store) is None
    store.roll_back(10)
    assert dump(store) == rebuilt(other, chain[:10])
    apply(store, chain[10:30], latest=1_000)
    apply(store, chain[30:], latest=60)
    assert 30 < kept_from(store) < 40
    with heard() as asked:
        store.roll_back(40)
    assert not [one for one in asked if "FROM events" in one and "args" in one]
    assert dump(store) == rebuilt(other, chain[:40])


def test_a_node_that_named_a_head_that_never_was_takes_no_reorganisation_away(store, other):
    chain = grown(Story(6), random.Random(6), 1, 40)
    apply(store, chain[:20], latest=1 << 40)
    apply(store, chain[20:], latest=40)
    with heard() as asked:
        store.roll_back(25)
    assert not [one for one in asked if "FROM events" in one and "args" in one]
    assert dump(store) == rebuilt(other, chain[:25])


def test_what_only_a_block_that_went_wanted_is_not_asked_for(store):
    token = "0x" + "7E" * 20
    apply(store, [mined([published(1)], 1), mined([published(2), offered(1, 2, token)], 2)])
    store.put_unreadable(f"0x{1:064x}", "card", "gone", 5)
    assert store.wanted_tokens(9) == [token]
    store.roll_back(1)
    assert [row["digest"] for row in store.rows(select(wanted))] == [f"0x{1:064x}"]
    assert [one.reason for one in store.unreadable()] == ["gone"]
    assert store.wanted_tokens(9) == []


def test_a_document_that_was_read_stays_read(store):
    apply(store, [mined([published(1)], 1), mined([published(2)], 2)])
    for number in (1, 2):
        store.put_document(f"0x{number:064x}", "card", {"name": "x"})
    store.roll_back(1)
    apply(store, [mined([published(2)], 2, "other")])
    assert store.wanted_documents(9) == []


def test_a_token_that_says_something_else_later_changes_no_event(store, other):
    token = "0x" + "7E" * 20
    chain = [mined([published(1), offered(1, 1, token), bought(1), delivered(1)], 1)]
    settled = {"licenseId": 1, "by": OWNER, "owner": OWNER, "amount": 5, "publisher": OWNER, "royalty": 2}
    chain.append(mined([("AccessLicense", "LicenseSettled", settled)], 2))
    apply(store, chain[:1])
    assert queries.offers(store, 1)[0]["symbol"] is None
    store.put_token(token, "ONE", 6, 1)
    apply(store, chain[1:])
    before = dump(store)
    store.put_token(token, "TWO", 2, 2)
    assert dump(store) == before == rebuilt(other, chain)
    assert (queries.offers(store, 1)[0]["symbol"], queries.license(store, 1)["decimals"]) == ("TWO", 2)


# Events that cannot be applied


def aside(store: Store) -> list[tuple[int, str, str]]:
    return [(one.block, one.name, one.why) for one in store.condition().aside]


def test_an_event_after_a_missed_one_is_set_aside_and_applied_when_that_comes(store, other):
    chain = [
        mined([published(1), offered(1, 1)], 1),
        mined([bought(1)], 2),
        mined([delivered(1)], 3),
        mined([published(2)], 4),
    ]
    apply(store, [chain[0]])
    store.apply(chain[2].events, chain[2].block)  # the node left out block 2
    apply(store, chain[3:])
    assert aside(store) == [(3, "LicenseDelivered", "The log names licenses 1, which it did not make.")]
    assert queries.dataset(store, 2) is not None
    gap = store.due_gap(0)
    assert gap is not None
    assert (gap.first, gap.last) == (0, 3)

    assert store.apply(chain[1].events, chain[3].block) == 1
    assert aside(store) == []
    assert queries.license(store, 1)["state"] == 3
    assert dump(store) == rebuilt(other, chain)
    store.read_again(3, 100)
    assert store.due_gap(10**6) is None


@pytest.mark.parametrize("kept", [256, 1], ids=["by images", "by replay"])
@settings(phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_events_that_come_late_leave_the_rows_of_a_rebuild(store_of, kept, seed):
    store, other = store_of
    dice = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "KEPT", kept)
        patch.setattr(log, "_AT_ONCE", 7)
        chain = grown(Story(seed), dice, 1, 30)
        events = [event for one in chain for event in one.events]
        lost = [event for event in events if dice.random() < 0.2]
        store.clear()
        for piece in pieces(dice, chain):
            there = [event for one in piece for event in one.events if event not in lost]
            store.apply(there, piece[-1].block)
        assert store.apply(lost, chain[-1].block) == len(lost)
        assert store.apply(events, chain[-1].block) == 0
        assert dump(store) == rebuilt(other, chain)
        depth = dice.randint(1, 20)
        store.roll_back(30 - depth)
        assert dump(store) == rebuilt(other, chain[: 30 - depth])


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (("VisaRegistry", "VisaRevoked", {"issuer": "0x1", "visaHash": "0x1"}), "ValueError"),
        (published(2**64), "64 bits"),
        (published(1), "makes datasets 1 twice"),
        (("DatasetNFT", "RoleGranted", {"datasetId": 1, "role": 9, "account": OWNER, "by": OWNER}), "Role"),
        (("DatasetNFT", "DatasetPublished", {"datasetId": 7}), "KeyError"),
        (("AccessLicense", "OfferClosed", {"offerId": 9, "datasetId": 1, "by": OWNER}), "did not make"),
    ],
)
def test_one_bad_event_is_set_aside_with_its_reason_and_takes_nothing_along(store, other, told, why):
    good = [mined([published(1), offered(1, 1)], 1), mined([bought(1)], 2)]
    apply(store, good)
    before = dump(store, DERIVED)
    apply(store, [mined([told], 3)])
    ((block_number, name, reason),) = aside(store)
    assert (block_number, name) == (3, told[1])
    assert why in reason
    assert dump(store, DERIVED) == before
    apply(store, [mined([delivered(1)], 4)])
    assert queries.license(store, 1)["state"] == 3
    assert dump(store) == rebuilt(other, [*good, mined([told], 3), mined([delivered(1)], 4)])
    store.roll_back(2)
    assert aside(store) == []
    assert dump(store, DERIVED) == before


@pytest.mark.parametrize("amiss", [MemoryError(), OSError(24, "too many files")], ids=["memory", "files"])
def test_what_is_amiss_with_the_machine_is_no_events_fault(store, monkeypatch, amiss):
    made = mined([published(1)], 1)

    def fail(*_: object) -> None:
        raise amiss

    with monkeypatch.context() as patched:
        patched.setattr(log.derive, "derive", fail)
        with pytest.raises(type(amiss)):
            apply(store, [made])
    assert store.cursor() is None
    apply(store, [made])
    assert aside(store) == []
    assert queries.dataset(store, 1) is not None


@pytest.mark.parametrize("dataset", [2**63, 2**256 - 1])
def test_a_stranger_names_a_dataset_whose_number_no_row_can_have(store, dataset):
    """Anybody may say whom it trusts for whatever number."""
    trusted = {"owner": OWNER, "datasetId": dataset, "issuer": OWNER, "types": 1}
    apply(store, [mined([("VisaRegistry", "IssuerTrusted", trusted), published(1)], 1)])
    assert aside(store) == []
    assert queries.dataset(store, 1) is not None


def test_what_cannot_be_decoded_or_is_not_known_is_kept_apart(store):
    of = block(1)
    unread = Event(of, 0, WORD, "DatasetNFT", "undecodable", None, "The log is no Transfer.")
    unknown = Event(of, 1, WORD, "DatasetNFT", "", None, "No event has its topic.")
    good = mined([published(1)], 1).events[0]._replace(log_index=2)
    assert store.apply([unread, unknown, good], of) == 3
    condition = store.condition()
    assert [(one.name, one.why) for one in condition.aside] == [("undecodable", "The log is no Transfer.")]
    assert (condition.aside_count, condition.ignored, condition.events) == (1, 1, 1)


def test_a_gap_is_read_again_once_and_then_at_most_once_an_hour(store):
    apply(store, [mined([delivered(1)], 1)])
    assert store.due_gap(0) is not None
    store.could_not_read_again("The node does not answer.", 100)
    assert store.due_gap(100) is None
    assert store.condition().gaps[0].why == "The node does not answer."
    assert store.due_gap(200) is not None
    store.read_again(1, 200)
    assert store.condition().gaps == ()
    apply(store, [mined([delivered(2)], 2)])
    assert store.due_gap(3_700) is None
    assert store.due_gap(3_800) is not None


# Several who write


def test_the_same_events_twice_change_nothing(store):
    chain = grown(Story(5), random.Random(5), 1, 20)
    apply(store, chain)
    before = dump(store)
    assert store.apply([event for one in chain for event in one.events], chain[-1].block) == 0
    assert dump(store) == before


def test_of_two_indexers_one_applies(location, other):
    chain = grown(Story(6), random.Random(6), 1, 60)
    begin = threading.Barrier(2)

    def follow() -> int:
        applied = 0
        with Store(location) as store:
            begin.wait(60)
            for place in range(60):
                cursor = store.cursor()
                if cursor is not None and cursor.number >= chain[place].block.number:
                    continue
                try:
                    applied += store.apply(chain[place].events, chain[place].block, after=cursor)
                except UnavailableError as exc:
                    assert "Another indexer" in exc.message
        return applied

    with Store(location):
        pass
    with ThreadPoolExecutor(2) as pool:
        applied = [one.result(60) for one in [pool.submit(follow) for _ in range(2)]]
    with Store(location) as store:
        apply(store, chain)  # what both stood by for
        assert sum(applied) <= sum(len(one.events) for one in chain)
        assert dump(store) == rebuilt(other, chain)


def test_whoever_stands_elsewhere_applies_nothing(store):
    apply(store, [mined([published(1)], 1), mined([], 2)])
    with pytest.raises(UnavailableError, match="Another indexer"):
        store.apply(mined([published(2)], 3).events, block(3), after=block(1))
    assert queries.dataset(store, 2) is None


def test_no_event_asks_the_database_for_itself(store):
    """Catching up costs statements for each piece, not for each event."""
    story = Story(8)
    told = list(story.events(1_500))
    made = [mined(told[start : start + 10], 1 + start // 10) for start in range(0, 1_500, 10)]
    apply(store, made[:50])
    with heard() as asked:
        apply(store, made[50:])
    assert len(asked) < 200, len(asked)


def test_a_listener_hears_of_what_is_committed(postgres):
    import psycopg

    name = postgres.database()
    with Store(postgres.url(name)) as store, psycopg.connect(postgres.url(name), autocommit=True) as listener:
        listener.execute("LISTEN biodesci_index")
        apply(store, [mined([published(1)], 1)])
        assert [one.channel for one in listener.notifies(timeout=60, stop_after=1)] == ["biodesci_index"]
        assert store.rows(select(tokens)) == []
    postgres.drop(name)
