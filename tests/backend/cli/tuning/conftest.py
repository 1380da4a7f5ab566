"""A model owner, a data owner, and a rented machine without home: each runs commands, and sees files only."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any
from unittest import mock

import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

from biodesci.cli import main, session
from biodesci.party.model_keys import open_key

transformers.logging.set_verbosity_error()
PASS = "one for each"


@dataclass
class Party:
    """Runs commands with a home and passphrase of its own, or with none."""

    home: Path | None
    said: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)  # a network, where there is one

    def try_(self, *arguments: object) -> tuple[int, str, str]:
        bare = {name: value for name, value in os.environ.items() if not name.startswith("BIODESCI_")}
        own = {"BIODESCI_HOME": str(self.home), "BIODESCI_PASSPHRASE": PASS} if self.home else {}
        out, err = io.StringIO(), io.StringIO()
        session.settings.cache_clear()
        session.passphrase.cache_clear()
        with (
            mock.patch.dict(os.environ, {**bare, **own, **self.settings}, clear=True),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main([*map(str, arguments), "--json"])
                code = 0
            except SystemExit as exc:
                code = int(exc.code or 0)
        session.settings.cache_clear()
        session.passphrase.cache_clear()
        self.said.append(err.getvalue())
        return code, out.getvalue(), err.getvalue()

    def run(self, *arguments: object) -> Any:
        code, out, err = self.try_(*arguments)
        assert code == 0, err
        return json.loads(out)

    def refused(self, *arguments: object) -> str:
        """The message and the hint of a command that must fail."""
        code, out, err = self.try_(*arguments)
        assert code != 0, out
        found = json.loads(err.strip().splitlines()[-1])["error"]
        assert found["hint"]
        return f"{found['message']} {found['hint']}"

    def key(self, key_id: str) -> Any:
        return open_key(self.home, PASS, key_id)


@dataclass
class Table:
    """The three of them around one folder; `owner` has made nothing yet."""

    path: Path
    owner: Party
    data: Party
    machine: Party

    @classmethod
    def at(cls, path: Path) -> Table:
        path.mkdir(parents=True, exist_ok=True)
        return cls(path, Party(path / "owner"), Party(path / "data"), Party(None))

    def encrypt(self, plain: Path, mode: str, *more: str) -> str:
        """Encrypts `plain` into `encrypted`, and grants a training codec; the key's id."""
        told = self.owner.run("model", "encrypt", plain, self.path / "encrypted", "--mode", mode, *more)
        if not (self.path / "data.pub").exists():
            self.data.run("key", "export", self.path / "data.pub")
        self.owner.run(
            *("model", "grant", self.path / "encrypted", self.path / "data.pub"),
            *("--kind", "training", "--out", self.path / "codec"),
        )
        return str(told["keyId"])

    def encode(self, records: Path, *more: object) -> Any:
        return self.data.run(
            *("tune", "encode", self.path / "encrypted", records),
            *(self.path / "codec", self.path / "encoded", *more),
        )

    def tune(self, *more: object, target: str = "tuned") -> Any:
        return self.machine.run(
            "tune", "run", self.path / "encrypted", self.path / "encoded", self.path / target, *more
        )

    def decrypt(self, target: str = "tuned") -> Path:
        self.owner.run("model", "decrypt", self.path / target, self.path / f"{target}-plain")
        return self.path / f"{target}-plain"


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Any:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table.at(tmp_path)


@pytest.fixture(scope="session")
def table_at() -> Callable[[Path], Table]:
    return Table.at


def sentences(count: int) -> tuple[list[str], list[str]]:
    """Real texts: sentences of Python's reference, of its statements and of its data types."""
    kinds = {
        "statement": ("assert", "assignment", "break", "class", "del", "for", "global", "if", "import"),
        "type": ("dynamic-features", "numbers", "sequence-types", "specialnames", "strings", "typesmapping"),
    }
    texts, labels = [], []
    for label, names in kinds.items():
        whole = " ".join(topics[name] for name in names if name in topics)
        found = [" ".join(s.split()) for s in re.split(r"(?<=[.:])\s+", whole)]
        found = [s for s in found if 30 < len(s) < 120][: count // 2]
        texts += found
        labels += [label] * len(found)
    return texts, labels


@pytest.fixture(scope="session")
def texts() -> tuple[list[str], list[str]]:
    """48 sentences and their kind."""
    found = sentences(48)
    assert len(found[0]) == 48
    assert set(found[1]) == {"statement", "type"}
    return found


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory, texts: tuple[list[str], list[str]]) -> Path:
    """A WordPiece tokenizer of 150 tokens, trained on the texts."""
    own = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    own.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    own.train_from_iterator(texts[0], trainers.WordPieceTrainer(vocab_size=150, special_tokens=special))
    own.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=own, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )
    folder = tmp_path_factory.mktemp("tokenizer")
    fast.save_pretrained(folder)
    assert len(fast) == 150
    return folder


def filled(model: Any, dtype: torch.dtype) -> Any:
    """Weights as trained ones look: no zero bias, no norm weight of exactly one."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, p in model.double().named_parameters():
            drawn = torch.randn(p.shape, generator=generator, dtype=torch.float64)
            if p.ndim == 1:
                p.copy_(0.2 * drawn.clamp(-2, 2) + float(name.endswith("weight")))
            else:
                p.copy_(drawn / p[0].numel() ** 0.5)
    return model.to(dtype).eval()


BERT = {
    "vocab_size": 150,
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 3,
    "intermediate_size": 32,
    "max_position_embeddings": 48,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
    "pad_token_id": 0,
}


@pytest.fixture(scope="session")
def plain_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """plain_model("bert", dtype, **settings): the folder of a small stock model with fixed weights."""

    def build(name: str, dtype: torch.dtype = torch.float64, **settings: Any) -> Path:
        special = {"vocab_size": 150, "bos_token_id": 2, "eos_token_id": 3, "pad_token_id": 0}
        model: Any
        if name == "bert":
            config = transformers.BertConfig(**{**BERT, **settings})
            model = transformers.BertForSequenceClassification(config)
        elif name == "gpt2":
            sizes = {"n_embd": 24, "n_layer": 2, "n_head": 3, "n_positions": 48}
            none = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
            config = transformers.GPT2Config(**{**sizes, **none, **special, **settings})
            model = transformers.GPT2LMHeadModel(config)
        elif name == "llama":
            sizes = {"hidden_size": 24, "num_hidden_layers": 2, "intermediate_size": 20}
            heads = {"num_attention_heads": 6, "num_key_value_heads": 2}
            config = transformers.LlamaConfig(**{**sizes, **heads, **special, **settings})
            model = transformers.LlamaForCausalLM(config)
        else:
            sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 3}
            image = {"image_size": 8, "patch_size": 4, "num_channels": 1, "intermediate_size": 32}
            none = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "num_labels": 10}
            model = transformers.ViTForImageClassification(
                transformers.ViTConfig(**{**sizes, **image, **none, **settings})
            )
        folder = tmp_path_factory.mktemp(name) / "plain"
        filled(model, dtype).save_pretrained(folder)
        return folder

    return build
