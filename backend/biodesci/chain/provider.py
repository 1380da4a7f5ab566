"""The way to a chain node, over JSON-RPC."""

from __future__ import annotations

from typing import Any

import requests
from web3 import HTTPProvider
from web3.exceptions import BadResponseFormat
from web3.types import RPCEndpoint, RPCResponse

from biodesci.core.errors import UnavailableError


class Provider(HTTPProvider):
    """Says "the chain does not answer" as an error of ours, wherever in web3 it is noticed."""

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        try:
            return super().make_request(method, params)
        except (requests.RequestException, BadResponseFormat, ConnectionError) as exc:
            raise UnavailableError(
                f"The chain node at {self.endpoint_uri} does not answer ({type(exc).__name__}).",
                "Start it (`make up`), or set BIODESCI_RPC_URL to a node that runs; then repeat the command.",
            ) from exc
