"""What numbers on chain stand for: states, nobody, no end, not counted, times."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import IntEnum
from typing import Final

NOBODY: Final = "0x" + "0" * 40
DAY: Final = 86_400
DEEPEST_REORG: Final = 256  # blocks; no reorganization is expected to replace more
FOREVER: Final = 2**40 - 1  # AccessLicense: access without an end
UNCOUNTED: Final = 2**32 - 1  # AccessLicense: uses that are not counted
ARBITRATION: Final = 30 * DAY  # AccessLicense, InferenceCommitment: what an arbiter has, in seconds
LAST_SECOND: Final = 253_402_300_799  # of 9999, the last year that a date can name


def utc(seconds: int) -> datetime:
    """A time on chain as a date; the last there is for those that are later."""
    return datetime.fromtimestamp(min(seconds, LAST_SECOND), UTC)


class Right(IntEnum):
    """`IAccessLicense.Right`. A key is sealed for DOWNLOAD alone; the owner's node serves the others."""

    NONE = 0
    DOWNLOAD = 1
    TRAIN = 2
    INFER = 3


class Role(IntEnum):
    """`IDatasetNFT.Role`: what a dataset's owner lets others do, once they have accepted."""

    CUSTODIAN = 0
    OPERATOR = 1
    COMMITTEE = 2


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

    @property
    def words(self) -> str:
        """As people read it: "in review"."""
        return self.name.lower().replace("_", " ")


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
        """Whether nothing more can happen in the round: it is finalized or aborted."""
        return self in (RoundState.FINALIZED, RoundState.ABORTED)


class Standing(IntEnum):
    """`Standing` of contracts/types/Inference.sol: who gave an auditor's statement its weight."""

    UNNAMED = 0
    TRUSTED = 1
    NAMED = 2

    @property
    def counts(self) -> bool:
        """Whether the requester named the auditor, or the model's owner trusted it."""
        return self is not Standing.UNNAMED


class RequestState(IntEnum):
    """`RequestState` of contracts/types/Inference.sol."""

    NONE = 0
    REQUESTED = 1
    COMMITTED = 2
    CHALLENGED = 3
    FINALIZED = 4
    REFUSED = 5
    EXPIRED = 6
