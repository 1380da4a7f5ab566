"""Every error of the package.

    BioDeSciError
    ├── InputError            the caller's data or arguments are wrong
    ├── IntegrityError        bytes are not what was committed to: tampered, truncated, of another file
    ├── WrongKeyError         a well-formed key that does not fit
    ├── AccessDeniedError     no active licence, consent withdrawn, not the owner
    ├── NotFoundError         no such dataset, licence, model, request or blob
    ├── StateError            the operation does not fit the present state (already delivered, round closed)
    ├── ConfigurationError    a setting, tool or file is missing or wrong; wrong network; port taken
    ├── UnavailableError      chain, IPFS node, aggregator or API does not answer
    └── ChainError            the chain refused a transaction
        ├── RevertedError     a contract's custom error, decoded
        └── FundsError        the account cannot pay

Each says what happened and why (`message`) and what to do (`hint`). Neither may hold a secret.
`core/problems.py` maps them to HTTP and back, `cli/__init__.py` to exit codes.
"""

from __future__ import annotations

from typing import Final

REPEAT: Final = "A worker goes on by itself then; a command has to be repeated."


class BioDeSciError(Exception):
    """Root of all errors raised on purpose."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()


class InputError(BioDeSciError):
    """The caller's data or arguments are wrong."""


class IntegrityError(BioDeSciError):
    """Bytes are not what was committed to."""


class WrongKeyError(BioDeSciError):
    """A well-formed key that does not fit."""


class AccessDeniedError(BioDeSciError):
    """The caller has no right to this."""


class NotFoundError(BioDeSciError):
    """No such thing on chain, in the index or on IPFS."""


class StateError(BioDeSciError):
    """The operation does not fit the present state."""


class ConfigurationError(BioDeSciError):
    """A setting, tool or file is missing or wrong."""


class UnavailableError(BioDeSciError):
    """A service that is needed does not answer."""


class ChainError(BioDeSciError):
    """The chain refused a transaction."""


class RevertedError(ChainError):
    """A contract reverted: the custom error's `name`, its arguments `args_`, and in `says` the sentence that
    stands for both (chain/sentences.py); without one the message shows them as they are."""

    def __init__(self, name: str, args_: tuple[object, ...], hint: str = "", says: str = "") -> None:
        arguments = ", ".join(f"0x{a.hex()}" if isinstance(a, bytes) else str(a) for a in args_)
        super().__init__(says or f"The contract refused: {name}({arguments}).", hint)
        self.name = name
        self.args_ = args_


class FundsError(ChainError):
    """The account cannot pay for the transaction."""
