"""A new architecture is one file: put beside the others, everything that takes an architecture takes it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from biodesci.core.errors import InputError
from biodesci.ee import architectures
from biodesci.ee.architectures import registry
from biodesci.ee.architectures.blueprint import Blueprint
from biodesci.ee.groups import MODES, Mode
from biodesci.ee.runtime import infer
from biodesci.ee.training.losses import class_losses
from biodesci.ee.training.plan import TrainingPlan
from biodesci.models import ask, encrypt
from biodesci.models.encrypted_folder import Marks
from biodesci.party.model_keys import open_key
from biodesci.redteam.attacks import records, report
from tests.backend.ee.training.drift import Subject, measure

TOY = '''
"""A residual network for records, without norms: each block adds tanh neurons to the stream."""

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import torch
from torch import nn

from biodesci.ee.architectures.architecture import Architecture
from biodesci.ee.architectures.blueprint import Blueprint
from biodesci.ee.architectures.draft import Draft, widened
from biodesci.ee.groups import Invertibles, Orthogonals
from biodesci.ee.layout import axis


@dataclass(frozen=True)
class ToyConfig(Blueprint):
    name: ClassVar[str] = "example/toy/v1"
    kind: ClassVar[str] = "toy"

    features: int
    width: int
    hidden: int
    blocks: int
    classes: int

    def module(self, dtype=torch.float64):
        return Toy(self).to(dtype)

    def traced_numbers(self):
        return self.features + 2 * self.width + 2 * self.blocks * (self.width + self.hidden) + self.classes


class Toy(nn.Module):
    def __init__(self, config):
        super().__init__()
        width, hidden = config.width, config.hidden
        self.read = nn.Linear(config.features, width)
        self.expand = nn.ModuleList(nn.Linear(width, hidden) for _ in range(config.blocks))
        self.contract = nn.ModuleList(nn.Linear(hidden, width) for _ in range(config.blocks))
        self.head = nn.Linear(width, config.classes)

    def forward(self, x):
        h = self.read(x)
        for expand, contract in zip(self.expand, self.contract):
            h = h + contract(expand(h).tanh())
        return self.head(h)


def layout(config, names, mode):
    c = ToyConfig.from_settings(config)
    d = Draft(c.kind, mode, names)
    records = axis(c.features, d.place("records", Invertibles(c.features)))
    stream = axis(c.width, d.place("stream", Orthogonals(c.width)))
    d.inputs["records"] = records
    d.linear("read", stream, records)
    for i in range(c.blocks):
        neurons = d.neurons(f"blocks.{i}", c.hidden, "tanh")
        d.linear(f"expand.{i}", neurons, stream)
        d.linear(f"contract.{i}", stream, neurons)
    d.scores("head", c.classes, stream)
    return d.layout()


ARCHITECTURE = Architecture(
    {ToyConfig.kind: "Toy"},
    layout,
    depth="blocks",
    blueprint=ToyConfig,
    task="classes",
    wider=partial(widened, name="hidden"),
)
'''
CONFIG = {"model_type": "toy", "features": 9, "width": 12, "hidden": 20, "blocks": 2, "classes": 3}
SIZES = ("features", "width", "hidden", "blocks", "classes")
PASSPHRASE = "a long passphrase"


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[nn.Module]:
    """A model of the new architecture, whose file lies in a folder that is searched beside the package's."""
    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "toy.py").write_text(TOY)
    monkeypatch.setattr(architectures, "__path__", [*architectures.__path__, str(beside)])
    registry.known.cache_clear()
    torch.manual_seed(1)
    yield blueprint().module()
    registry.known.cache_clear()
    del sys.modules["biodesci.ee.architectures.toy"]


@pytest.fixture
def folder(toy: nn.Module, tmp_path: Path) -> Path:
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "config.json").write_text(json.dumps(CONFIG))
    save_file(dict(toy.state_dict()), plain / "model.safetensors", {"format": "pt"})
    return plain


def blueprint() -> Blueprint:
    made = registry.of(CONFIG).blueprint
    assert made is not None
    return made.from_settings(CONFIG)


def test_without_its_file_it_is_not_known() -> None:
    with pytest.raises(InputError, match="'toy' is not known"):
        registry.of(CONFIG)


@pytest.mark.parametrize("mode", MODES)
def test_it_is_encrypted_runs_and_comes_back(
    mode: Mode, toy: nn.Module, folder: Path, tmp_path: Path
) -> None:
    x = torch.randn(7, 9, dtype=torch.float64)
    with torch.no_grad():
        expected = toy(x)
    made = encrypt.encrypt(
        folder, tmp_path / "encrypted", tmp_path / "home", PASSPHRASE, encrypt.Scheme(mode)
    )
    codec = open_key(tmp_path / "home", PASSPHRASE, made.key_id).codec("inference")
    assert Marks.read(made.folder).task == "classes"
    answers = ask.ask(ask.open_model(made.folder, codec), x, folder=made.folder)
    got = torch.stack([torch.from_numpy(answer["logits"]) for answer in answers])
    assert float((got - expected).abs().max() / expected.abs().max()) <= 1e-12

    moved = load_file(made.folder / "model.safetensors")
    # An order of three classes is drawn as it was once in six times; one of twelve coordinates is not.
    assert not any(torch.allclose(moved[n], t) for n, t in toy.state_dict().items() if t.numel() > 3)
    encrypt.decrypt(made.folder, tmp_path / "back", tmp_path / "home", PASSPHRASE)
    back = load_file(tmp_path / "back" / "model.safetensors")
    bound = 0.0 if mode == "permutation" else 1e-12
    for name, tensor in toy.state_dict().items():
        assert float((back[name] - tensor).norm() / tensor.norm()) <= bound


@pytest.mark.parametrize(("optimizer", "mode"), [("sgd", "orthogonal"), ("adamw", "permutation")])
def test_it_trains_alike(optimizer: str, mode: Mode, toy: nn.Module) -> None:
    from biodesci.ee.keys import ModelKey

    columns: dict[str, Tensor] = {
        "x": torch.randn(32, 9, dtype=torch.float64),
        "labels": torch.randint(0, 3, (32,)),
    }
    subject = Subject("toy", toy, CONFIG, columns, class_losses)
    plan = TrainingPlan(5, 8, 0.01, optimizer=optimizer, seed="toy")
    assert measure(subject, ModelKey.for_model(CONFIG, subject.state, mode), plan) < 1e-9


def test_its_document_on_chain_describes_it(toy: nn.Module) -> None:
    """What a worker or a training node makes of a registered model: architecture, weights, and answers."""
    described = registry.described({"name": "example/toy/v1", **{n: CONFIG[n] for n in SIZES}})
    assert described.settings() == CONFIG
    weights = described.initial_weights(os.urandom(32))
    x = torch.randn(4, 9, dtype=torch.float64)
    model = described.build({name: torch.from_numpy(w) for name, w in weights.items()})
    assert described.traced_numbers() == 9 + 12 + 2 * 2 * (12 + 20) + 12 + 3
    assert np.allclose(infer(described, weights, x.numpy()), model(x).detach().numpy(), rtol=1e-12)
    card = records.measure(described, drifts=(0.0,))
    assert card.alignment_with_public_base[0].matched == 1.0
    assert card.linkable.matched == 1.0


def test_the_red_team_attacks_it(toy: nn.Module) -> None:
    state: dict[str, Any] = dict(toy.state_dict())
    document = report.measure(CONFIG, state, "orthogonal", drifts=(0.0,))
    assert document.architecture == "toy"
    assert document.alignment[0].score("neurons") == 1.0
    assert document.alignment[0].score("streamKeyError") < 1e-9
    assert document.dummy_neurons[-1].caught == 1.0
