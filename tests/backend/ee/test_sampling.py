"""Random matrices and orders from a seed: separate, deterministic, and of the right distribution."""

from __future__ import annotations

import numpy as np
import pytest

from biodesci.core.errors import InputError
from biodesci.ee.sampling import Stream

SEED = bytes(range(32))


def test_streams_are_separate_and_deterministic() -> None:
    one, same, other = Stream(SEED, "a"), Stream(SEED, "a"), Stream(SEED, "b")
    first = one.integers(8)
    assert (first == same.integers(8)).all()
    assert (first != other.integers(8)).all()
    assert (one.integers(8) != first).all()
    with pytest.raises(InputError):
        Stream(b"short", "a")


def test_gaussians_have_the_moments_of_a_gaussian() -> None:
    values = Stream(SEED, "moments").gaussian(200_000)
    assert abs(values.mean()) < 0.01
    assert abs(values.var() - 1) < 0.01
    assert abs((values**4).mean() - 3) < 0.1


def test_orthogonal_matrices_are_haar() -> None:
    """Trace of Haar O(n): mean 0, variance 1; both determinants (Diaconis and Shahshahani 1994)."""
    drawn = [Stream(SEED, f"haar/{i}").orthogonal(4) for i in range(3000)]
    traces = np.array([np.trace(q) for q in drawn])
    assert abs(traces.mean()) < 0.08
    assert abs(traces.var() - 1) < 0.12
    assert 0.45 < np.mean([np.linalg.det(q) > 0 for q in drawn]) < 0.55


def test_the_stabilizer_fixes_the_ones() -> None:
    q = Stream(SEED, "q").stabilizer(16)
    assert np.allclose(q @ q.T, np.eye(16), atol=1e-13)
    assert np.allclose(q @ np.ones(16), 1, atol=1e-13)
    assert not np.allclose(q, np.eye(16), atol=0.1)


def test_general_matrices_are_well_conditioned() -> None:
    conditions = [np.linalg.cond(Stream(SEED, f"gl/{i}").general(8)) for i in range(50)]
    assert max(conditions) <= 4 + 1e-9
    assert min(conditions) > 1.01


def test_permutations_are_uniform() -> None:
    stream = Stream(SEED, "orders")
    orders = [tuple(stream.permutation(3)) for _ in range(6000)]
    counts = [orders.count(o) for o in set(orders)]
    assert len(counts) == 6
    assert max(abs(c - 1000) for c in counts) < 150
