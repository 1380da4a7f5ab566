"""The way to a chain node, over JSON-RPC."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_netrc_auth
from web3 import HTTPProvider
from web3.exceptions import BadResponseFormat
from web3.types import RPCEndpoint, RPCResponse

from biodesci.core.errors import UnavailableError

# What a node refuses of these says something of the request, or web3 knows another way.
_EXPLAINED: Final = {"eth_call", "eth_estimateGas", "eth_sendRawTransaction", "eth_maxPriorityFeePerGas"}
# EIP-1474: resource unavailable, limit exceeded; and as HTTP has it.
_BUSY: Final = {-32002, -32005, 429}

# The API and the aggregator answer in 40 threads, which share one client.
_CONNECTIONS: Final = 64


class Provider(HTTPProvider):
    """Says "the chain does not answer" as an error of ours, wherever in web3 it is noticed.

    `timeout` is in seconds, for one request.
    """

    def __init__(self, rpc_url: str, timeout: float) -> None:
        super().__init__(
            rpc_url,
            request_kwargs={"timeout": timeout},
            session=_session(rpc_url),
            exception_retry_configuration=None,
            # It is compared once with the deployment's, and then only written into transactions.
            cache_allowed_requests=True,
            cacheable_requests={RPCEndpoint("eth_chainId")},
        )

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """One JSON-RPC request. Raises UnavailableError where the node does not answer or is too busy to."""
        try:
            response = super().make_request(method, params)
        except requests.TooManyRedirects as exc:
            raise UnavailableError(
                f"The chain node at {origin(str(self.endpoint_uri))} refers to another address.",
                "Set BIODESCI_RPC_URL to that one.",
            ) from exc
        except (requests.RequestException, BadResponseFormat, ConnectionError) as exc:
            raise UnavailableError(
                f"The chain node at {origin(str(self.endpoint_uri))} does not answer ({type(exc).__name__}).",
                "Start it (`make up`), or set BIODESCI_RPC_URL to a node that runs; then repeat the command.",
            ) from exc
        error = response.get("error")
        if error and (method not in _EXPLAINED or _is_busy(error)):
            raise UnavailableError(
                f"The chain node at {origin(str(self.endpoint_uri))} refused {method}: {refusal(error)}.",
                "Try again, or set BIODESCI_RPC_URL to another node.",
            )
        return response


def _session(rpc_url: str) -> requests.Session:
    """Reads from the environment once, not at each request: proxies, certificates and logins."""
    session = requests.Session()
    session.max_redirects = 0  # another address may need another proxy or login
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=_CONNECTIONS))
    try:
        settings = session.merge_environment_settings(rpc_url, {}, None, None, None)
    except ValueError:  # no address: the first request says so
        return session
    session.proxies, session.verify = settings["proxies"], settings["verify"]
    session.auth = get_netrc_auth(rpc_url)
    session.trust_env = False
    return session


def origin(url: str) -> str:
    """Scheme, host and port: the rest of a node's address may be a password, or a key that is paid for."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "BIODESCI_RPC_URL"
    if not parts.netloc:
        return "BIODESCI_RPC_URL"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _is_busy(error: object) -> bool:
    return isinstance(error, dict) and error.get("code") in _BUSY


def refusal(error: object) -> str:
    """The words of a JSON-RPC error."""
    return str(error.get("message", error)) if isinstance(error, dict) else str(error)
