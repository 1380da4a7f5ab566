"""Attack 5: frequency analysis of permuted token ids.

Common words stay common under any order of the vocabulary: ranks give a first guess. Who stands beside whom
refines it: the most frequent are matched as a graph (Vogelstein et al. 2015), and then serve as anchors for
the next most frequent, and so on (seeded graph matching). The numbers of an encrypted causal model follow the
same law, so its own samples do as well as observed traffic."""

from __future__ import annotations

from collections.abc import Callable

import torch
from scipy.optimize import quadratic_assignment  # type: ignore[import-untyped]
from torch import Tensor

from biodesci.ee.sampling import Stream
from biodesci.redteam.attacks.matching import assign, distances

SEED = 60  # ids that are matched as a graph
STAGES = (60, 120, 240, 480, 960)  # most frequent ids that are matched by those matched before
WIDER = 1.3  # words that are tried for them, per id: ranks differ between texts
GAPS = (1, 2, 3)  # distances at which two tokens count as neighbours
TURNS = 4
BY_COUNT = 0.1  # weight of a squared difference of log counts against one of neighbours' shares


def by_rank(reference: Tensor, observed: Tensor, size: int) -> Tensor:
    """Token behind each encrypted id, int64 (size,), by frequency in `reference` and `observed` running
    text."""
    known, seen = (torch.bincount(t, minlength=size) for t in (reference, observed))
    guess = torch.empty(size, dtype=torch.int64)
    guess[seen.argsort(descending=True, stable=True)] = known.argsort(descending=True, stable=True)
    return guess


def by_neighbours(reference: Tensor, observed: Tensor, size: int) -> Tensor:
    """As `by_rank`, then the most frequent by who stands beside whom."""
    counts = [torch.bincount(t, minlength=size).double() for t in (reference, observed)]
    most = int((counts[1] > 0).sum())
    stages = sorted({min(k, most) for k in STAGES})
    limits = (min(size, int(stages[-1] * WIDER)), stages[-1])
    words, ids = (c.argsort(descending=True, stable=True)[:n] for c, n in zip(counts, limits, strict=True))
    known, seen = (
        [_beside(text, kept, size, gap) for gap in GAPS]
        for text, kept in ((reference, words), (observed, ids))
    )
    matched = _seed(known[0], seen[0], min(SEED, stages[0]))
    logs = [((c[kept] + 1.0) / c.sum()).log() for c, kept in zip(counts, (words, ids), strict=True)]
    for k in stages:
        wide = min(len(words), int(k * WIDER))
        price = BY_COUNT * (logs[1][:k, None] - logs[0][None, :wide]).square()
        for _ in range(TURNS):
            one = _shares(known, counts[0][words], matched, wide)
            two = _shares(seen, counts[1][ids], torch.arange(len(matched)), k)
            again = assign(distances(two, one) / len(GAPS) + price)
            same = len(again) == len(matched) and torch.equal(again, matched)
            matched = again
            if same:
                break
    guess = by_rank(reference, observed, size)
    guess[ids[: len(matched)]] = words[matched]
    return guess


def in_order(ids: Tensor, places: Tensor) -> Tensor:
    """Shuffled texts, (m, n) ids each with the secret number of its place (m, n), -1 where a text has ended,
    in their own order again: every text has a first place, fewer have a second, and so on. Flat, without
    ends."""
    inside = places >= 0
    counts = torch.bincount(places[inside], minlength=int(places.max()) + 1)
    rank = counts.argsort(descending=True, stable=True).argsort()
    keys = torch.where(inside, rank[places.clamp_min(0)], torch.iinfo(torch.int64).max)
    order = keys.argsort(dim=1)
    return ids.gather(1, order)[inside.gather(1, order)]


def share(guess: Tensor, running: Tensor, order: Tensor) -> float:
    """Share of running text (encrypted ids) that reads right. `order` is the key's, for scoring alone: id i
    stands for token order[i]."""
    return float((guess[running] == order[running]).double().mean())


def sample(scores: Callable[[Tensor], Tensor], start: Tensor, length: int, seed: bytes) -> Tensor:
    """Text of an encrypted causal model: `scores` maps ids (n, t) to logits (n, V) of the next; n texts,
    flat."""
    text = start
    stream = Stream(seed, "sample")
    for _ in range(length):
        logits = scores(text).double()
        uniform = torch.from_numpy(stream.uniform(logits.numel())).reshape(logits.shape)
        following = (logits - (-uniform.log()).clamp_min(1e-300).log()).argmax(dim=1)  # Gumbel's trick
        text = torch.cat([text, following[:, None]], dim=1)
    return text[:, start.shape[1] :].flatten()


def _seed(known: Tensor, seen: Tensor, n: int) -> Tensor:
    """Which of the first n words each of the first n ids is, by the graph of neighbours alone."""
    a, b = ((x[:n, :n] / x.sum().clamp_min(1.0)).sqrt().numpy() for x in (seen, known))
    solved = []
    for mixed in (0.5, 0.8, 1.0):  # how much the ranks are trusted at the start
        start = mixed * torch.eye(n, dtype=torch.float64) + (1.0 - mixed) / n
        options = {"maximize": True, "P0": start.numpy()}
        solved.append(quadratic_assignment(a, b, method="faq", options=options))
    return torch.from_numpy(max(solved, key=lambda solution: solution.fun).col_ind)


def _shares(beside: list[Tensor], counts: Tensor, anchors: Tensor, rows: int) -> Tensor:
    """For each of the first `rows` tokens, how often each anchor precedes and follows it: roots of shares."""
    seen = counts[:rows, None] + 1.0
    return torch.cat([(x[:rows, anchors] / seen).sqrt() for b in beside for x in (b, b.T)], dim=1)


def _beside(text: Tensor, ids: Tensor, size: int, gap: int) -> Tensor:
    """How often the second of `ids` stands `gap` places after the first: fp64 (k, k)."""
    place = torch.full((size,), -1, dtype=torch.int64)
    place[ids] = torch.arange(len(ids))
    one, two = place[text[:-gap]], place[text[gap:]]
    both = (one >= 0) & (two >= 0)
    flat = one[both] * len(ids) + two[both]
    return torch.bincount(flat, minlength=len(ids) ** 2).reshape(len(ids), len(ids)).double()
