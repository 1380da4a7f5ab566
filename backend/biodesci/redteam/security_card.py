"""The security card of a checkpoint folder: what its encryption held against in our own red team's hands.

For its owner: the attacks need the plain weights to know what would have been right. Nothing of the key that
the model is really encrypted with goes into the card; attacks run on fresh keys of the same mode."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from biodesci.core import files
from biodesci.core.documents.model_card import KeyDescription
from biodesci.core.documents.security_card import SecurityCard
from biodesci.core.errors import InputError
from biodesci.ee.architectures import registry
from biodesci.ee.checkpoint.reading import Checkpoint
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.ee.mark import Mark
from biodesci.redteam.attacks import report
from biodesci.redteam.attacks.drift import unrelated

MARKDOWN, JSON = "security-card.md", "security-card.json"
PASSAGE = 256  # tokens: running text is cut into passages of this length


@dataclass(frozen=True)
class Card:
    """Where it was written, and its content."""

    markdown: Path
    json: Path
    document: SecurityCard


@dataclass(frozen=True)
class Attacker:
    """What an attacker has beside the encrypted weights. `base`: the folder of the public model that they
    were fine-tuned from. `text` and `tokenizer`: text of the kind that the model will read, for frequency
    analysis, and the tokenizer that reads it."""

    base: Path | None = None
    text: Path | None = None
    tokenizer: Path | None = None


@dataclass(frozen=True)
class Plain:
    """The weights that the attacks are judged by; `key`: what the real key consists of, without any of it."""

    config: Mapping[str, Any]
    state: Mapping[str, Tensor]
    mode: Mode
    key: KeyDescription | None


NOTHING = Attacker()


def write(
    folder: Path,
    target: Path,
    key: Callable[[str], ModelKey],
    *,
    mode: Mode = "orthogonal",
    attacker: Attacker = NOTHING,
    progress: Callable[[str], None] = lambda _: None,
) -> Card:
    """Attacks the model in `folder` and writes the card, as Markdown and JSON, into the folder `target`.

    `folder` is encrypted (`key` opens the owner's key by its id, which says the mode) or plain (`mode` is
    what it would be encrypted with).
    """
    plain = _plain(Checkpoint.open(folder), key, mode)
    public = None if attacker.base is None else _base(Checkpoint.open(attacker.base), plain)
    passages = _passages(plain, attacker.text, attacker.tokenizer)
    document = report.measure(
        plain.config, plain.state, plain.mode, report.Known(public, passages), progress=progress
    )
    document = document.model_copy(update={"key": plain.key})
    target.mkdir(parents=True, exist_ok=True)
    files.write_atomic(target / JSON, document.to_bytes())
    files.write_atomic(target / MARKDOWN, report.render(document).encode())
    return Card(target / MARKDOWN, target / JSON, document)


def _plain(source: Checkpoint, open_key: Callable[[str], ModelKey], mode: Mode) -> Plain:
    state = {name: source.tensor(name).clone() for name in source.tensors}
    mark = Mark.of(source.config)
    if mark is None:
        registry.layout(source.config, state.keys(), mode)  # refuses what has no key, before the long work
        return Plain(source.config, state, mode, None)
    key = open_key(mark.key_id)
    described = key.describe().model_copy(update={"places": None})
    return Plain(key.config, key.decrypt(state), key.mode, described)


def _base(source: Checkpoint, plain: Plain) -> dict[str, Tensor]:
    """The public model's weights under the names of `plain`. A head that it does not have is filled with the
    model's own values in other places: there its attacker knows how large they are, and no more."""
    public: dict[str, Tensor] = {}
    prefix = registry.of(source.config).base(source.tensors)
    for name, tensor in plain.state.items():
        inner = name.partition(".")[2]  # the public model may be stored with a head around it, or without
        for stored_name in (name, inner, f"{prefix}{name}"):
            stored = source.tensors.get(stored_name)
            if stored is not None and stored.shape == tuple(tensor.shape):
                public[name] = source.tensor(stored_name).to(tensor.dtype)
                break
    known = sum(tensor.numel() for tensor in public.values())
    if 2 * known < sum(tensor.numel() for tensor in plain.state.values()):
        raise InputError(
            f"{source.folder} is no model that this one was fine-tuned from: most of its tensors have other "
            "names or shapes.",
            "Name the folder of the public model, with a head or without.",
        )
    missing = {name: tensor for name, tensor in plain.state.items() if name not in public}
    return {name: tensor.clone() for name, tensor in (public | unrelated(missing, os.urandom(32))).items()}


def _passages(plain: Plain, text: Path | None, tokenizer: Path | None) -> list[Tensor]:
    if text is None:
        return []
    if tokenizer is None or "vocab_size" not in plain.config:
        raise InputError(
            "Running text needs a model that reads tokens, and its tokenizer.",
            "Pass --tokenizer with the folder that holds tokenizer.json.",
        )
    from tokenizers import Tokenizer  # noqa: PLC0415  # cards without text need no tokenizer

    path = tokenizer / "tokenizer.json" if tokenizer.is_dir() else tokenizer
    reader: Any = Tokenizer.from_str(files.read(path).decode())
    reader.no_truncation()
    reader.no_padding()
    ids = torch.tensor(
        reader.encode(files.read(text).decode("utf-8", "replace"), add_special_tokens=False).ids
    )
    if len(ids) < 2 * PASSAGE or int(ids.max()) >= int(plain.config["vocab_size"]):
        raise InputError(
            f"{text} has {len(ids)} tokens, of which the card needs {2 * PASSAGE} at least, or the tokenizer "
            "is another model's.",
            "Pass a longer text, and the tokenizer that the model was trained with.",
        )
    return list(torch.split(ids[: len(ids) // PASSAGE * PASSAGE], PASSAGE))
