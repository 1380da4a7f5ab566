"""Whether the terms of derived data keep to the terms of what they come from.

The mirror of contracts/libraries/DuoWidth.sol, which says why; shared vectors hold the two together.
"""

from __future__ import annotations

from typing import Final

from biodesci.core import duo

_NRES: Final = duo.bits(["NRES"])
_GRU: Final = duo.bits(["GRU"])
_HMB: Final = duo.bits(["HMB"])
_DS: Final = duo.bits(["DS"])
_POA: Final = duo.bits(["POA"])
_PERMISSIONS: Final = duo.bits(["NRES", "GRU", "HMB", "DS", "POA", "CC"])


def is_no_wider(parent: int, parent_diseases: bytes, child: int, child_diseases: bytes) -> bool:
    """Whether terms (DUO bits, a disease root) permit nothing beyond the parent's and keep its modifiers.

    A root of zeros is none: then a person judges each purchase.
    """
    if _permitted(child) & ~_permitted(parent) or parent & ~_PERMISSIONS & ~child:
        return False
    by_disease = not _permitted(parent) & _HMB and child & _DS
    return not by_disease or not any(child_diseases) or child_diseases == parent_diseases


def _permitted(terms: int) -> int:
    permitted = terms & _PERMISSIONS
    if terms & _NRES:
        permitted |= _PERMISSIONS
    if terms & _GRU:
        permitted |= _HMB | _DS | _POA
    if terms & _HMB:
        permitted |= _DS
    return permitted
