"""What commutes with rotary position embeddings (RoPE, Su et al. 2021, arXiv:2104.09864).

The first `rotated` coordinates of a head form pairs (i, i + rotated / 2) that each position turns by its own
angle: a map commutes with all turns if it is a turn s·R(φ) of each pair. The rest of the head is not turned:
any invertible map."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from biodesci.ee.groups import Entropy, Group, Mode, draw_order, order_bits, signs
from biodesci.ee.parts import Blocks, Monomial, Part
from biodesci.ee.sampling import Stream


@dataclass(frozen=True)
class RotaryBlocks(Group):
    """For each of n / width heads: s·R(φ) per pair, GL on the coordinates that aren't turned."""

    width: int
    rotated: int

    @property
    def _heads(self) -> int:
        return self.n // self.width

    def sample(self, stream: Stream, mode: Mode) -> Part:
        """For each head a turn by a uniform angle of each pair and a random map of the rest; in general
        mode also
        a factor 2^u per pair, u uniform in (-1, 1]; in permutation mode quarter turns.
        """
        if mode == "permutation":
            return self._quarter_turns(stream)
        heads, half, rest = self._heads, self.rotated // 2, self.width - self.rotated
        angle = 2.0 * math.pi * torch.from_numpy(stream.uniform(heads * half)).reshape(heads, half)
        scale = torch.ones(heads, half, dtype=torch.float64)
        if mode == "general":
            scale = 2.0 ** (2.0 * torch.from_numpy(stream.uniform(heads * half)).reshape(heads, half) - 1.0)
        matrices = _turns(scale * angle.cos(), scale * angle.sin(), self.width)
        draw = stream.general if mode == "general" else stream.orthogonal
        for head in range(heads if rest else 0):
            matrices[head, self.rotated :, self.rotated :] = torch.from_numpy(draw(rest))
        return Blocks(matrices)

    def _quarter_turns(self, stream: Stream) -> Monomial:
        """Turns by multiples of 90° move and negate coordinates and never round."""
        heads, half, rest = self._heads, self.rotated // 2, self.width - self.rotated
        cosine = torch.tensor([1.0, 0.0, -1.0, 0.0], dtype=torch.float64)
        quarter = torch.from_numpy((stream.integers(heads * half) & 3).astype("int64")).reshape(heads, half)
        turned = _turns(cosine[quarter], cosine[(quarter + 3) % 4], self.width)
        order = turned[:, :, : self.rotated].abs().argmax(dim=1)  # (heads, rotated)
        sign = turned.sum(dim=1)[:, : self.rotated]
        tails = [draw_order(stream, rest) + self.rotated for _ in range(heads)] if rest else []
        if tails:
            order = torch.cat([order, torch.stack(tails)], dim=1)
            sign = torch.cat([sign, signs(stream, heads * rest).reshape(heads, rest)], dim=1)
        starts = torch.arange(0, self.n, self.width)[:, None]
        return Monomial((order + starts).reshape(-1), sign.reshape(-1))

    def refusal(self, part: Part) -> str | None:
        """Why a part that mixes heads, or does not commute with the turns (beyond 1e-12 of a head's norm), is
        not exact; None if it is.
        """
        if isinstance(part, Blocks) and part.width != self.width:
            return "it mixes attention heads with one another"
        if isinstance(part, Monomial):
            within = part.order // self.width == torch.arange(self.n) // self.width
            if not bool(within.all()):
                return "it mixes attention heads with one another"
        blocks = part.blocks(self.width)
        half = self.rotated // 2
        first, second = range(half), range(half, self.rotated)
        expected = _turns(blocks[:, first, first], blocks[:, first, second], self.width)
        expected[:, self.rotated :, self.rotated :] = blocks[:, self.rotated :, self.rotated :]
        size = torch.linalg.matrix_norm(blocks)  # of each head by itself
        exact = bool((torch.linalg.matrix_norm(blocks - expected) <= 1e-12 * size).all())
        return None if exact else "rotary positions turn pairs of coordinates, and it does not turn with them"

    def entropy(self, mode: Mode) -> Entropy:
        """Angles (and factors, in general mode) of each head's pairs and the dimensions of the rest; in
        permutation
        mode two bits for each pair, and log₂ r! + r for a rest of r coordinates.
        """
        heads, half, rest = self._heads, self.rotated // 2, self.width - self.rotated
        if mode == "permutation":
            return Entropy(0, heads * (2.0 * half + order_bits(rest) + rest))
        if mode == "general":
            return Entropy(heads * (2 * half + rest * rest))
        return Entropy(heads * (half + rest * (rest - 1) // 2), float(heads) if rest else 0.0)


@dataclass(frozen=True)
class RotarySigns(Group):
    """Where queries and keys are normalized with weights before they are turned (QK-norm): a sign per
    pair."""

    width: int
    rotated: int

    def sample(self, stream: Stream, mode: Mode) -> Monomial:
        """A fair sign for each pair and for each coordinate that is not turned, in every mode."""
        heads, half = self.n // self.width, self.rotated // 2
        pairs = signs(stream, heads * half).reshape(heads, half)
        rest = signs(stream, heads * (self.width - self.rotated)).reshape(heads, -1)
        return Monomial(torch.arange(self.n), torch.cat([pairs, pairs, rest], dim=1).reshape(-1))

    def refusal(self, part: Part) -> str | None:
        """Why a part that has more than signs, or two signs within a pair, is not exact; None if it is."""
        why = "queries and keys are normalized with weights and turned, so only a sign per pair commutes"
        if (
            not isinstance(part, Monomial)
            or not part.lossless
            or not torch.equal(part.order, torch.arange(self.n))
        ):
            return why
        if part.scale is None:
            return None
        scale, half = part.scale.reshape(-1, self.width), self.rotated // 2
        return None if torch.equal(scale[:, :half], scale[:, half : self.rotated]) else why

    def entropy(self, mode: Mode) -> Entropy:
        """For each head a bit per pair and per coordinate that is not turned."""
        return Entropy(0, float(self.n // self.width * (self.width - self.rotated // 2)))


def _turns(cosine: Tensor, sine: Tensor, width: int) -> Tensor:
    """cosine, sine (heads, pairs) -> (heads, width, width) turning pairs (i, i + pairs), zero elsewhere."""
    heads, half = cosine.shape
    result = torch.zeros(heads, width, width, dtype=torch.float64)
    first, second = torch.arange(half), torch.arange(half, 2 * half)
    result[:, first, first] = cosine
    result[:, second, second] = cosine
    result[:, first, second] = sine
    result[:, second, first] = -sine
    return result
