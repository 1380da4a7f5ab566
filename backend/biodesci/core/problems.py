"""Errors over HTTP, in one table: error class <-> status <-> type of problem document (RFC 9457).

The API and the aggregator answer by it, and their clients read it backwards: what was raised at one end is
raised at the other. The command line's exit codes follow from the same classes.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from biodesci.core.errors import (
    AccessDeniedError,
    BioDeSciError,
    ChainError,
    ConfigurationError,
    FundsError,
    InputError,
    IntegrityError,
    NotFoundError,
    RevertedError,
    StateError,
    UnavailableError,
    WrongKeyError,
)

MEDIA_TYPE: Final = "application/problem+json"
LARGEST: Final = 16 << 10  # bytes of a problem document that a client reads
_LONGEST_WORDS: Final = 1_000  # characters of its detail, and of its hint, that are repeated


@dataclass(frozen=True)
class Kind:
    """A row of the table."""

    error: type[BioDeSciError]
    status: int
    slug: str
    title: str

    @property
    def type(self) -> str:
        """The problem's type, a relative URI (RFC 9457, 3.1.1)."""
        return f"/problems/{self.slug}"


# The most specific first: the first row that an error is an instance of is its own.
KINDS: Final = (
    Kind(InputError, 400, "bad-input", "Bad input"),
    Kind(WrongKeyError, 400, "wrong-key", "Wrong key"),
    Kind(AccessDeniedError, 403, "access-denied", "Access denied"),
    Kind(NotFoundError, 404, "not-found", "Not found"),
    Kind(StateError, 409, "conflict", "Does not fit the present state"),
    Kind(IntegrityError, 422, "integrity", "Content is not what was committed to"),
    Kind(FundsError, 502, "funds", "The account cannot pay"),
    Kind(RevertedError, 502, "reverted", "A contract refused"),
    Kind(ChainError, 502, "chain", "The chain refused"),
    Kind(UnavailableError, 503, "unavailable", "A service does not answer"),
    Kind(ConfigurationError, 500, "configuration", "Not set up right"),
    Kind(BioDeSciError, 500, "error", "Error"),
)
# What is wrong with a server's settings may name a path of its machine: it goes to the log alone.
UNPREPARED: Final = "The server is not set up right. Whoever runs it finds the reason in its log."


@dataclass(frozen=True)
class Problem:
    """A problem document; `hint` is our extension: what to do."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    hint: str

    def to_bytes(self) -> bytes:
        """The document as JSON."""
        return json.dumps(asdict(self)).encode()


class _Answer(BaseModel):
    """What is read of a problem document. Others may have written it, with fields of their own, which are
    passed over (RFC 9457, 3.2)."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    type: str = ""
    detail: str | None = None
    hint: str = ""


def kind_of(error: BioDeSciError) -> Kind:
    """The row that an error is answered by."""
    return next(kind for kind in KINDS if isinstance(error, kind.error))


def describe(error: BioDeSciError, instance: str, status: int | None = None) -> Problem:
    """What a server answers; `status` where HTTP has a more exact one than the table (413)."""
    kind = kind_of(error)
    if isinstance(error, ConfigurationError):
        return Problem(kind.type, kind.title, kind.status, UNPREPARED, instance, "Tell its operator.")
    return Problem(kind.type, kind.title, status or kind.status, error.message, instance, error.hint)


def error_from(status: int, body: bytes, who: str) -> BioDeSciError:
    """What a client raises for an answer of `status` (400 or above) by `who`, such as "The aggregator".

    A type that is not known here is judged by the status. A revert comes as ChainError: its arguments do not
    travel. A server that is not set up right is unavailable to its client, whose own settings may be right.
    """
    try:
        answer = _Answer.model_validate_json(body[:LARGEST])
    except ValidationError:
        answer = _Answer()
    named = {kind.type: kind for kind in KINDS}
    kind = named.get(answer.type) or _by_status(status)
    if answer.detail is None:
        detail, hint = f"{who} answered with status {status}.", f"{who}'s log says more."
    else:
        detail, hint = f"{who} refused: {_words(answer.detail)}", _words(answer.hint)
    raised = {RevertedError: ChainError, ConfigurationError: UnavailableError}.get(kind.error, kind.error)
    return raised(detail, hint)


def _words(text: str) -> str:
    """What somebody else's server says, without what could command a terminal or forge a line of a log."""
    cut = text[:_LONGEST_WORDS] + ("…" if len(text) > _LONGEST_WORDS else "")
    return "".join(letter if letter.isprintable() else "?" for letter in cut)


def _by_status(status: int) -> Kind:
    """429 and what a gateway says of the server behind it (5xx) pass by themselves; other refusals do not."""
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        wanted: type[BioDeSciError] = UnavailableError
    else:
        wanted = {401: AccessDeniedError, 403: AccessDeniedError, 404: NotFoundError, 409: StateError}.get(
            status, InputError
        )
    return next(kind for kind in KINDS if kind.error is wanted)
