"""The diseases of a dataset's term DS: read from a MONDO file to publish, proved from the same to buy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from biodesci.chain.client import Chain
from biodesci.chain.records import DatasetVersion
from biodesci.core import disease, files
from biodesci.core.documents import published_card
from biodesci.core.documents.dataset_card import NamedDisease, PermittedDiseases
from biodesci.core.errors import InputError, IntegrityError
from biodesci.ipfs.client import Ipfs

_NO_ROOT: Final = bytes(32)


def permitted(ontology: Path, diseases: Sequence[int]) -> PermittedDiseases:
    """The named diseases (numbers of MONDO ids) and all that descend from them, by an OBO file of MONDO.

    Raises NotFoundError or InputError for a file that is missing or is none.
    """
    try:
        obo = files.read(ontology).decode()
    except UnicodeDecodeError as exc:
        raise InputError(f"{ontology} is no OBO file.", "Take mondo.obo of a MONDO release.") from exc
    numbers = tuple(disease.descendants(obo, diseases))
    names, release = _names(obo)
    return PermittedDiseases(
        named=tuple(NamedDisease(id=one, name=names.get(disease.format_id(one), "")) for one in diseases),
        ontology=release,
        permitted=numbers,
        root=disease.root(numbers),
    )


def prove(chain: Chain, ipfs: Ipfs, dataset_id: int, wanted: int, ontology: Path) -> tuple[bytes, ...]:
    """The path of disease `wanted` to the root that the dataset's latest version has on chain.

    Empty where the dataset has no root: a person judges then.
    """
    version = chain.call(chain.datasets.functions.latestVersion(dataset_id))
    on_chain = chain.read(DatasetVersion, dataset_id, version)
    if on_chain.diseases == _NO_ROOT:
        return ()
    named = published_card.diseases(ipfs.cat(on_chain.card, max_size=published_card.MAX_CARD))
    tree = permitted(ontology, named.numbers)
    if tree.root != on_chain.diseases:
        raise IntegrityError(
            f"The diseases under {', '.join(map(disease.format_id, named.numbers))} in {ontology.name} "
            f"({tree.ontology or 'no release named'}) are not those that dataset {dataset_id} has on chain.",
            f"Take the release that the card names: {named.ontology or 'none; ask the publisher'}.",
        )
    return tuple(disease.prove(tree.permitted, wanted))


def _names(obo: str) -> tuple[dict[str, str], str]:
    """Names by id, and the release (`data-version`)."""
    names: dict[str, str] = {}
    release = id_ = ""
    for line in obo.splitlines():
        tag, _, value = line.partition(": ")
        if line.startswith("["):
            id_ = ""
        elif tag == "data-version" and not release:
            release = value.strip()
        elif tag == "id":
            id_ = value.strip()
        elif tag == "name" and id_:
            names.setdefault(id_, value.strip())
    return names, release
