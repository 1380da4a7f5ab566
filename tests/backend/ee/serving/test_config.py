"""config.json and generation_config.json of encrypted checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from biodesci.core.errors import InputError
from biodesci.ee.keys import ModelKey
from biodesci.ee.serving.config import encrypted_config, encrypted_generation_config


@pytest.fixture
def key(causal: Callable[[str], Any]) -> ModelKey:
    made: ModelKey = causal("llama-tied").key("orthogonal")
    return made


def moved(key: ModelKey, *ids: int) -> list[int]:
    return key.codec("inference").tokens.encode(list(ids)).tolist()


def test_special_tokens_move(key: ModelKey) -> None:
    given = {
        "bos_token_id": 1,
        "eos_token_id": [2, 5],
        "pad_token_id": -1,
        "decoder_start_token_id": None,
        "vocab_size": 61,
        "use_cache": True,
    }
    got = encrypted_config(key, given)
    assert got["bos_token_id"] == moved(key, 1)[0]
    assert got["eos_token_id"] == moved(key, 2, 5)
    assert (got["pad_token_id"], got["decoder_start_token_id"]) == (-1, None)
    assert (got["vocab_size"], got["use_cache"]) == (61, True)
    assert got["tie_word_embeddings"] is False  # what the layout changes
    assert got["ee"] == {"key_id": key.key_id, "mode": "orthogonal"}
    assert given["bos_token_id"] == 1


def test_names_of_classes_and_folders_are_left_out(key: ModelKey) -> None:
    got = encrypted_config(
        key,
        {
            "id2label": {"0": "healthy", "1": "ill"},
            "label2id": {"healthy": 0, "ill": 1},
            "_name_or_path": "hospital/secret",
            "finetuning_task": "hospital triage",
            "task_specific_params": {"triage": {"hospital": "Bern"}},
            "auto_map": {"AutoModel": "hospital.Model"},
            "labels_of_the_hospital": ["healthy", "ill"],
        },
    )
    assert got["id2label"] == {"0": "LABEL_0", "1": "LABEL_1"}
    assert got["label2id"] == {"LABEL_0": 0, "LABEL_1": 1}
    assert "hospital" not in str(got)


def test_generation_settings_that_list_tokens(key: ModelKey) -> None:
    got = encrypted_generation_config(
        key,
        {
            "eos_token_id": 2,
            "suppress_tokens": [3, 4],
            "bad_words_ids": [[5, 6], [7]],
            "max_length": 20,
            "temperature": 0.6,
            "sequence_bias": None,
        },
    )
    assert got["eos_token_id"] == moved(key, 2)[0]
    assert got["suppress_tokens"] == moved(key, 3, 4)
    assert got["bad_words_ids"] == [moved(key, 5, 6), moved(key, 7)]
    assert (got["max_length"], got["temperature"]) == (20, 0.6)
    assert "ee" not in got


@pytest.mark.parametrize("name", ["forced_decoder_ids", "sequence_bias"])
def test_settings_that_pair_tokens_are_refused(name: str, key: ModelKey) -> None:
    with pytest.raises(InputError, match=f"sets {name}"):
        encrypted_generation_config(key, {name: [[1, 50]]})


def test_tokens_outside_the_vocabulary(key: ModelKey) -> None:
    with pytest.raises(InputError, match="pad_token_id is 61, but the vocabulary has 61"):
        encrypted_config(key, {"pad_token_id": 61})


def test_suppressed_tokens_are_suppressed(causal: Callable[[str], Any]) -> None:
    """End to end: stock `generate` obeys the encrypted generation_config.json as it does the plain one."""
    model = causal("gpt2")
    prompts = [[1, 5, 9], [1, 40, 4]]
    free = model.whole(model.key("orthogonal")).generate(prompts, 20)
    banned = sorted({int(token) for token in free[:, 3:9].reshape(-1)})
    model.plain.generation_config.suppress_tokens = banned
    model.plain.save_pretrained(model.folder)
    want = model.plain.generate(torch.tensor(prompts), max_new_tokens=20, do_sample=False)
    got = model.whole(model.key("orthogonal")).generate(prompts, 20)
    assert torch.equal(got, want)
    assert not set(banned) & set(got[:, 3:].reshape(-1).tolist())


def test_what_the_class_computes_by_stays(key: ModelKey) -> None:
    """Settings under the names of older checkpoints too, and numbers under names of their own."""
    given = {
        "rope_theta": 1e6,
        "rope_scaling": {"type": "linear", "factor": 2.0},
        "hidden_act": "silu",
        "own": 3,
    }
    assert encrypted_config(key, given).items() >= given.items()


def test_special_tokens_that_the_class_assumes_move_too(key: ModelKey) -> None:
    """LlamaConfig takes 1 and 2 where config.json names none: under the key those are other tokens."""
    got = encrypted_config(key, {"vocab_size": 61})
    assert [got["bos_token_id"], got["eos_token_id"]] == moved(key, 1, 2)
