"""A transaction that costs money if it is sent twice: noted on disk between being signed and its receipt.

A run that was stopped in between is followed by one that sends the same bytes, which take effect once.
"""

from __future__ import annotations

import json
from pathlib import Path

from web3.contract.contract import ContractFunction
from web3.types import TxReceipt

from biodesci.chain.client import Chain
from biodesci.core import canonical, files
from biodesci.core.errors import ChainError, RevertedError, StateError, UnavailableError


class Once:
    """What one account does about one thing, such as buying by offer 3; `forget` when its end is known."""

    def __init__(self, chain: Chain, home: Path, what: str, number: int) -> None:
        self._chain = chain
        # A development chain that was reset starts with another block, and has other things by that number.
        network = f"{chain.genesis[2:18]}-{chain.licenses.address}"
        self._note = home / what / f"{network}-{chain.address}-{number}.json"

    def resume(self) -> TxReceipt | None:
        """The receipt of what a run before signed; None where there is nothing, or it had no effect."""
        if not self._note.exists():
            return None
        signed = bytes.fromhex(json.loads(self._note.read_bytes())["signed"])
        try:
            return self._chain.broadcast(signed)
        except (RevertedError, StateError):
            # It failed, or another transaction has its nonce: it can't take effect any more.
            self.forget()
            return None
        except (ChainError, UnavailableError) as exc:
            # For want of a fee that is high enough it may wait for long.
            raise type(exc)(
                exc.message,
                f"{exc.hint} It was signed by a run before, and its bytes are in {self._note}. Any other "
                "transaction of this account makes it void: biodesci license cancel-orders.".lstrip(),
            ) from exc

    def send(self, function: ContractFunction, value: int = 0) -> TxReceipt:
        signed = self._chain.sign(function, value)
        files.write_private(self._note, canonical.dumps({"signed": signed.hex()}))
        try:
            return self._chain.broadcast(signed)
        except RevertedError:
            self.forget()
            raise

    def forget(self) -> None:
        self._note.unlink(missing_ok=True)
