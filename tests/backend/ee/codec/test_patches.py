"""Images: patches under the key, in the key's order, back in the shape of an image."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.architectures.vit import geometry
from biodesci.ee.codec.patches import Patches
from biodesci.ee.groups import Invertibles, Mode, Permutations
from biodesci.ee.parts import Monomial
from biodesci.ee.sampling import Stream

CONFIG: dict[str, Any] = {"image_size": [9, 12], "patch_size": [4, 3], "num_channels": 2}
COUNT, VALUES = 8, 24


def codec(mode: Mode) -> Patches:
    part = Permutations(COUNT).sample(Stream(bytes(32), "order"), mode)
    return Patches(Invertibles(VALUES).sample(Stream(bytes(32), "values"), mode), part, geometry(CONFIG))


def images(count: int = 3, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(count, 2, 9, 12, generator=torch.Generator().manual_seed(3), dtype=dtype)


@pytest.mark.parametrize("mode", ["permutation", "orthogonal", "general"])
def test_a_convolution_reads_the_same_patches(mode: Mode) -> None:
    """A stock patch embedding with W T⁻ᵀ, one row beyond the last patch left out as it does."""
    key, given = codec(mode), images()
    weight = torch.randn(5, VALUES, dtype=torch.float64)
    moved = key.values.apply(weight, 1, dual=True)
    conv = torch.nn.functional.conv2d
    want = conv(given, weight.reshape(5, 2, 4, 3), stride=(4, 3)).flatten(2)
    got = conv(key.encode(given), moved.reshape(5, 2, 4, 3), stride=(4, 3)).flatten(2)
    assert torch.allclose(got, key.order.apply(want, 2), rtol=1e-12, atol=1e-12)
    first = torch.zeros(3, 1, 5, dtype=torch.float64)
    tokens = torch.cat([first, got.mT], dim=1)
    assert torch.allclose(key.restore(tokens)[:, 1:], want.mT, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_an_image_comes_back(dtype: torch.dtype) -> None:
    key, given = codec("orthogonal"), images(dtype=dtype)
    sent = key.encode(given)
    assert sent.shape == given.shape
    assert sent.dtype == dtype
    back = key.decode(sent)
    error = (back - given)[:, :, :8].abs().max()
    assert float(error) < 60 * torch.finfo(dtype).eps
    assert not bool(back[:, :, 8:].any())  # no patch lies there, so nothing of it is sent
    exact = codec("permutation")
    assert torch.equal(exact.decode(exact.encode(given))[:, :, :8], given[:, :, :8])


@pytest.mark.parametrize("shape", [(3, 2, 12, 9), (2, 9, 12), (1, 3, 9, 12), (1, 2, 9, 13)])
def test_images_of_another_size(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=r"not \(n, 2, 9, 12\)"):
        codec("orthogonal").encode(torch.zeros(shape))


def test_pixels_that_are_no_numbers() -> None:
    bad = images()
    bad[1, 0, 3, 3] = float("nan")
    for given in (bad, torch.zeros(1, 2, 9, 12, dtype=torch.int64), images() / 0.0):
        with pytest.raises(InputError, match="missing or infinite"):
            codec("orthogonal").encode(given)


def test_answers_for_another_number_of_patches() -> None:
    with pytest.raises(InputError, match=r"1 \+ 8 tokens"):
        codec("orthogonal").restore(torch.zeros(1, 8, 5))


def test_contradicting_sizes_are_refused() -> None:
    key = codec("orthogonal")
    with pytest.raises(InputError, match="contradict"):
        Patches(key.values, key.order, geometry(CONFIG | {"image_size": 12}))
    with pytest.raises(InputError, match="contradict"):
        Patches(key.values, Monomial(torch.arange(6)), geometry(CONFIG))
    with pytest.raises(InputError, match="how large"):
        Patches(key.values, key.order, {})


def test_defaults_are_those_of_vit() -> None:
    found = geometry({})
    assert (found["high"], found["wide"], found["patch_high"], found["channels"]) == (224, 224, 16, 3)
