"""Secret randomness: a 32-byte seed of the operating system, expanded into the matrices of a key.

HKDF-SHA256 (RFC 5869) separates the parts by label, AES-256-CTR is the stream. Haar measure on O(n) is the QR
decomposition of a Gaussian matrix with the signs of R's diagonal moved into Q (Mezzadri, math-ph/0609050).
"""

from __future__ import annotations

import numpy as np
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

from biodesci.core.errors import InputError

Matrix = NDArray[np.float64]
Order = NDArray[np.int64]


class Stream:
    """A deterministic stream of random numbers from a secret seed and a public label."""

    def __init__(self, seed: bytes, label: str) -> None:
        if len(seed) != 32:
            raise InputError("A seed must have 32 bytes.", "Draw it with os.urandom(32).")
        info = b"biodesci/ee/v1/" + label.encode()
        key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(seed)
        # Each (seed, label) has its own key, so that the counter may start at zero.
        self._cipher = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()

    def integers(self, count: int) -> NDArray[np.uint64]:
        """Uniform 64-bit integers."""
        return np.frombuffer(self._cipher.update(bytes(8 * count)), dtype=">u8").astype(np.uint64)

    def uniform(self, count: int) -> Matrix:
        """Uniform in (0, 1], 53 bits."""
        return ((self.integers(count) >> np.uint64(11)).astype(np.float64) + 1.0) * 2.0**-53

    def gaussian(self, *shape: int) -> Matrix:
        """Standard normal, by Box and Muller (1958)."""
        count = int(np.prod(shape))
        half = (count + 1) // 2
        radius = np.sqrt(-2.0 * np.log(self.uniform(half)))
        angle = 2.0 * np.pi * self.uniform(half)
        both = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])
        result: Matrix = both[:count].reshape(shape)
        return result

    def permutation(self, n: int) -> Order:
        """Uniform over the n! orders: the ranks of n distinct random numbers."""
        while True:
            numbers = self.integers(n)
            order = np.argsort(numbers, kind="stable")
            if (np.diff(numbers[order]) > 0).all():
                return order

    def orthogonal(self, n: int) -> Matrix:
        """Haar measure on O(n)."""
        q, r = np.linalg.qr(self.gaussian(n, n))
        result: Matrix = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
        return result

    def stabilizer(self, n: int) -> Matrix:
        """Q in O(n) with Q1 = 1: H diag(1, R) H, R Haar in O(n-1), H the Householder map e1 -> 1/sqrt(n)."""
        v = np.full(n, -(n**-0.5))
        v[0] += 1.0
        h = np.eye(n) - 2.0 * np.outer(v, v) / (v @ v)
        core = np.eye(n)
        core[1:, 1:] = self.orthogonal(n - 1)
        result: Matrix = h @ core @ h
        return result

    def general(self, n: int) -> Matrix:
        """In GL(n), condition number at most 4, so that fp32 keeps its digits."""
        scale = 2.0 ** (2.0 * self.uniform(n) - 1.0)
        result: Matrix = self.orthogonal(n) * scale @ self.orthogonal(n)
        return result
