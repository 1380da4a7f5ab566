"""A worker hands the trace of an answer to the auditor whom the requester named."""

from __future__ import annotations

from pathlib import Path

from biodesci.chain.client import Chain
from biodesci.core import envelope, files
from biodesci.core.errors import AccessDeniedError, NotFoundError
from biodesci.inference.computing import TRACE
from biodesci.inference.journal import journal
from biodesci.ipfs.client import Ipfs


def disclose_trace(chain: Chain, ipfs: Ipfs, home: Path, request_id: int, auditor: str) -> bytes:
    """Seals the trace of an answer to `auditor`'s registered key. Returns the envelope's CID digest.

    Whoever reads a trace sees the encrypted model's hidden states: AccessDeniedError for whom the requester
    did not name on chain.
    """
    if not chain.call(chain.inferences.functions.isNamed(request_id, auditor)):
        raise AccessDeniedError(
            f"The requester of request {request_id} did not name {auditor} as its auditor.",
            "The requester names it: biodesci inference auditors.",
        )
    path = journal(home, chain, request_id) / TRACE
    if not path.exists():
        raise NotFoundError(
            f"This worker has no trace of request {request_id}.", "Ask the worker that answered it."
        )
    info = envelope.info("inference-trace", chain.chain_id, chain.inferences.address, request_id, auditor)
    return ipfs.add(envelope.seal(chain.key_of(auditor), files.read(path), info), "trace for an auditor")
