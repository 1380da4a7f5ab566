"""What the story relies on: that something happens in time, and that something else is refused."""

from __future__ import annotations

import time
from collections.abc import Callable

from biodesci.core.errors import BioDeSciError, NotFoundError, StateError, UnavailableError


def wait_for(done: Callable[[], bool], what: str, seconds: float = 120.0) -> None:
    """Poll until `done()`; a part that is just being restarted may be out of reach meanwhile, and what is on
    chain already may come to IPFS a moment later.

    Raises:
        UnavailableError, NotFoundError: not within `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            if done():
                return
        except (NotFoundError, UnavailableError):
            if time.monotonic() > deadline:
                raise
        if time.monotonic() > deadline:
            raise UnavailableError(
                f"Waited {seconds:.0f} s in vain for {what}.", "Look into the processes' logs."
            )
        time.sleep(0.1)


def refusal(attempt: Callable[[], object]) -> BioDeSciError:
    """The error that an attempt ends with, which it must.

    Raises:
        StateError: it was not refused.
    """
    try:
        attempt()
    except UnavailableError:
        raise
    except BioDeSciError as exc:
        return exc
    raise StateError("An attempt that had to be refused went through.")
