"""One chain node, over HTTP: a question's bytes go out, an answer comes back in bounded time and size."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
import requests
from requests import exceptions
from requests.utils import get_netrc_auth
from urllib3.exceptions import HTTPError, ReadTimeoutError

from biodesci.asking.clock import Clock
from biodesci.asking.sockets import Adapter
from biodesci.chain import wording
from biodesci.core import addresses
from biodesci.core.errors import ConfigurationError

CONNECT_S: Final = 4.0
ANSWER_S: Final = 8.0  # a stop that comes meanwhile waits so long: a service has ten seconds to end
MOST_BYTES: Final = 128 << 20
# The API and the aggregator answer in 40 threads, which share one client.
_CONNECTIONS: Final = 64
_CHUNK: Final = 1 << 18
NOT_AS_A_NODE: Final = "answers, but not as a chain node"
_LONGEST_WAIT_S: Final = 60.0
_clock: Final = Clock()
# It writes each request's path, in which many providers have the key that is paid for.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)


class How(Enum):
    """A kind of trouble, by what cures it."""

    BUSY = "fewer questions"
    SLOW = "a smaller question, perhaps"
    AWAY = "nobody listens there: starting it"
    CUT = "the same question once more"
    REFUSED = "another node alone"
    UNKNOWN = "another method"
    ODD = "another node; what all of them say so is said of the question"


class Trouble(Exception):
    """A node gave no answer that can be used: `why` in words, without its address's secret parts.

    `how` says which kind of trouble it is, and `wait` for how many seconds the node asks to be left alone.
    """

    def __init__(self, why: str, how: How, *, wait: float | None = None) -> None:
        super().__init__(why)
        self.why, self.wait, self.how = why, wait, how


@dataclass
class Endpoint:
    """`timeout`: seconds for one answer, up to its last byte."""

    url: str
    timeout: float = ANSWER_S
    identity: tuple[str, str] | None = None  # chain id and genesis, once it was asked
    rests_until: float = 0.0  # on the monotonic clock: others are asked first
    failures: int = 0
    session: requests.Session = field(init=False, repr=False)
    _question: requests.PreparedRequest | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        """Raises ConfigurationError for what is no address: nobody will ever listen there."""
        if not _is_address(self.url):
            raise ConfigurationError(
                "BIODESCI_RPC_URL should be the address of a chain node, as https://HOST:PORT/PATH, or of "
                "several with spaces between them. What it has is none.",
                "Correct it: biodesci doctor says what else is missing.",
            )
        self.session = _session(self.url)

    def __repr__(self) -> str:
        return f"Endpoint({self.origin})"

    @property
    def origin(self) -> str:
        """What may be shown of the address."""
        return origin(self.url)

    def ask(self, body: bytes) -> Any:
        """The JSON that the node answers with, whatever its HTTP status. Raises Trouble.

        What requests raises has the whole address in it, so no error of ours keeps it as its cause.
        """
        try:
            with (
                _clock.within(self.timeout),
                self.session.send(
                    self._asked(body),
                    timeout=(min(CONNECT_S, self.timeout), self.timeout),
                    stream=True,
                ) as response,
            ):
                status = response.status_code
                raw = _read(response)
        except requests.TooManyRedirects:
            raise Trouble("refers to another address", How.REFUSED) from None
        except (exceptions.InvalidURL, exceptions.MissingSchema, exceptions.InvalidSchema) as exc:
            raise Trouble(f"does not answer ({type(exc).__name__})", How.REFUSED) from None
        except requests.ConnectTimeout:
            raise Trouble("does not answer (ConnectTimeout)", How.AWAY) from None
        except (requests.Timeout, ReadTimeoutError):
            raise Trouble("does not answer (ReadTimeout)", How.SLOW) from None
        except requests.ConnectionError as exc:
            refused = "refused" in repr(exc) or "NewConnectionError" in repr(exc)
            how = How.AWAY if refused else How.CUT
            raise Trouble(f"does not answer ({type(exc).__name__})", how) from None
        except (requests.RequestException, HTTPError, ConnectionError) as exc:
            raise Trouble(f"does not answer ({type(exc).__name__})", How.CUT) from None
        return _parsed(status, response.headers.get("Retry-After"), raw)

    def _asked(self, body: bytes) -> requests.PreparedRequest:
        """The request: all but its body, and cookies where the node sets some, is prepared once."""
        if self._question is None or self.session.cookies:
            self._question = self.session.prepare_request(requests.Request("POST", self.url))
        asked = self._question.copy()
        asked.body, asked.headers["Content-Length"] = body, str(len(body))
        return asked


def _parsed(status: int, retry_after: str | None, raw: bytes) -> Any:
    wait = _seconds(retry_after)
    try:
        answer = orjson.loads(raw)
    except orjson.JSONDecodeError:
        if status == 429 or wording.says_busy(raw[:2_000].decode("utf-8", "replace")):
            raise Trouble("is asked too often (HTTP 429)", How.BUSY, wait=wait) from None
        if status == 413:
            raise Trouble("finds the question too large (HTTP 413)", How.SLOW) from None
        if status in (401, 403):
            raise Trouble(f"does not let us in (HTTP {status})", How.REFUSED) from None
        raise _no_node(status, wait) from None
    # Some say in JSON, but not in JSON-RPC, why they refuse.
    if isinstance(answer, list) or (isinstance(answer, dict) and ("result" in answer or "error" in answer)):
        if status == 429 and not isinstance(answer, list):
            raise Trouble("is asked too often (HTTP 429)", How.BUSY, wait=wait)
        return answer
    if status == 429 or wording.says_busy(str(answer)):
        raise Trouble("is asked too often (HTTP 429)", How.BUSY, wait=wait)
    raise _no_node(status, wait)


def _no_node(status: int, wait: float | None) -> Trouble:
    """Of an answer that is no JSON-RPC. A gateway in front of a node that is away says so by its status."""
    if status >= 500:
        return Trouble(f"does not answer (HTTP {status})", How.CUT, wait=wait)
    return Trouble(f"{NOT_AS_A_NODE} (HTTP {status}, no JSON-RPC)", How.CUT, wait=wait)


def _read(response: requests.Response) -> bytes:
    """The whole body."""
    chunks, size = [], 0
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > MOST_BYTES:
            raise Trouble(f"answers in more than {MOST_BYTES >> 20} MiB", How.SLOW)
        chunks.append(chunk)
    return b"".join(chunks)


def _seconds(retry_after: str | None) -> float | None:
    """Of the header Retry-After (RFC 9110, section 10.2.3): seconds, or a date. Bounded."""
    if not retry_after:
        return None
    try:
        wait = float(retry_after)
    except ValueError:
        try:
            wait = (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(wait, 0.0), _LONGEST_WAIT_S) if math.isfinite(wait) else None


def _session(rpc_url: str) -> requests.Session:
    """Reads from the environment once, not at each request: proxies, certificates and logins."""
    session = requests.Session()
    session.max_redirects = 0  # another address may need another proxy or login
    session.headers.update({"Content-Type": "application/json", "User-Agent": "biodesci"})
    for scheme in ("http://", "https://"):
        session.mount(scheme, Adapter(_clock, pool_maxsize=_CONNECTIONS))
    try:
        settings = session.merge_environment_settings(rpc_url, {}, None, None, None)
    except ValueError:  # no address: the first request says so
        return session
    session.proxies, session.verify = settings["proxies"], settings["verify"]
    session.auth = get_netrc_auth(rpc_url)
    session.trust_env = False
    return session


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, or half an IPv6 address
        return False


def origin(url: str) -> str:
    """Scheme, host and port: the rest of a node's address may be a password, or a key that is paid for."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "BIODESCI_RPC_URL"
    if not parts.hostname or not parts.scheme:
        return "BIODESCI_RPC_URL"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else addresses.without_key(parts.hostname)
    return f"{parts.scheme}://{host}{port}"
