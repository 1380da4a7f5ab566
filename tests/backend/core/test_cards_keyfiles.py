"""Key files and cards."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from biodesci.core import cid, croissant, duo, keyfile
from biodesci.core.container import ContainerInfo
from biodesci.core.documents.dataset_card import SMALL, Category, DatasetCard, IdentifierCheck, Statistics
from biodesci.core.documents.published_card import PublishedCard
from biodesci.core.errors import InputError, IntegrityError, WrongKeyError

FAST = 1 << 10
INFO = ContainerInfo(b"\x01" * 32, 1064, 1000, 1 << 20, b"\x02" * 32)


def card(**changes: object) -> DatasetCard:
    about: dict[str, object] = {
        "name": "Cohort",
        "description": "Of a hospital",
        "terms": duo.parse_terms(["HMB", "NCU"]),
    }
    about |= {name: changes.pop(name) for name in croissant.About.__match_args__ if name in changes}
    file = croissant.StoredFile(b"\x03" * 32, INFO, "cohort.csv", "text/csv")
    check = IdentifierCheck(checked="file name", findings=())
    return croissant.build(croissant.About(**about), file, check, **changes)  # type: ignore[arg-type]


def test_key_file_round_trip() -> None:
    sealed = keyfile.seal(b"secret", "correct horse", "hpke-seed", n=FAST)
    assert keyfile.open_(sealed, "correct horse", "hpke-seed") == b"secret"
    assert sealed != keyfile.seal(b"secret", "correct horse", "hpke-seed", n=FAST)
    for passphrase, purpose in (("correct horsf", "hpke-seed"), ("correct horse", "dataset-key")):
        with pytest.raises(WrongKeyError) as caught:
            keyfile.open_(sealed, passphrase, purpose)
        assert passphrase not in str(caught.value)


def test_the_cost_that_people_get() -> None:
    """In a process of its own: this one has a lower cost, for all tests."""
    program = (
        "import sys, tempfile; from pathlib import Path; from biodesci.core import keyfile; "
        "from biodesci.party import keys; home = Path(tempfile.mkdtemp()); "
        "print(keyfile.seal(b'secret', 'ten letters', 'x')[5], "
        "keys.create(home, 'ten letters').read_bytes()[5])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["15", "15"]  # log2 of scrypt's n


def test_key_file_in_both_unicode_forms() -> None:
    assert keyfile.open_(keyfile.seal(b"s", "many caf\u00e9s", "p", n=FAST), "many cafe\u0301s", "p") == b"s"


def test_every_byte_of_a_key_file_counts() -> None:
    sealed = keyfile.seal(b"secret", "ten letters", "x", n=FAST)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        # The lowest bit of the cost byte: 2^11 instead of 2^10 still is a legal, cheap cost.
        changed[position] ^= 1
        with pytest.raises((IntegrityError, WrongKeyError)):
            keyfile.open_(bytes(changed), "ten letters", "x")
    for bad in (b"", sealed[:-1], sealed[:30], sealed[:5] + b"\x3f" + sealed[6:]):
        with pytest.raises((IntegrityError, WrongKeyError)):
            keyfile.open_(bad, "ten letters", "x")
    for n in (0, 1000, 1 << 9, 1 << 21):
        with pytest.raises(InputError):
            keyfile.seal(b"", "ten letters", "x", n=n)
    with pytest.raises(InputError):
        keyfile.seal(b"", "", "x", n=FAST)


def test_card_round_trip() -> None:
    column = croissant.summarize("age", [float(i % 40) for i in range(400)], "integer", unit="a")
    written = card(columns=[column], records=400, creator="Clinic")
    fields = json.loads(written.to_bytes())
    (file,) = fields["distribution"]
    assert file["contentUrl"] == f"ipfs://{cid.from_digest(bytes([3]) * 32)}"
    assert (file["contentSize"], file["biodesci:plaintextSize"]) == ("1064 B", 1000)
    assert (file["biodesci:contentRoot"], file["sha256"]) == ("0x" + "01" * 32, "02" * 32)
    (described,) = fields["recordSet"][0]["field"]
    assert (described["dataType"], described["biodesci:unit"]) == ("sc:Integer", "a")
    assert fields["usageInfo"] == ["DUO:0000006", "DUO:0000046"]
    assert (fields["biodesci:records"], fields["creator"]["name"]) == (400, "Clinic")
    assert DatasetCard.parse(written.to_bytes()) == written
    PublishedCard.read(written.to_bytes()).require_listable()
    assert "biodesci:records" not in json.loads(card(records=10).to_bytes())
    for changes in ({"name": " "}, {"terms": 0}):
        with pytest.raises(InputError):
            card(**changes)


@settings(max_examples=150)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=14))
def test_suppressed_cells_cannot_be_worked_out(counts: list[int]) -> None:
    hidden = croissant._suppressed(counts)
    assert all(hide for count, hide in zip(counts, hidden, strict=True) if 0 < count < SMALL)
    secret = [count for count, hide in zip(counts, hidden, strict=True) if hide]
    if secret and not all(hide or count == 0 for count, hide in zip(counts, hidden, strict=True)):
        assert len(secret) > 1
        assert sum(secret) >= SMALL


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(0, 5).map(float)), min_size=1, max_size=200
    )
)
def test_statistics_show_no_small_cell_and_no_extreme(values: list[float | None]) -> None:
    statistics = croissant.summarize("x", values, "number").statistics
    present = [value for value in values if value is not None]
    bars = statistics.histogram or ()
    assert all(bar.count is None or bar.count == 0 or bar.count >= SMALL for bar in bars)
    if len(present) < SMALL:
        assert statistics == Statistics()
    nulls = len(values) - len(present)
    if 0 < nulls < SMALL:
        assert statistics.null_share is None
    if statistics.null_share is not None and bars:
        visible = sum(bar.count or 0 for bar in bars)
        assert visible == len(present) or len(present) - visible >= SMALL


def test_rare_categories_are_not_named() -> None:
    column = croissant.summarize("country", ["DE"] * 50 + ["FR"] * 40 + ["Tuvalu"] * 2, "text")
    assert "Tuvalu" not in column.model_dump_json()
    bars = column.statistics.histogram or ()
    assert [bar.count for bar in bars if isinstance(bar, Category) and bar.value == "DE"] == [50]
    assert croissant.summarize("n", ["a"] * 10, "text").statistics == Statistics()
