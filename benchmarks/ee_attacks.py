"""What the red team gets from equivariant encryption: a real BERT, small synthetic models, tabular records.

Every figure is an attacker's success on fresh keys; higher is worse for the defence, but for errors."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

from benchmarks.ee_subjects import SPECIAL, minilm
from benchmarks.pairs import one_thread
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.groups import Mode
from biodesci.ee.keys import ModelKey
from biodesci.redteam.attacks import corpus, frequency, records, report, staged_weights

Figures = dict[str, dict[str, object]]
DESIGN = "design: permutation recovered at 0.4, all exact at 0"
STEPS, BATCH, WINDOW = 250, 16, 64
SAMPLES, LENGTH = 128, 160


def figures() -> Figures:
    """ee.attack.<attack>.<model and mode>.<condition>."""
    with one_thread():
        texts = corpus.running_text(minilm() / "tokenizer.json")
        return _bert(texts) | _decoders() | _sampled(texts) | _tabular()


def _figure(
    value: Any, unit: str, how: str, peer: str = "none: no peer publishes such figures"
) -> dict[str, object]:
    return {"value": float(f"{float(value):.3g}"), "unit": unit, "peer": peer, "how": how}


def _weights(prefix: str, document: Mapping[str, Any], how: str) -> Figures:
    """The attacks on weights, from a security card's document."""
    found: Figures = {}
    groups = [(f"drift_{row['drift']:g}", row) for row in document["alignment"]]
    groups += [(f"low_rank_{row['drift']:g}", row) for row in document["alignmentLowRank"]]
    groups += [(f"split_{row['drift']:g}", row) for row in document["splitMode"]]
    groups += [("unrelated", document["alignmentUnrelated"])]
    for name, row in groups:
        found[f"ee.attack.alignment.{prefix}.{name}.neurons"] = _figure(row["neurons"], "share", how, DESIGN)
        found[f"ee.attack.alignment.{prefix}.{name}.key_error"] = _figure(
            row["streamKeyError"], "relative error of Q (unrelated: 1.4)", how, DESIGN
        )
        if "vocabulary" in row:
            found[f"ee.attack.alignment.{prefix}.{name}.tokens"] = _figure(
                row["vocabulary"], "share", how, DESIGN
            )
    for row in document["heads"]:
        for which, field in (("products", "byProducts"), ("single", "bySingleMatrices")):
            name = f"ee.attack.heads_{which}.{prefix}.drift_{row['drift']:g}"
            found[name] = _figure(row[field], f"share (chance {row['chance']:.2g})", how)
    linked = document["linkage"]["streamKeyError"]
    found[f"ee.attack.linkage.{prefix}"] = _figure(linked, "relative error of Q1'Q2", how, "design: 3e-14")
    for row in document.get("dummyNeurons", []):
        name = f"ee.attack.dummies.{prefix}.{'stripped' if row['stripped'] else 'kept'}"
        found[f"{name}.key_error"] = _figure(row["streamKeyError"], "relative error of Q", how)
        found[f"{name}.caught"] = _figure(row["caught"], "share of dummies", how)
    return found


def _tokens(prefix: str, document: Mapping[str, Any], how: str) -> Figures:
    found: Figures = {}
    for row in document["vocabularyMatching"]:
        name = f"drift_{row['drift']:g}{'_shuffled' if row.get('shuffled') else ''}"
        found[f"ee.attack.vocabulary.{prefix}.{name}"] = _figure(
            row["tokensRight"], "share of tokens", how, "arXiv:2505.18332: 1 at zero drift"
        )
    for row in document["knownPlaintext"]:
        found[f"ee.attack.known_pairs.{prefix}.pairs_{row['pairs']}"] = _figure(
            row["streamKeyError"], "relative error of Q", how, "design: 1e-13 from d pairs"
        )
    for row in document["sessions"]:
        found[f"ee.attack.sessions.{prefix}.known_{row['perSession']}"] = _figure(
            row["sessions"], "sessions", how
        )
    for row in document["inversion"]:
        found[f"ee.attack.inversion.{prefix}.pairs_{row['pairs']}"] = _figure(
            row["tokensRight"], "share of tokens", how
        )
    for row in document["noise"]:
        found[f"ee.attack.noise_cost.{prefix}.noise_{row['noise']:g}"] = _figure(
            row["answersOff"], "distance of answers / their spread", how
        )
    return found


def _bert(texts: list[Tensor]) -> Figures:
    config = json.loads((minilm() / "config.json").read_text())
    state = load_file(minilm() / "model.safetensors")
    document = report.measure(config, state, "permutation", report.Known(texts=texts))
    how = "all-MiniLM-L6-v2, mode permutation, fresh key, drift relative to each tensor's spread"
    found = _weights("minilm_permutation", document, how) | _tokens("minilm_permutation", document, how)
    topics = "topics of Python's documentation, half the attacker's, half encrypted"
    for row in document["frequency"]:
        shuffled = "_restored" if row.get("placesRestored") else "_shuffled" if row["shuffled"] else ""
        for which, field in (("rank", "byRank"), ("neighbours", "byNeighbours")):
            name = f"ee.attack.frequency.{which}.tokens_{row['tokens']}{shuffled}"
            found[name] = _figure(row[field], "share of running text", topics)
    for row in document["tokenLeak"]:
        name = f"ee.attack.token_leak.clients_{row['clients']}.noise_{row['noise']:g}"
        found[f"{name}.recall"] = _figure(row["recall"], "share of one client's tokens", topics)
    for row in document["labelLeak"]:
        name = f"ee.attack.label_leak.clients_{row['clients']}.noise_{row['noise']:g}"
        found[name] = _figure(row["labelRight"], "share of labels (chance 0.5)", "200 trials, two classes")
    return found | _modes(config, state)


def _modes(config: Mapping[str, Any], state: Mapping[str, Tensor]) -> Figures:
    """What the other modes of a stock BERT change: heads."""
    found: Figures = {}
    modes: tuple[Mode, ...] = ("orthogonal", "general")
    for mode in modes:
        apart = staged_weights.told_apart(ModelKey.for_model(config, state, mode), state, state)
        for which, field in (("products", "byProducts"), ("single", "bySingleMatrices")):
            name = f"ee.attack.heads_{which}.minilm_{mode}.drift_0"
            found[name] = _figure(
                apart[field], f"share (chance {apart['chance']:.2g})", f"MiniLM, mode {mode}"
            )
    return found


def _decoders() -> Figures:
    torch.manual_seed(int.from_bytes(os.urandom(4)))  # weights of the synthetic models, not keys
    gpt2 = GPT2LMHeadModel(
        GPT2Config(vocab_size=2000, n_embd=128, n_layer=3, n_head=4, n_positions=64, **SPECIAL)
    )
    llama = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=2000,
            hidden_size=128,
            num_hidden_layers=3,
            num_attention_heads=8,
            num_key_value_heads=4,
            intermediate_size=320,
            **SPECIAL,
        )
    )
    found: Figures = {}
    modes: tuple[Mode, ...] = ("orthogonal", "general")
    for name, model in (("gpt2", gpt2), ("llama", llama)):
        config, state = json.loads(model.config.to_json_string()), dict(model.state_dict())
        if model.config.tie_word_embeddings:
            state.pop("lm_head.weight")
        # As trained: no vector is zero, or has the same value everywhere.
        state |= {n: x + 0.05 * torch.randn_like(x) for n, x in state.items() if x.ndim == 1}
        for mode in modes:
            document = report.measure(config, state, mode, drifts=(0.0, 0.4, 1.0))
            prefix, how = f"{name}_{mode}", f"{name} of width 128 with fresh weights, mode {mode}"
            found |= _weights(prefix, document, how) | _tokens(prefix, document, how)
    return found


def _sampled(texts: list[Tensor]) -> Figures:
    """A causal model is trained on half of the text and encrypted; the attacker has the other half, and asks
    the encrypted model for text."""
    kept = torch.cat(texts).unique()
    size = len(kept)
    place = torch.zeros(int(kept.max()) + 1, dtype=torch.int64)
    place[kept] = torch.arange(size)
    theirs, reference = (place[torch.cat(texts[i::2])] for i in (1, 0))
    config = GPT2Config(vocab_size=size, n_embd=128, n_layer=2, n_head=4, n_positions=WINDOW, **SPECIAL)
    model = GPT2LMHeadModel(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(STEPS):
        starts = torch.randint(0, len(theirs) - WINDOW, (BATCH,))
        batch = torch.stack([theirs[s : s + WINDOW] for s in starts])
        logits = model(batch).logits[:, :-1]
        loss = F.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    state = {n: x.detach() for n, x in model.state_dict().items() if n != "lm_head.weight"}
    key = ModelKey.for_model(json.loads(config.to_json_string()), state, "orthogonal")
    encrypted = GPT2LMHeadModel(GPT2Config(**{**config.to_dict(), **key.layout.config})).eval()
    encrypted.load_state_dict(key.encrypt(state), strict=False)
    encrypted.tie_weights()
    start = torch.arange(SAMPLES)[:, None] % size

    def scores(ids: Tensor) -> Tensor:
        with torch.no_grad():
            out: Tensor = encrypted(ids[:, -WINDOW // 2 :]).logits[:, -1]
        return out

    observed = frequency.sample(scores, start, LENGTH, os.urandom(32))
    part = key.parts["vocabulary"]
    running = part.tensors()["order"].argsort()[theirs]
    how = f"GPT-2 of width 128, {STEPS} steps on half of the topics, {len(observed)} tokens sampled"
    found = {}
    for which, attack in (("rank", frequency.by_rank), ("neighbours", frequency.by_neighbours)):
        right = frequency.share(attack(reference, observed, size), running, part.tensors()["order"])
        found[f"ee.attack.frequency_sampled.{which}"] = _figure(right, "share of running text", how)
    return found


def _tabular() -> Figures:
    found: Figures = {}
    modes: tuple[Mode, ...] = ("permutation", "orthogonal", "general")
    for mode in modes:
        document = records.measure(TabularConfig(features=25), mode)
        how = f"25 features, 8 tokens, width 32, 2 layers, mode {mode}"
        for row in document["knownPlaintext"]:
            name = f"ee.attack.known_pairs.tabular_{mode}.pairs_{row['pairs']}"
            found[name] = _figure(row["inputKeyError"], "relative error of the input key", how)
        for row in document["populationSample"]:
            name = f"ee.attack.unsupervised.tabular_{mode}.records_{row['records']}"
            found[name] = _figure(row["recordError"], "relative error of records (guessing: 1)", how)
        for row in document["alignmentWithPublicBase"]:
            name = f"ee.attack.alignment.tabular_{mode}.drift_{row['drift']:g}.neurons"
            found[name] = _figure(row["neuronsMatched"], "share", how, DESIGN)
    return found
