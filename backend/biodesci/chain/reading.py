"""How a client reads: from where on a block counts, and for how long an answer is waited for."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Literal

from biodesci.chain.provider import PATIENCE_S

Depth = int | Literal["safe", "finalized"]


@dataclass(frozen=True)
class Reading:
    """`confirmations`: blocks upon a block's own before it counts, or the tag of the last block that counts
    (`safe`, `finalized`). `patience`, in seconds, is how long one question is repeated. Whatever waits ends
    soon after `stop` is set, with UnavailableError."""

    confirmations: Depth = 0
    patience: float = PATIENCE_S
    stop: threading.Event = field(default_factory=threading.Event)
