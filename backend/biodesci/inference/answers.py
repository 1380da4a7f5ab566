"""A worker's sealed answer on its way to IPFS: there once the chain has taken the commitment to it.

Whoever sees a commitment that fails, because it came too late, reads a digest of what is nowhere: no answer
with the fee back.
"""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Final

from web3.types import TxReceipt

from biodesci.chain.client import Chain
from biodesci.core import files
from biodesci.core.errors import IntegrityError, NotFoundError
from biodesci.inference.requests import read_request
from biodesci.ipfs import unixfs
from biodesci.ipfs.client import Ipfs

log = logging.getLogger(__name__)
ENVELOPE: Final = "envelope.bin"
_PUBLISHED: Final = "published"


def digest_of(sealed: bytes) -> bytes:
    """The digest of the CID that the answer will have, which the commitment names."""
    return unixfs.digest_of(io.BytesIO(sealed))


def publish(ipfs: Ipfs, folder: Path, sealed: bytes) -> None:
    """Adds an answer to IPFS that was committed to; `folder` is its request's."""
    ipfs.add(sealed, "answer to an inference request")
    files.write_private(folder / _PUBLISHED, b"")


def publish_committed(chain: Chain, ipfs: Ipfs, folder: Path, receipt: TxReceipt) -> None:
    """As `publish`, of the answer that this transaction committed to, if the journal has it."""
    output = bytes(chain.event(receipt, chain.inferences, "InferenceCommitted")["output"])
    sealed = files.read(folder / ENVELOPE)
    if digest_of(sealed) != output:
        raise IntegrityError(
            f"{folder} holds another answer than the one that was committed to.",
            "Restore the folder from a copy: the requester cannot open what is on no IPFS node.",
        )
    publish(ipfs, folder, sealed)


def unpublished(journals: Path) -> set[int]:
    """The requests whose answers were sealed here, and may be on no IPFS node yet."""
    folders = (file.parent for file in journals.glob(f"*/{ENVELOPE}"))
    return {int(one.name) for one in folders if one.name.isdecimal() and not (one / _PUBLISHED).exists()}


def complete(chain: Chain, ipfs: Ipfs, folder: Path, request_id: int) -> bool:
    """Adds an answer to IPFS that was committed to before the run that did so ended.

    Whether nothing is left to do: False while a commitment may still come, or is not deep enough.
    """
    head = chain.counted_head()
    if head < chain.deployment.first_block:
        return False
    try:
        request = read_request(chain, request_id)
    except NotFoundError:
        return False  # a reorganization took it away, and may bring it back
    sealed = files.read(folder / ENVELOPE)
    digest, first = digest_of(sealed), chain.deployment.first_block
    filters = {"requestId": request_id}
    logs = chain.events(chain.inferences, "InferenceCommitted", first, head, filters)
    if any(bytes(one["args"]["output"]) == digest for one in logs):
        publish(ipfs, folder, sealed)
        log.info("request %d: the answer that was committed to is on IPFS now", request_id)
    if logs:
        return True
    # Neither of what is in state alone nor of what a node does not show it is known how deep it is.
    return not any(request.output_commitment) and chain.now(head) > request.deadline
