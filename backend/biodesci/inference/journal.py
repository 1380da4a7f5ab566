"""Where a worker keeps what belongs to a request, and which request an input was opened for."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Final

from biodesci.chain.client import Chain
from biodesci.chain.records import Request
from biodesci.core import canonical, files
from biodesci.core.errors import InputError, NotFoundError
from biodesci.inference.requests import read_request, sealed_input

log = logging.getLogger(__name__)
_WHOSE: Final = "request.json"


def journal(home: Path, chain: Chain, request_id: int) -> Path:
    """The folder of a request; chain and contract are part of its name, since numbers start anew with each
    deployment.
    """
    return home / "serving" / f"{chain.chain_id}-{chain.inferences.address.lower()[2:10]}" / str(request_id)


def claim_input(chain: Chain, home: Path, request: Request) -> None:
    """Notes that this input was opened for this request. InputError where it was for another one already.

    What is noted is what opened, so that a stranger's copy, which never opens, does not use up an input. A
    note counts while the request that it names has this commitment: numbers move when the chain reorganises.
    """
    folder = journal(home, chain, request.id).parent / "inputs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for mark in (request.input_commitment, sealed_input(chain, request)):
        note = folder / mark.hex()
        if note.exists():
            first = int(files.read(note))
            if first != request.id and _has_input(chain, first, mark):
                raise InputError(
                    f"The input of request {request.id} is that of request {first}, which came before.",
                    "Commit to the input anew, with another salt.",
                )
        files.write_private(note, str(request.id).encode())


def _has_input(chain: Chain, request_id: int, mark: bytes) -> bool:
    """Whether a request has this input commitment, or this sealed input."""
    try:
        request = read_request(chain, request_id)
    except NotFoundError:
        return False
    return mark in (request.input_commitment, sealed_input(chain, request))


def claim_journal(chain: Chain, folder: Path, request: Request) -> None:
    """Empties a folder that is of another request with this number: its answer is not this requester's."""
    whose = canonical.dumps(
        {
            "genesis": chain.genesis,
            "requester": request.requester,
            "input": request.input_commitment.hex(),
            "model": [request.model_id, request.version],
        }
    )
    note = folder / _WHOSE
    if note.exists() and files.read(note) != whose:
        log.warning("request %d is another one than before: its journal is emptied", request.id)
        shutil.rmtree(folder)
    if not note.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.write_private(note, whose)
