"""What a worker computes for a request, on encrypted values, and where it keeps the answer."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from biodesci.core import checkpoint, files
from biodesci.core.errors import InputError
from biodesci.inference.in_flight import OUTPUT
from biodesci.inference.requests import LOGITS, SALT_BYTES, TRACE_ROOT
from biodesci.inference.runtime import fp64
from biodesci.proof.trace import Trace
from biodesci.registry.models import Registered

TRACE: Final = "trace.bin"
MAX_TRACE: Final = 2 << 30  # bytes of one answer's trace: a larger one could end the worker, again and again


@dataclass(frozen=True)
class Answer:
    """Output tensors and the trace they came from."""

    tensors: dict[str, NDArray[Any]]
    trace: Trace


def compute(model: Registered, x: NDArray[np.float64], place: bytes) -> Answer:
    """The forward pass on encrypted values; `place` is the trace context of the request."""
    if len(x) * model.config.traced_numbers() * np.float64().nbytes > MAX_TRACE:
        raise InputError("The request is too large for this worker.", "Send fewer records at a time.")
    logits, trace = fp64.record(model.config, model.tensors, x, place)
    if not np.isfinite(logits).all():
        raise InputError(
            "The model has no finite answer to this input.",
            "Check that the input was encoded for this model.",
        )
    root = np.frombuffer(trace.root(), dtype=np.uint8)
    return Answer({LOGITS: logits, TRACE_ROOT: root}, trace)


def write_answer(folder: Path, answer: Answer) -> None:
    """To the journal; from here on this is the only answer to its request."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.write_private(folder / TRACE, checkpoint.dump(answer.trace.to_tensors()))
    files.write_private(folder / OUTPUT, os.urandom(SALT_BYTES) + checkpoint.dump(answer.tensors))
