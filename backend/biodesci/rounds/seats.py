"""With whom a site lets itself be summed: every seat of a round's roster has to be accounted for.

A sum hides a site among the others only if they are others. Accounts cost nothing, so a stranger may take all
the seats but one; the chain can't tell, but the site's operator can: by a list of accounts, or by visas of an
issuer that knows who they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from eth_account.messages import encode_typed_data

from biodesci.chain import signatures
from biodesci.chain.client import Chain
from biodesci.core import commitment, files, typed_data, visa
from biodesci.core.documents.visa import SignedVisa
from biodesci.core.errors import AccessDeniedError, InputError

HINT: Final = (
    "Set BIODESCI_ROSTER to the accounts with which it may be summed (or to a file of them), or "
    "BIODESCI_ISSUERS to who vouches for them and BIODESCI_VISAS to a folder of their visas."
)


def accounts(text: str) -> frozenset[bytes]:
    """The accounts (20 bytes each) in a text, or in the file that it names, parted by commas or white space.

    Raises InputError for what is neither an address nor a file.
    """
    if text and "," not in text and not text.startswith("0x"):
        path = Path(text)
        if not path.is_file():
            raise InputError(f"{text} is neither an account nor a file of accounts.", "Name one of them.")
        text = files.read(path).decode("utf-8", "replace")
    return frozenset(commitment.address(word) for word in text.replace(",", " ").split())


@dataclass(frozen=True)
class Seats:
    """The accounts that a site's operator named, and the issuers whose visas stand for others (files)."""

    known: frozenset[bytes] = frozenset()
    issuers: frozenset[bytes] = frozenset()
    visas: tuple[SignedVisa, ...] = ()

    @classmethod
    def read(cls, roster: str, issuers: str, visas: Path | None) -> Seats:
        """From what the operator set. Raises InputError for what is no account, or no visa."""
        paths = sorted(visas.glob("*.json")) if visas is not None else []
        held = tuple(SignedVisa.parse(files.read(path)) for path in paths)
        return cls(accounts(roster), accounts(issuers), held)

    def require(self, chain: Chain, nodes: Iterable[bytes]) -> None:
        """Raises AccessDeniedError unless this site knows each of these nodes, itself aside."""
        if not (self.known or self.issuers):
            raise AccessDeniedError("This site was not told with whom it may be summed.", HINT)
        own = commitment.address(chain.address)
        for node in nodes:
            if node != own and node not in self.known and not self._is_vouched_for(chain, node):
                raise AccessDeniedError(
                    f"The roster has 0x{node.hex()}, whom this site does not know: it gives it no shares.",
                    f"If you know who that is, add it. {HINT}",
                )

    def _is_vouched_for(self, chain: Chain, node: bytes) -> bool:
        return any(
            commitment.address(held.visa.subject) == node
            and commitment.address(held.visa.issuer) in self.issuers
            and is_valid(chain, held)
            for held in self.visas
        )


def is_valid(chain: Chain, signed: SignedVisa) -> bool:
    """Whether a visa is of this network, in time, signed by its issuer, and not revoked.

    A contract wallet's signature counts as VisaRegistry counts it. Raises what the chain's node does where it
    can't be asked.
    """
    if (signed.chain_id, signed.registry) != (chain.chain_id, str(chain.visas.address)):
        return False
    if not signed.visa.asserted <= chain.now() < signed.visa.expires:
        return False
    document = typed_data.visa(signed.chain_id, signed.registry, signed.visa)
    message = encode_typed_data(full_message=document)
    if not signatures.is_by(chain, signed.visa.issuer, message, signed.signature):
        return False
    id_ = visa.visa_id(signed.visa.issuer, typed_data.digest(document))
    return not chain.call(chain.visas.functions.isRevoked(id_))
