"""A licensee's Crypt4GH file: the package opens it, a header alone makes it another reader's, the chain says
whether it is whole. A steward's Crypt4GH file becomes a plain one for as long as it is published.
"""

from __future__ import annotations

import io
import os

import pytest

from biodesci.chain.client import Chain
from biodesci.chain.deployment import load_deployment
from biodesci.core import container
from biodesci.core.crypt4gh import keyfiles, whole
from biodesci.core.crypt4gh.body import SEALED, SEGMENT
from biodesci.core.errors import AccessDeniedError, InputError, IntegrityError, StateError, WrongKeyError
from biodesci.ipfs.client import Ipfs
from biodesci.market import crypt4gh, license, licensed_copy
from biodesci.market.licensed_copy import Crypt4ghFile
from tests.backend.core.crypt4gh import peer
from tests.backend.market.conftest import Sale
from tests.backend.market.private import PrivateSale, serving
from tests.children import die, ended, killed

START = 124


@pytest.fixture(scope="module")
def sold(localnet, senders_home, ipfs_node, tmp_path_factory) -> tuple[Sale, int, bytes]:
    """A sale of a file of five segments, whose key was delivered: (sale, licence, plain file)."""
    deployment = load_deployment(localnet.deployment_file)

    def chain_for() -> Chain:
        return Chain(localnet.rpc_url, deployment, localnet.account(), senders_home)

    folder = tmp_path_factory.mktemp("sold")
    sale = Sale(chain_for, Ipfs(ipfs_node.api, timeout=2.0), folder, rows=40_000)
    license_id = sale.buy().license_id
    sale.release()
    return sale, license_id, sale.file.read_bytes()


def key_pair() -> tuple[bytes, bytes]:
    private = keyfiles.generate()
    return private, keyfiles.public_key(private)


def test_the_package_opens_what_a_licensee_gets(sold, tmp_path) -> None:
    sale, license_id, plain = sold
    (own, own_public), (colleague, colleagues_public) = key_pair(), key_pair()
    target = tmp_path / "cohort.csv.c4gh"
    wanted = Crypt4ghFile(target, (own_public, colleagues_public))
    done = licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, wanted)
    assert (done.target, done.size) == (target, len(plain))
    raw = target.read_bytes()
    assert peer.opened(raw, own) == peer.opened(raw, colleague) == plain
    with pytest.raises(ValueError):
        peer.opened(raw, keyfiles.generate())
    assert target.stat().st_mode & 0o777 == 0o600
    assert not [one.name for one in tmp_path.iterdir() if one.name.startswith(".")]  # no plain file was there
    with pytest.raises(StateError, match="already"):
        licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, wanted)
    with pytest.raises(InputError, match="no Crypt4GH public key"):
        bad = Crypt4ghFile(tmp_path / "bad", (bytes(32),))
        licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, bad)
    assert not (tmp_path / "bad").exists()


def test_a_header_makes_the_file_another_readers(sold, tmp_path, monkeypatch) -> None:
    """The data stays where it is: an envelope of 1,208 bytes moves, and a header of 124 is made of it."""
    sale, license_id, plain = sold
    first, first_public = key_pair()
    target = tmp_path / "cohort.c4gh"
    licensed_copy.download(
        sale.buyer, sale.ipfs, sale.seed, license_id, Crypt4ghFile(target, (first_public,))
    )
    moved = []
    real = type(sale.ipfs).stream
    monkeypatch.setattr(
        type(sale.ipfs), "stream", lambda *asked: (moved.append(piece) or piece for piece in real(*asked))
    )
    second, second_public = key_pair()
    header = crypt4gh.header_for(sale.buyer, sale.ipfs, sale.seed, license_id, (second_public,))
    assert sum(map(len, moved)) == 1_208
    assert len(header) == START
    assert peer.opened(header + target.read_bytes()[START:], second) == plain
    with pytest.raises(ValueError):
        peer.opened(header + target.read_bytes()[START:], first)


def test_a_copy_is_checked_against_the_chain(sold, tmp_path) -> None:
    sale, license_id, plain = sold
    assert len(plain) > 4 * SEGMENT
    private, public = key_pair()
    ours = tmp_path / "cohort.c4gh"
    licensed_copy.download(sale.buyer, sale.ipfs, sale.seed, license_id, Crypt4ghFile(ours, (public,)))

    def check(raw: bytes, key: bytes | None = None) -> int:
        copy = tmp_path / "copy"
        copy.write_bytes(raw)
        return crypt4gh.check(sale.buyer, sale.ipfs, sale.seed, license_id, copy, key)

    raw, theirs = ours.read_bytes(), peer.written(plain, public)
    assert check(raw) == check(plain) == check(theirs, private) == check(raw, private) == len(plain)
    with pytest.raises(IntegrityError, match="Segment 0 of the Crypt4GH file does not open"):
        check(theirs)  # under a data key of its own, which its header alone gives
    with pytest.raises(WrongKeyError):
        check(theirs, keyfiles.generate())
    second, third = (slice(START + at * SEALED, START + (at + 1) * SEALED) for at in (1, 2))
    for whole_file, key in ((raw, None), (theirs, private)):
        front, rest = whole_file[: second.start], whole_file[third.stop :]
        swapped = front + whole_file[third] + whole_file[second] + rest
        for damaged in (swapped, front + rest, whole_file[: third.start], front, whole_file[:START]):
            with pytest.raises(IntegrityError):
                check(damaged, key)
    # The package takes both without a word.
    assert sorted(peer.opened(theirs[: third.start], private)) == sorted(plain[: 2 * SEGMENT])
    for other in (plain[:-1], plain + b"\n", b""):
        with pytest.raises(IntegrityError, match="content root"):
            check(other)
    # A licensee may write another body under the data key: only the chain tells.
    forged = io.BytesIO()
    key = licensed_copy.key_of(sale.buyer, sale.ipfs, sale.seed, license.get(sale.buyer, license_id))
    with whole.body.Writer(forged, key.data_key()) as writer:
        writer.write(plain.replace(b"40,", b"41,"))
    with pytest.raises(IntegrityError, match="content root"):
        check(raw[:START] + forged.getvalue())
    with pytest.raises(InputError, match="cannot be read"):
        crypt4gh.check(sale.buyer, sale.ipfs, sale.seed, license_id, tmp_path / "none")


def test_a_private_dataset_is_delivered_and_checked_alike(chain_for, ipfs, tmp_path) -> None:
    """From its owner's server, as IPFS does not have it."""
    with serving(chain_for(), tmp_path / "owner") as served:
        sale = PrivateSale(chain_for, ipfs, tmp_path, served.origin)
        license_id, (private, public) = sale.bought(), key_pair()
        target = tmp_path / "copy.c4gh"
        wanted = Crypt4ghFile(target, (public,))
        licensed_copy.download(sale.buyer, ipfs, sale.seed, license_id, wanted)
        raw = target.read_bytes()
        assert peer.opened(raw, private) == sale.plaintext
        size = crypt4gh.check(sale.buyer, ipfs, sale.seed, license_id, target)
        assert size == len(sale.plaintext)
        target.write_bytes(raw[: START + SEALED])
        with pytest.raises(IntegrityError):
            crypt4gh.check(sale.buyer, ipfs, sale.seed, license_id, target)


def test_a_stranger_gets_no_header_and_no_check(sold, chain_for, tmp_path) -> None:
    sale, license_id, _ = sold
    _, public = key_pair()
    thief = chain_for()
    with pytest.raises(AccessDeniedError, match="not held by"):
        crypt4gh.header_for(thief, sale.ipfs, sale.seed, license_id, (public,))
    with pytest.raises(AccessDeniedError, match="not held by"):
        crypt4gh.check(thief, sale.ipfs, sale.seed, license_id, sale.file)


def test_a_header_is_a_use_and_a_check_is_none(sale_of, tmp_path) -> None:
    sale = sale_of(uses=2)
    license_id = sale.buy().license_id
    sale.release()
    _, public = key_pair()

    def left() -> int:
        return license.get(sale.buyer, license_id).uses_left

    crypt4gh.header_for(sale.buyer, sale.ipfs, sale.seed, license_id, (public,))
    assert left() == 1
    crypt4gh.check(sale.buyer, sale.ipfs, sale.seed, license_id, sale.file)
    assert left() == 1
    with pytest.raises(InputError):  # before it counts
        crypt4gh.header_for(sale.buyer, sale.ipfs, sale.seed, license_id, (b"short",))
    assert left() == 1


def test_a_licence_to_train_gives_no_header(sale_of) -> None:
    sale = sale_of(right="train")
    license_id = sale.buy().license_id
    with pytest.raises(AccessDeniedError, match="is for training"):
        crypt4gh.header_for(sale.buyer, sale.ipfs, sale.seed, license_id, (key_pair()[1],))


@pytest.mark.parametrize("by_others", [False, True])
def test_a_stewards_file_is_plain_while_it_is_published(tmp_path, by_others) -> None:
    private, public = key_pair()
    plain, file, home = os.urandom(200_000), tmp_path / "reads.bam.c4gh", tmp_path / "home"
    if by_others:
        file.write_bytes(peer.written(plain, public))
    else:
        with file.open("wb") as target:
            whole.encrypt(io.BytesIO(plain), target, [public])
    assert crypt4gh.is_encrypted(file)
    assert not crypt4gh.is_encrypted(home)
    for _ in range(2):
        with crypt4gh.imported(file, private, home) as (found, is_ordered):
            assert (found.name, found.read_bytes()) == ("reads.bam", plain)
            assert found.stat().st_mode & 0o777 == 0o600
            assert found.parent.stat().st_mode & 0o777 == 0o700
            assert is_ordered is not by_others
        assert not found.exists()
    with pytest.raises(WrongKeyError), crypt4gh.imported(file, keyfiles.generate(), home):
        pass
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(IntegrityError), crypt4gh.imported(file, private, home):
        pass
    assert not list((home / "imports").iterdir())


def test_what_a_killed_run_left_is_gone_with_the_next_and_what_is_used_stays(tmp_path) -> None:
    private, public = key_pair()
    home, file, other = tmp_path / "home", tmp_path / "a.c4gh", tmp_path / "b.c4gh"
    for one in (file, other):
        one.write_bytes(peer.written(b"x" * 100_000, public))

    def used_until_killed() -> None:
        with crypt4gh.imported(file, private, home):
            die()

    def used_beside() -> None:
        with crypt4gh.imported(file, private, home) as (second, _):
            assert used.exists()
            assert second.exists()

    killed(used_until_killed)
    (left,) = (home / "imports").glob("*/*")
    assert left.stat().st_size == 100_000
    with crypt4gh.imported(other, private, home) as (used, _):
        assert not left.exists()
        assert ended(used_beside) == 0
        assert used.exists()


def test_a_container_of_another_segment_size_gives_the_same_body() -> None:
    """The body follows from the plain file and the key alone, however the container was cut."""
    plain, key = os.urandom(300_000), os.urandom(32)
    bodies = []
    for size in (1 << 16, 1 << 20):
        sealed, target = io.BytesIO(), io.BytesIO()
        container.encrypt(io.BytesIO(plain), sealed, key, segment_size=size)
        sealed.seek(0)
        with whole.body.Writer(target, bytes(32)) as writer:
            container.decrypt(sealed, writer, key, expected_root=None)  # type: ignore[arg-type]
        bodies.append(target.getvalue())
    assert bodies[0] == bodies[1]
