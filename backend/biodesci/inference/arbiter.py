"""The arbiter's side of an inference: accepts to be named, and decides what is challenged."""

from __future__ import annotations

from biodesci.chain.client import Chain


def accept(chain: Chain, *, accepted: bool) -> None:
    """Says on chain whether requests may name this account as arbiter; those that did stay its own."""
    chain.send(chain.inferences.functions.acceptArbitration(accepted))


def decide(chain: Chain, request_id: int, answer: bytes, *, upheld: bool) -> None:
    """Ends a challenge within its 30 days: upheld, the requester gets its fee back, else the worker does.

    `answer` is the commitment that the decision was made about. Raises RevertedError where the request's
    number has another one by now.
    """
    chain.send(chain.inferences.functions.resolve(request_id, upheld, answer))
