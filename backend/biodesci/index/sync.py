"""Reads the chain into the index: new blocks, reorgs, and the documents on IPFS that events name.

A document that cannot be read or is not valid is recorded with the reason and tried again later; it never
holds up the index.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from eth_utils.abi import event_abi_to_log_topic
from hexbytes import HexBytes
from web3.contract.contract import Contract
from web3.exceptions import BlockNotFound, Web3Exception
from web3.types import LogReceipt

from biodesci.chain import currency
from biodesci.chain.client import Chain
from biodesci.core.documents.published_card import PublishedCard
from biodesci.core.documents.strangers import is_too_deep
from biodesci.core.errors import BioDeSciError, IntegrityError, NotFoundError, UnavailableError
from biodesci.index.database import Block, Event, Store
from biodesci.ipfs.client import Ipfs

_log = logging.getLogger(__name__)
_SPAN: Final = 2_000  # blocks per request: what public nodes allow
_MAX_DOCUMENT: Final = 4 << 20
_MISSING_SECONDS: Final = 3.0
_AWAY: Final = "The index cannot reach IPFS just now."
_PUBLISH_AGAIN: Final = "Its publisher should publish a new version."


@dataclass(frozen=True)
class Synced:
    """`block` is the last one read; `rolled_back` counts events that a reorg took away."""

    block: int
    events: int
    rolled_back: int


def sync(chain: Chain, ipfs: Ipfs, store: Store) -> Synced:
    """Reads all blocks up to the head (less confirmations), then the documents that are due."""
    if store.identity() != chain.identity:
        store.begin(chain.identity)
    rolled_back = _follow_reorg(chain, store)
    cursor = store.cursor()
    start = chain.deployment.first_block if cursor is None else cursor.number + 1
    head = chain.counted_head()
    applied = 0
    while start <= head:
        end = min(start + _SPAN - 1, head)
        events, block = _read(chain, start, end)
        _check_follows(chain, store)
        applied += store.apply(chain.chain_id, events, block)
        start = end + 1
    read_documents(chain, ipfs, store)
    reached = store.cursor()
    return Synced(reached.number if reached else 0, applied, rolled_back)


def _follow_reorg(chain: Chain, store: Store) -> int:
    for known in store.blocks_down():
        block = _block(chain, known.number)
        if block is not None and block.hash == known.hash:
            current = store.cursor()
            if current is not None and current.number > known.number:
                _log.warning("chain reorganised above block %d", known.number)
                return store.roll_back(known.number)
            return 0
    return store.roll_back(chain.deployment.first_block - 1) if store.cursor() else 0


def _check_follows(chain: Chain, store: Store) -> None:
    """That what was read follows what is known: a reorg may have come between."""
    known = store.cursor()
    if known is not None and _block(chain, known.number) != known:
        raise UnavailableError(f"Block {known.number} changed: the chain is reorganising.", "Try again.")


def _block(chain: Chain, number: int) -> Block | None:
    try:
        block = chain.web3.eth.get_block(number)
    except BlockNotFound:
        return None
    return Block(int(block["number"]), HexBytes(block["hash"]).to_0x_hex(), int(block["timestamp"]))


def _read(chain: Chain, start: int, end: int) -> tuple[list[Event], Block]:
    head = _block(chain, end)
    if head is None:
        raise UnavailableError(f"Block {end} is gone: the chain is reorganising.", "Try again.")
    contracts = {
        str(c.address): (name, c)
        for name, c in (
            ("DatasetNFT", chain.datasets),
            ("AccessLicense", chain.licenses),
            ("ModelRegistry", chain.models),
            ("InferenceCommitment", chain.inferences),
            ("KeyRegistry", chain.keys),
            ("VisaRegistry", chain.visas),
        )
    }
    try:
        logs = chain.web3.eth.get_logs(
            {"fromBlock": start, "toBlock": end, "address": [c.address for _, c in contracts.values()]}
        )
    except Web3Exception as exc:
        raise UnavailableError(f"The chain node gave no logs: {exc}.", "Try again, or another node.") from exc
    blocks = {head.number: head}
    events = []
    for log in sorted(logs, key=lambda log: (log["blockNumber"], log["logIndex"])):
        name, contract = contracts[str(log["address"])]
        decoded = _decode(contract, log)
        if decoded is None:
            continue
        number = int(log["blockNumber"])
        if number not in blocks:
            block = _block(chain, number)
            if block is None:
                raise UnavailableError(f"Block {number} is gone: the chain is reorganising.", "Try again.")
            blocks[number] = block
        if blocks[number].hash != HexBytes(log["blockHash"]).to_0x_hex():
            raise UnavailableError(f"Block {number} changed while it was read.", "Try again.")
        event, args = decoded
        args |= _terms(chain, event, args)
        transaction = HexBytes(log["transactionHash"]).to_0x_hex()
        events.append(Event(blocks[number], int(log["logIndex"]), transaction, name, event, args))
    return events, head


def _decode(contract: Contract, log: LogReceipt) -> tuple[str, dict[str, Any]] | None:
    topic = bytes(log["topics"][0])
    for entry in contract.abi:
        if entry["type"] == "event" and event_abi_to_log_topic(entry) == topic:
            decoded = contract.events[entry["name"]]().process_log(log)
            return str(decoded["event"]), {k: _plain(v) for k, v in decoded["args"].items()}
    return None


def _terms(chain: Chain, event: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """What a token says of itself."""
    if event == "OfferCreated":
        token = currency.read(chain, args["offer"]["currency"])
        return {"symbol": token.symbol, "decimals": token.decimals}
    return {}


def _plain(value: Any) -> Any:
    """JSON-ready: bytes as 0x hex, structs as dicts."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def read_documents(chain: Chain, ipfs: Ipfs, store: Store) -> None:
    """Those that are due. Ends early when the node is away, or the missing ones have taken their time."""
    now = chain.now()
    enough = time.monotonic() + _MISSING_SECONDS
    for digest, kind in store.wanted_documents(now):
        try:
            store.put_document(digest, kind, _document(ipfs, digest, kind))
        except BioDeSciError as exc:
            _log.warning("cannot read %s %s: %s", kind, digest, exc.message)
            away = isinstance(exc, UnavailableError)
            # Everybody reads the reason; where our node is, is nobody's business.
            store.put_unreadable(digest, kind, _AWAY if away else exc.message, now)
            if away or (isinstance(exc, NotFoundError) and time.monotonic() > enough):
                return  # the next call goes on with the others


def _document(ipfs: Ipfs, digest: str, kind: str) -> dict[str, Any]:
    raw = ipfs.cat(bytes.fromhex(digest.removeprefix("0x")), max_size=_MAX_DOCUMENT)
    try:
        body = json.loads(raw.decode("utf-8"))
        # What Python reads and others don't: half a surrogate pair, NaN, 1e999. It would break every answer
        # of the API that shows or searches it.
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (UnicodeError, ValueError, RecursionError) as exc:
        raise IntegrityError("It is not a JSON document.", _PUBLISH_AGAIN) from exc
    if not isinstance(body, dict):
        raise IntegrityError("It is not a JSON object.", _PUBLISH_AGAIN)
    if is_too_deep(body):
        raise IntegrityError("Its JSON is nested too deeply.", _PUBLISH_AGAIN)
    if kind == "card":
        PublishedCard(body).require_listable()
    return body
