"""What chain nodes mean by an error: each provider has codes and words of its own, and few follow EIP-1474.

Words of a revert are a stranger's, who writes the contract: they are never read for a meaning.
"""

from __future__ import annotations

import re
from typing import Any, Final

# EIP-1474: resource unavailable, limit exceeded. Then as HTTP has it, and QuickNode, Infura, Ankr.
_BUSY_CODES: Final = {-32002, -32005, 429, -32007, -32097, -32029}
_BUSY: Final = re.compile(
    r"rate.?limit|too many requests|request (rate|limit)|requests? per|requests? reached|compute units"
    r"|capacity|quota|throttl|credits|try again (later|in)|overloaded|is busy|limit exceeded|call rate",
    re.IGNORECASE,
)
# What is refused for being too much. Every other refusal of a range is taken for this too (`logs.py`), since
# no list of words is complete; these tell it from being asked too often, which providers give one code.
_TOO_MUCH: Final = re.compile(
    r"block range|blocks range|range (is )?too|range limit|max(imum)? .{0,20}range|range of blocks"
    r"|\branges? over|more than [\d,]+ |max results|too many (logs|results|blocks)|results? limit|limited to"
    r"|response (size|is too|too)|query timeout|query .{0,20}exceed|exceeds? .{0,20}(range|results)"
    r"|(quota|capacity|credits?|(?<!rate )(?<!request )limit)\b.{0,30}\b(blocks|logs|results)\b"
    r"|\b(blocks?|logs?|results?|range)\b.{0,30}\b(quota|capacity|credits)",
    re.IGNORECASE,
)
_WORKS: Final = re.compile(r"\[\s*(0x[0-9a-f]+)\s*,\s*(0x[0-9a-f]+)\s*\]", re.IGNORECASE)
_BLOCKS: Final = re.compile(
    r"(?:up to(?: an?)?|limited to(?: an?| 0 ?-)?|max(?:imum)?(?: block)? range:?|maximum of|set to"
    r"|ranges? over|greater than|(?:quota|capacity|limit) of)\s*([\d,]++)(k?)\b"
    r"(?! *(?:logs|results))",
    re.IGNORECASE,
)
_RUN_CODE: Final = {"eth_call", "eth_estimateGas"}  # "limit exceeded" may be said of gas
_UNKNOWN_METHOD: Final = -32601
_FINAL: Final = {-32600, -32601, -32602}  # the same question gets the same answer


def words(error: object) -> str:
    """The words of a JSON-RPC error."""
    return str(error.get("message", error)) if isinstance(error, dict) else str(error)


def is_busy(error: object, method: str) -> bool:
    """Whether the node refused because it was asked too often: the same question is answered later."""
    if not isinstance(error, dict) or is_revert(error):
        return False
    if method == "eth_getLogs" and is_too_much(error):
        return False
    if method in _RUN_CODE and "gas" in words(error).lower():
        return False
    return error.get("code") in _BUSY_CODES or _BUSY.search(words(error)) is not None


def is_too_much(error: object) -> bool:
    """Whether a node says that a question for logs spans too many blocks, or has too many results."""
    return _TOO_MUCH.search(words(error)) is not None


def is_final(error: object) -> bool:
    """Whether asking the same node once more is in vain."""
    return isinstance(error, dict) and (error.get("code") in _FINAL or is_revert(error))


def is_unknown_method(error: object) -> bool:
    """Whether the node has no such method, or does not offer it to us."""
    if not isinstance(error, dict):
        return False
    says = words(error).lower()
    unknown = ("not found", "not supported", "not available", "does not exist", "not whitelisted")
    return error.get("code") == _UNKNOWN_METHOD or ("method" in says and any(w in says for w in unknown))


def says_busy(text: str) -> bool:
    """Whether an answer that is no JSON, though its status be 200, says that the node is asked too often."""
    return _BUSY.search(text[:2_000]) is not None


def allowed(error: object, first: int, last: int) -> int | None:
    """How many blocks from `first` on a refusal says that it allows, fewer than up to `last`; None where it
    says nothing that can be used."""
    says = words(error)
    data: Any = error.get("data") if isinstance(error, dict) else None
    if isinstance(data, dict) and {"from", "to"} <= set(data):
        says += f" [{data['from']}, {data['to']}]"
    named = _WORKS.search(says)
    if named is not None:
        blocks = int(named[2], 16) - int(named[1], 16) + 1
    else:
        counted = _BLOCKS.search(says)
        if counted is None:
            return None
        blocks = int(counted[1].replace(",", "")) * (1_000 if counted[2] else 1)
    return blocks if 1 <= blocks <= last - first else None


def is_revert(error: dict[str, Any]) -> bool:
    """An answer of the contract that was called (geth's code 3; others by their words alone)."""
    return error.get("code") == 3 or "revert" in words(error).lower()
