"""Constants of the contracts, as the tests name them."""

from __future__ import annotations

import hashlib

DAY = 86_400
PRICE = 10**18
DOLLARS = 250 * 10**6
ZERO = "0x" + "00" * 20
EMPTY = bytes(32)
UNCOUNTED = 2**32 - 1
FOREVER = 2**40 - 1


def word(text: str) -> bytes:
    """32 bytes that stand for a digest in a test."""
    return hashlib.sha256(text.encode()).digest()


DIRECT = {
    "method": 0,
    "v": 0,
    "r": EMPTY,
    "s": EMPTY,
    "validAfter": 0,
    "deadline": 0,
    "nonce": EMPTY,
}
NO_EVIDENCE: dict[str, list[object]] = {"diseaseProof": [], "visas": []}


def purpose(duo: int, disease: int = 0, statement: bytes = EMPTY) -> dict[str, int | bytes]:
    return {"duo": duo, "disease": disease, "statement": statement}


class Duo:
    """The bits of DuoPolicy.sol that these tests use."""

    NRES, GRU, HMB, DS, POA, CC = (1 << i for i in range(6))
    NMDS, NPOA, NPUNCU, NPU, NCU, GSO = (1 << i for i in range(8, 14))
    PUB, COL, MOR, TS, RTN, IRB = (1 << i for i in range(16, 22))
    RS, GS, US, PS, IS = (1 << i for i in range(24, 29))
    METHODS, GENETIC, COMMERCIAL, FOR_PROFIT = (1 << i for i in range(32, 36))


class Right:
    NONE, DOWNLOAD, TRAIN, INFER = range(4)


class License:
    NONE, IN_REVIEW, PURCHASED, DELIVERED, SETTLED, DISPUTED, REFUNDED, REJECTED, REVOKED = range(9)


class Decision:
    DENY, APPROVE, REVIEW = range(3)


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
