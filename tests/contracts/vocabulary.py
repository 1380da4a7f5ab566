"""Constants of the contracts, as the tests name them."""

from __future__ import annotations

import hashlib

DAY = 86_400
PRICE = 10**18
DOLLARS = 250 * 10**6
ZERO = "0x" + "00" * 20
EMPTY = bytes(32)
UNCOUNTED = 2**32 - 1


def word(text: str) -> bytes:
    """32 bytes that stand for a digest in a test."""
    return hashlib.sha256(text.encode()).digest()


NO_EVIDENCE: dict[str, list[object]] = {"diseaseProof": [], "visas": []}


def purpose(duo: int, disease: int = 0, statement: bytes = EMPTY) -> dict[str, int | bytes]:
    return {"duo": duo, "disease": disease, "statement": statement}


def opening(plan: bytes, aggregator: object, *ends: int) -> tuple[object, ...]:
    """Of a training round that anyone may enrol in, with two nodes at least and one colluder."""
    return (1, plan, EMPTY, aggregator, 2, 1, *ends)


def application(dataset_id: int, plan: bytes, node: str) -> tuple[object, ...]:
    """Of a node of its own will, with keys of its own."""
    return (dataset_id, 0, plan, word(f"{node} masks") + word(f"{node} shares"), [])


class Duo:
    """The bits of DuoPolicy.sol that these tests use."""

    GRU, HMB, DS = 1 << 1, 1 << 2, 1 << 3
    NPU, NCU = 1 << 11, 1 << 12


class Right:
    NONE, DOWNLOAD, TRAIN, INFER = range(4)


class License:
    NONE, IN_REVIEW, PURCHASED, DELIVERED, SETTLED, DISPUTED, REFUNDED, REJECTED, REVOKED = range(9)


class Method:
    DIRECT, PERMIT, AUTHORIZATION = range(3)


class Visa:
    """Types of visas; `bits` is a set of them."""

    AFFILIATION, TERMS, RESEARCHER, GRANT = range(4)

    @staticmethod
    def bits(*types: int) -> int:
        return sum(1 << kind for kind in types)


class Round:
    NONE, ENROLLING, RUNNING, UNMASKING, FINALIZED, ABORTED = range(6)


class Request:
    NONE, REQUESTED, COMMITTED, CHALLENGED, FINALIZED, REFUSED, EXPIRED = range(7)
