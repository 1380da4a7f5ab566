"""Secure aggregation in process: the sum is the integer sum of the plaintext vectors, or an error."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from biodesci.core import canonical
from biodesci.core.documents.round_messages import Inbox, Shares, UnmaskAnswer
from biodesci.core.errors import InputError, IntegrityError, StateError
from biodesci.fl import masking
from biodesci.fl.aggregation import Aggregator
from biodesci.fl.masking import Context
from biodesci.fl.messages import MaskedVector, dealt_digest, inbox_digest
from biodesci.fl.protocol import Node
from biodesci.fl.quantize import Ring, decode, encode
from biodesci.fl.roster import Member, Roster, threshold_of

CONTEXT = Context(31337, bytes(range(20)), 7)


def address(i: int) -> bytes:
    return (i + 1).to_bytes(20, "big")


def cohort(n: int) -> tuple[list[Node], Roster]:
    nodes = [Node.create(CONTEXT, address(i)) for i in range(n)]
    roster = tuple(Member(node.address, node.round_keys[:32], node.round_keys[32:]) for node in nodes)
    return nodes, roster


def restarted(node: Node) -> Node:
    return Node.from_bytes(node.to_bytes())


def play(
    vectors: Sequence[Ring], *, lost_before_sharing: int = 0, lost_after_sharing: int = 0, silent: int = 0
) -> tuple[Ring, list[int]]:
    """A round in which the last nodes drop out, each node restarted from its bytes between any two steps."""
    n = len(vectors)
    nodes, roster = cohort(n)
    t = threshold_of(n)
    aggregator = Aggregator(CONTEXT, roster, t, 3, vectors[0].size)
    sharing = n - lost_before_sharing
    for node in nodes[:sharing]:
        aggregator.add_shares(node.address, Shares.parse(node.deal(roster, t)))
    nodes = [restarted(node) for node in nodes]
    aggregator.close_shares()
    dealt = aggregator.dealt
    committing = sharing - lost_after_sharing
    bodies: dict[bytes, bytes] = {}
    for node, vector in zip(nodes[:committing], vectors, strict=False):
        node.receive(Inbox.parse(aggregator.inbox(node.address).to_bytes()), dealt)
        bodies[node.address] = restarted(node).mask(vector, dealt)
        assert node.mask(vector, dealt) == bodies[node.address]
        aggregator.add_masked(node.address, MaskedVector.from_bytes(bodies[node.address]))
    survivors = [node.address for node in nodes[:committing]]
    aggregator.close(survivors)
    for node in nodes[: committing - silent]:
        aggregator.add_answer(node.address, UnmaskAnswer.parse(restarted(node).answer(survivors, dealt)))
    return aggregator.total(bodies.__getitem__), list(range(committing))


def ring(rng: np.random.Generator, n: int, size: int) -> list[Ring]:
    return [rng.integers(0, 1 << 32, size, dtype=np.uint32) for _ in range(n)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_sum_is_the_integer_sum_of_whoever_is_left(data: st.DataObject) -> None:
    n = data.draw(st.integers(3, 9))
    spare = n - max(threshold_of(n), 3)
    before = data.draw(st.integers(0, spare))
    after = data.draw(st.integers(0, spare - before))
    silent = data.draw(st.integers(0, spare - before - after))
    vectors = ring(np.random.default_rng(data.draw(st.integers(0, 2**32))), n, data.draw(st.integers(1, 300)))
    total, summed = play(vectors, lost_before_sharing=before, lost_after_sharing=after, silent=silent)
    assert np.array_equal(total, np.sum([vectors[i] for i in summed], axis=0, dtype=np.uint32))


def test_reals_come_back_to_the_last_bit_of_the_fixed_point() -> None:
    rng = np.random.default_rng(1)
    reals = [rng.normal(size=50) for _ in range(5)]
    total, _ = play([encode(r, 20, 5) for r in reals], lost_after_sharing=1)
    assert np.array_equal(decode(total, 20), np.sum([np.rint(r * 2**20) for r in reals[:4]], axis=0) / 2**20)


def test_a_round_below_the_threshold_does_not_sum() -> None:
    vectors = ring(np.random.default_rng(2), 5, 8)
    with pytest.raises(StateError, match="nodes shared"):
        play(vectors, lost_before_sharing=2)
    with pytest.raises(StateError, match="committed"):
        play(vectors, lost_after_sharing=2)
    with pytest.raises(StateError, match="answered"):
        play(vectors, silent=2)


@pytest.mark.parametrize(("nodes", "colluders"), [(n, c) for n in range(3, 12) for c in range(1, n - 1)])
def test_two_thresholds_have_more_nodes_in_common_than_collude(nodes: int, colluders: int) -> None:
    threshold = threshold_of(nodes, colluders)
    assert 2 * threshold - nodes > colluders
    assert 2 * (threshold - 1) - nodes <= colluders, "no higher than it has to be"


def test_a_round_reckons_with_one_colluder_at_least() -> None:
    assert (threshold_of(3), threshold_of(4), threshold_of(5), threshold_of(7)) == (3, 3, 4, 5)
    with pytest.raises(InputError, match="one colluding site"):
        threshold_of(5, 0)


def test_two_nodes_are_no_cohort() -> None:
    with pytest.raises(StateError, match="hides nobody"):
        threshold_of(2)


def dealt(n: int = 4) -> tuple[list[Node], Roster, Aggregator]:
    nodes, roster = cohort(n)
    aggregator = Aggregator(CONTEXT, roster, threshold_of(n), 3, 16)
    for node in nodes:
        aggregator.add_shares(node.address, Shares.parse(node.deal(roster, threshold_of(n))))
    aggregator.close_shares()
    for node in nodes:
        node.receive(aggregator.inbox(node.address), aggregator.dealt)
    return nodes, roster, aggregator


def test_a_node_answers_one_question_only() -> None:
    nodes, _, aggregator = dealt()
    nodes[0].mask(np.zeros(16, dtype=np.uint32), aggregator.dealt)
    everyone = [node.address for node in nodes]
    first = nodes[0].answer(everyone, aggregator.dealt)
    again = restarted(nodes[0])
    assert again.answer(everyone, aggregator.dealt) == first
    with pytest.raises(StateError, match="another set of survivors"):
        again.answer(everyone[:3], aggregator.dealt)


def test_an_answer_never_holds_both_shares_of_a_peer() -> None:
    nodes, _, aggregator = dealt()
    nodes[0].mask(np.zeros(16, dtype=np.uint32), aggregator.dealt)
    answer = UnmaskAnswer.parse(nodes[0].answer([node.address for node in nodes[:3]], aggregator.dealt))
    assert set(answer.seeds) == {node.address for node in nodes[:3]}
    assert set(answer.keys) == {nodes[3].address}
    both = {nodes[0].address: answer.seeds[nodes[0].address]}
    with pytest.raises(InputError, match="both shares"):
        UnmaskAnswer(seeds=answer.seeds, keys=both)
    fields = json.loads(answer.to_bytes())
    fields["keys"]["0x" + nodes[0].address.hex()] = fields["seeds"]["0x" + nodes[0].address.hex()]
    with pytest.raises(IntegrityError, match="both shares"):
        UnmaskAnswer.parse(canonical.dumps(fields))


@pytest.mark.parametrize(
    ("survivors", "error"), [([0, 1], StateError), ([1, 2, 3], StateError), ([0, 1, 9], IntegrityError)]
)
def test_a_node_refuses_survivors_that_do_not_fit(survivors: list[int], error: type[Exception]) -> None:
    nodes, _, aggregator = dealt()
    nodes[0].mask(np.zeros(16, dtype=np.uint32), aggregator.dealt)
    with pytest.raises(error):
        nodes[0].answer([address(i) for i in survivors], aggregator.dealt)


def test_a_node_goes_on_for_no_other_dealers_than_it_masks_against() -> None:
    nodes, _, aggregator = dealt()
    vector = np.zeros(16, dtype=np.uint32)
    with pytest.raises(StateError, match="names other shares"):
        nodes[0].mask(vector, bytes(32))
    message = MaskedVector.from_bytes(nodes[0].mask(vector, aggregator.dealt))
    with pytest.raises(StateError, match="names other shares"):
        restarted(nodes[0]).answer([node.address for node in nodes], bytes(32))
    with pytest.raises(StateError, match="masked against other peers"):
        nodes[0].resume(MaskedVector(bytes(32), message.vector))


def test_masks_are_used_for_one_vector_only() -> None:
    nodes, _, aggregator = dealt()
    nodes[0].mask(np.zeros(16, dtype=np.uint32), aggregator.dealt)
    with pytest.raises(StateError, match="masks are used once"):
        restarted(nodes[0]).mask(np.ones(16, dtype=np.uint32), aggregator.dealt)


def test_a_node_refuses_a_roster_with_other_keys_of_its_own() -> None:
    nodes, roster = cohort(3)
    forged = (Member(roster[0].address, roster[1].share_key, roster[2].mask_key), *roster[1:])
    with pytest.raises((StateError, IntegrityError)):
        nodes[0].deal(forged, 3)
    with pytest.raises(InputError, match="does not hold against a colluding one"):
        nodes[0].deal(roster, 2)


def test_copied_round_keys_are_of_no_use() -> None:
    """Who enrolled with another's keys cannot read what is dealt to it, nor know a mask; the others go on."""
    vectors = [encode(np.arange(4.0) + i, 8, 5) for i in range(5)]
    nodes, roster = cohort(5)
    copied, copier = roster[0], address(5)
    whole = (*roster, Member(copier, copied.mask_key, copied.share_key))
    t = threshold_of(6)
    aggregator = Aggregator(CONTEXT, whole, t, 3, vectors[0].size)
    dealt = [Shares.parse(node.deal(whole, t)) for node in nodes]
    for node, shares in zip(nodes, dealt, strict=True):
        aggregator.add_shares(node.address, shares)
    own = masking.generate_key()
    with pytest.raises(IntegrityError, match="do not open"):
        masking.open_shares(CONTEXT, own, roster[1].share_key, address(1), copier, dealt[1].sealed[copier])
    # Even the site that was copied, which could derive it, gets another mask for the copier than for itself.
    to_copied, to_copier = (
        masking.pair_key(CONTEXT, nodes[1]._mask_key, copied.mask_key, address(1), to)
        for to in (address(0), copier)
    )
    assert to_copied != to_copier
    aggregator.close_shares()
    bodies = {}
    for node, vector in zip(nodes, vectors, strict=True):
        node.receive(aggregator.inbox(node.address), aggregator.dealt)
        bodies[node.address] = node.mask(vector, aggregator.dealt)
        aggregator.add_masked(node.address, MaskedVector.from_bytes(bodies[node.address]))
    aggregator.close(bodies)
    for node in nodes:
        answer = node.answer(aggregator.survivors, aggregator.dealt)
        aggregator.add_answer(node.address, UnmaskAnswer.parse(answer))
    assert np.array_equal(aggregator.total(bodies.__getitem__), np.sum(vectors, axis=0, dtype=np.uint32))


def test_a_node_deals_to_no_unusable_key() -> None:
    nodes, roster = cohort(3)
    for point in ("00" * 32, "01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ee" + "ff" * 31):
        weak = (*roster[:2], Member(roster[2].address, roster[2].mask_key, bytes.fromhex(point)))
        with pytest.raises(IntegrityError, match="usable X25519"):
            nodes[0].deal(weak, 3)


def test_a_changed_bundle_does_not_open() -> None:
    nodes, roster, aggregator = dealt()
    sealed = dict(aggregator.inbox(nodes[0].address).sealed)
    peer = nodes[1].address
    sealed[peer] = sealed[peer][:-1] + bytes([sealed[peer][-1] ^ 1])
    fresh = Node.create(CONTEXT, address(0))
    fresh_roster = (Member(address(0), fresh.round_keys[:32], fresh.round_keys[32:]), *roster[1:])
    fresh.deal(fresh_roster, 3)
    inbox = shown(address(0), sealed)
    with pytest.raises(IntegrityError, match="do not open"):
        fresh.receive(inbox, dealt_digest(CONTEXT, inbox.digests))


def shown(receiver: bytes, sealed: dict[bytes, bytes]) -> Inbox:
    """An inbox of these bundles; the digests of the senders' own inboxes are anybody's guess."""
    digests = {**dict.fromkeys(sealed, bytes(32)), receiver: inbox_digest(sealed)}
    return Inbox(sealed=sealed, digests=digests)


def test_a_node_refuses_a_second_inbox() -> None:
    nodes, _, aggregator = dealt()
    fewer = dict(aggregator.inbox(nodes[0].address).sealed)
    fewer.pop(nodes[3].address)
    inbox = shown(nodes[0].address, fewer)
    with pytest.raises(StateError, match="different shares"):
        nodes[0].receive(inbox, dealt_digest(CONTEXT, inbox.digests))


def test_a_node_refuses_an_inbox_that_the_chain_does_not_name() -> None:
    nodes, _, aggregator = dealt()
    receiver, sent = nodes[0].address, aggregator.inbox(nodes[0].address)
    changed = {a: b[:-1] + bytes([b[-1] ^ 1]) for a, b in sent.sealed.items()}
    fewer = {a: sent.sealed[a] for a in list(sent.sealed)[:2]}
    for inbox in (
        shown(receiver, dict(sent.sealed)),
        shown(receiver, fewer),
        Inbox(sealed=changed, digests=sent.digests),
        Inbox(sealed=fewer, digests=sent.digests),
        Inbox(sealed=sent.sealed, digests={a: d for a, d in sent.digests.items() if a != receiver}),
    ):
        with pytest.raises(IntegrityError, match="than the chain names"):
            nodes[0].receive(inbox, aggregator.dealt)


def test_the_digest_of_what_was_dealt_is_that_of_the_protocol() -> None:
    """Computed a second time from docs/protocol.md."""
    sealed = {address(2): b"b" * 124, address(1): b"a" * 124}
    one = hashlib.sha256(b"biodesci/inbox/v1" + address(1) + b"a" * 124 + address(2) + b"b" * 124).digest()
    assert inbox_digest(sealed) == one
    bound = (31337).to_bytes(32, "big") + bytes(range(20)) + (7).to_bytes(32, "big")
    listed = address(0) + one + address(1) + bytes(32)
    expected = hashlib.sha256(b"biodesci/dealt/v1" + bound + listed).digest()
    assert dealt_digest(CONTEXT, {address(1): bytes(32), address(0): one}) == expected


def test_the_aggregator_refuses_what_does_not_fit() -> None:
    nodes, roster, aggregator = dealt()
    with pytest.raises(StateError, match="not enrolled"):
        aggregator.add_shares(address(9), Shares.parse(nodes[0].deal(roster, 3)))
    with pytest.raises(IntegrityError, match="every other node"):
        aggregator.add_shares(nodes[1].address, Shares.parse(nodes[0].deal(roster, 3)))
    message = MaskedVector.from_bytes(nodes[0].mask(np.zeros(16, dtype=np.uint32), aggregator.dealt))
    aggregator.add_masked(nodes[0].address, message)
    with pytest.raises(StateError, match="another masked vector"):
        aggregator.add_masked(nodes[0].address, MaskedVector(message.dealt, message.vector + np.uint32(1)))
    with pytest.raises(IntegrityError, match="entries"):
        aggregator.add_masked(nodes[1].address, MaskedVector(message.dealt, message.vector[:-1]))
    with pytest.raises(IntegrityError, match="other peers"):
        aggregator.add_masked(nodes[1].address, MaskedVector(bytes(32), message.vector))


def test_one_damaged_answer_is_outvoted_and_too_many_are_an_error() -> None:
    nodes, _, aggregator = dealt(5)
    vectors = ring(np.random.default_rng(3), 5, 16)
    bodies = {node.address: node.mask(v, aggregator.dealt) for node, v in zip(nodes, vectors, strict=True)}
    for a, body in bodies.items():
        aggregator.add_masked(a, MaskedVector.from_bytes(body))
    aggregator.close(bodies)
    for i, node in enumerate(nodes):
        answer = UnmaskAnswer.parse(node.answer(list(bodies), aggregator.dealt))
        if i == 0:
            damaged = {a: s[:-1] + bytes([s[-1] ^ 1]) for a, s in answer.seeds.items()}
            answer = UnmaskAnswer(seeds=damaged, keys={})
        aggregator.add_answer(node.address, answer)
    assert np.array_equal(aggregator.total(bodies.__getitem__), np.sum(vectors, axis=0, dtype=np.uint32))
    bodies[nodes[0].address] = bodies[nodes[1].address]
    with pytest.raises(IntegrityError, match="was changed"):
        aggregator.total(bodies.__getitem__)


def test_a_masked_constant_looks_uniform() -> None:
    nodes, roster = cohort(3)
    aggregator = Aggregator(CONTEXT, roster, 3, 3, 1 << 16)
    for node in nodes:
        aggregator.add_shares(node.address, Shares.parse(node.deal(roster, 3)))
    aggregator.close_shares()
    nodes[0].receive(aggregator.inbox(nodes[0].address), aggregator.dealt)
    masked = nodes[0].mask(np.zeros(1 << 16, dtype=np.uint32), aggregator.dealt)
    vector = MaskedVector.from_bytes(masked).vector
    counts = np.bincount(vector.view(np.uint8), minlength=256)
    expected = vector.nbytes / 256
    chi_square = float(np.sum((counts - expected) ** 2) / expected)
    assert 255 - 6 * 22.6 < chi_square < 255 + 6 * 22.6  # mean 255, deviation sqrt(2 · 255)


def test_masks_differ_by_round_and_pair() -> None:
    a, b = masking.generate_key(), masking.generate_key()
    key = masking.pair_key(CONTEXT, a, masking.public_key(b), address(0), address(1))
    assert key == masking.pair_key(CONTEXT, b, masking.public_key(a), address(1), address(0))
    other = Context(CONTEXT.chain_id, CONTEXT.registry, CONTEXT.round_id + 1)
    assert key != masking.pair_key(other, a, masking.public_key(b), address(0), address(1))
    assert key != masking.pair_key(CONTEXT, a, masking.public_key(b), address(0), address(2))


def test_masks_are_the_keystream_of_the_protocol() -> None:
    """Computed a second time from docs/protocol.md, without the package's derivation."""
    low, high = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    bound = (31337).to_bytes(32, "big") + bytes(range(20)) + (7).to_bytes(32, "big")
    info = b"biodesci/mask/v1" + bound + address(0) + address(1)
    key = HKDF(SHA256(), 32, None, info).derive(low.exchange(high.public_key()))
    public = high.public_key().public_bytes_raw()
    assert masking.pair_key(CONTEXT, low.private_bytes_raw(), public, address(1), address(0)) == key
    keystream = Cipher(AES(key), CTR(bytes(16))).encryptor().update(bytes(40))
    vector = np.zeros(10, dtype=np.uint32)
    masking.apply_mask(vector, key, 1)
    assert vector.astype(">u4").tobytes() == keystream
    masking.apply_mask(vector, key, -1)
    assert not vector.any()


def test_a_masked_vector_has_the_bytes_of_the_protocol() -> None:
    digest = bytes(range(32))
    message = MaskedVector(digest, np.array([1, 2**32 - 1], dtype=np.uint32))
    entries = b"\0\0\0\1" + b"\xff" * 4
    assert message.to_bytes() == b"BDSM\x02\0\0\0" + digest + entries
    assert message.digest() == hashlib.sha256(entries).digest(), "without the header"


def test_a_peer_with_a_key_of_small_order_is_refused() -> None:
    with pytest.raises(IntegrityError, match="usable"):
        masking.pair_key(CONTEXT, masking.generate_key(), bytes(32), address(0), address(1))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"sealed":{}}', os.urandom(64)])
def test_noise_is_not_a_message(data: bytes) -> None:
    for read in (Shares.parse, UnmaskAnswer.parse, MaskedVector.from_bytes):
        with pytest.raises(IntegrityError):
            read(data)


def test_a_message_has_one_encoding() -> None:
    nodes, roster = cohort(3)
    data = nodes[0].deal(roster, 3)
    with pytest.raises(IntegrityError, match="canonical"):
        Shares.parse(data.replace(b":", b": ", 1))


def test_secrets_do_not_show() -> None:
    nodes, _, _ = dealt()
    stored = nodes[0].to_bytes().decode()
    assert nodes[0]._seed.hex() in stored
    assert nodes[0]._seed.hex() not in repr(nodes[0])
    with pytest.raises(IntegrityError):
        Node.from_bytes(stored.replace('"seed"', '"sead"').encode())
