"""Experiments on what a model that reads tokens is open to: states, known pairs, word counts, gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from biodesci.core.documents.attack_figures import (
    Frequency,
    Inversion,
    KnownPairs,
    Sessions,
    TokenLeak,
)
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.parts import Monomial
from biodesci.ee.sampling import Stream
from biodesci.redteam.attacks import (
    frequency,
    gradients,
    inversion,
    known_plaintext,
    matching,
    vocabulary,
)

State = Mapping[str, Tensor]
TEXTS, LENGTH = 8, 8  # texts, and tokens of each, that vocabulary matching decodes
PAIRS = (1, 10, 100, 1000)
SESSIONS = (1, 16, 128)  # tokens known of each session
TRIAL = 256
LONGEST = 48  # tokens of a shuffled text


class Tokens:
    """One key, the attacker's public `base`, and texts; plain token ids, int64 (n,) each."""

    def __init__(
        self, key: ModelKey, config: Mapping[str, Any], base: State, texts: Sequence[Tensor], seed: bytes
    ) -> None:
        order = key.parts["vocabulary"]
        assert isinstance(order, Monomial)
        self.key, self.config, self.base, self.texts, self.seed = key, config, base, list(texts), seed
        self.order, self.size = order.order, order.size
        self.back = order.order.argsort()  # encrypted id of each token
        stream = key.parts["stream"]
        permutes = isinstance(stream, Monomial)
        signed = isinstance(stream, Monomial) and stream.scale is not None
        self.invariant = vocabulary.invariant_for(permutes, signed)
        self._public = vocabulary.kept(vocabulary.embedding_states(config, base), self.invariant)

    def ids(self, count: int, label: str) -> Tensor:
        """Token ids drawn evenly."""
        drawn = Stream(self.seed, label).integers(count) % self.size
        return torch.from_numpy(drawn.astype("int64"))

    def matched(self, secret: State, shuffled: bool = False) -> float:
        """Share of tokens that vocabulary matching reads from the states of the encrypted `secret`
        weights."""
        length = min(LENGTH, int(self.config.get("max_position_embeddings") or LENGTH))
        plain = self.ids(TEXTS * length, "matched").reshape(TEXTS, length)
        encrypted = self.key.encrypt(secret)
        seen = vocabulary.observed(self.config, encrypted, self.back[plain])
        if shuffled:
            stream = Stream(self.seed, "shuffled")
            orders = torch.stack([torch.from_numpy(stream.permutation(length)) for _ in range(TEXTS)])
            seen = seen.gather(1, orders[:, :, None].expand_as(seen))
        guess = vocabulary.decode(seen, self._public, self.invariant, beam=4, shuffled=shuffled)
        return vocabulary.share(guess, plain)

    def pairs(self) -> tuple[tuple[KnownPairs, ...], tuple[Inversion, ...], tuple[Sessions, ...]]:
        """Known tokens with their states: errors of the stream's key, tokens read, and sessions needed."""
        ids = self.ids(max(PAIRS) + TRIAL, "pairs")
        table = vocabulary.embedding(self.config, self.base)
        states = vocabulary.embedding(self.config, self.key.encrypt(dict(self.base)))[self.back]
        trial, known = ids[:TRIAL], ids[TRIAL:]
        part = self.key.parts["stream"]
        group: Mode = "permutation" if isinstance(part, Monomial) else "orthogonal"
        truth = part.matrix()
        nearest = _right(inversion.by_nearest(states[trial], table), trial)
        keys, tokens = [], [Inversion(pairs=0, tokens_right=nearest)]
        for n in PAIRS:
            solved = known_plaintext.solve(table[known[:n]], states[known[:n]], group)
            error = matching.relative_error(solved.matrix, truth)
            keys.append(KnownPairs(pairs=n, stream_key_error=error))
            guess = inversion.by_ridge(states[trial], states[known[:n]], known[:n], table)
            tokens.append(Inversion(pairs=n, tokens_right=_right(guess, trial)))
        needed = known_plaintext.pairs_needed(table[ids], states[ids], group)
        sessions = tuple(
            Sessions(pairs_needed=needed, per_session=s, sessions=known_plaintext.sessions_needed(needed, s))
            for s in SESSIONS
            if needed is not None
        )
        return tuple(keys), tuple(tokens), sessions

    def counted(self) -> tuple[Frequency, ...]:
        """Frequency analysis of every second text, by an attacker who has the others in the clear."""
        reference = torch.cat(self.texts[0::2])
        running = self.back[torch.cat(self.texts[1::2])]

        def row(observed: Tensor, *, shuffled: bool = False, restored: bool | None = None) -> Frequency:
            by_rank = frequency.by_rank(reference, observed, self.size)
            by_neighbours = frequency.by_neighbours(reference, observed, self.size)
            return Frequency(
                tokens=len(observed),
                shuffled=shuffled,
                by_rank=frequency.share(by_rank, running, self.order),
                by_neighbours=frequency.share(by_neighbours, running, self.order),
                places_restored=restored,
            )

        counts = sorted({min(n, len(running)) for n in (1000, 10_000, 100_000)})
        ids, places = self._shuffled(running)
        return (
            *(row(running[:n]) for n in counts),
            row(ids[places >= 0], shuffled=True),
            row(frequency.in_order(ids, places), shuffled=True, restored=True),
        )

    def leaked(self) -> tuple[TokenLeak, ...]:
        """Tokens of one client's text from the embedding's gradient, summed over clients, with noise."""
        table = vocabulary.embedding(self.config, self.base).float()
        short = [t[:64] for t in self.texts]
        return tuple(
            gradients.token_leak(table, short, clients, noise, trials=2)
            for clients in (1, 8)
            for noise in (0.0, 0.01, 1.0)
        )

    def _shuffled(self, running: Tensor) -> tuple[Tensor, Tensor]:
        """Texts of 8 to LONGEST tokens in an order of their own, and the secret number of each one's
        place."""
        stream = Stream(self.seed, "texts")
        numbers = torch.from_numpy(stream.permutation(LONGEST))
        ids, places, start = [], [], 0
        while start < len(running):
            length = min(8 + int(stream.integers(1)[0] % (LONGEST - 7)), len(running) - start)
            order = torch.from_numpy(stream.permutation(length))
            row = torch.zeros(2, LONGEST, dtype=torch.int64) - 1
            row[0, :length], row[1, :length] = running[start : start + length][order], numbers[:length][order]
            ids.append(row[0].clamp_min(0))
            places.append(row[1])
            start += length
        return torch.stack(ids), torch.stack(places)


def _right(guess: Tensor, truth: Tensor) -> float:
    return float((guess == truth).double().mean())
