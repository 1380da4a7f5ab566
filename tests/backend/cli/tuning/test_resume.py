"""A run that is killed goes on at the same bits; another plan, other records or another model do not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from sklearn.datasets import load_breast_cancer

from biodesci.core.errors import StateError
from biodesci.ee.architectures import mlp
from biodesci.ee.training import TrainingPlan
from biodesci.models.tuning.job import Job, Lora
from biodesci.models.tuning.run import Reports, tune
from biodesci.models.tuning.state import folder_of

CONFIG = {"model_type": "biodesci-mlp", "features": 30, "hidden": [16], "classes": 2, "activation": "gelu"}


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, table_at: Callable[[Path], Any]) -> Any:
    """A perceptron under a permutation key, on breast cancer data; two files of records."""
    table = table_at(tmp_path_factory.mktemp("resume"))
    data = load_breast_cancer()
    x = torch.from_numpy((data.data - data.data.mean(0)) / data.data.std(0))
    y = torch.from_numpy(data.target).long()
    torch.manual_seed(0)
    (table.path / "plain").mkdir()
    (table.path / "plain/config.json").write_text(json.dumps(CONFIG))
    save_file(
        mlp.MlpConfig.from_settings(CONFIG).module(torch.float32).state_dict(),
        table.path / "plain/model.safetensors",
    )
    table.encrypt(table.path / "plain", "permutation")
    for name, rows in (("other", slice(100, 200)), ("records", slice(100))):
        save_file({"x": x[rows], "labels": y[rows]}, table.path / f"{name}.safetensors")
        table.encode(table.path / f"{name}.safetensors")
        (table.path / "encoded").rename(table.path / f"{name}.encoded")
    return table


class Stop(KeyboardInterrupt):
    """What Ctrl-C raises."""


def job(optimizer: str = "sgd", lora: bool = False, **settings: Any) -> Job:
    plan = TrainingPlan(
        **{"epochs": 4, "batch_size": 8, "learning_rate": 0.01, "optimizer": optimizer, **settings}
    )
    return Job(plan, lora=Lora(2, 4.0, ("layers.0",)) if lora else None)


def weights(folder: Path) -> dict[str, bytes]:
    name = "adapter_model.safetensors" if (folder / "adapter_config.json").exists() else "model.safetensors"
    return {n: t.numpy().tobytes() for n, t in load_file(folder / name).items()}


CASES = [(name, False) for name in ("sgd", "muon", "shampoo", "adamw", "lion")] + [("adamw", True)]


@pytest.mark.parametrize(("optimizer", "lora"), CASES)
def test_stopped_after_any_epoch_it_ends_at_the_same_bits(
    bench: Any, tmp_path: Path, optimizer: str, lora: bool
) -> None:
    folder, encoded = bench.path / "encrypted", bench.path / "records.encoded"
    whole = tune(folder, encoded, tmp_path / "whole", job(optimizer, lora))

    def stopping(line: str) -> None:
        if line.startswith(("epoch 1 ", "epoch 3 ")):
            raise Stop

    for _ in range(2):
        with pytest.raises(Stop):
            tune(folder, encoded, tmp_path / "parts", job(optimizer, lora), reports=Reports(line=stopping))
        assert folder_of(tmp_path / "parts").exists()
        assert not (tmp_path / "parts").exists()
    said: list[str] = []
    parts = tune(folder, encoded, tmp_path / "parts", job(optimizer, lora), reports=Reports(line=said.append))
    assert "goes on after epoch 3 of 4" in said
    assert sum(line.startswith("epoch") for line in said) == 1
    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")
    assert (parts.steps, parts.loss_before, parts.loss_after) == (
        whole.steps,
        whole.loss_before,
        whole.loss_after,
    )
    one, other = (json.loads((tmp_path / f / "tuning.json").read_text()) for f in ("whole", "parts"))
    assert one == other
    assert "records" not in one  # their hash is for the state alone
    assert sorted(p.name for p in tmp_path.iterdir()) == ["parts", "whole"]


def test_kill_9(bench: Any, tmp_path: Path) -> None:
    """The command as a process, killed in mid-run, and repeated."""
    command = [
        *(sys.executable, "-m", "biodesci.cli", "tune", "run"),
        *(str(bench.path / "encrypted"), str(bench.path / "records.encoded"), str(tmp_path / "killed")),
        *("--optimizer", "adamw", "--epochs", "30", "--batch-size", "8"),
    ]
    bare = {name: value for name, value in os.environ.items() if not name.startswith("BIODESCI_")}
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=bare
    ) as one:
        assert one.stderr is not None
        for line in one.stderr:
            if line.startswith("epoch 2 of 30"):
                one.send_signal(signal.SIGKILL)
                break
    assert one.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed").exists()
    assert (folder_of(tmp_path / "killed") / "state.safetensors").exists()
    plan = ("--optimizer", "adamw", "--epochs", 30, "--batch-size", 8)
    bench.machine.run(*command[3:5], *command[5:8], *plan)
    assert "goes on after epoch" in bench.machine.said[-1]
    bench.machine.run(*command[3:5], *command[5:7], tmp_path / "whole", *plan)
    assert weights(tmp_path / "killed") == weights(tmp_path / "whole")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["killed", "whole"]


def stopped(folder: Path, encoded: Path, target: Path) -> None:
    """A run into `target` that ends after its second epoch."""

    def stopping(line: str) -> None:
        if line.startswith("epoch 2 "):
            raise Stop

    with pytest.raises(Stop):
        tune(folder, encoded, target, job(), reports=Reports(line=stopping))


def test_another_run_is_refused_and_the_first_can_still_go_on(bench: Any, tmp_path: Path) -> None:
    folder, encoded = bench.path / "encrypted", bench.path / "records.encoded"
    stopped(folder, encoded, tmp_path / "out")
    start = ("tune", "run", folder)
    plan = ("--epochs", 4, "--batch-size", 8, "--learning-rate", 0.01)
    target = ("--lora-target", "layers.0")
    refused = bench.machine.refused
    assert "with another epochs" in refused(*start, encoded, tmp_path / "out", *plan[2:], "--epochs", 5)
    assert "with another records" in refused(*start, bench.path / "other.encoded", tmp_path / "out", *plan)
    said = refused(*start, encoded, tmp_path / "out", *plan[:4], "--learning-rate", 0.02, "--seed", "x")
    assert "with another learningRate, seed" in said
    assert str(folder_of(tmp_path / "out")) in said
    assert "with another lora" in refused(*start, encoded, tmp_path / "out", *plan, "--lora-rank", 2, *target)
    bench.machine.run(*start, encoded, tmp_path / "out", *plan)
    assert "goes on after epoch 2" in bench.machine.said[-1]


def test_a_state_of_an_earlier_version_is_gone_on_with(bench: Any, tmp_path: Path) -> None:
    """It wrote the same fields, in another layout."""
    folder, encoded = bench.path / "encrypted", bench.path / "records.encoded"
    stopped(folder, encoded, tmp_path / "out")
    state = folder_of(tmp_path / "out") / "state.safetensors"
    with safe_open(state, framework="pt") as opened:
        metadata = opened.metadata()
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118  # no mapping
    fields = json.loads(metadata["state"])
    assert list(fields) == ["epochs", "loss", "run", "steps"]
    before = {name: fields[name] for name in ("run", "epochs", "steps", "loss")}
    save_file(tensors, state, metadata | {"state": json.dumps(before)})
    lines: list[str] = []
    tune(folder, encoded, tmp_path / "out", job(), reports=Reports(line=lines.append))
    assert "goes on after epoch 2 of 4" in lines
    tune(folder, encoded, tmp_path / "whole", job())
    assert weights(tmp_path / "out") == weights(tmp_path / "whole")


@pytest.mark.parametrize("state", [{}, {"run": 1}, [], "x"], ids=str)
def test_a_state_that_says_something_else_is_refused(bench: Any, tmp_path: Path, state: object) -> None:
    folder_of(tmp_path / "out").mkdir()
    metadata = {"format": "biodesci/tuning-state/v1", "state": json.dumps(state)}
    save_file({"weight:x": torch.zeros(1)}, folder_of(tmp_path / "out") / "state.safetensors", metadata)
    with pytest.raises(StateError, match="is damaged") as caught:
        tune(bench.path / "encrypted", bench.path / "records.encoded", tmp_path / "out", job())
    assert "to start anew" in caught.value.hint


def test_a_damaged_state_is_refused(bench: Any, tmp_path: Path) -> None:
    folder_of(tmp_path / "out").mkdir()
    (folder_of(tmp_path / "out") / "state.safetensors").write_bytes(b"no state")
    said = bench.machine.refused(
        "tune", "run", bench.path / "encrypted", bench.path / "records.encoded", tmp_path / "out"
    )
    assert "is damaged" in said


def test_a_run_that_diverges_leaves_nothing(bench: Any, tmp_path: Path) -> None:
    said = bench.machine.refused(
        *("tune", "run", bench.path / "encrypted", bench.path / "records.encoded", tmp_path / "out"),
        *("--learning-rate", 10, "--clip", 1e6, "--epochs", 300, "--momentum", 0.999, "--weight-decay", 0.9),
    )
    assert "diverged" in said
    assert not list(tmp_path.iterdir())
