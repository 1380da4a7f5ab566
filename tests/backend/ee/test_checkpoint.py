"""Checkpoints on disk: what is written, what stock transformers makes of it, what comes back, what is
refused."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    BertConfig,
    BertForQuestionAnswering,
    BertForSequenceClassification,
    BertForTokenClassification,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
)

from biodesci.core.errors import InputError, NotFoundError, StateError, WrongKeyError
from biodesci.ee.checkpoint import moving
from biodesci.ee.checkpoint.reading import INDEX, WEIGHTS, Checkpoint
from biodesci.ee.keys import ModelKey

MODES = ["permutation", "orthogonal", "general"]
SPECIAL = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
IDS = torch.arange(3, 15).reshape(2, 6)
transformers.logging.set_verbosity_error()


def llama(**change: object) -> LlamaForCausalLM:
    torch.manual_seed(1)
    config = LlamaConfig(
        **{
            "vocab_size": 40,
            "hidden_size": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "intermediate_size": 24,
            **SPECIAL,
            **change,
        }
    )
    return LlamaForCausalLM(config).eval()


def gpt2() -> GPT2LMHeadModel:
    torch.manual_seed(2)
    return GPT2LMHeadModel(
        GPT2Config(vocab_size=40, n_embd=16, n_layer=2, n_head=2, n_positions=16, **SPECIAL)
    ).eval()


def bert() -> BertForSequenceClassification:
    torch.manual_seed(3)
    labels = {0: "benign", 1: "malignant", 2: "unknown"}
    config = BertConfig(
        vocab_size=40,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        id2label=labels,
    )
    return BertForSequenceClassification(config).eval()


def same_files(one: Path, other: Path) -> None:
    """Every tensor to the bit, in the same shards; the configurations to the field."""
    for name in ("config.json", "generation_config.json"):
        assert (one / name).exists() == (other / name).exists()
        if (one / name).exists():
            assert json.loads((one / name).read_text()) == json.loads((other / name).read_text())
    shards = sorted(p.name for p in one.glob("*.safetensors"))
    assert shards == sorted(p.name for p in other.glob("*.safetensors"))
    for shard in shards:
        left, right = load_file(one / shard), load_file(other / shard)
        assert set(left) == set(right)
        for name, tensor in left.items():
            assert tensor.dtype == right[name].dtype
            assert torch.equal(tensor.view(torch.uint8), right[name].view(torch.uint8)), name


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("make", [llama, gpt2, bert])
def test_stock_transformers_loads_it_and_decryption_gives_it_back(tmp_path, make, mode):
    model = make()
    model.save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, mode)
    done: list[int] = []
    moving.encrypt(source, key, tmp_path / "encrypted", done.append)
    written = Checkpoint.open(tmp_path / "encrypted")
    assert sum(done) == written.size

    auto = AutoModelForSequenceClassification if make is bert else AutoModelForCausalLM
    stock, told = auto.from_pretrained(tmp_path / "encrypted", output_loading_info=True)
    assert not told["missing_keys"]
    assert not told["unexpected_keys"]
    order = key.parts["vocabulary"].order.argsort()
    with torch.no_grad():
        expected = model(input_ids=IDS).logits
        got = torch.from_numpy(
            key.codec("inference").decode_logits(stock.eval()(input_ids=order[IDS]).logits.numpy())
        )
    assert float((got - expected).abs().max() / expected.abs().max()) < 1e-4
    assert torch.equal(got.argmax(-1), expected.argmax(-1))

    moving.decrypt(written, key, tmp_path / "back")
    if mode == "permutation":
        same_files(tmp_path / "plain", tmp_path / "back")
    back = load_file(tmp_path / "back" / WEIGHTS)
    for name, tensor in load_file(tmp_path / "plain" / WEIGHTS).items():
        assert float((back[name] - tensor).norm()) <= 1e-6 * max(1.0, float(tensor.norm())), name
    assert json.loads((tmp_path / "back/config.json").read_text()) == dict(source.config)


@pytest.mark.parametrize("mode", MODES)
def test_shards_stay_shards(tmp_path, mode):
    llama(tie_word_embeddings=True).save_pretrained(tmp_path / "plain", max_shard_size="6KB")
    assert len(list((tmp_path / "plain").glob("*.safetensors"))) > 2
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, mode)
    moving.encrypt(source, key, tmp_path / "encrypted")
    AutoModelForCausalLM.from_pretrained(tmp_path / "encrypted")
    moving.decrypt(Checkpoint.open(tmp_path / "encrypted"), key, tmp_path / "back")
    plain, back = Checkpoint.open(tmp_path / "plain"), Checkpoint.open(tmp_path / "back")
    assert {n: s.file for n, s in plain.tensors.items()} == {n: s.file for n, s in back.tensors.items()}
    if mode == "permutation":
        same_files(tmp_path / "plain", tmp_path / "back")


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_every_floating_type_comes_back_to_the_bit_under_permutations(tmp_path, dtype):
    llama().to(dtype).save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = ModelKey.from_bytes(moving.make_key(source, "permutation").to_bytes())
    moving.encrypt(source, key, tmp_path / "encrypted")
    assert {s.dtype for s in Checkpoint.open(tmp_path / "encrypted").tensors.values()} == {dtype}
    moving.decrypt(Checkpoint.open(tmp_path / "encrypted"), key, tmp_path / "back")
    same_files(tmp_path / "plain", tmp_path / "back")


def test_runs_of_rows_give_the_same_bytes(tmp_path, monkeypatch):
    llama().save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    for mode in MODES:
        key = moving.make_key(source, mode)
        moving.encrypt(source, key, tmp_path / f"whole-{mode}")
        with monkeypatch.context() as smaller:
            smaller.setattr(moving, "RUN", 100)
            moving.encrypt(source, key, tmp_path / f"runs-{mode}")
            moving.decrypt(Checkpoint.open(tmp_path / f"runs-{mode}"), key, tmp_path / f"back-{mode}")
        for name, tensor in load_file(tmp_path / f"whole-{mode}" / WEIGHTS).items():
            assert torch.allclose(
                tensor, load_file(tmp_path / f"runs-{mode}" / WEIGHTS)[name], rtol=1e-6, atol=1e-7
            )
        back = load_file(tmp_path / f"back-{mode}" / WEIGHTS)
        for name, tensor in load_file(tmp_path / "plain" / WEIGHTS).items():
            assert torch.allclose(back[name], tensor, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_rekeying_gives_the_same_model_under_another_key(tmp_path, mode):
    model = gpt2()
    model.save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    old = moving.make_key(source, mode)
    moving.encrypt(source, old, tmp_path / "one")
    new = old.renewed()
    moving.rekey(Checkpoint.open(tmp_path / "one"), old, new, tmp_path / "two")
    with pytest.raises(WrongKeyError, match="another encryption of it"):
        moving.decrypt(Checkpoint.open(tmp_path / "two"), old, tmp_path / "wrong")
    moving.decrypt(Checkpoint.open(tmp_path / "two"), new, tmp_path / "back")
    if mode == "permutation":
        same_files(tmp_path / "plain", tmp_path / "back")
    back = load_file(tmp_path / "back" / WEIGHTS)
    for name, tensor in load_file(tmp_path / "plain" / WEIGHTS).items():
        assert float((back[name] - tensor).norm()) <= 2e-6 * max(1.0, float(tensor.norm())), name
    one, two = load_file(tmp_path / "one" / WEIGHTS), load_file(tmp_path / "two" / WEIGHTS)
    assert not torch.allclose(one["transformer.wte.weight"], two["transformer.wte.weight"], atol=1e-3)


def test_what_was_trained_apart_stays_apart(tmp_path):
    """A tie that encryption cut: equal afterwards, it is tied again; trained, both are kept."""
    gpt2().save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, "orthogonal")
    moving.encrypt(source, key, tmp_path / "encrypted")
    stock = AutoModelForCausalLM.from_pretrained(tmp_path / "encrypted")
    with torch.no_grad():
        stock.lm_head.weight.add_(0.01)
    stock.save_pretrained(tmp_path / "trained")
    moving.decrypt(Checkpoint.open(tmp_path / "trained"), key, tmp_path / "back")
    assert json.loads((tmp_path / "back/config.json").read_text())["tie_word_embeddings"] is False
    back, told = AutoModelForCausalLM.from_pretrained(tmp_path / "back", output_loading_info=True)
    assert not told["missing_keys"]
    assert not torch.allclose(back.lm_head.weight, back.transformer.wte.weight, atol=1e-3)


HALVES = [torch.bfloat16, torch.float16, torch.float32, torch.float64]


def tied(kind: str, dtype: torch.dtype) -> torch.nn.Module:
    """A model with one matrix for both ends, and norm weights of different sizes."""
    model = gpt2() if kind == "gpt2" else llama(tie_word_embeddings=True)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim == 1 and name.endswith("weight"):
                p.copy_(torch.linspace(0.3, 3.0, p.numel()))
    return model.to(dtype)


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("kind", ["gpt2", "llama"])
@pytest.mark.parametrize("mode", ["orthogonal", "general"])
def test_what_was_tied_stays_tied_in_every_type(tmp_path, mode, kind, dtype):
    """After encryption, and after many keys, too."""
    tied(kind, dtype).save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, mode)
    moving.encrypt(source, key, tmp_path / "0")
    for i in range(4):
        assert moving.untied(Checkpoint.open(tmp_path / str(i)), key) == []
        fresh = key.renewed()
        moving.rekey(Checkpoint.open(tmp_path / str(i)), key, fresh, tmp_path / str(i + 1))
        key = fresh
    moving.decrypt(Checkpoint.open(tmp_path / "4"), key, tmp_path / "back")
    assert "lm_head.weight" not in Checkpoint.open(tmp_path / "back").tensors
    assert json.loads((tmp_path / "back/config.json").read_text())["tie_word_embeddings"] is True


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("kind", ["gpt2", "llama"])
@pytest.mark.parametrize("rows", [slice(None), slice(7, 8)])
def test_what_was_trained_apart_is_seen_in_every_type(tmp_path, kind, dtype, rows):
    """The whole head, or one token's row; before and after another key."""
    tied(kind, dtype).save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, "orthogonal")
    moving.encrypt(source, key, tmp_path / "encrypted")
    path = tmp_path / "encrypted" / WEIGHTS
    state = load_file(path)
    head = state["lm_head.weight"].double()
    drawn = torch.randn(head.shape, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    by = 6 * max(torch.finfo(dtype).eps, 1e-13)  # trained by a few of the smallest steps of its type
    head[rows] += (by * head.norm(dim=1, keepdim=True) * drawn / drawn.norm(dim=1, keepdim=True))[rows]
    save_file(state | {"lm_head.weight": head.to(dtype)}, path, {"format": "pt"})
    assert moving.untied(Checkpoint.open(tmp_path / "encrypted"), key) == ["lm_head.weight"]
    fresh = key.renewed()
    moving.rekey(Checkpoint.open(tmp_path / "encrypted"), key, fresh, tmp_path / "again")
    assert moving.untied(Checkpoint.open(tmp_path / "again"), fresh) == ["lm_head.weight"]


def norm_of(smallest: float, dtype: torch.dtype) -> LlamaForCausalLM:
    model = llama()
    with torch.no_grad():
        model.model.layers[0].input_layernorm.weight[3] = smallest
    return model.to(dtype)


@pytest.mark.parametrize(
    ("dtype", "refused", "taken"),
    [(torch.bfloat16, 0.07, 0.09), (torch.float16, 0.009, 0.011), (torch.float32, 9e-6, 1.1e-5)],
)
def test_a_folded_weight_comes_back_in_the_type_or_is_refused(tmp_path, dtype, refused, taken):
    norm_of(refused, dtype).save_pretrained(tmp_path / "small")
    with pytest.raises(InputError, match=r"layers\.0\.input_layernorm\.weight is .*(small|zero)") as caught:
        moving.make_key(Checkpoint.open(tmp_path / "small"), "orthogonal")
    assert "permutation mode" in str(caught.value)
    moving.make_key(Checkpoint.open(tmp_path / "small"), "permutation")

    norm_of(taken, dtype).save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, "orthogonal")
    moving.encrypt(source, key, tmp_path / "encrypted")
    moving.decrypt(Checkpoint.open(tmp_path / "encrypted"), key, tmp_path / "back")
    back, name = Checkpoint.open(tmp_path / "back"), "model.layers.0.self_attn.q_proj.weight"
    column, got = (c.tensor(name)[:, 3].double() for c in (source, back))
    assert float((column - got).norm() / column.norm()) < 0.05


def test_the_readers_type_counts_not_the_norms(tmp_path):
    """Norm weights are often kept in fp32 beside layers in bf16."""
    model = norm_of(0.01, torch.bfloat16)
    for name, module in model.named_modules():
        if name.endswith("norm"):
            module.float()
    model.save_pretrained(tmp_path / "plain")
    with pytest.raises(InputError, match="in bfloat16, those would come back 38% off"):
        moving.make_key(Checkpoint.open(tmp_path / "plain"), "orthogonal")
    norm_of(0.01, torch.bfloat16).float().save_pretrained(tmp_path / "wide")  # what the hint says to do
    moving.make_key(Checkpoint.open(tmp_path / "wide"), "orthogonal")


def modes(folder: Path) -> dict[str, int]:
    return {p.name: stat.S_IMODE(p.stat().st_mode) for p in (folder, *folder.iterdir())}


def test_plain_weights_are_their_owners_alone(tmp_path):
    """From the first byte on; encrypted ones have ordinary modes."""
    llama().save_pretrained(tmp_path / "plain", max_shard_size="6KB")
    source = Checkpoint.open(tmp_path / "plain")
    key, before = moving.make_key(source, "orthogonal"), os.umask(0o022)
    seen: list[int] = []

    def look(_: int) -> None:
        for path in tmp_path.glob(".back.*"):
            seen.extend(stat.S_IMODE(p.stat().st_mode) for p in (path, *path.rglob("*")))

    try:
        moving.encrypt(source, key, tmp_path / "encrypted")
        moving.decrypt(Checkpoint.open(tmp_path / "encrypted"), key, tmp_path / "back", look)
    finally:
        os.umask(before)
    found = modes(tmp_path / "encrypted")
    assert found.pop("encrypted") == 0o755
    assert set(found.values()) == {0o644}
    found = modes(tmp_path / "back")
    assert {"config.json", "generation_config.json", INDEX} < set(found)
    assert found.pop("back") == 0o700
    assert set(found.values()) == {0o600}
    assert set(seen) == {0o700, 0o600}


def test_runs_side_by_side_and_leftovers_of_killed_ones(tmp_path):
    """No run touches what another is writing, or takes up what a killed one left; an interrupt leaves
    nothing."""
    llama().save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, "permutation")
    old = tmp_path / ".out.partial"
    old.mkdir()
    (old / "left.txt").write_text("by a killed run")
    started: list[int] = []

    def meanwhile(_: int) -> None:
        if not started:
            started.append(1)
            moving.encrypt(source, key, tmp_path / "out")

    with pytest.raises(StateError, match="out exists already"):
        moving.encrypt(source, key, tmp_path / "out", meanwhile)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".out.partial", "out", "plain"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [
        "config.json",
        "generation_config.json",
        WEIGHTS,
    ]
    assert (old / "left.txt").exists()
    moving.decrypt(Checkpoint.open(tmp_path / "out"), key, tmp_path / "back")
    same_files(tmp_path / "plain", tmp_path / "back")

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        moving.encrypt(source, key, tmp_path / "stopped", interrupt)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".out.partial", "back", "out", "plain"]


@pytest.mark.parametrize("head", [BertForTokenClassification, BertForQuestionAnswering])
@pytest.mark.parametrize("named", [True, False])
def test_mode_dense_takes_the_heads_that_it_can_run(tmp_path, head, named):
    config = bert().config
    config.num_labels = 2
    head(config).save_pretrained(tmp_path / "plain")
    if not named:
        config = json.loads((tmp_path / "plain/config.json").read_text())
        del config["architectures"]
        (tmp_path / "plain/config.json").write_text(json.dumps(config))
    said = head.__name__ if named else "model without `architectures`"
    with pytest.raises(InputError, match=f"Mode dense has no {said}"):
        moving.make_key(Checkpoint.open(tmp_path / "plain"), "dense")
    moving.make_key(Checkpoint.open(tmp_path / "plain"), "orthogonal")
    bert().save_pretrained(tmp_path / "known")
    moving.make_key(Checkpoint.open(tmp_path / "known"), "dense")


def test_the_encrypted_configuration_tells_no_label(tmp_path):
    bert().save_pretrained(tmp_path / "plain")
    source = Checkpoint.open(tmp_path / "plain")
    key = moving.make_key(source, "permutation")
    moving.encrypt(source, key, tmp_path / "encrypted")
    text = (tmp_path / "encrypted/config.json").read_text()
    assert "malignant" not in text
    assert json.loads(text)["ee"] == {"key_id": key.key_id, "mode": "permutation"}


def _save(folder: Path, tensors: dict[str, torch.Tensor], config: dict[str, object]) -> None:
    folder.mkdir()
    save_file(tensors, folder / WEIGHTS)
    (folder / "config.json").write_text(json.dumps(config))


def test_bad_checkpoints_are_refused_before_anything_is_written(tmp_path):
    model = llama()
    config, state = model.config.to_dict() | {"dtype": "float32"}, dict(model.state_dict())

    def attempt(said: str, error: type[Exception] = InputError) -> None:
        with pytest.raises(error, match=said):
            source = Checkpoint.open(tmp_path / "bad")
            moving.encrypt(source, moving.make_key(source, "orthogonal"), tmp_path / "out")
        assert not (tmp_path / "out").exists()
        assert not list(tmp_path.glob(".out*"))
        for path in sorted((tmp_path / "bad").glob("*")):
            path.unlink()
        if (tmp_path / "bad").exists():
            (tmp_path / "bad").rmdir()

    attempt("There is no config.json", NotFoundError)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/config.json").write_text(json.dumps(config))
    attempt("neither model.safetensors nor", NotFoundError)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/config.json").write_text(json.dumps(config))
    torch.save(state, tmp_path / "bad/pytorch_model.bin")
    attempt("can run any program")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/config.json").write_text("{")
    attempt("not readable as JSON")
    _save(tmp_path / "bad", state, config | {"model_type": "t5"})
    attempt("'t5' is not known")
    _save(tmp_path / "bad", state | {"adapter.weight": torch.ones(2)}, config)
    attempt(r"not known: adapter\.weight")
    _save(tmp_path / "bad", {n: t for n, t in state.items() if "layers.1.mlp" not in n}, config)
    attempt(r"missing: model\.layers\.1\.mlp")
    _save(tmp_path / "bad", state | {"model.embed_tokens.weight": torch.zeros(41, 16)}, config)
    attempt(r"embed_tokens\.weight is \(41, 16\), but config.json says \(40, 16\)")
    _save(tmp_path / "bad", state | {"model.norm.weight": torch.full((16,), torch.nan)}, config)
    attempt(r"model\.norm\.weight holds NaN")
    poisoned = state["model.layers.1.mlp.down_proj.weight"].clone()
    poisoned[3, 3] = torch.inf
    _save(tmp_path / "bad", state | {"model.layers.1.mlp.down_proj.weight": poisoned}, config)
    attempt(r"down_proj\.weight holds NaN or infinite")
    quantized = {n: t.to(torch.uint8) for n, t in state.items()}
    _save(tmp_path / "bad", quantized, config)
    attempt("quantized")
    _save(tmp_path / "bad", state, config)
    (tmp_path / "bad" / WEIGHTS).write_bytes(b"\x80\x04 a pickle under another name")
    attempt("not a safetensors file")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/config.json").write_text(json.dumps(config))
    (tmp_path / "bad" / INDEX).write_text(json.dumps({"weight_map": {"x": "../elsewhere.safetensors"}}))
    attempt("not a shard in this folder")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/config.json").write_text(json.dumps(config))
    (tmp_path / "bad" / INDEX).write_text(json.dumps({"weight_map": {"x": "model-1.safetensors"}}))
    attempt("shard model-1.safetensors is missing", NotFoundError)


def test_the_wrong_key_or_folder_is_named(tmp_path):
    for name in ("one", "two"):
        llama().save_pretrained(tmp_path / name)
    one, two = (Checkpoint.open(tmp_path / n) for n in ("one", "two"))
    key, other = moving.make_key(one, "orthogonal"), moving.make_key(two, "orthogonal")
    with pytest.raises(StateError, match="not marked as encrypted"):
        moving.decrypt(one, key, tmp_path / "out")
    moving.encrypt(one, key, tmp_path / "encrypted")
    encrypted = Checkpoint.open(tmp_path / "encrypted")
    with pytest.raises(WrongKeyError, match="another model"):
        moving.decrypt(encrypted, other, tmp_path / "out")
    with pytest.raises(StateError, match="already encrypted"):
        moving.make_key(encrypted, "orthogonal")
    with pytest.raises(StateError, match="exists already"):
        moving.decrypt(encrypted, key, tmp_path / "two")
    tensors = load_file(tmp_path / "encrypted" / WEIGHTS)
    del tensors["model.norm.weight"]
    save_file(tensors, tmp_path / "encrypted" / WEIGHTS)
    with pytest.raises(WrongKeyError, match=r"missing or unknown are model\.norm\.weight"):
        moving.decrypt(Checkpoint.open(tmp_path / "encrypted"), key, tmp_path / "out")
    assert not (tmp_path / "out").exists()


MEASURE = """
import resource, sys, threading, time
from pathlib import Path
import torch
from transformers import BertConfig, CONFIG_MAPPING, GenerationConfig  # loaded once, whatever the size
from biodesci.ee.checkpoint import moving
from biodesci.ee.checkpoint.reading import Checkpoint
torch.set_num_threads(1)

def resident():
    return int(next(l for l in open('/proc/self/status') if l.startswith('VmRSS')).split()[1]) * 1024

torch.randn(64, 64).double() @ torch.randn(64, 64).double()
before, peak, running = resident(), [0], [True]
def watch():
    while running[0]:
        peak[0] = max(peak[0], resident())
        time.sleep(0.002)
watcher = threading.Thread(target=watch)
watcher.start()
source = Checkpoint.open(Path(sys.argv[1]))
key = moving.make_key(source, sys.argv[3])
moving.encrypt(source, key, Path(sys.argv[2]))
running[0] = False
watcher.join()
print(peak[0] - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="resident memory is read from /proc")
@pytest.mark.parametrize("mode", ["permutation", "orthogonal"])
def test_memory_stays_below_two_shards(tmp_path, mode):
    """Resident memory, mapped file pages counted, against the largest shard: about 100 MB of 200."""
    model = llama(vocab_size=60_000, hidden_size=256, num_hidden_layers=24, intermediate_size=1024)
    model.save_pretrained(tmp_path / "plain", max_shard_size="100MB")
    largest = max(p.stat().st_size for p in (tmp_path / "plain").glob("*.safetensors"))
    assert largest > 60e6
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, tmp_path / "plain", tmp_path / "out", mode],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert int(run.stdout) <= 2 * largest
