"""Reads what events name elsewhere, for a bounded time a round: documents on IPFS, tokens on the chain, and
of the domains that cards name who is behind an account.

What cannot be read is recorded with the reason and tried again later; it never holds up the index.
"""

from __future__ import annotations

import json
import logging
import time
from typing import Any, Final

from biodesci.chain import currency
from biodesci.chain.client import Chain
from biodesci.core.documents.published_card import MAX_CARD, PublishedCard
from biodesci.core.documents.strangers import is_too_deep
from biodesci.core.errors import BioDeSciError, IntegrityError, UnavailableError
from biodesci.index.database import Store
from biodesci.index.institutions import Ask
from biodesci.ipfs.client import Ipfs

_log = logging.getLogger(__name__)
_ROUND_S: Final = 3.0
_ASK_AGAIN_S: Final = 300
_AWAY: Final = "The index cannot reach IPFS just now."
_PUBLISH_AGAIN: Final = "Its publisher should publish a new version."


def read(chain: Chain, ipfs: Ipfs, store: Store, head: int, ask: Ask | None = None) -> tuple[int, bool]:
    """How much was read, and whether that is all that is due. `head` is the chain's latest block; without
    `ask` no domain is asked."""
    until, now = time.monotonic() + _ROUND_S, int(time.time())
    tokens, all_tokens = read_tokens(chain, store, head, now, until)
    documents, all_documents = read_documents(ipfs, store, now, until)
    if ask is not None:
        # Of these few are asked in a step, however many are due: nothing hurries.
        ask_institutions(chain, store, ask, now, until)
    return tokens + documents, all_tokens and all_documents


def ask_institutions(chain: Chain, store: Store, ask: Ask, now: int, until: float) -> None:
    """Whose accounts they are: of the domains that are due, as many as there is time for."""
    for before in store.due_institutions(now):
        if time.monotonic() > until or chain.stop.is_set():
            break
        try:
            asked = ask(before.domain, now, before)
        except BioDeSciError as exc:  # of this machine or the chain, and no matter of the domain
            _log.warning("%s could not be asked who is behind an account: %s", before.domain, exc)
            asked = before.model_copy(update={"retry_at": now + _ASK_AGAIN_S})
        if asked.why is not None:
            _log.info("%s proves no account: %s", asked.domain, asked.why)
        store.put_institution(asked)


def read_tokens(chain: Chain, store: Store, head: int, now: int, until: float) -> tuple[int, bool]:
    """What ERC-20s say of themselves. One that takes its time is asked again after the others."""
    due, number = store.wanted_tokens(now), 0
    for address in due:
        try:
            token = currency.read(chain, address)
            store.put_token(address, token.symbol, token.decimals, head)
        except UnavailableError as exc:
            _log.warning("cannot ask the token %s: %s", address, exc.message)
            store.put_silent(address, now)
        number += 1
        if time.monotonic() > until or chain.stop.is_set():
            break
    return number, number == len(due)


def read_documents(ipfs: Ipfs, store: Store, now: int, until: float) -> tuple[int, bool]:
    """Those that are due. Ends early when the node is away, or the missing ones have taken their time."""
    due, number = store.wanted_documents(now), 0
    for digest, kind in due:
        number += 1
        try:
            body = _document(ipfs, digest, kind)
        except BioDeSciError as exc:
            _log.warning("cannot read %s %s: %s", kind, digest, exc.message)
            away = isinstance(exc, UnavailableError)
            # Everybody reads the reason; where our node is, is nobody's business.
            store.put_unreadable(digest, kind, _AWAY if away else exc.message, now)
            if away:
                return 0, True  # the others would fail as well: the next round asks for one of them
        else:
            store.put_document(digest, kind, body)
        if time.monotonic() > until:
            break
    return number, number == len(due)


def _document(ipfs: Ipfs, digest: str, kind: str) -> dict[str, Any]:
    raw = ipfs.cat(bytes.fromhex(digest.removeprefix("0x")), max_size=MAX_CARD)
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
