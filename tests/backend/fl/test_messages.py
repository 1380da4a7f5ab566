"""Messages and stored states of a round, as bytes that a stranger or a damaged disk may have made.

tests/vectors/documents/ and the node-state files beside this one hold bytes that stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from biodesci.core import canonical, shamir
from biodesci.core.documents.round_messages import SEALED_SIZE, Inbox, Shares, UnmaskAnswer
from biodesci.core.errors import BioDeSciError, InputError, IntegrityError
from biodesci.fl.messages import HEADER, MAGIC, MaskedVector, dealt_digest
from biodesci.fl.node_state import NodeState
from biodesci.fl.protocol import Node

HERE = Path(__file__).parent
VECTORS = HERE.parents[1] / "vectors" / "documents"
Kind = type[Shares | Inbox | UnmaskAnswer]
MESSAGES: list[tuple[Kind, str]] = [
    (Shares, "shares.json"),
    (Inbox, "inbox.json"),
    (UnmaskAnswer, "unmask-answer.json"),
]
messages = pytest.mark.parametrize(("kind", "file"), MESSAGES, ids=str)
states = pytest.mark.parametrize("file", ["node-state-fresh.json", "node-state.json"])


def maps(fields: dict[str, Any]) -> list[str]:
    return [name for name, value in fields.items() if isinstance(value, dict)]


HOSTILE: dict[str, Callable[[dict[str, str]], Any]] = {
    "an address in capitals": lambda values: {
        key.upper().replace("0X", "0x"): v for key, v in values.items()
    },
    "an address without 0x": lambda values: {key[2:]: value for key, value in values.items()},
    "a short address": lambda values: {key[:-2]: value for key, value in values.items()},
    "a long address": lambda values: {key + "00": value for key, value in values.items()},
    "no address": lambda values: {key + "?": value for key, value in values.items()},
    "a short value": lambda values: {key: value[:-2] for key, value in values.items()},
    "a long value": lambda values: {key: value + "00" for key, value in values.items()},
    "an empty value": lambda values: dict.fromkeys(values, ""),
    "half a byte": lambda values: {key: value[:-1] for key, value in values.items()},
    "a value in capitals": lambda values: {key: value.upper() for key, value in values.items()},
    "a value with spaces": lambda values: {key: value[:2] + " " + value[2:] for key, value in values.items()},
    "a value after 0x": lambda values: {key: "0x" + value for key, value in values.items()},
    "a number": lambda values: dict.fromkeys(values, 1),
    "null": dict.fromkeys,
    "a list": list,
    "a text": "".join,
}


@messages
@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_map_of_nodes_is_refused(kind: Kind, file: str, change: Callable[..., Any]) -> None:
    fields = json.loads((VECTORS / file).read_bytes())
    for name in maps(fields):
        with pytest.raises(IntegrityError) as caught:
            kind.parse(canonical.dumps({**fields, name: change(fields[name])}))
        assert caught.value.hint


@messages
def test_a_node_that_stands_twice_is_refused(kind: Kind, file: str) -> None:
    raw = (VECTORS / file).read_bytes()
    for name in maps(json.loads(raw)):
        start = raw.index(f'"{name}":{{'.encode()) + len(name) + 4
        entry = raw[start : raw.index(b'"', raw.index(b'":"', start) + 3) + 1]
        with pytest.raises(IntegrityError, match="canonical"):
            kind.parse(raw[:start] + entry + b"," + raw[start:])


@messages
def test_nesting_without_end_is_refused_in_words(kind: Kind, file: str) -> None:
    raw = (VECTORS / file).read_bytes()
    name = maps(json.loads(raw))[0]
    for deep in (b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000):
        with pytest.raises(IntegrityError, match="it is not JSON"):
            kind.parse(raw.replace(f'"{name}":'.encode(), f'"{name}":'.encode() + deep, 1))


def test_messages_of_the_largest_round_are_far_below_their_limits() -> None:
    nodes = [i.to_bytes(20, "big") for i in range(99)]
    sealed = dict.fromkeys(nodes, bytes(SEALED_SIZE))
    share = bytes(shamir.SHARE_SIZE)
    for message in (
        Shares(seed_hash=bytes(32), sealed=sealed),
        Inbox(sealed=sealed, digests=dict.fromkeys(nodes, bytes(32))),
        UnmaskAnswer(seeds=dict.fromkeys(nodes, share), keys={}),
    ):
        assert len(message.to_bytes()) < message.limit // 16


def test_what_is_made_here_has_its_sizes_too() -> None:
    with pytest.raises(InputError, match="makes no Inbox"):
        Inbox(sealed={bytes(20): bytes(SEALED_SIZE - 1)}, digests={})
    with pytest.raises(InputError, match="makes no Inbox"):
        Inbox(sealed={}, digests={bytes(20): bytes(31)})
    with pytest.raises(InputError, match="makes no Shares"):
        Shares(seed_hash=bytes(31), sealed={})


@pytest.mark.parametrize("place", range(len(MAGIC)))
def test_every_byte_of_a_masked_vectors_head_counts(place: int) -> None:
    raw = bytearray(MaskedVector(bytes(32), np.arange(3, dtype=np.uint32)).to_bytes())
    raw[place] ^= 1
    with pytest.raises(IntegrityError, match="not a masked vector"):
        MaskedVector.from_bytes(bytes(raw))


def test_a_masked_vector_that_was_cut_off_is_refused() -> None:
    raw = MaskedVector(bytes(32), np.arange(3, dtype=np.uint32)).to_bytes()
    for length in [*range(HEADER), HEADER + 1, HEADER + 2, HEADER + 3, len(raw) - 1]:
        with pytest.raises(IntegrityError, match="not a masked vector"):
            MaskedVector.from_bytes(raw[:length])
    assert MaskedVector.from_bytes(raw).vector.tolist() == [0, 1, 2]


@states
def test_a_stored_state_is_read_as_it_was(file: str) -> None:
    raw = (HERE / file).read_bytes()
    node = Node.from_bytes(raw)
    assert json.loads(node.to_bytes()) == json.loads(raw)
    assert Node.from_bytes(node.to_bytes()) == node


def test_a_stored_node_answers_what_it_answered_before() -> None:
    node = Node.from_bytes((HERE / "node-state.json").read_bytes())
    answer = UnmaskAnswer.parse((VECTORS / "unmask-answer.json").read_bytes())
    inbox = Inbox.parse((VECTORS / "inbox.json").read_bytes())
    dealt = dealt_digest(node.context, inbox.digests)
    assert node.answer(list(answer.seeds), dealt) == answer.to_bytes()


@states
def test_no_field_of_a_stored_state_is_unknown_missing_or_converted(file: str) -> None:
    fields = json.loads((HERE / file).read_bytes())
    changed = [{**fields, "surplus": 1}, {**fields, "version": 2}]
    for name, value in fields.items():
        changed.append({other: fields[other] for other in fields if other != name})
        changed += [{**fields, name: wrong} for wrong in (None, True, 1.5, [value], f"{value}?")]
    changed += [{**fields, "roster": [["00" * 20, "00" * 32]]}, {**fields, "received": {"00": ""}}]
    for state in changed:
        with pytest.raises(IntegrityError) as caught:
            Node.from_bytes(json.dumps(state).encode())
        assert "Skip this round" in caught.value.hint or "Update the program" in caught.value.hint


@pytest.mark.parametrize("raw", [b"", b"\xff", b"{", b"[" * 200_000, b"null", b"[]", b" " * (2 << 20)])
def test_a_damaged_state_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(IntegrityError, match="no stored round state"):
        Node.from_bytes(raw)


def test_a_refused_state_shows_no_secret() -> None:
    raw = (HERE / "node-state.json").read_bytes()
    fields = json.loads(raw)
    with pytest.raises(BioDeSciError) as caught:
        Node.from_bytes(json.dumps({**fields, "seed": fields["seed"][:-2]}).encode())
    assert fields["seed"][:16] not in str(caught.value)
    assert caught.value.__cause__ is None
    assert repr(NodeState.parse(raw)) == "NodeState()"
