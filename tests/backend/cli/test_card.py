"""`biodesci model card FOLDER`: a small BERT with a head, its public base without one, and real text."""

from __future__ import annotations

import json
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import pytest
import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from biodesci.party.model_keys import open_key

PASS = "one for all"
TEXT = "\n".join(topics[name] for name in sorted(topics)[:20])
SHAPE: dict[str, Any] = {
    "vocab_size": 300,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 64,
    "type_vocab_size": 2,
}


@pytest.fixture
def tuned(tmp_path) -> Path:
    """A classifier a little away from a public model, which lies beside it, and a tokenizer."""
    torch.manual_seed(3)
    public = transformers.BertModel(transformers.BertConfig(**SHAPE))
    model = transformers.BertForSequenceClassification(transformers.BertConfig(**SHAPE))
    with torch.no_grad():
        for p in (*public.parameters(), *model.parameters()):
            p.copy_((1.0 if p.ndim == 1 else 0.0) + 0.2 * torch.randn(p.shape))
        for name, p in public.named_parameters():
            model.bert.get_parameter(name).copy_(p + 0.01 * torch.randn(p.shape))
    public.save_pretrained(tmp_path / "public")
    model.save_pretrained(tmp_path / "tuned")
    words = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    words.train_from_iterator(
        [TEXT], trainers.WordLevelTrainer(vocab_size=300, special_tokens=["[UNK]", "[PAD]"])
    )
    words.save(str(tmp_path / "public/tokenizer.json"))
    (tmp_path / "text").write_text(TEXT)
    return tmp_path / "tuned"


def test_the_card_of_an_encrypted_model_with_its_real_base(owner, tuned, tmp_path):
    code, out, err = owner("model", "encrypt", tuned, tmp_path / "enc", "--mode", "permutation")
    assert code == 0, err
    key_id = json.loads(out)["keyId"]
    code, out, err = owner(
        *("model", "card", tmp_path / "enc", "--base", tmp_path / "public"),
        *("--text", tmp_path / "text", "--tokenizer", tmp_path / "public"),
    )
    assert code == 0, err
    told = json.loads(out)
    assert told["card"] == str(tmp_path / "enc/security-card.md")
    document = json.loads(Path(told["json"]).read_text())
    assert document["mode"] == "permutation"
    assert document["key"]["keyId"] == key_id
    actual = document["actualBase"]
    assert actual["alignment"]["neurons"] == 1.0
    assert 0.01 < actual["drift"]["bert.encoder.layer.*.attention.output.dense.weight"] < 0.2
    assert document["frequency"]
    words = Path(told["card"]).read_text()
    assert words.startswith("# Security card")
    assert "does not hold" in words
    key = open_key(tmp_path / "home", PASS, key_id)
    secret = json.dumps(key.parts["stream"].order.tolist())
    assert secret not in Path(told["json"]).read_text()
    assert secret[1:-1] not in words
    # the card beside the weights does not keep them from being decrypted
    assert owner("model", "decrypt", tmp_path / "enc", tmp_path / "plain")[0] == 0


def test_a_plain_model_is_judged_in_the_mode_that_is_asked(owner, tuned, tmp_path):
    code, _, err = owner("model", "card", tuned, "--mode", "general", "--out", tmp_path / "card")
    assert code == 0, err
    document = json.loads((tmp_path / "card/security-card.json").read_text())
    assert document["mode"] == "general"
    assert "actualBase" not in document
    assert "frequency" not in document
    assert "key" not in document
    assert not (tuned / "security-card.md").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("TUNED", "--mode", "rot13"), "There is no mode 'rot13'"),
        (("NOWHERE",), r"There is no config.json"),
        (("TUNED", "--text", "TEXT"), "needs a model that reads tokens, and its tokenizer"),
        (("TUNED", "--base", "OTHER"), "no model that this one was fine-tuned from"),
        (("TUNED", "--text", "SHORT", "--tokenizer", "PUBLIC"), "tokens, of which the card needs 512"),
    ],
)
def test_mistakes_are_named_and_leave_nothing(owner, tuned, tmp_path, arguments, said):
    (tmp_path / "short").write_text("A few words.")
    other = transformers.BertModel(transformers.BertConfig(**{**SHAPE, "hidden_size": 16}))
    other.save_pretrained(tmp_path / "other")
    places = {
        name: tmp_path / name.lower() for name in ("TUNED", "NOWHERE", "TEXT", "SHORT", "PUBLIC", "OTHER")
    }
    code, _, err = owner("model", "card", *(places.get(a, a) for a in arguments), "--out", tmp_path / "card")
    assert code != 0
    assert said in json.loads(err.splitlines()[-1])["error"]["message"]
    assert not (tmp_path / "card").exists()
