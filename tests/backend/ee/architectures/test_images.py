"""ViT and ResNet in every mode, over random configurations."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import (
    ResNetConfig,
    ResNetForImageClassification,
    ResNetModel,
    ViTConfig,
    ViTForImageClassification,
    ViTModel,
)

from biodesci.core.errors import InputError
from biodesci.ee.codec import Codec
from biodesci.ee.groups import InexactKeyError
from biodesci.ee.keys import ModelKey
from biodesci.ee.parts import Monomial

MODES = ["permutation", "orthogonal", "general"]
many = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def vits(draw: st.DrawFn) -> tuple[ViTConfig, type]:
    heads, patch = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    config = ViTConfig(
        hidden_size=heads * draw(st.integers(2, 8)),
        num_hidden_layers=draw(st.integers(1, 2)),
        num_attention_heads=heads,
        intermediate_size=draw(st.integers(1, 30)),
        hidden_act=draw(st.sampled_from(["gelu", "relu"])),
        pooler_act=draw(st.sampled_from(["tanh", "relu", "gelu"])),
        qkv_bias=draw(st.booleans()),
        patch_size=patch,
        image_size=patch * draw(st.integers(1, 4)),
        num_channels=draw(st.integers(1, 3)),
        num_labels=draw(st.integers(2, 4)),
    )
    return config, draw(st.sampled_from([ViTForImageClassification, ViTModel]))


def encoded(key: ModelKey, image: torch.Tensor, side: int) -> torch.Tensor:
    """Every patch under the patch key, and the patches in the secret order."""
    n, c, height, width = image.shape
    rows, columns = height // side, width // side
    patches = image.reshape(n, c, rows, side, columns, side).permute(0, 2, 4, 1, 3, 5)
    moved = key.parts["patch"].apply(patches.reshape(n, rows * columns, -1).double(), 2)
    moved = key.parts["positions"].apply(moved, 1).to(image.dtype)
    return moved.reshape(n, rows, columns, c, side, side).permute(0, 3, 1, 4, 2, 5).reshape(image.shape)


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-12), (torch.float32, 1e-4)])
@many
@given(vits(), st.sampled_from(MODES), st.integers(0, 1000))
def test_vit(pair, randomize, dtype, bound, chosen, mode, seed):
    config, head = chosen
    both = pair(randomize(head(config), seed, dtype), mode)
    shape = (3, config.num_channels, config.image_size, config.image_size)
    image = torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    with torch.no_grad():
        expected, got = both.plain(image), both.encrypted(encoded(both.key, image, config.patch_size))
    if head is ViTModel:
        assert both.error("pooled", expected.pooler_output, got.pooler_output) <= bound
        unmoved = both.key.parts["positions"].inverse().apply(got.last_hidden_state[:, 1:], 1)
        answer = torch.cat([got.last_hidden_state[:, :1], unmoved], dim=1)
        assert both.error("hidden", expected.last_hidden_state, answer) <= bound
    else:
        assert both.error("logits", expected.logits, got.logits) <= bound
    assert both.decryption_error() == 0.0 if mode == "permutation" else both.decryption_error() <= bound


@st.composite
def resnets(draw: st.DrawFn) -> ResNetConfig:
    kind = draw(st.sampled_from(["basic", "bottleneck"]))
    widths = [4 * draw(st.integers(1, 4)) for _ in range(draw(st.integers(1, 3)))]
    return ResNetConfig(
        num_channels=draw(st.integers(1, 3)),
        embedding_size=draw(st.sampled_from([widths[0], 6])),
        hidden_sizes=widths,
        depths=[draw(st.integers(1, 2)) for _ in widths],
        layer_type=kind,
        hidden_act=draw(st.sampled_from(["relu", "silu", "tanh", "leaky_relu"])),
        downsample_in_first_stage=draw(st.booleans()),
        num_labels=draw(st.integers(2, 4)),
    )


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float64, 1e-12), (torch.float32, 1e-4)])
@many
@given(resnets(), st.sampled_from(MODES), st.integers(0, 1000))
def test_resnet(pair, randomize, dtype, bound, config, mode, seed):
    both = pair(randomize(ResNetForImageClassification(config), seed, dtype), mode)
    image = torch.randn(
        2, config.num_channels, 32, 32, generator=torch.Generator().manual_seed(seed), dtype=dtype
    )
    with torch.no_grad():
        expected, got = both.plain(image), both.encrypted(image)
    assert both.error("logits", expected.logits, got.logits) <= bound
    lossless = mode != "general"  # ReLU and BatchNorm leave only reordering to other modes
    assert both.decryption_error() == 0.0 if lossless else both.decryption_error() <= bound


@many
@given(resnets(), st.sampled_from(MODES), st.integers(0, 1000))
def test_states_of_resnet(pair, randomize, config, mode, seed):
    """Channels lie on axis 1, and are decoded there."""
    both = pair(randomize(ResNetModel(config), seed, torch.float64), mode)
    image = torch.randn(2, config.num_channels, 32, 32, dtype=torch.float64)
    with torch.no_grad():
        expected, got = both.plain(image), both.encrypted(image)
    codec = Codec.from_bytes(both.key.codec("inference").to_bytes())
    for name, plain, answer in (
        ("hidden", expected.last_hidden_state, got.last_hidden_state),
        ("pooled", expected.pooler_output, got.pooler_output),
    ):
        decoded = torch.from_numpy(codec.decode(name, answer.numpy()))
        assert decoded.shape == plain.shape
        assert (decoded - plain).abs().max() <= 1e-12 * plain.abs().max()


def test_states_of_resnet_with_channels_elsewhere_are_refused(pair, randomize):
    both = pair(
        randomize(ResNetModel(ResNetConfig(hidden_sizes=[8], depths=[1])), 1, torch.float32), "general"
    )
    with pytest.raises(InputError, match=r"takes \(n, 8, height, width\)"):
        both.key.codec("inference").decode("hidden", np.zeros((2, 4, 4, 8)))


def test_the_stem_of_resnet_is_pooled():
    """The largest value of several places does not commute with signs."""
    model = ResNetModel(ResNetConfig(hidden_sizes=[8], depths=[1], embedding_size=64, hidden_act="tanh"))
    key = ModelKey.for_model(model.config.to_dict(), model.state_dict(), "permutation")
    signed = Monomial(torch.arange(64), -torch.ones(64, dtype=torch.float64))
    with pytest.raises(InexactKeyError, match="the largest value of several places"):
        dataclasses.replace(key, parts={**key.parts, "stem.neurons": signed})


def test_the_card_says_that_images_are_visible(pair, randomize):
    both = pair(
        randomize(ResNetForImageClassification(ResNetConfig(hidden_sizes=[8], depths=[1])), 1, torch.float32),
        "general",
    )
    assert any("sees the images" in note for note in both.key.layout.notes)


def test_a_sequence_shuffle_is_for_bert(randomize):
    model = randomize(
        ViTModel(
            ViTConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, image_size=8, patch_size=4)
        ),
        1,
        torch.float32,
    )
    with pytest.raises(InputError, match="vit has no sequence shuffle"):
        ModelKey.for_model(model.config.to_dict(), model.state_dict(), shuffle=True)
