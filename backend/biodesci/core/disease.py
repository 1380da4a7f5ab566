"""The diseases that a dataset's DS term permits: read from MONDO, and proved by a Merkle path.

A disease is the number of its id in the Mondo Disease Ontology: 5068 is MONDO:0005068. DS (DUO:0000007) names
diseases and permits research on those and on all that descend from them by `is_a`. All are leaves of a tree
whose root is on chain, so that a path proves descent without the ontology: contracts/libraries/Diseases.sol.
The tree is OpenZeppelin's StandardMerkleTree over `["uint32"]`: https://github.com/OpenZeppelin/merkle-tree.
Ontology: https://mondo.monarchinitiative.org (CC BY 4.0), in the format of https://owlcollab.github.io/oboformat.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Final

from biodesci.core import standard_tree
from biodesci.core.errors import InputError, IntegrityError

_ID: Final = re.compile(r"MONDO:(\d{7})", re.ASCII)
_MOST: Final = 9_999_999


def parse(text: str) -> int:
    """The number of a MONDO id, in any case: 5068 of "MONDO:0005068". InputError for other text."""
    match = _ID.fullmatch(text.strip(" \t\r\n").upper())
    if match is None or int(match[1]) == 0:
        raise InputError(f"{text[:40]!r} is no MONDO id.", "Write it with seven digits, as MONDO:0005068.")
    return int(match[1])


def format_id(disease: int) -> str:
    """The MONDO id of a number. Raises InputError unless it is from 1 to 9,999,999."""
    if not 0 < disease <= _MOST:
        raise InputError(f"{disease} is not the number of a MONDO id.", f"It is from 1 to {_MOST}.")
    return f"MONDO:{disease:07}"


def descendants(obo: str | Iterable[str], diseases: Iterable[int]) -> list[int]:
    """The diseases and all that descend from them by `is_a`, ascending. `obo`: an OBO file's text or lines.

    Raises InputError for a disease that the file lacks or calls obsolete, and for a circle.
    """
    children, replacements, known = _read(obo)
    named = [format_id(disease) for disease in diseases]
    for id_ in named:
        if id_ in replacements:
            instead = replacements[id_] or "another"
            raise InputError(f"{id_} is obsolete.", f"Name {instead} instead.")
        if id_ not in known:
            raise InputError(f"{id_} is not in the ontology.", "Check the id, and the file's release.")
    reached: set[str] = set()
    waiting = named
    while waiting:
        id_ = waiting.pop()
        if id_ not in reached:
            reached.add(id_)
            waiting.extend(children[id_])
    try:
        TopologicalSorter({id_: children[id_] for id_ in reached}).prepare()
    except CycleError as exc:
        circle = " is_a ".join(exc.args[1][:6])
        raise InputError(f"The ontology has a circle: {circle}.", "Take a MONDO release.") from exc
    return sorted(parse(id_) for id_ in reached if _ID.fullmatch(id_))


def _read(obo: str | Iterable[str]) -> tuple[dict[str, set[str]], dict[str, str], set[str]]:
    """Children by id, obsolete ids with their replacement (or ""), and ids in force."""
    children: dict[str, set[str]] = defaultdict(set)
    replacements: dict[str, str] = {}
    known: set[str] = set()
    stanza = id_ = ""
    for line in obo.splitlines() if isinstance(obo, str) else obo:
        tag, _, rest = line.strip().partition(":")
        if line.startswith("["):
            stanza, id_ = line.strip(), ""
            continue
        # What follows the value is a qualifier in braces or a comment.
        value = rest.split("!", 1)[0].split("{", 1)[0].strip()
        if stanza != "[Term]" or not value:
            continue
        if tag == "id":
            id_ = value
            known.add(id_)
        elif tag == "is_a" and id_:
            children[value].add(id_)
        elif tag == "is_obsolete" and value == "true":
            replacements.setdefault(id_, "")
        elif tag == "replaced_by":
            replacements[id_] = value
    # An obsolete term may come with the edges that it once had.
    for parent in children:
        children[parent] -= replacements.keys()
    return children, replacements, known


def root(diseases: Iterable[int]) -> bytes:
    """The root of the tree of these diseases, 32 bytes. InputError where there are none."""
    return standard_tree.root(_leaves(diseases))


def prove(diseases: Iterable[int], disease: int) -> list[bytes]:
    """The path of `disease` to the root of `diseases`: sibling hashes from the leaf up.

    Raises InputError where `disease` is not one of them.
    """
    leaves, leaf = _leaves(diseases), _leaf(disease)
    if leaf not in leaves:
        raise InputError(f"{format_id(disease)} is not among the diseases that the terms permit.")
    return standard_tree.path(leaves, leaf)


def check(root: bytes, disease: int, proof: Sequence[bytes]) -> None:
    """Raises IntegrityError unless the path shows that `disease` is in the tree of `root`."""
    if not standard_tree.leads_to(root, _leaf(disease), proof):
        raise IntegrityError(
            f"The proof does not show that {format_id(disease)} is a disease that the terms permit.",
            "The proof was changed, or is of another disease, dataset or version.",
        )


def _leaf(disease: int) -> bytes:
    format_id(disease)
    return standard_tree.leaf(disease.to_bytes(32, "big"))


def _leaves(diseases: Iterable[int]) -> set[bytes]:
    leaves = {_leaf(disease) for disease in diseases}
    if not leaves:
        raise InputError("The terms name no disease.", "Name at least one MONDO id, as MONDO:0005068.")
    return leaves
