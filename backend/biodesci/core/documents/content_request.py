"""Asking a data owner's server for a container: what the asker signs, and how it travels.

The signature says who asks, by which licence, for which container, of which server, until when. It is shown
with each request, in the header `Authorization: BioDeSci …` (docs/private.md).
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, ClassVar, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from biodesci.core.documents.base import Document, Part
from biodesci.core.documents.values import Address, Bytes32, HexBytes, Text, Uint256, UnixSeconds
from biodesci.core.errors import InputError

SCHEME: Final = "BioDeSci"
LONGEST_LIFE: Final = 900  # seconds from the signature to `expires`, at most
_LONGEST_ORIGIN: Final = 300
_PORTS: Final = {"https": 443, "http": 80}
_LOCAL: Final = {"127.0.0.1", "localhost", "::1"}


def origin(text: str) -> str:
    """The origin of a server (RFC 6454), in its one form: scheme, host in lower case, port unless usual.

    Raises InputError for what is no https origin, or http one of this machine; and for more than an origin.
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL)
    is_plain = parts.path in ("", "/") and not (parts.query or parts.fragment or "@" in parts.netloc)
    is_host = re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:.]+", host) is not None
    if not (is_safe and is_plain and is_host) or len(text) > _LONGEST_ORIGIN:
        raise InputError(
            "This is no address of a server of containers.",
            "Write https:// and the host, with a port where it is unusual (http for this machine alone).",
        )
    named = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{named}" + ("" if port in (None, _PORTS[parts.scheme]) else f":{port}")


def _is_written(text: str) -> str:
    if origin(text) != text:
        raise ValueError("it should be an origin in lower case, without a slash behind it")
    return text


Origin = Annotated[Text, AfterValidator(_is_written)]
"""Such as https://data.hospital.example."""


class ContentRequest(Part):
    """`account` asks the server at `audience` for the container whose CID has the digest `content`, until
    `expires`: by its licence `license_id`, or by its role for the dataset where that is 0."""

    dataset_id: Uint256
    license_id: Uint256
    content: Bytes32
    account: Address
    audience: Origin
    expires: UnixSeconds


class SignedContentRequest(Document):
    """With the signature of the account, or one that its contract accepts (ERC-1271)."""

    title: ClassVar = "request for a container"
    remedy: ClassVar = "Update the program that asks, then repeat."
    limit: ClassVar = 8 << 10

    format: Literal["biodesci-content-request/1"] = "biodesci-content-request/1"
    chain_id: Uint256
    contract: Annotated[Address, Field(description="The AccessLicense.")]
    request: ContentRequest
    signature: HexBytes

    def header(self) -> str:
        """The value of the header `Authorization`."""
        return f"{SCHEME} {base64.urlsafe_b64encode(self.to_bytes()).decode().rstrip('=')}"

    @classmethod
    def of_header(cls, text: str) -> SignedContentRequest:
        """What a header `Authorization` holds. Raises InputError for anything else."""
        scheme, _, token = text.partition(" ")
        if scheme.lower() != SCHEME.lower() or len(token) > 2 * cls.limit:
            raise InputError(f"The header Authorization holds no {cls.title}.", cls.remedy)
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise InputError(f"The header Authorization holds no {cls.title}.", cls.remedy) from None
        return cls.parse(raw)
