"""The states that the contracts know, by the numbers of their enums."""

from __future__ import annotations

from enum import IntEnum


class LicenseState(IntEnum):
    """`IAccessLicense.State`."""

    NONE = 0
    IN_REVIEW = 1
    PURCHASED = 2
    DELIVERED = 3
    SETTLED = 4
    DISPUTED = 5
    REFUNDED = 6
    REJECTED = 7
    REVOKED = 8


class RoundState(IntEnum):
    """`IModelRegistry.RoundState`."""

    NONE = 0
    ENROLLING = 1
    RUNNING = 2
    UNMASKING = 3
    FINALIZED = 4
    ABORTED = 5

    @property
    def is_over(self) -> bool:
        return self in (RoundState.FINALIZED, RoundState.ABORTED)


class RequestState(IntEnum):
    """`IInferenceCommitment.State`."""

    NONE = 0
    REQUESTED = 1
    COMMITTED = 2
    CHALLENGED = 3
    FINALIZED = 4
    REFUSED = 5
    EXPIRED = 6
