"""Attack 7, second half: what a gradient, or an update made of gradients, tells.

The last bias's gradient is softmax minus label: negative where the label is (iDLG, Zhao et al. 2020,
arXiv:2001.02610). An embedding row has a gradient if and only if its token occurred (Melis et al. 2019,
arXiv:1805.04049). Neither needs the weights, so an encryption that reorders classes or tokens hides only
names.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from biodesci.core.documents.attack_figures import LabelLeak, TokenLeak
from biodesci.ee.sampling import Stream
from biodesci.redteam.attacks.drift import normal

CLIP = (
    1.0  # norm that each client clips its gradient to, before noise of `noise` times this is added to the sum
)


def counts(bias_gradients: Tensor, clients: int) -> Tensor:
    """How often each class (in the encrypted order) occurs, from means (n, C) of `clients` clipped gradients
    of one example each: int64 (n, C). The attacker takes predictions for even, and gives out `clients`
    labels by size."""
    counted = torch.zeros(bias_gradients.shape, dtype=torch.int64)
    left = bias_gradients.clone()
    size = left.amax(1) - left.amin(1) if clients == 1 else left.abs().sum(1) / 2.0
    step = (size.clamp_min(1e-12) / clients).clamp_min(1e-12)
    each = torch.arange(len(left))
    for _ in range(clients):
        best = left.argmin(dim=1)
        counted[each, best] += 1
        left[each, best] += step
    return counted


def tokens(embedding_gradient: Tensor, count: int) -> Tensor:
    """The `count` rows (in the encrypted order) with the longest gradients; zero rows are never named."""
    lengths = embedding_gradient.norm(dim=1)
    best = lengths.topk(min(count, len(lengths))).indices
    result: Tensor = best[lengths[best] > 0]
    return result


def label_leak(clients: int, noise: float, classes: int = 2, trials: int = 200) -> LabelLeak:
    """Share of trials in which a client's label is named right, from the mean over `clients` of clipped
    gradients, with Gaussian noise added to the sum. The attacker of several names the class it counts
    most."""
    stream = Stream(os.urandom(32), "labels")
    y = torch.from_numpy((stream.integers(trials * clients) % classes).astype("int64"))
    y = y.reshape(trials, clients)
    scores = 0.5 * torch.from_numpy(stream.gaussian(trials, clients, classes))
    gradient = torch.softmax(scores, dim=2) - F.one_hot(y, classes)  # of the cross-entropy, by the bias
    gradient = gradient * (CLIP / gradient.norm(dim=2, keepdim=True)).clamp_max(1.0)
    total = gradient.sum(1) + noise * CLIP * torch.from_numpy(stream.gaussian(trials, classes))
    named = counts(total / clients, clients).argmax(dim=1)
    right = float((y == named[:, None]).double().mean())
    return LabelLeak(clients=clients, noise=noise, label_right=right, chance=1.0 / classes)


def token_leak(
    embedding: Tensor, texts: Sequence[Tensor], clients: int, noise: float, trials: int = 5
) -> TokenLeak:
    """Precision and recall for the distinct tokens of one client's text, from the summed and clipped
    gradients of the embedding (V, d) over `clients` texts. Classifier: mean of the embedded tokens, one
    layer, two classes."""
    stream = Stream(os.urandom(32), "gradients")
    precision, recall = [], []
    for trial in range(trials):
        chosen = [texts[(trial * clients + i) % len(texts)] for i in range(clients)]
        total = torch.zeros_like(embedding, dtype=torch.float32)
        for text in chosen:
            total += _clipped(embedding.float(), text, stream)
        if noise:
            drawn = normal(os.urandom(32), "dp", total.numel()).reshape(total.shape)
            total += noise * CLIP * drawn.float()
        union = torch.unique(torch.cat(list(chosen)))
        named = tokens(total, len(union))
        mine = torch.unique(chosen[0])
        hit = torch.isin(named, mine).double().sum()
        precision.append(float(hit / max(1, len(named))))
        recall.append(float(hit / len(mine)))
    return TokenLeak(
        clients=clients, noise=noise, precision=sum(precision) / trials, recall=sum(recall) / trials
    )


def _clipped(embedding: Tensor, text: Tensor, stream: Stream) -> Tensor:
    table = embedding.detach().clone().requires_grad_(True)
    head = torch.from_numpy(stream.gaussian(2, embedding.shape[1])).float() / embedding.shape[1] ** 0.5
    label = torch.from_numpy((stream.integers(1) & 1).astype("int64"))
    loss = F.cross_entropy(F.embedding(text, table).mean(0, keepdim=True) @ head.T, label)
    (gradient,) = torch.autograd.grad(loss, table)
    result: Tensor = gradient * (CLIP / gradient.norm()).clamp_max(1.0)
    return result
