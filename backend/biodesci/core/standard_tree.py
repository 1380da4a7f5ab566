"""OpenZeppelin's StandardMerkleTree (https://github.com/OpenZeppelin/merkle-tree): keccak-256, sorted pairs.

A leaf is hashed twice and an inner node once, so that none passes for the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from eth_utils.crypto import keccak

from biodesci.core.errors import InputError


def leaf(encoded: bytes) -> bytes:
    """The leaf (32 bytes) of a value as `abi.encode` gives it."""
    return keccak(keccak(encoded))


def root(leaves: Iterable[bytes]) -> bytes:
    """The root (32 bytes) over these leaves, in any order. InputError where there are none."""
    return _tree(leaves)[0]


def path(leaves: Iterable[bytes], of: bytes) -> list[bytes]:
    """The siblings from the leaf `of` up to the root. InputError where it is none of the leaves."""
    tree = _tree(leaves)
    if of not in tree[len(tree) // 2 :]:
        raise InputError("This is not one of the tree's leaves.", "Give one that is.")
    index = tree.index(of, len(tree) // 2)
    siblings = []
    while index > 0:
        siblings.append(tree[index + 1 if index % 2 else index - 1])
        index = (index - 1) // 2
    return siblings


def leads_to(root: bytes, of: bytes, siblings: Sequence[bytes]) -> bool:
    """Whether the path goes from the leaf `of` to the root."""
    hashed = of
    for sibling in siblings:
        hashed = _node(hashed, sibling)
    return hashed == root and all(len(sibling) == 32 for sibling in siblings)


def _node(left: bytes, right: bytes) -> bytes:
    return keccak(min(left, right) + max(left, right))


def _tree(leaves: Iterable[bytes]) -> list[bytes]:
    """A complete binary tree in an array: the root first, the leaves last, greatest hash first."""
    ordered = sorted(set(leaves), reverse=True)
    if not ordered:
        raise InputError("A tree has at least one leaf.", "Name one.")
    tree = [b""] * (len(ordered) - 1) + ordered
    for index in reversed(range(len(ordered) - 1)):
        tree[index] = _node(tree[2 * index + 1], tree[2 * index + 2])
    return tree
