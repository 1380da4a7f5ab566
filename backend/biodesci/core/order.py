"""A purchase in the form that AccessLicense takes: purpose, order, payment, evidence (`IAccessLicense`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from biodesci.core.visa import SignedVisa

NEVER = 2**256 - 1  # a deadline that does not come


@dataclass(frozen=True)
class Purpose:
    """What the data are for: DUO purpose bits, a disease's number (0: none), a salted hash (0: none)."""

    duo: int
    disease: int = 0
    statement: bytes = bytes(32)

    def tuple(self) -> tuple[int, int, bytes]:
        return (self.duo, self.disease, self.statement)


@dataclass(frozen=True)
class Order:
    """What a buyer signs; `price` in the currency's smallest unit.

    `may_review` says whether the purchase may wait for the committee, `visas_until` until when at least the
    visas shown are valid (seconds; 0 where the offer requires none): a relayer chooses the evidence.
    """

    buyer: str
    offer_id: int
    purpose: Purpose
    currency: str
    price: int
    may_review: bool
    visas_until: int
    nonce: int
    deadline: int

    def tuple(self) -> tuple[str, int, tuple[int, int, bytes], str, int, bool, int, int, int]:
        return (
            self.buyer, self.offer_id, self.purpose.tuple(), self.currency, self.price, self.may_review,
            self.visas_until, self.nonce, self.deadline,
        )  # fmt: skip


class Method(IntEnum):
    """As `IAccessLicense.Method`."""

    DIRECT = 0
    PERMIT = 1
    AUTHORIZATION = 2


@dataclass(frozen=True, repr=False)
class Payment:
    """How the price comes; of a direct payment the rest is not looked at."""

    method: Method = Method.DIRECT
    v: int = 0
    r: bytes = bytes(32)
    s: bytes = bytes(32)
    valid_after: int = 0
    deadline: int = 0
    nonce: bytes = bytes(32)

    def __repr__(self) -> str:
        return f"Payment({self.method.name})"

    def tuple(self) -> tuple[int, int, bytes, bytes, int, int, bytes]:
        return (int(self.method), self.v, self.r, self.s, self.valid_after, self.deadline, self.nonce)


@dataclass(frozen=True)
class Evidence:
    """What proves that the buyer may: a path for the disease (core/disease.py), and visas."""

    disease_proof: tuple[bytes, ...] = ()
    visas: tuple[SignedVisa, ...] = field(default=(), repr=False)

    def tuple(self) -> tuple[list[bytes], list[object]]:
        return (list(self.disease_proof), [visa.tuple() for visa in self.visas])
