"""Constants of the contracts, as the tests name them."""

from __future__ import annotations

import hashlib

DAY = 86_400
PRICE = 10**18
ZERO = "0x" + "00" * 20


def word(text: str) -> bytes:
    """32 bytes that stand for a digest in a test."""
    return hashlib.sha256(text.encode()).digest()


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


class Round:
    NONE, ENROLLING, RUNNING, UNMASKING, FINALIZED, ABORTED = range(6)


class Request:
    NONE, REQUESTED, COMMITTED, CHALLENGED, FINALIZED, REFUSED, EXPIRED = range(7)
