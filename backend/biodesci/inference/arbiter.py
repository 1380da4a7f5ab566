"""The arbiter's side of an inference: accepts to be named, and decides what is challenged."""

from __future__ import annotations

from biodesci.chain.client import Chain
from biodesci.inference.requests import read_request


def accept(chain: Chain, *, accepted: bool) -> None:
    """Says on chain whether requests may name this account as arbiter; those that did stay its own."""
    chain.send(chain.inferences.functions.acceptArbitration(accepted))


def decide(chain: Chain, request_id: int, *, upheld: bool) -> None:
    """Ends a challenge within its 30 days: upheld, the requester gets its fee back, else the worker does."""
    answer = read_request(chain, request_id).output_commitment
    chain.send(chain.inferences.functions.resolve(request_id, upheld, answer))
