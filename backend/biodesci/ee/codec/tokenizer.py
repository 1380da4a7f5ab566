"""The encrypted tokenizer: a client's tokenizer.json with the numbers of its tokens in the key's order.

A stock pipeline with it and the encrypted model takes text and answers as the plain one does. It holds the
input key: it belongs to the client, never to the server. Format: `tokenizer.json` of the `tokenizers`
library, models WordPiece, WordLevel, BPE and Unigram."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from biodesci.core.errors import InputError, NotFoundError
from biodesci.ee.codec.tokens import Tokens

DAMAGED = "Use the tokenizer.json that came with the model."


def encrypted_tokenizer(
    tokens: Tokens, document: Mapping[str, Any], *, padded: bool = False
) -> dict[str, Any]:
    """tokenizer.json -> the same with encrypted numbers. InputError for another vocabulary than the key's
    (`padded`: the model may have more rows than the tokenizer has tokens) and for unknown formats."""
    result: dict[str, Any] = json.loads(json.dumps(document))
    try:
        model, added = result["model"], result.get("added_tokens") or []
        known = _numbers(model, added)
        _check(tokens, known, padded)
        moved = {one: int(tokens.moved[one]) for one in known.values()}
        result["model"] = _moved_model(model, known, moved, tokens.size)
        for one in added:
            one["id"] = moved[one["id"]]
        result["added_tokens"] = sorted(added, key=lambda one: int(one["id"]))
        result["post_processor"] = _moved_processor(result.get("post_processor"), moved)
        if result.get("padding"):
            result["padding"]["pad_id"] = moved[result["padding"]["pad_id"]]
    except (KeyError, TypeError, AttributeError, IndexError) as exc:
        raise InputError("This tokenizer.json is damaged or of an unknown format.", DAMAGED) from exc
    return result


def encrypted_tokenizer_config(tokens: Tokens, config: Mapping[str, Any]) -> dict[str, Any]:
    """tokenizer_config.json -> the same with encrypted numbers, for the class that takes tokenizer.json as it
    is (those of single models rebuild it, with numbers of their own)."""
    result = dict(config) | {"tokenizer_class": "PreTrainedTokenizerFast"}
    for name in ("auto_map", "vocab_file", "merges_file", "tokenizer_file", "name_or_path"):
        result.pop(name, None)
    added = config.get("added_tokens_decoder")
    if added:
        try:
            result["added_tokens_decoder"] = {
                str(int(tokens.encode(int(one)))): kept for one, kept in added.items()
            }
        except (ValueError, AttributeError) as exc:
            raise InputError("This tokenizer_config.json is damaged.", DAMAGED) from exc
    return result


def write_tokenizer(tokens: Tokens, source: Path, target: Path, *, padded: bool = False) -> None:
    """Writes the encrypted tokenizer of the folder `source` into the folder `target`, from where
    `AutoTokenizer.from_pretrained` opens it. Its files are readable by their owner alone."""
    document = encrypted_tokenizer(tokens, _read(source / "tokenizer.json"), padded=padded)
    settings = _read(source / "tokenizer_config.json") if (source / "tokenizer_config.json").exists() else {}
    target.mkdir(parents=True, exist_ok=True)
    _write(target / "tokenizer.json", document)
    _write(target / "tokenizer_config.json", encrypted_tokenizer_config(tokens, settings))
    special = source / "special_tokens_map.json"
    if special.exists():
        _write(target / special.name, _read(special))


def stock_tokenizer(tokens: Tokens, tokenizer: Any, *, padded: bool = False) -> Any:
    """The encrypted twin of a fast `transformers` tokenizer, of class PreTrainedTokenizerFast."""
    from tokenizers import Tokenizer  # noqa: PLC0415  # codecs of other inputs need neither library
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    if not getattr(tokenizer, "is_fast", False):
        raise InputError(
            "This tokenizer has no tokenizer.json.", "Load the fast one: AutoTokenizer.from_pretrained."
        )
    document = encrypted_tokenizer(tokens, json.loads(tokenizer.backend_tokenizer.to_str()), padded=padded)
    special = {
        name: str(text) for name, text in tokenizer.special_tokens_map.items() if isinstance(text, str)
    }
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(document)),
        model_max_length=tokenizer.model_max_length,
        padding_side=tokenizer.padding_side,
        truncation_side=tokenizer.truncation_side,
        model_input_names=tokenizer.model_input_names,
        clean_up_tokenization_spaces=tokenizer.clean_up_tokenization_spaces,
        **special,
    )


def _numbers(model: Mapping[str, Any], added: list[dict[str, Any]]) -> dict[str, int]:
    """Every token with its number."""
    kind = model.get("type") or ("Unigram" if isinstance(model["vocab"], list) else "BPE")
    if kind not in ("WordPiece", "WordLevel", "BPE", "Unigram"):
        raise InputError(
            f"A tokenizer of model {kind!r} is not known.", "Known: WordPiece, WordLevel, BPE, Unigram."
        )
    if isinstance(model["vocab"], list):
        known = {piece: number for number, (piece, _) in enumerate(model["vocab"])}
        if len(known) != len(model["vocab"]):
            raise InputError("The tokenizer's vocabulary names a piece twice.", DAMAGED)
    else:
        known = {str(token): int(number) for token, number in model["vocab"].items()}
    for one in added:
        if known.setdefault(one["content"], int(one["id"])) != one["id"]:
            raise InputError(f"The added token {one['content']!r} has two numbers.", DAMAGED)
    return known


def _check(tokens: Tokens, known: Mapping[str, int], padded: bool) -> None:
    numbers = set(known.values())
    if len(numbers) != len(known):
        raise InputError("Two tokens of the tokenizer have the same number.", DAMAGED)
    tokens.check_vocabulary(max(numbers, default=-1) + 1, padded=padded)
    tokens.check_vocabulary(len(numbers), padded=padded)


def _moved_model(
    model: Mapping[str, Any], known: Mapping[str, int], moved: Mapping[int, int], size: int
) -> dict[str, Any]:
    """Added tokens go into the model's own vocabulary: the library numbers others in the order in which it
    meets them."""
    if not isinstance(model["vocab"], list):
        numbers = sorted((moved[number], token) for token, number in known.items())
        return dict(model) | {"vocab": {token: number for number, token in numbers}}
    scores = dict(model["vocab"])
    lowest = min(scores.values(), default=0.0)  # keeps the score that the library gives to unknown characters
    vocab: list[list[Any]] = [[f"\x00\x00{row}", lowest] for row in range(size)]
    for piece, number in known.items():
        vocab[moved[number]] = [piece, scores.get(piece, lowest)]
    unknown = model.get("unk_id")
    return dict(model) | {"vocab": vocab, "unk_id": None if unknown is None else moved[unknown]}


def _moved_processor(processor: Any, moved: Mapping[int, int]) -> Any:
    if processor is None:
        return None
    kind = processor["type"]
    if kind == "Sequence":
        return processor | {"processors": [_moved_processor(one, moved) for one in processor["processors"]]}
    if kind == "TemplateProcessing":
        special = {
            name: one | {"ids": [moved[number] for number in one["ids"]]}
            for name, one in processor["special_tokens"].items()
        }
        return processor | {"special_tokens": special}
    if kind in ("BertProcessing", "RobertaProcessing"):
        ends = {name: [processor[name][0], moved[processor[name][1]]] for name in ("sep", "cls")}
        return processor | ends
    if kind == "ByteLevel":
        return processor
    raise InputError(f"A tokenizer with the post-processor {kind!r} is not known.", DAMAGED)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise NotFoundError(
            f"There is no {path.name} in {path.parent}.",
            "Save the tokenizer as a fast one: AutoTokenizer.from_pretrained(...).save_pretrained(folder).",
        ) from exc
    except (ValueError, RecursionError) as exc:
        raise InputError(f"{path.name} is not JSON.", DAMAGED) from exc
    if not isinstance(document, dict):
        raise InputError(f"{path.name} holds no JSON object.", DAMAGED)
    return document


def _write(path: Path, document: Mapping[str, Any]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)  # also where there was one
        json.dump(document, file, ensure_ascii=False)
