"""Shamir secret sharing over GF(2^521 - 1), for secrets of up to 64 bytes.

Shamir, "How to share a secret", CACM 22(11), 1979. A secret is the constant term of a random polynomial of
degree t - 1; any t points give it back, fewer say nothing about it. The Mersenne prime 2^521 - 1 leaves room
for every 64-byte secret, so that no secret has to be refused or drawn again.

A share is `index u16 ‖ secret length u8 ‖ value (66 bytes)`, big-endian. Shares carry no checksum: whoever
reconstructs compares the secret with a commitment of its own (a public key, a hash).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from biodesci.core.errors import InputError, IntegrityError

PRIME = (1 << 521) - 1
MAX_SECRET = 64
MAX_SHARES = 1 << 10
SHARE_SIZE = 2 + 1 + 66


def split(secret: bytes, threshold: int, count: int) -> list[bytes]:
    """Deal `count` shares, with indices 1..count, of which any `threshold` give back the secret.

    Raises InputError for a secret of none or more than 64 bytes, and unless
    1 <= `threshold` <= `count` <= MAX_SHARES.
    """
    if not 1 <= len(secret) <= MAX_SECRET:
        raise InputError(f"A secret of {len(secret)} bytes cannot be shared.", "Share 1 to 64 bytes.")
    if not 1 <= threshold <= count <= MAX_SHARES:
        raise InputError(
            f"A threshold of {threshold} of {count} shares is not possible.",
            f"Choose 1 <= threshold <= count <= {MAX_SHARES}.",
        )
    polynomial = [int.from_bytes(secret, "big"), *(secrets.randbelow(PRIME) for _ in range(threshold - 1))]
    return [_encode(x, len(secret), _evaluate(polynomial, x)) for x in range(1, count + 1)]


def index_of(share: bytes) -> int:
    """The index (1-based) that a share was dealt for."""
    return _decode(share)[0]


def combine(shares: Sequence[bytes], threshold: int) -> bytes:
    """Give back the secret from at least `threshold` shares (Lagrange interpolation at zero).

    Raises InputError with too few or duplicate shares, IntegrityError when shares are malformed, or plainly
    do not belong together.
    """
    points = [_decode(share) for share in shares]
    indices = [x for x, _, _ in points]
    if len(set(indices)) != len(indices):
        raise InputError("Two shares have the same index.", "Give each share once.")
    if threshold < 1 or len(points) < threshold:
        raise InputError(f"{len(points)} shares were given, {threshold} are needed.", "Collect more shares.")
    lengths = {length for _, length, _ in points}
    if len(lengths) != 1:
        raise IntegrityError(
            "The shares are of secrets of different length.", "Collect shares of one secret."
        )
    secret = _interpolate([(x, y) for x, _, y in points[:threshold]], 0)
    for x, _, y in points[threshold:]:
        if _interpolate([(a, b) for a, _, b in points[:threshold]], x) != y:
            raise IntegrityError(f"Share {x} does not fit the others.", "Leave out the damaged share.")
    length = lengths.pop()
    if secret >> (8 * length):
        raise IntegrityError("The shares do not belong to one secret.", "Collect shares of one secret.")
    return secret.to_bytes(length, "big")


def _evaluate(polynomial: Sequence[int], x: int) -> int:
    value = 0
    for coefficient in reversed(polynomial):
        value = (value * x + coefficient) % PRIME
    return value


def _interpolate(points: Sequence[tuple[int, int]], at: int) -> int:
    total = 0
    for i, (xi, yi) in enumerate(points):
        numerator, denominator = 1, 1
        for j, (xj, _) in enumerate(points):
            if i != j:
                numerator = numerator * (at - xj) % PRIME
                denominator = denominator * (xi - xj) % PRIME
        total = (total + yi * numerator * pow(denominator, -1, PRIME)) % PRIME
    return total


def _encode(x: int, length: int, y: int) -> bytes:
    return x.to_bytes(2, "big") + length.to_bytes(1, "big") + y.to_bytes(66, "big")


def _decode(share: bytes) -> tuple[int, int, int]:
    if len(share) != SHARE_SIZE:
        raise IntegrityError(f"A share has {SHARE_SIZE} bytes, not {len(share)}.", "The share is truncated.")
    x, length, y = int.from_bytes(share[:2], "big"), share[2], int.from_bytes(share[3:], "big")
    if not (1 <= x <= MAX_SHARES and 1 <= length <= MAX_SECRET and y < PRIME):
        raise IntegrityError("A share is malformed.", "Collect it again from whoever holds it.")
    return x, length, y
