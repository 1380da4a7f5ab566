"""The contracts, seen from one account. What it sends leaves through its outbox (`outbox.py`)."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_account.signers.local import LocalAccount
from hexbytes import HexBytes
from web3 import Web3
from web3.contract.contract import Contract, ContractFunction
from web3.exceptions import BlockNotFound, ContractLogicError, Web3Exception, Web3RPCError
from web3.logs import DISCARD
from web3.middleware import AttributeDictMiddleware
from web3.types import EventData, TxParams, TxReceipt

from biodesci.chain import blocks, events, heads, pending, records
from biodesci.chain.answers import refused
from biodesci.chain.contracts import contract, reverted
from biodesci.chain.entries import Book
from biodesci.chain.fitting import Fitting
from biodesci.chain.logs import Span
from biodesci.chain.outbox import Intent, Outbox
from biodesci.chain.pending import Pending
from biodesci.chain.provider import Provider
from biodesci.chain.reading import Reading
from biodesci.chain.records import R
from biodesci.chain.sending import Sender, Sending
from biodesci.core.documents.deployment import CONTRACTS, Deployment
from biodesci.core.errors import (
    ChainError,
    ConfigurationError,
    NotFoundError,
    UnavailableError,
)
from biodesci.core.files import WORK_FILE
from biodesci.store.engine import Location

if TYPE_CHECKING:
    from biodesci.chain.commitments import Commitments

_USUALLY = Sending()
_UNHURRIED = Reading()


class Chain:
    """Client of the eight contracts. Threads may share one.

    `rpc_url`: addresses of one node or several, with spaces between. `account` and `home`, the private
    folder, are needed for sending alone: the outbox is in the work database that `sending` names, or in the
    home's own.
    """

    def __init__(
        self,
        rpc_url: str,
        deployment: Deployment,
        account: LocalAccount | None = None,
        home: Path | None = None,
        *,
        reading: Reading = _UNHURRIED,
        sending: Sending = _USUALLY,
    ) -> None:
        self.rpc_url = rpc_url
        self.deployment = deployment
        self.account = account
        self.home = home
        self.confirmations = reading.confirmations
        self.stop = reading.stop
        self.sending = sending
        self.span = Span()
        self.provider = Provider(rpc_url, patience=reading.patience, stop=reading.stop)
        # Nothing else of web3's: names are not looked up in ENS, and each transaction says what gas it pays.
        middleware = [(AttributeDictMiddleware, "attrdict")]
        self.web3 = Web3(self.provider, middleware=middleware)
        self.chain_id = self.web3.eth.chain_id
        if self.chain_id != deployment.chain_id:
            raise ConfigurationError(
                f"Wrong network: {self.provider.origins} is chain {self.chain_id}, "
                f"the contracts are on chain {deployment.chain_id}.",
                "Set BIODESCI_RPC_URL or BIODESCI_DEPLOYMENT so that both name the same network.",
            )
        # Tells a chain from its successor of the same id: a development chain that was reset.
        self.genesis = HexBytes(self.web3.eth.get_block(0)["hash"]).to_0x_hex()
        self._check_codes()
        self._contracts: dict[str, Contract] = {}
        self._keys: Fitting[bytes] = Fitting()
        self.published: Fitting[Commitments] = Fitting()

    def __repr__(self) -> str:
        return f"Chain(chain_id={self.chain_id}, address={self.account.address if self.account else None})"

    @property
    def identity(self) -> str:
        """Tells this chain and these contracts from any other."""
        return f"{self.chain_id}:{self.genesis}:{self.datasets.address}"

    @property
    def address(self) -> str:
        """The account's checksummed address."""
        return str(self.signer().address)

    def signer(self) -> LocalAccount:
        """The account, for what is signed but not sent."""
        if self.account is None:
            raise ConfigurationError(
                "This needs an account, and none is loaded.", "Create one: biodesci account create."
            )
        return self.account

    @property
    def datasets(self) -> Contract:
        """The contract DatasetNFT."""
        return self._contract("DatasetNFT")

    @property
    def licenses(self) -> Contract:
        """The contract AccessLicense."""
        return self._contract("AccessLicense")

    @property
    def lens(self) -> Contract:
        """The contract LicenseLens: offers and licences, read from AccessLicense's storage."""
        return self._contract("LicenseLens")

    @property
    def custody(self) -> Contract:
        """The contract GuardedCustody: delivers for datasets what their guardians signed."""
        return self._contract("GuardedCustody")

    @property
    def models(self) -> Contract:
        """The contract ModelRegistry."""
        return self._contract("ModelRegistry")

    @property
    def inferences(self) -> Contract:
        """The contract InferenceCommitment."""
        return self._contract("InferenceCommitment")

    @property
    def keys(self) -> Contract:
        """The contract KeyRegistry."""
        return self._contract("KeyRegistry")

    @property
    def visas(self) -> Contract:
        """The contract VisaRegistry."""
        return self._contract("VisaRegistry")

    def _contract(self, name: str) -> Contract:
        """Made when it is first asked for: most clients talk to two of the eight."""
        if name not in self._contracts:
            where = Web3.to_checksum_address(self.deployment.contracts[name].address)
            self._contracts[name] = contract(self.web3, name, where)
        return self._contracts[name]

    def _check_codes(self) -> None:
        """Raises ConfigurationError unless the deployment's code lies at each contract's address."""
        wanted = self.deployment.contracts
        codes = self.provider.batch([("eth_getCode", [wanted[name].address, "latest"]) for name in CONTRACTS])
        for name, code in zip(CONTRACTS, map(HexBytes, codes), strict=True):
            where = Web3.to_checksum_address(wanted[name].address)
            if not code:
                raise ConfigurationError(
                    f"There is no {name} at {where} on chain {self.chain_id}: "
                    "the chain was reset since deployment.",
                    "Deploy the contracts again: ape run deploy.",
                )
            if bytes(Web3.keccak(code)) != wanted[name].code_hash:
                raise ConfigurationError(
                    f"The code at {where} is not the {name} that the deployment file names.",
                    "Deploy the contracts again (ape run deploy), or use this network's deployment file.",
                )

    # Reading

    def block_number(self) -> int:
        """The number of the latest block that the node knows."""
        return int(self.web3.eth.block_number)

    def counted_head(self) -> int:
        """The last block that counts: what is above it may be taken back by a reorganization yet.

        Below 0 where the chain is younger than that. UnavailableError where the node does not know the tag.
        """
        if isinstance(self.confirmations, int):
            return self.block_number() - self.confirmations
        return heads.read(self.provider, self.confirmations).counted

    def depth(self) -> int:
        """How many blocks lie upon the last one that counts, as things are."""
        if isinstance(self.confirmations, int):
            return self.confirmations
        return max(0, self.block_number() - self.counted_head())

    def now(self, block: int | None = None) -> int:
        """Timestamp of the latest block, or of another: the only clock that deadlines on chain know."""
        try:
            return int(self.web3.eth.get_block("latest" if block is None else block)["timestamp"])
        except BlockNotFound as exc:
            raise blocks.NoBlockError(
                f"The chain node does not show block {block}: it is behind what it said.", "Try again."
            ) from exc

    def balance(self, address: str) -> int:
        """What an address owns at the latest block, in wei."""
        return int(self.web3.eth.get_balance(Web3.to_checksum_address(address)))

    def has_code(self, address: str) -> bool:
        """Whether a contract stands at an address, or an account that delegates to one (EIP-7702)."""
        return bool(self.web3.eth.get_code(Web3.to_checksum_address(address)))

    def call(self, function: ContractFunction, *, sender: str = "", gas: int = 0) -> Any:
        """Result of a function, without a transaction; a revert comes decoded. `gas`: what it may take, where
        a stranger wrote it; 0: what the node allows."""
        caller: TxParams = {"from": Web3.to_checksum_address(sender)} if sender else {}
        if gas:
            caller["gas"] = gas
        try:
            return function.call(caller)
        except ContractLogicError as exc:
            raise reverted(exc) from exc
        except Web3RPCError as exc:
            raise ChainError(f"The chain could not answer a call: {refused(exc)}.") from exc
        except Web3Exception as exc:
            raise ChainError(f"The chain could not answer a call: {exc}.") from exc

    def read(self, record: type[R], *args: Any) -> R:
        """The record (chain/records.py) that its contract function returns for `args`, now: of older blocks
        most nodes keep no state."""
        function = self._contract(record.view.contract).functions[record.view.function]
        return records.fill(record, self.call(function(*args)), *args)

    def events(
        self,
        contract: Contract,
        name: str,
        from_block: int,
        to_block: int | None = None,
        filters: dict[str, Any] | None = None,
    ) -> list[EventData]:
        """All events `name` of the blocks given (inclusive), oldest first.

        Of the last 128 blocks none is missing (`logs.pieces`, checked). An older one that a node lost is not
        noticed here, so callers compare with the contract's state; who follows the chain on and on
        (`follow.py`) has every block checked.
        """
        last = self.block_number() if to_block is None else to_block
        return events.read(self, contract, name, max(from_block, 0), last, filters or {})

    def emitted(self, receipt: TxReceipt, contract: Contract, name: str) -> list[dict[str, Any]]:
        """Arguments of the events `name` that `contract` emitted in this transaction."""
        logs = contract.events[name]().process_receipt(receipt, errors=DISCARD)
        return [dict(e["args"]) for e in logs if e["address"] == contract.address]

    def event(self, receipt: TxReceipt, contract: Contract, name: str) -> dict[str, Any]:
        """Arguments of the one event `name` that `contract` emitted in this transaction."""
        emitted = self.emitted(receipt, contract, name)
        if len(emitted) != 1:
            raise ChainError(
                f"Transaction {receipt['transactionHash'].to_0x_hex()} has {len(emitted)} events {name}."
            )
        return emitted[0]

    def key_of(self, account: str) -> bytes:
        """The HPKE public key of `account`: from the event, checked against the hash in state.

        Raises NotFoundError where it has none, UnavailableError where the node shows none that fits.
        """
        holder = Web3.to_checksum_address(account)
        registered = self.read(records.Key, holder)
        if (known := self._keys.get(registered.key_hash)) is not None:
            return known
        if not any(registered.key_hash):
            raise NotFoundError(
                f"{holder} has no encryption key on chain.", "Its owner registers one: biodesci key register."
            )
        deployed = self.deployment.contracts["KeyRegistry"].block
        filters = {"index": registered.index, "account": holder}
        # A development chain's clock can be turned back: then all blocks are looked at.
        for first in dict.fromkeys((blocks.first_since(self, registered.since, deployed), deployed)):
            for found in reversed(self.events(self.keys, "KeyRegistered", first, filters=filters)):
                public = bytes(found["args"]["publicKey"])
                if Web3.keccak(public) == registered.key_hash:
                    return self._keys.keep(registered.key_hash, public)
        raise UnavailableError(
            f"The chain node gave no key of {holder} that fits the hash in KeyRegistry.",
            "It lost events or is behind: try again, or use another chain node.",
        )

    # Sending

    def send(self, function: ContractFunction, value: int = 0) -> TxReceipt:
        """Estimates, signs, sends, waits: the receipt. `value` in wei.

        For what the caller would send once more only because the chain says that it is still to be done:
        a call that a run before sent, and that is not in a block yet, is waited for instead of repeated. What
        costs money or acts twice when it is repeated is sent by `intent`.

        Raises RevertedError, FundsError or ChainError where it has no effect, UnavailableError where it may
        have one yet.
        """
        call = f"{function.address} {function.fn_name} {function.args!r} {value}"
        with self.intent(function.fn_name, hashlib.sha256(call.encode()).hexdigest()) as intent:
            if intent.is_in_a_block():
                intent.forget()
            return intent.send(function, value)

    def intent(self, kind: str, about: str) -> AbstractContextManager[Intent]:
        """For what must happen once, though asked for again after a crash: see `Outbox.intent`.

        with chain.intent("purchase", "offer 3") as intent:
            receipt = intent.resume() or intent.send(function, price)
        """
        return self.outbox().intent(kind, about)

    def intent_if_free(self, kind: str, about: str) -> AbstractContextManager[Intent | None]:
        """As `intent`, for workers that wait for nothing: None where another process holds it."""
        return self.outbox().intent_if_free(kind, about)

    def pending(self, account: str) -> list[Pending]:
        """What of an account is sent, or signed, and not done, as far as the work database knows."""
        return pending.listed(
            self.web3, self._book(), (self.identity.rpartition(":")[0], account), self.sending
        )

    def outbox(self) -> Outbox:
        """By which the account's transactions leave. Raises ConfigurationError where there is no account."""
        sender = Sender(self.web3, self.signer(), self.identity, self.stop)
        return Outbox(sender, self._book(), self.depth(), self.sending)

    @property
    def work_location(self) -> Location | None:
        """The work database: the one that `sending` names, or the home's own; None for who only reads."""
        if self.sending.work is not None:
            return self.sending.work
        return None if self.home is None else self.home / WORK_FILE

    def _book(self) -> Book:
        where = self.work_location
        if where is None:
            raise ConfigurationError(
                "This client has no home folder to note in what it sends.", "Set BIODESCI_HOME."
            )
        return Book(where)
