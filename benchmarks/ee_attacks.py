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
from biodesci.core.documents.attack_figures import Scores
from biodesci.core.documents.security_card import SecurityCard
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


def _weights(prefix: str, card: SecurityCard, how: str) -> Figures:
    """The attacks on weights, from a security card."""
    made: Figures = {}
    groups: list[tuple[str, Scores]] = [(f"drift_{row.drift:g}", row) for row in card.alignment]
    groups += [(f"low_rank_{row.drift:g}", row) for row in card.alignment_low_rank]
    groups += [(f"split_{row.drift:g}", row) for row in card.split_mode]
    groups += [("unrelated", card.alignment_unrelated)]
    for name, scores in groups:
        for figure, score, unit in (
            ("neurons", "neurons", "share"),
            ("key_error", "streamKeyError", "relative error of Q (unrelated: 1.4)"),
            ("tokens", "vocabulary", "share"),
        ):
            value = scores.score(score)
            if value is not None:
                made[f"ee.attack.alignment.{prefix}.{name}.{figure}"] = _figure(value, unit, how, DESIGN)
    for row in card.heads:
        for which, share in (("products", row.by_products), ("single", row.by_single_matrices)):
            name = f"ee.attack.heads_{which}.{prefix}.drift_{row.drift:g}"
            made[name] = _figure(share, f"share (chance {row.chance:.2g})", how)
    linked = card.linkage.stream_key_error
    made[f"ee.attack.linkage.{prefix}"] = _figure(linked, "relative error of Q1'Q2", how, "design: 3e-14")
    for dummies in card.dummy_neurons or ():
        name = f"ee.attack.dummies.{prefix}.{'stripped' if dummies.stripped else 'kept'}"
        made[f"{name}.key_error"] = _figure(dummies.stream_key_error, "relative error of Q", how)
        made[f"{name}.caught"] = _figure(dummies.caught, "share of dummies", how)
    return made


def _tokens(prefix: str, card: SecurityCard, how: str) -> Figures:
    made: Figures = {}
    for read in card.vocabulary_matching or ():
        name = f"drift_{read.drift:g}{'_shuffled' if read.shuffled else ''}"
        made[f"ee.attack.vocabulary.{prefix}.{name}"] = _figure(
            read.tokens_right, "share of tokens", how, "arXiv:2505.18332: 1 at zero drift"
        )
    for known in card.known_plaintext or ():
        made[f"ee.attack.known_pairs.{prefix}.pairs_{known.pairs}"] = _figure(
            known.key_error, "relative error of Q", how, "design: 1e-13 from d pairs"
        )
    for needed in card.sessions or ():
        name = f"ee.attack.sessions.{prefix}.known_{needed.per_session}"
        made[name] = _figure(needed.sessions, "sessions", how)
    for inverted in card.inversion or ():
        name = f"ee.attack.inversion.{prefix}.pairs_{inverted.pairs}"
        made[name] = _figure(inverted.tokens_right, "share of tokens", how)
    for cost in card.noise or ():
        name = f"ee.attack.noise_cost.{prefix}.noise_{cost.noise:g}"
        made[name] = _figure(cost.answers_off, "distance of answers / their spread", how)
    return made


def _bert(texts: list[Tensor]) -> Figures:
    config = json.loads((minilm() / "config.json").read_text())
    state = load_file(minilm() / "model.safetensors")
    card = report.measure(config, state, "permutation", report.Known(texts=texts))
    how = "all-MiniLM-L6-v2, mode permutation, fresh key, drift relative to each tensor's spread"
    made = _weights("minilm_permutation", card, how) | _tokens("minilm_permutation", card, how)
    topics = "topics of Python's documentation, half the attacker's, half encrypted"
    for counted in card.frequency or ():
        order = "_restored" if counted.places_restored else "_shuffled" if counted.shuffled else ""
        for which, share in (("rank", counted.by_rank), ("neighbours", counted.by_neighbours)):
            name = f"ee.attack.frequency.{which}.tokens_{counted.tokens}{order}"
            made[name] = _figure(share, "share of running text", topics)
    for leak in card.token_leak or ():
        name = f"ee.attack.token_leak.clients_{leak.clients}.noise_{leak.noise:g}"
        made[f"{name}.recall"] = _figure(leak.recall, "share of one client's tokens", topics)
    for label in card.label_leak:
        name = f"ee.attack.label_leak.clients_{label.clients}.noise_{label.noise:g}"
        made[name] = _figure(label.label_right, "share of labels (chance 0.5)", "200 trials, two classes")
    return made | _modes(config, state)


def _modes(config: Mapping[str, Any], state: Mapping[str, Tensor]) -> Figures:
    """What the other modes of a stock BERT change: heads."""
    found: Figures = {}
    modes: tuple[Mode, ...] = ("orthogonal", "general")
    for mode in modes:
        apart = staged_weights.told_apart(ModelKey.for_model(config, state, mode), state, state)
        assert apart is not None
        for which, share in (("products", apart.by_products), ("single", apart.by_single_matrices)):
            name = f"ee.attack.heads_{which}.minilm_{mode}.drift_0"
            found[name] = _figure(share, f"share (chance {apart.chance:.2g})", f"MiniLM, mode {mode}")
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
            card = report.measure(config, state, mode, drifts=(0.0, 0.4, 1.0))
            prefix, how = f"{name}_{mode}", f"{name} of width 128 with fresh weights, mode {mode}"
            found |= _weights(prefix, card, how) | _tokens(prefix, card, how)
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
        measured = records.measure(TabularConfig(features=25), mode)
        how = f"25 features, 8 tokens, width 32, 2 layers, mode {mode}"
        for known in measured.known_plaintext:
            name = f"ee.attack.known_pairs.tabular_{mode}.pairs_{known.pairs}"
            found[name] = _figure(known.key_error, "relative error of the input key", how)
        for sample in measured.population_sample:
            name = f"ee.attack.unsupervised.tabular_{mode}.records_{sample.records}"
            found[name] = _figure(sample.record_error, "relative error of records (guessing: 1)", how)
        for row in measured.alignment_with_public_base:
            name = f"ee.attack.alignment.tabular_{mode}.drift_{row.drift:g}.neurons"
            found[name] = _figure(row.matched, "share", how, DESIGN)
    return found
