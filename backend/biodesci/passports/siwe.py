"""Sign-in with Ethereum (EIP-4361): the message by which an account asks an issuer for visas.

The statement holds the passport's hash, so that a signature serves for one passport alone.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self
from urllib.parse import urlsplit

from eth_account.messages import SignableMessage, encode_defunct
from eth_utils.address import to_checksum_address

from biodesci.core.errors import InputError

_TIME: Final = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
_MESSAGE: Final = re.compile(
    r"(?P<domain>[^\s/]{1,255}) wants you to sign in with your Ethereum account:\n"
    r"(?P<address>0x[0-9a-fA-F]{40})\n\n"
    r"Give me visas for the passport with the SHA-256 (?P<passport>[0-9a-f]{64})\.\n\n"
    r"URI: (?P<uri>\S{1,255})\n"
    r"Version: 1\n"
    r"Chain ID: (?P<chain_id>[1-9]\d{0,77})\n"
    r"Nonce: (?P<nonce>[0-9a-zA-Z]{8,128})\n"
    rf"Issued At: (?P<issued_at>{_TIME})\n"
    rf"Expiration Time: (?P<expires>{_TIME})"
)


@dataclass(frozen=True)
class SignIn:
    """What the message says; times are Unix seconds, `passport` is a SHA-256 in hexadecimal digits."""

    domain: str
    address: str
    passport: str
    uri: str
    chain_id: int
    nonce: str
    issued_at: int
    expires: int

    def text(self) -> str:
        """The message, as wallets show and sign it."""
        return (
            f"{self.domain} wants you to sign in with your Ethereum account:\n{self.address}\n\n"
            f"Give me visas for the passport with the SHA-256 {self.passport}.\n\n"
            f"URI: {self.uri}\nVersion: 1\nChain ID: {self.chain_id}\nNonce: {self.nonce}\n"
            f"Issued At: {_write(self.issued_at)}\nExpiration Time: {_write(self.expires)}"
        )

    def signable(self) -> SignableMessage:
        """What the account signs (EIP-191, `personal_sign`)."""
        return encode_defunct(text=self.text())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads what `text` writes, and nothing else. Raises InputError."""
        found = _MESSAGE.fullmatch(text)
        if found is None:
            raise _refused("it has not the form of EIP-4361 with all of its fields")
        fields = found.groupdict()
        address = str(to_checksum_address(fields["address"]))
        if address != fields["address"]:
            raise _refused("its address has not the checksum of ERC-55")
        times = {name: _read(fields[name]) for name in ("issued_at", "expires")}
        return cls(
            domain=fields["domain"],
            address=address,
            passport=fields["passport"],
            uri=fields["uri"],
            chain_id=int(fields["chain_id"]),
            nonce=fields["nonce"],
            **times,
        )


def domain(url: str) -> str:
    """The authority of a URL, as a message names it."""
    return urlsplit(url).netloc.lower()


def fingerprint(passport: str) -> str:
    """The passport's SHA-256, in hexadecimal digits."""
    return hashlib.sha256(passport.encode()).hexdigest()


def _write(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(text: str) -> int:
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise _refused("a time in it is none") from None


def _refused(why: str) -> InputError:
    return InputError(f"This is no message to sign in with: {why}.", "Make it anew: biodesci visa request.")
