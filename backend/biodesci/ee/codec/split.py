"""Split mode: the server's stock base model without embedding and head, and the client's half.

Without the vocabulary the server cannot match its states against the embeddings of a known model, and sees no
token numbers. The server takes x Q as `inputs_embeds`. Where a model normalizes what it is given (BERT),
the client's blocks stop before their last norm, and the server's first norm is that one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor

from biodesci.core.errors import InputError, StateError
from biodesci.ee.architectures import registry
from biodesci.ee.architectures.architecture import Architecture, Reads
from biodesci.ee.architectures.architecture import Split as Cut
from biodesci.ee.codec.client_half import ClientHalf, layers_of
from biodesci.ee.keys import ModelKey
from biodesci.ee.mark import Mark, SplitMark
from biodesci.ee.serving.config import encrypted_config


@dataclass(frozen=True, eq=False)
class Split:
    """`config` and `state` for the server, `client` for the client alone."""

    config: Mapping[str, Any]
    state: Mapping[str, Tensor] = field(repr=False)
    client: ClientHalf = field(repr=False)

    def write(self, folder: Path) -> None:
        """The server's checkpoint, as `AutoModel.from_pretrained` opens it; StateError if there is one."""
        if folder.exists():
            raise StateError(f"{folder} exists already.", "Name a folder that does not exist yet.")
        folder.mkdir(parents=True)
        state = {name: tensor.contiguous() for name, tensor in self.state.items()}
        save_file(state, folder / "model.safetensors", {"format": "pt"})
        text = json.dumps(dict(self.config), indent=2, sort_keys=True)
        (folder / "config.json").write_text(text + "\n", encoding="utf-8")


def split(
    key: ModelKey, plain_state: Mapping[str, Tensor], config: Mapping[str, Any], *, blocks: int = 0
) -> Split:
    """Plain weights -> both halves. `blocks`: how many of the first layers the client runs.

    Raises InputError where an architecture has no such split, or not that many layers."""
    architecture = registry.of(config)
    cut = architecture.split
    if cut is None:
        able = sorted(kind for kind, other in registry.known().items() if other.split is not None)
        raise InputError(
            f"{config['model_type']!r} cannot be split: its stock model takes no embeddings.",
            f"Known are {', '.join(able)}.",
        )
    marked = encrypted_config(key, config)
    depth = int(config[architecture.depth])
    if not 0 <= blocks < depth:
        raise InputError(
            f"The client cannot run {blocks} of {depth} layers.", f"Leave at least one: 0 to {depth - 1}."
        )
    _check_numbering(config, blocks)
    encrypted = key.encrypt(plain_state)
    prefix, tables = architecture.base(encrypted), architecture.stem.tables
    base = {n.removeprefix(prefix): t for n, t in encrypted.items() if n.startswith(prefix)}
    client = {table: _in_plain_order(key, f"{prefix}{name}", base[name]) for table, name in tables.items()}
    reads = _head(key, cut, encrypted, client)
    for table, name in tables.items():
        rows = 1 if table == "tokens" else base[name].shape[0]
        base[name] = base[name].new_zeros(rows, base[name].shape[1])  # 0 · x would keep the sign of x
    server, first = _blocks(architecture, cut, base, blocks)
    client |= {f"blocks.{name}": tensor for name, tensor in first.items()}
    settings = layers_of(marked, blocks, None) | {
        "architectures": [architecture.models[config["model_type"]]],
        **Mark(key_id=key.key_id, mode=key.mode, split=SplitMark(blocks=blocks)).fields(),
    }
    plain = dict(config) | dict(key.layout.config) | _special(config)
    if reads != "last":  # a classifier finds the last token by config.json alone
        plain |= _special(key.generation or {})
    for name in ("id2label", "label2id", "_name_or_path"):
        plain.pop(name, None)
    half = ClientHalf(key.key_id, plain, blocks, reads, {n: t.detach().clone() for n, t in client.items()})
    return Split(settings, server, half)


def _check_numbering(config: Mapping[str, Any], blocks: int) -> None:
    """Both halves count their layers from 0: InputError where a layer computes by its number."""
    counted = {
        "scale_attn_by_inverse_layer_idx": "each layer's attention is divided by its number",
        "use_sliding_window": "which layers have a window follows from their numbers",
    }
    for name, why in counted.items():
        if not blocks or not config.get(name) or (name == "use_sliding_window" and config.get("layer_types")):
            continue
        raise InputError(
            f"config.json sets {name}: {why}, and a server without the first layers would count from 0.",
            "Split without blocks.",
        )


def _special(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name.endswith("_token_id") and value is not None}


def _in_plain_order(key: ModelKey, name: str, x: Tensor) -> Tensor:
    """An encrypted tensor with what the key did to its rows undone: of words, positions or classes."""
    rule = key.layout.rules[name] if name in key.layout.rules else key.layout.extra[name][1]
    moved = x
    if rule.shift is not None:
        moved = moved.double() - key.shifts[rule.shift.name]
    return key.basis.along(moved, 0, rule.axes[0], inverse=True).to(x.dtype)


def _head(key: ModelKey, cut: Cut, encrypted: Mapping[str, Tensor], client: dict[str, Tensor]) -> Reads:
    """Adds the head's tensors to `client`; what it reads."""
    if "logits" not in key.layout.outputs:
        return "nothing"
    head = next((name for name in cut.heads if f"{name}.weight" in encrypted), None)
    for part in ("weight", "bias"):  # a head without weight is still tied: the same rows, in the same basis
        if f"{head}.{part}" in encrypted:
            client[f"head.{part}"] = _in_plain_order(key, f"{head}.{part}", encrypted[f"{head}.{part}"])
    transform, bias = f"{cut.transform}.transform", f"{cut.transform}.bias"
    if f"{transform}.dense.weight" in encrypted:
        for part in ("weight", "bias"):
            client[f"transform.{part}"] = encrypted[f"{transform}.dense.{part}"]
            client[f"transform.LayerNorm.{part}"] = encrypted[f"{transform}.LayerNorm.{part}"]
        client["head.bias"] = _in_plain_order(key, bias, encrypted[bias])
    return cut.heads[head] if head else "tokens"


def _blocks(
    architecture: Architecture, cut: Cut, base: Mapping[str, Tensor], blocks: int
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """(the server's base model, the client's first layers)"""
    server: dict[str, Tensor] = {}
    client: dict[str, Tensor] = {}
    for name, tensor in base.items():
        if not name.startswith(f"{cut.block}."):
            server[name] = tensor
            continue
        number, _, rest = name.removeprefix(f"{cut.block}.").partition(".")
        if int(number) < blocks:
            client[name] = tensor
        else:
            server[f"{cut.block}.{int(number) - blocks}.{rest}"] = tensor
    if blocks and architecture.stem.norm:
        # The server normalizes what it is given: there it does what the client's last block leaves out.
        for part in ("weight", "bias"):
            norm = f"{architecture.stem.norm}.{part}"
            client[norm] = server[norm]
            server[norm] = client.pop(f"{cut.last_norm.format(last=blocks - 1)}.{part}")
    return server, client
