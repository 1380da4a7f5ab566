"""Calls to one node's API by `ipfshttpclient`: a connection a thread, a deadline a call, our errors."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import ipfshttpclient
from ipfshttpclient import exceptions

from biodesci.core import counters
from biodesci.core.errors import (
    BioDeSciError,
    ConfigurationError,
    IntegrityError,
    NotFoundError,
    UnavailableError,
)
from biodesci.ipfs.bounded import Allowance, BoundedClient

_Result = TypeVar("_Result")
_LONGEST_WORDS: Final = 200  # characters of a node's own words that are repeated
_LOCAL: Final = {"127.0.0.1", "localhost", "::1"}
# Kubo's own words, of several versions.
_NOT_FOUND: Final = (
    "could not find",
    "not found",
    "no link named",
    "deadline exceeded",
    "timed out",
    "timeout",
)


@dataclass(frozen=True)
class Call:
    """What one call is about (a CID, or nothing), how many bytes its answer has at most, and how many seconds
    it may take, from connecting to the answer's last byte."""

    seconds: float
    what: str = ""
    largest: int = 16 << 10


class Connection:
    """The way to one node, by the address of its API ("http://127.0.0.1:5001"). Safe to use from several
    threads: each has a connection of its own."""

    def __init__(self, api: str, authorization: str | None) -> None:
        """`authorization` is the value of the header that the API asks for; it goes out by https alone, but
        for an API on this machine. ConfigurationError for an address that is none, or not https."""
        self.api = api
        self._address = _multiaddr(api)
        self._headers = {"Authorization": authorization} if authorization else {}
        if authorization and not _is_safe(api):
            raise ConfigurationError(
                f"The IPFS API's login would go to {api} for everybody on the way to read.",
                "Give an https address, or unset BIODESCI_IPFS_AUTH_FILE.",
            )
        self._local = threading.local()

    def do(self, call: Call, action: Callable[[Any], _Result]) -> _Result:
        """Runs `action` with an ipfshttpclient; once more on a fresh connection when the old one was cut.

        Raises NotFoundError, where the call is about a CID that the node does not find in time;
        IntegrityError for an answer that no honest node gives; and else UnavailableError.
        """
        counters.IPFS_CALLS.inc()
        with counters.IPFS_FAILURES.count_exceptions(UnavailableError):
            return self._do(call, action)

    def _do(self, call: Call, action: Callable[[Any], _Result]) -> _Result:
        kept: tuple[Any, Allowance] | None = getattr(self._local, "kept", None)
        ends = time.monotonic() + call.seconds
        try:
            if kept is not None:
                try:
                    return self._try(kept, call, ends, action)
                except (exceptions.ConnectionError, exceptions.ProtocolError):
                    self.drop()
            return self._try(self._connect(), call, ends, action)
        except BioDeSciError:
            self.drop()
            raise
        except exceptions.Error as exc:
            self.drop()
            raise self._translated(exc, call, time.monotonic() >= ends) from exc
        except OSError as exc:  # requests raises some of its own while a body is read
            self.drop()
            raise self._silent(call, time.monotonic() >= ends) from exc
        except (RecursionError, AssertionError, ValueError) as exc:  # ipfshttpclient reads JSON answers
            self.drop()
            raise IntegrityError(
                "The IPFS node's answer is not one to this question.", "Use another node: it is faulty."
            ) from exc

    def drop(self) -> None:
        """Closes this thread's connection."""
        kept = getattr(self._local, "kept", None)
        self._local.kept = None
        if kept is not None:
            kept[0].close()

    def _try(
        self, kept: tuple[Any, Allowance], call: Call, ends: float, action: Callable[[Any], _Result]
    ) -> _Result:
        client, allowance = kept
        allowance.body, allowance.ends = call.largest, ends
        return action(client)

    def _connect(self) -> tuple[Any, Allowance]:
        # `ipfshttpclient.connect` would warn that daemons after 0.9 are new to it; these commands are not.
        client, allowance = ipfshttpclient.Client(self._address), Allowance()
        client._client = BoundedClient(self._address, allowance, self._headers)
        self._local.kept = client, allowance
        return client, allowance

    def _translated(self, exc: exceptions.Error, call: Call, is_late: bool) -> BioDeSciError:
        if isinstance(exc, exceptions.ErrorResponse):
            return _refusal(_words(exc), call)
        if isinstance(exc, exceptions.DecodingError):
            return IntegrityError("The IPFS node's answer is no JSON.", "Use another node: it is faulty.")
        if isinstance(exc, exceptions.StatusError) and (status := _status(exc)) in (401, 403):
            return UnavailableError(
                f"The IPFS API at {self.api} refuses us (status {status}).",
                "Check BIODESCI_IPFS_AUTH_FILE, and whom the API lets in.",
            )
        return self._silent(call, is_late or isinstance(exc, exceptions.TimeoutError))

    def _silent(self, call: Call, is_late: bool) -> BioDeSciError:
        if is_late and call.what:
            return NotFoundError(
                f"The IPFS node did not give {call.what} within {call.seconds:g} s.",
                "Its publisher's node may be offline: try again later.",
            )
        return UnavailableError(
            f"The IPFS node at {self.api} does not answer.",
            "Start it (`make up` starts one for a local network), or set BIODESCI_IPFS_API.",
        )


def _refusal(message: str, call: Call) -> BioDeSciError:
    if "different hash" in message:
        return IntegrityError(
            f"The IPFS node's copy of {call.what} is damaged.",
            "Fetch from another node, or add the file again.",
        )
    if "no space left" in message:
        return UnavailableError("The IPFS node's disk is full.", "Free some space there, then try again.")
    if call.what and any(words in message for words in _NOT_FOUND):
        return NotFoundError(
            f"Nobody reachable has {call.what}.",
            "Its publisher's node may be offline: try again later.",
        )
    return UnavailableError(f"The IPFS node refused: {message}.", "Look at the node's log.")


def _words(exc: exceptions.ErrorResponse) -> str:
    """A node's own words, without what could command a terminal or forge a line of a log."""
    message = str(exc.args[0]) if exc.args else ""
    cut = message[:_LONGEST_WORDS] + ("…" if len(message) > _LONGEST_WORDS else "")
    return "".join(letter if letter.isprintable() else "?" for letter in cut)


def _status(exc: exceptions.StatusError) -> int | None:
    response = getattr(exc.original, "response", None)
    return getattr(response, "status_code", None)


def _is_safe(api: str) -> bool:
    parts = urlsplit(api)
    return parts.scheme == "https" or parts.hostname in _LOCAL


def _multiaddr(api: str) -> str:
    parts = urlsplit(api)
    host = parts.hostname
    try:
        port = parts.port
    except ValueError:
        host = None
    if (
        parts.scheme not in ("http", "https")
        or not host
        or parts.path not in ("", "/")
        or "@" in parts.netloc
    ):
        raise ConfigurationError(
            f"{_shown(api)} is not the address of an IPFS API.",
            "Give http://host:port, such as http://127.0.0.1:5001, and a login in BIODESCI_IPFS_AUTH_FILE.",
        )
    try:
        kind = f"ip{ipaddress.ip_address(host).version}"
    except ValueError:
        kind = "dns"
    return f"/{kind}/{host}/tcp/{port or (443 if parts.scheme == 'https' else 80)}/{parts.scheme}"


def _shown(api: str) -> str:
    """The address without the login that it may hold."""
    scheme, slashes, rest = api.partition("://")
    return repr(f"{scheme}{slashes}{rest.rpartition('@')[2]}")
