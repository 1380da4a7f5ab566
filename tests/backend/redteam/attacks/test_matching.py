"""The solvers that attacks share, against what they say in plain words."""

from __future__ import annotations

import pytest
import torch

from biodesci.redteam.attacks import gradients, matching


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_nearest_row_is_the_one_at_the_smallest_distance(dtype):
    a, b = torch.randn(300, 5, dtype=dtype), 2.0 + torch.randn(70, 5, dtype=dtype)
    squares = (a[:, None] - b[None]).square().sum(2)
    torch.testing.assert_close(matching.distances(a, b), squares, rtol=1e-4, atol=1e-4)
    for block in (1, 64, 300, 1000):
        found = squares[torch.arange(300), matching.nearest(a, b, block)]
        torch.testing.assert_close(found, squares.amin(dim=1), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("clients", [1, 8])
def test_labels_are_counted_from_each_mean_by_itself(clients):
    means = torch.randn(20, 4, dtype=torch.float64)
    found = gradients.counts(means, clients)
    assert torch.equal(found, torch.cat([gradients.counts(mean[None], clients) for mean in means]))
    assert (found.sum(dim=1) == clients).all()
    largest = found[torch.arange(20), means.argmin(dim=1)]  # the lowest gradient is where most labels are
    assert (largest == found.amax(dim=1)).all()


def test_one_label_is_where_the_gradient_is_negative():
    labels = torch.arange(4)
    means = torch.full((4, 4), 0.25).double() - torch.nn.functional.one_hot(labels, 4)
    assert torch.equal(gradients.counts(means, 1).argmax(dim=1), labels)
