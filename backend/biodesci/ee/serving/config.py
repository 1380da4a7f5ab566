"""config.json and generation_config.json of an encrypted checkpoint: what a stock model computes by.

Numbers of special tokens move with the vocabulary, which tells a worker where the key puts those few. Names
of classes, tasks and places are left out, and so are words under names that the model's class does not
know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.keys import ModelKey, vocabulary
from biodesci.ee.mark import Mark

# Lists of token numbers whose names don't say so, and settings that pair token numbers with other numbers.
LISTS = ("suppress_tokens", "begin_suppress_tokens", "bad_words_ids", "force_words_ids")
PAIRED = ("forced_decoder_ids", "sequence_bias")
# Settings that say what a model is for or where it came from, or name code to run.
DESCRIBING = (
    "_name_or_path",
    "auto_map",
    "custom_pipelines",
    "finetuning_task",
    "label2id",
    "name_or_path",
    "prefix",
    "task_specific_params",
)
# What older checkpoints call what the class now has under another name.
OLDER = ("architectures", "dtype", "model_type", "rope_scaling", "torch_dtype", "transformers_version")


def encrypted_config(key: ModelKey, config: Mapping[str, Any]) -> dict[str, Any]:
    """The encrypted model's config.json, marked with the key's id and mode."""
    result = _moved_tokens(key, _computed_by(config, key.config.get("model_type"))) | dict(key.layout.config)
    if result.get("id2label"):
        result["id2label"] = {str(i): f"LABEL_{i}" for i in range(len(result["id2label"]))}
        result["label2id"] = {f"LABEL_{i}": i for i in range(len(result["id2label"]))}
    return result | Mark(key_id=key.key_id, mode=key.mode).fields()


def encrypted_generation_config(key: ModelKey, config: Mapping[str, Any]) -> dict[str, Any]:
    """The encrypted model's generation_config.json."""
    return _moved_tokens(key, {name: value for name, value in config.items() if name not in DESCRIBING})


def _computed_by(config: Mapping[str, Any], kind: str | None) -> dict[str, Any]:
    """Without what only describes, and with the special tokens that the class would otherwise assume: under
    the key those are others."""
    from transformers import CONFIG_MAPPING  # noqa: PLC0415  # heavy

    if kind not in CONFIG_MAPPING:  # ours: every field is part of the architecture
        return dict(config)
    known = CONFIG_MAPPING[str(kind)]().to_dict()
    assumed = {n: v for n, v in known.items() if n.endswith("_token_id") and v is not None}
    described = {
        name: value
        for name, value in config.items()
        if name not in DESCRIBING
        and (name in known or name in (*OLDER, *PAIRED, *LISTS) or isinstance(value, int | float | None))
    }
    return {n: v for n, v in assumed.items() if v < int(config.get("vocab_size") or 0)} | described


def _moved_tokens(key: ModelKey, config: Mapping[str, Any]) -> dict[str, Any]:
    order = vocabulary(key)
    if order is None:
        return dict(config)
    for name in PAIRED:
        if config.get(name):
            raise InputError(
                f"The configuration sets {name}, which names tokens in a way that is not known here.",
                "Leave it out of the files; pass it to generate, with numbers that the codec encoded.",
            )
    moved = order.order.argsort()
    return {
        name: _moved(name, value, moved)
        if name.endswith(("_token_id", "_token_ids")) or name in LISTS
        else value
        for name, value in config.items()
    }


def _moved(name: str, value: Any, moved: Tensor) -> Any:
    if isinstance(value, list):
        return [_moved(name, one, moved) for one in value]
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return value
    if value >= moved.numel():
        raise InputError(
            f"{name} is {value}, but the vocabulary has {moved.numel()} tokens.",
            "Correct it in config.json or generation_config.json.",
        )
    return int(moved[value])
