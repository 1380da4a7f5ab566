"""Writes what fine-tuning made: an encrypted checkpoint of the same shape, or a PEFT adapter, encrypted like
the model that it was trained beside. `tuning.json` says how it came about, and whoever gets the result reads
it: after DP-SGD it holds nothing of the records that the bound does not cover."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import nn

from biodesci.core import files
from biodesci.core.documents.tuning import AdapterMark, PrivateTuningReport, TuningReport
from biodesci.core.errors import StateError
from biodesci.ee.checkpoint.reading import CONFIG, GENERATION, INDEX, Checkpoint
from biodesci.ee.checkpoint.writing import ShardWriter
from biodesci.models.encrypted_folder import ADAPTER_CONFIG

TUNING = "tuning.json"
ADAPTER = "adapter_model.safetensors"
Report = TuningReport | PrivateTuningReport
MARK = "ee.json"  # beside adapter_config.json: PEFT warns of fields there that it does not know


def write_checkpoint(
    source: Checkpoint,
    key_id: str,
    model: nn.Module,
    names: Mapping[str, str],
    report: Report,
    target: Path,
) -> None:
    """The model's weights in the source's files and types; what is no tensor of the model stays as it was.
    `names`: what the model calls a tensor of the source."""
    state = model.state_dict()

    def fill(folder: Path) -> None:
        for file in sorted({stored.file for stored in source.tensors.values()}):
            shard = {name: stored for name, stored in source.tensors.items() if stored.file == file}
            with ShardWriter(folder / file, shard, {"format": "pt", "ee_key_id": key_id}) as writer:
                for name, stored in shard.items():
                    own = state.get(names[name])
                    tensor = source.tensor(name) if own is None else own.detach().cpu()
                    writer.write([tensor], stored.dtype)
        for name in (CONFIG, GENERATION, INDEX):
            if (source.folder / name).exists():
                shutil.copyfile(source.folder / name, folder / name)
        (folder / TUNING).write_bytes(report.to_bytes())

    whole(target, fill)


def write_adapter(base_key_id: str, mode: str, model: Any, report: Report, target: Path) -> None:
    """The adapter of a PEFT model as PEFT stores it, marked with the id of its base model's key."""
    from peft import get_peft_model_state_dict  # noqa: PLC0415  # slow

    state = {n: t.detach().cpu().contiguous() for n, t in get_peft_model_state_dict(model).items()}
    settings = model.peft_config["default"].to_dict() | {"inference_mode": True}
    config = {n: sorted(v) if isinstance(v, set) else v for n, v in settings.items()}

    def fill(folder: Path) -> None:
        save_file(state, folder / ADAPTER, {"format": "pt"})
        write_json(folder / ADAPTER_CONFIG, config)
        (folder / MARK).write_bytes(AdapterMark(base_key_id=base_key_id, mode=mode).to_bytes())
        (folder / TUNING).write_bytes(report.to_bytes())

    whole(target, fill)


def whole(target: Path, fill: Callable[[Path], None], *, private: bool = False) -> None:
    """`fill` writes files into a folder beside the target, which takes its name when all is there: a failure
    leaves nothing. `private`: readable by its owner alone. StateError if the target exists."""
    if target.exists():
        raise StateError(f"{target} exists already.", "Name a folder that does not exist yet.")
    partial = target.parent / f".{target.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial.mkdir(mode=0o700 if private else 0o777)
    try:
        fill(partial)
        for file in partial.iterdir() if private else ():
            file.chmod(files.PRIVATE)
        partial.rename(target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Writes a JSON object with sorted keys, for people to read."""
    path.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
