"""What every browser is told of the servers behind the API. Keys for those servers are for the API alone."""

from __future__ import annotations

from urllib.parse import urlsplit

from biodesci.config import Settings
from biodesci.core.addresses import secrets_in
from biodesci.core.errors import ConfigurationError


def rpc_url(settings: Settings) -> str | None:
    """The chain's node for browsers: BIODESCI_PUBLIC_RPC_URL, else the first of BIODESCI_RPC_URL that has
    nothing in it that may be a key. None: the page reads through the visitor's wallet.
    """
    if settings.public_rpc_url:
        return settings.public_rpc_url
    return next(filter(_has_no_key, settings.rpc_url.split()), None)


def origins(settings: Settings) -> list[str]:
    """Of the servers that the page asks besides the API: for its content security policy.

    Raises ConfigurationError for an address with a password, which the page would tell to everybody.
    """
    told = {_origin("BIODESCI_IPFS_GATEWAY", settings.ipfs_gateway)}
    told.update(_origin("BIODESCI_VISA_ISSUERS", url) for url in settings.visa_issuers.split())
    told.update(
        _origin("BIODESCI_CONTAINERS_OF_OTHERS", url) for url in settings.containers_of_others.split()
    )
    if (node := rpc_url(settings)) is not None:
        told.add(_origin("BIODESCI_PUBLIC_RPC_URL", node))
    return sorted(told)


def _has_no_key(url: str) -> bool:
    parts = urlsplit(url)
    return (
        parts.scheme in {"http", "https"}
        and not (parts.query or parts.fragment or "@" in parts.netloc)
        and not secrets_in(url)
    )


def _origin(setting: str, url: str) -> str:
    parts = urlsplit(url)
    if "@" in parts.netloc:
        raise ConfigurationError(
            f"{setting} has a password in it, and the page would tell it to everybody.",
            f"Set {setting} to an address that browsers can use without one.",
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(
            f"{setting} is no address that browsers can use.", f"Set {setting} to one of http or https."
        )
    return f"{parts.scheme}://{parts.netloc}"
