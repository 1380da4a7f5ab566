"""Where a model comes from: the nodes and datasets whose updates its versions sum, read from the chain."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from biodesci.chain.client import Chain
from biodesci.registry import rounds, versions


@dataclass(frozen=True)
class Contribution:
    """A model version and the nodes whose updates are summed in it; empty for one published by the owner."""

    version: int
    round_id: int
    nodes: tuple[tuple[str, int], ...]  # account, dataset


def lineage(chain: Chain, model_id: int) -> list[Contribution]:
    """Every version of a model down to the datasets that it was trained on; from the chain alone."""
    latest = int(chain.call(chain.models.functions.latestVersion(model_id)))
    entries = []
    for number in range(1, latest + 1):
        round_id = versions.read(chain, model_id, number).round_id
        nodes = [(e.node, e.dataset_id) for e in rounds.survivors(chain, round_id)] if round_id else []
        entries.append(Contribution(number, round_id, tuple(nodes)))
    return entries


def contributions(chain: Chain, model_id: int) -> Counter[int]:
    """How many versions each dataset took part in. Record counts are masked: rounds are counted."""
    return Counter(dataset for entry in lineage(chain, model_id) for _, dataset in entry.nodes)
