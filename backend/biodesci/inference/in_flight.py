"""Answers on their way (chain/flights.py): each is on IPFS once a block has the commitment to it.

Each answer has one intent, by request and commitment: what a run before sent is not sent once more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from web3.contract.contract import ContractFunction
from web3.types import TxReceipt

from biodesci.chain.client import Chain
from biodesci.chain.flights import Ends, Flights
from biodesci.chain.landed import Landed
from biodesci.chain.records import Request
from biodesci.core import checkpoint, commitment, envelope, files
from biodesci.core.errors import BioDeSciError, RevertedError
from biodesci.inference import answers
from biodesci.inference.journal import journal
from biodesci.inference.requests import split_opening
from biodesci.ipfs.client import Ipfs

OUTPUT: Final = "output.bin"
_KIND: Final = "answer"
_SETTLED: Final = frozenset(
    {
        "InferenceCommitment_WrongState",
        "InferenceCommitment_TooLate",
        "InferenceCommitment_OtherRequest",
        "InferenceCommitment_NotWorker",
    }
)
Report = Callable[[int, str], None]


@dataclass(frozen=True)
class _Committed:
    """An answer that is sealed: what its intent is about, and the call that commits to it."""

    about: str
    call: ContractFunction


class InFlight:
    """The answers of one worker. `report` is told why a request's came to nothing."""

    def __init__(self, chain: Chain, ipfs: Ipfs, home: Path, report: Report) -> None:
        self._chain, self._ipfs, self._home, self._report = chain, ipfs, home, report
        self._flights = Flights(chain, _KIND, Ends(self._committed, self._not_committed, self._troubled))
        self._landed = Landed(chain, _KIND)

    def requests(self) -> list[int]:
        """Those whose answer was sent, by this or another process, and is not collected."""
        return [_request(about) for about in self._flights.on_their_way()]

    def begin(self, folder: Path, request: Request, weights_root: bytes) -> None:
        """Seals the journal's answer and commits to it, unless that was sent before. Waits for no block."""
        sealed = _seal(self._chain, self._ipfs, folder, request, weights_root)
        with self._chain.intent_if_free(_KIND, sealed.about) as intent:
            if intent is not None:
                intent.begin(sealed.call)

    def collect(self) -> list[int]:
        """The requests whose answers were committed to, and are on IPFS. Raises as `Flights.collect`."""
        return [_request(about) for about in self._flights.collect()]

    def collect_soon(self, begun: list[int]) -> list[int]:
        """As `collect`, of what was sent just now."""
        sent = {about for about in self._flights.on_their_way() if _request(about) in begun}
        return [_request(about) for about in self._flights.collect_soon(sent)]

    def taken_back(self, head: int) -> list[int]:
        """The requests whose commitment took effect, and is in no block any more, as seen up to `head`."""
        return [_request(about) for about in self._landed.taken_back(head)]

    def _committed(self, about: str, receipt: TxReceipt) -> None:
        chain = self._chain
        folder = journal(self._home, chain, _request(about))
        answers.publish_committed(chain, self._ipfs, folder, receipt)
        self._landed.add(about, receipt)

    def _not_committed(self, about: str, refusal: RevertedError | None) -> None:
        if refusal is not None and refusal.name not in _SETTLED:
            raise refusal

    def _troubled(self, about: str, error: BioDeSciError) -> None:
        self._report(_request(about), str(error))


def commit_answer(chain: Chain, ipfs: Ipfs, folder: Path, request: Request, weights_root: bytes) -> None:
    """As `InFlight.begin`, and waits until the answer is committed to and on IPFS."""
    sealed = _seal(chain, ipfs, folder, request, weights_root)
    with chain.intent(_KIND, sealed.about) as intent:
        answers.publish_committed(chain, ipfs, folder, intent.send(sealed.call))


def _seal(chain: Chain, ipfs: Ipfs, folder: Path, request: Request, weights_root: bytes) -> _Committed:
    """Seals the journal's answer to the requester, claiming weights of `weights_root`."""
    opening = files.read(folder / OUTPUT)
    salt, tensors = split_opening(opening)
    contract = chain.inferences.address
    answer = commitment.Answer(chain.chain_id, contract, request.id, request.worker, weights_root)
    committed = commitment.output_commitment(answer, salt, checkpoint.root(tensors))
    if not (folder / answers.ENVELOPE).exists():
        info = envelope.info("inference-output", chain.chain_id, contract, request.id, request.requester)
        files.write_private(
            folder / answers.ENVELOPE, envelope.seal(chain.key_of(request.requester), opening, info)
        )
    # Not added yet: a commitment that fails would show the requester where its answer is, and pay nothing.
    digest = answers.digest_of(files.read(folder / answers.ENVELOPE))
    ipfs.ready()  # what is committed to has to be there soon
    call = chain.inferences.functions.commit(request.id, request.input_commitment, committed, digest)
    return _Committed(f"request {request.id}: 0x{committed.hex()}", call)


def _request(about: str) -> int:
    return int(about.removeprefix("request ").partition(":")[0])
