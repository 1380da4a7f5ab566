"""What a data owner sends to a machine that it does not trust: records and labels encoded under its codec.

The file is safetensors: columns named as the model's arguments, one row per record, and the id of the model
key. Class numbers and token numbers are in the key's secret orders, records and patches are moved by its
secret maps. What it shows all the same: how many records there are, how long each text is (the attention
mask), which records are alike, and how often each (unnamed) token and class occurs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.core.safetensors_header import Header
from biodesci.ee.codec import Codec
from biodesci.ee.codec.shuffle import reorder
from biodesci.ee.codec.tokens import IGNORED
from biodesci.ee.serving.requests import pad
from biodesci.models.encrypted_folder import Marks
from biodesci.models.tuning import records

FORMAT = "biodesci/encoded/v1"
UNBOUNDED = 10**9  # what tokenizers without a maximum report is far beyond
# Small numbers are stored in small types; `load` makes all integers int64 again.
SMALL = {"input_ids": torch.int32, "position_ids": torch.int32}
TINY = ("attention_mask", "token_type_ids")


@dataclass(frozen=True, eq=False)
class Encoded:
    """`columns`: what the encrypted model takes, and `labels`; `cut`: how many texts were too long and lost
    their end."""

    key_id: str
    columns: Mapping[str, Tensor] = field(repr=False)
    cut: int = 0

    @property
    def rows(self) -> int:
        """How many examples there are."""
        return len(self.columns["labels"])

    def to_bytes(self) -> bytes:
        """The columns as safetensors, each in the smallest number format that holds it."""
        small = {
            n: c.to(SMALL[n]) if n in SMALL else c.to(torch.uint8) if n in TINY else c
            for n, c in self.columns.items()
        }
        encoded: bytes = save(
            {n: c.contiguous() for n, c in small.items()},
            {"format": FORMAT, "key_id": self.key_id, "rows": str(self.rows)},
        )
        return encoded


def load(path: Path) -> Encoded:
    """What `Encoded.to_bytes` wrote; InputError for anything else, and for NaN and Inf."""
    hint = "Use the file that `biodesci tune encode` wrote."
    if not path.exists():
        raise InputError(f"There is no file {path}.", hint)
    try:
        metadata = Header.read(path).metadata
        columns = load_file(path)
    except (InputError, SafetensorError, OSError) as exc:
        raise InputError(f"{path} is not a safetensors file.", hint) from exc
    if metadata.get("format") != FORMAT or "labels" not in columns:
        raise InputError(f"{path} holds no encoded records.", hint)
    counts = {len(column) if column.ndim else 0 for column in columns.values()}
    if (
        {str(count) for count in counts} != {metadata.get("rows")}
        or not min(counts)
        or "key_id" not in metadata
    ):
        raise InputError(f"{path} is damaged.", hint)
    for name, column in columns.items():
        if column.is_floating_point() and not bool(torch.isfinite(column).all()):
            raise InputError(f"The encoded {name} hold NaN or infinite values.", "Encode the records again.")
    whole = {n: c if c.is_floating_point() else c.long() for n, c in columns.items()}
    return Encoded(metadata["key_id"], whole)


@dataclass(frozen=True)
class Source:
    """Where the plain records are. `text`, `label`: columns; `classes`: the names of the classes in the
    model's order; `max_length` of texts, in tokens; `padded`: the model's vocabulary has more rows than the
    tokenizer has tokens."""

    path: Path
    tokenizer: Path | None = None
    text: str = "text"
    label: str = "label"
    classes: Sequence[str] = ()
    max_length: int | None = None
    padded: bool = False


def encode(marks: Marks, codec: Codec, source: Source) -> Encoded:
    """Reads and encodes all records. WrongKeyError for another model's codec; InputError for an inference
    codec, for records that do not fit the model, and for models whose inputs the key leaves as they are."""
    codec.check(marks.key_id)
    if codec.kind != "training":
        raise InputError(
            "This is an inference codec: it encodes no labels.",
            "Ask the model owner for a training codec: biodesci model grant --kind training.",
        )
    task = marks.task
    if codec.has("input:tokens"):
        return _tokens(marks, codec, source)
    for what, name in (("records", "x"), ("patches", "pixel_values")):
        if codec.has(f"input:{what}"):
            arrays = _arrays(source, {name, "labels"}, {name, "labels"})
            return Encoded(codec.key_id, _numbers(codec, name, arrays))
    raise InputError(
        f"This codec encodes no inputs for {marks.kind} ({task}).",
        "Ask for a codec with inputs; where the key has none (ResNet), the machine would see the images.",
    )


def _numbers(codec: Codec, name: str, arrays: Mapping[str, Tensor]) -> dict[str, Tensor]:
    labels = _classes(codec, arrays["labels"])
    if name == "x":
        return {"x": torch.from_numpy(codec.encode_inputs(arrays["x"].numpy())), "labels": labels}
    pixels = arrays["pixel_values"]
    pixels = pixels.float() if pixels.dtype in (torch.float16, torch.bfloat16) else pixels
    return {"pixel_values": codec.patches.encode(pixels), "labels": labels}


def _classes(codec: Codec, labels: Tensor) -> Tensor:
    if labels.ndim != 1:
        raise InputError(f"The labels have shape {tuple(labels.shape)}.", "Give one class number per record.")
    return torch.from_numpy(codec.encode_labels(records.integers(labels, "labels").numpy()))


def _tokens(marks: Marks, codec: Codec, source: Source) -> Encoded:
    task, cut = marks.task, 0
    if records.is_arrays(source.path):
        needed = {"input_ids"} if task == "next token" else {"input_ids", "labels"}
        plain = _arrays(source, needed, {"input_ids", "attention_mask", "token_type_ids", "labels"})
        plain = {name: records.integers(array, name) for name, array in plain.items()}
        shapes = {tuple(plain[n].shape) for n in plain if n != "labels"}
        if len(shapes) != 1 or len(shapes.pop()) != 2:
            raise InputError("Token numbers have shape (records, length).", "Pad them to one length.")
    elif task == "per token":
        raise InputError(
            f"{marks.kind} has a label for every token, which a table has no place for.",
            "Write input_ids, attention_mask and labels (-100: not counted) into a .safetensors file.",
        )
    else:
        plain, cut = _texts(marks, codec, source)
    ids, mask = plain["input_ids"], plain.get("attention_mask", torch.ones_like(plain["input_ids"]))
    labels = plain.get("labels")
    if labels is None:
        labels = ids.masked_fill(mask == 0, IGNORED)
    moved, orders = _sent(marks, codec, ids, mask, plain.get("token_type_ids"))
    if task == "classes":
        return Encoded(codec.key_id, {**moved, "labels": _classes(codec, labels)}, cut)
    if labels.shape != ids.shape:
        raise InputError(f"The labels have shape {tuple(labels.shape)}.", "Give one label per token.")
    counted = torch.from_numpy(codec.encode_labels(labels.numpy(), ignore=IGNORED))
    if orders is not None:
        counted = reorder(counted, orders)
    return Encoded(codec.key_id, {**moved, "labels": counted}, cut)


def _sent(
    marks: Marks, codec: Codec, ids: Tensor, mask: Tensor, types: Tensor | None
) -> tuple[dict[str, Tensor], Tensor | None]:
    """What the model reads, and the order of each sequence where the key has sequences shuffled."""
    if codec.has("input:positions"):
        shuffled = codec.sequences.encode(ids, types, mask)
        return shuffled.arguments(), shuffled.orders
    moved = {"input_ids": codec.tokens.encode(ids), "attention_mask": mask}
    if "type_vocab_size" in marks.config:
        moved["token_type_ids"] = torch.zeros_like(ids) if types is None else types
    elif types is not None:
        raise InputError(f"{marks.kind} reads no token types.", "Leave token_type_ids out.")
    return moved, None


def _texts(marks: Marks, codec: Codec, source: Source) -> tuple[dict[str, Tensor], int]:
    """Token numbers of the texts, plain, padded at the right, class numbers, and how many texts were cut."""
    if source.tokenizer is None:
        raise InputError("Texts need a tokenizer.", "Name its folder: --tokenizer DIR.")
    texts = records.read_texts(source.path, source.text)
    tokenizer = load_tokenizer(source.tokenizer)
    codec.tokens.check_vocabulary(len(tokenizer), padded=source.padded)
    bounds = [source.max_length, tokenizer.model_max_length]
    bounds += [marks.config.get(name) for name in ("max_position_embeddings", "n_positions")]
    longest = min((int(b) for b in bounds if b is not None and b < UNBOUNDED), default=None)
    whole = tokenizer(texts, verbose=False)["input_ids"]
    cut_off = tokenizer(texts, truncation=longest is not None, max_length=longest)
    given = marks.config.get("pad_token_id")
    if isinstance(given, int) and given >= 0:
        fill = int(codec.tokens.decode(given))
    else:
        fill = next((t for t in (tokenizer.pad_token_id, tokenizer.eos_token_id) if t is not None), 0)
    ids, mask = pad(cut_off["input_ids"], fill)
    plain = {"input_ids": ids, "attention_mask": mask}
    if marks.task == "classes":
        names = _class_names(codec, source.classes)
        plain["labels"] = torch.tensor(records.read_classes(source.path, source.label, names))
    cut = sum(len(a) > len(b) for a, b in zip(whole, cut_off["input_ids"], strict=True))
    return plain, cut


def _class_names(codec: Codec, given: Sequence[str]) -> Sequence[str]:
    """The names of the classes in the model's order; InputError for others than the model's, which would be
    learned in place of one another."""
    size = codec.part("output:logits").size
    if given and codec.classes and tuple(given) != codec.classes:
        raise InputError(
            f"The model's classes are {', '.join(codec.classes)}, in this order; --classes says "
            f"{', '.join(given)}.",
            "Leave --classes out: the codec has them.",
        )
    if given and len(given) != size:
        raise InputError(f"{len(given)} classes are named, and the model has {size}.", "Name them all.")
    return given or codec.classes


def load_tokenizer(folder: Path) -> Any:
    """The plain tokenizer in `folder`; InputError where there is none. Runs no code from there, and does not
    ask whether it may."""
    from transformers import AutoTokenizer  # noqa: PLC0415  # slow, and not needed for arrays

    hint = "Name the folder with tokenizer.json that came with the plain model."
    if not folder.is_dir():
        raise InputError(f"There is no tokenizer in {folder}.", hint)
    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, TypeError, json.JSONDecodeError) as exc:
        raise InputError(f"There is no tokenizer in {folder}.", hint) from exc


def _arrays(source: Source, needed: set[str], known: set[str]) -> dict[str, Tensor]:
    if not records.is_arrays(source.path):
        raise InputError(
            f"This model reads no texts, and {source.path.name} holds no arrays.",
            f"Write a .safetensors file with {', '.join(sorted(needed))}.",
        )
    arrays = records.read_arrays(source.path)
    if needed - set(arrays) or set(arrays) - known:
        raise InputError(
            f"{source.path} has the arrays {', '.join(sorted(arrays))}.",
            f"This model takes {', '.join(sorted(known))}; needed are {', '.join(sorted(needed))}.",
        )
    return arrays
