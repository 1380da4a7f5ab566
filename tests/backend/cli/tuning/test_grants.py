"""Keys in files, codecs and client halves sealed to them, and what each lets its holder do."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from eth_utils.crypto import keccak
from safetensors.torch import load_file, save_file

from biodesci.cli import main
from biodesci.core import envelope
from biodesci.ee.codec import Codec
from biodesci.ee.codec.tokenizer import write_tokenizer
from biodesci.ee.parts import Blocks, Monomial
from biodesci.models import grant as service
from biodesci.models import sealed_codec
from biodesci.party import keys

PASS = "one for each"


@pytest.fixture(scope="module")
def causal(
    tmp_path_factory: pytest.TempPathFactory,
    table_at: Callable[[Path], Any],
    plain_model: Callable[..., Path],
    tokenizer: Path,
) -> Any:
    """An encrypted GPT-2 (orthogonal), a client with a key, and what the plain model says."""
    table = table_at(tmp_path_factory.mktemp("grants"))
    table.plain = plain_model("gpt2")
    table.key_id = table.encrypt(table.plain, "orthogonal")
    table.tokenizer = tokenizer
    return table


def continuation(table: Any, text: str, count: int) -> str:
    tokenizer = transformers.AutoTokenizer.from_pretrained(table.tokenizer)
    model = transformers.AutoModelForCausalLM.from_pretrained(table.plain).eval()
    ids = tokenizer(text, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        found = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=count, do_sample=False, pad_token_id=0
        )
    return str(tokenizer.decode(found[0, ids.shape[1] :], skip_special_tokens=True))


def test_key_export(table: Any) -> None:
    told = table.data.run("key", "export", table.path / "pub")
    public = (table.path / "pub").read_bytes()
    assert len(public) == 1216
    assert public == envelope.public_key(keys.load_seed(table.data.home, PASS))
    assert told["fingerprint"] == "0x" + keccak(public)[-20:].hex()
    table.data.run("key", "export", table.path / "again")
    assert (table.path / "again").read_bytes() == public
    assert "There is a file" in table.data.refused("key", "export", table.path / "pub")


def test_what_a_sealed_codec_is_bound_to(causal: Any) -> None:
    public = (causal.path / "data.pub").read_bytes()
    zero, subject = "0x" + "00" * 20, "0x" + keccak(public)[-20:].hex()
    expected = envelope.info("codec", 0, zero, int(causal.key_id, 16), subject)
    assert sealed_codec.binding(causal.key_id, public) == expected
    seed = keys.load_seed(causal.data.home, PASS)
    codec = Codec.from_bytes(envelope.open_(seed, (causal.path / "codec").read_bytes(), expected)[16:])
    assert (codec.kind, codec.key_id) == ("training", causal.key_id)
    assert stat.S_IMODE((causal.path / "codec").stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["inference", "training"])
def test_a_codec_asks_and_continues_texts(causal: Any, tmp_path: Path, kind: str) -> None:
    grant = ("model", "grant", causal.path / "encrypted", causal.path / "data.pub", "--kind", kind)
    told = causal.owner.run(*grant, "--out", tmp_path / "codec")
    assert told["holds"] == ["input:tokens", "output:logits"]
    rows = causal.data.run(
        *("model", "ask", causal.path / "encrypted", "--with", tmp_path / "codec"),
        *("--tokenizer", causal.tokenizer, "--text", "The assert statement", "--max-new-tokens", 6),
    )
    assert rows == [{"input": 1, "continuation": continuation(causal, "The assert statement", 6)}]


@pytest.mark.parametrize("blocks", [0, 1])
def test_split(causal: Any, tmp_path: Path, blocks: int) -> None:
    server, half = tmp_path / "server", tmp_path / "half"
    told = causal.owner.run(
        *("model", "split", causal.path / "encrypted", server, "--blocks", blocks),
        *("--to", causal.path / "data.pub", "--out", half),
    )
    assert told["keyId"] == causal.key_id
    assert stat.S_IMODE(half.stat().st_mode) == 0o600
    assert sorted(p.name for p in tmp_path.iterdir()) == ["half", "server"]
    config = json.loads((server / "config.json").read_text())
    assert config["ee"]["split"] == {"blocks": blocks}
    assert load_file(server / "model.safetensors")["wte.weight"].abs().max() == 0
    asked = ("--with", half, "--tokenizer", causal.tokenizer, "--text", "A class definition")
    rows = causal.data.run("model", "ask", server, *asked, "--max-new-tokens", 5)
    assert rows[0]["continuation"] == continuation(causal, "A class definition", 5)

    assert "client half" in causal.data.refused(
        "tune", "encode", causal.path / "encrypted", half, half, tmp_path / "x"
    )
    assert "runs a whole model" in causal.data.refused("model", "ask", causal.path / "encrypted", *asked)
    said = causal.machine.refused("tune", "run", server, causal.path / "codec", tmp_path / "out")
    assert "server's half of a split model" in said


def test_a_split_that_cannot_be_leaves_nothing(causal: Any, tmp_path: Path) -> None:
    said = causal.owner.refused(
        *("model", "split", causal.path / "encrypted", tmp_path / "server", "--blocks", 2),
        *("--to", causal.path / "data.pub", "--out", tmp_path / "half"),
    )
    assert "cannot run 2 of 2 layers" in said
    assert not list(tmp_path.iterdir())
    split = ("model", "split", causal.path / "encrypted", tmp_path / "server", "--out", tmp_path / "half")
    assert "has 17 bytes" in causal.owner.refused(
        *split, "--to", text(tmp_path / "pub", "not a public key.."[:17])
    )
    assert "is not an address" in causal.owner.refused(*split, "--to", "0x12")
    assert "is not in" in causal.data.refused(*split, "--to", causal.path / "data.pub")


def text(path: Path, content: str) -> Path:
    path.write_text(content)
    return path


@pytest.fixture(scope="module")
def classifier(
    tmp_path_factory: pytest.TempPathFactory,
    table_at: Callable[[Path], Any],
    plain_model: Callable[..., Path],
) -> Any:
    table = table_at(tmp_path_factory.mktemp("vit-grants"))
    table.encrypt(plain_model("vit"), "permutation")
    save_file(
        {"pixel_values": torch.rand(3, 1, 8, 8, dtype=torch.float64)}, table.path / "images.safetensors"
    )
    return table


def test_half_codecs_do_half(classifier: Any, tmp_path: Path) -> None:
    grant = ("model", "grant", classifier.path / "encrypted", classifier.path / "data.pub")
    told = classifier.owner.run(*grant, "--out", tmp_path / "in", "--inputs-only")
    assert told["holds"] == ["input:patches", "input:positions"]
    assert classifier.owner.run(*grant, "--out", tmp_path / "out", "--outputs-only")["holds"] == [
        "output:logits"
    ]
    ask = ("model", "ask", classifier.path / "encrypted", "--input", classifier.path / "images.safetensors")
    assert "decodes none of these answers" in classifier.data.refused(*ask, "--with", tmp_path / "in")
    assert "no input records" in classifier.data.refused(*ask, "--with", tmp_path / "out")
    assert len(classifier.data.run(*ask, "--with", classifier.path / "codec")) == 3


def test_what_a_codec_is_compared_by(classifier: Any, tmp_path: Path) -> None:
    """The fingerprint is of the very bytes that were sealed; the recipient sees it, and refuses another. No
    two are alike, so that it confirms no guess at the codec."""
    grant = ("model", "grant", classifier.path / "encrypted", classifier.path / "data.pub", "--out")
    told = classifier.owner.run(*grant, tmp_path / "codec")
    assert classifier.owner.run(*grant, tmp_path / "again")["fingerprint"] != told["fingerprint"]
    seed = keys.load_seed(classifier.data.home, PASS)
    info = sealed_codec.binding(told["keyId"], (classifier.path / "data.pub").read_bytes())
    data = envelope.open_(seed, (tmp_path / "codec").read_bytes(), info)
    assert told["fingerprint"] == hashlib.sha256(data).hexdigest()[:32]
    assert Codec.from_bytes(data[16:]).key_id == told["keyId"]
    ask = ("model", "ask", classifier.path / "encrypted", "--input", classifier.path / "images.safetensors")
    classifier.data.run(*ask, "--with", tmp_path / "codec")
    assert f"codec fingerprint {told['fingerprint']}: compare it with" in classifier.data.said[-1]
    typed = f" {told['fingerprint'][:16].upper()} {told['fingerprint'][16:]}"
    classifier.data.run(*ask, "--with", tmp_path / "codec", "--fingerprint", typed)
    said = classifier.data.refused(*ask, "--with", tmp_path / "codec", "--fingerprint", "ab" * 16)
    assert f"has the fingerprint {told['fingerprint']}, not {'ab' * 16}" in said
    assert "may have put another codec in its place" in said
    for typed in ("", "ab" * 15, "zz" * 16):
        said = classifier.data.refused(*ask, "--with", tmp_path / "codec", "--fingerprint", typed)
        assert "not the fingerprint of a codec" in said


def test_a_courier_puts_a_codec_of_their_own_in_its_place(classifier: Any, tmp_path: Path) -> None:
    """They know the public key and the key id, and that is all it takes to seal; the fingerprint tells."""
    granted = classifier.owner.run(
        *("model", "grant", classifier.path / "encrypted", classifier.path / "data.pub"),
        *("--kind", "training", "--out", tmp_path / "codec"),
    )
    public = (classifier.path / "data.pub").read_bytes()
    real = sealed_codec.open_codec(tmp_path / "codec", classifier.data.home, PASS, granted["keyId"])
    known = {n: Monomial(torch.arange(p.size).roll(1)) for n, p in real.parts.items()}
    sealed_codec.seal(tmp_path / "known", public, dataclasses.replace(real, parts=known, vectors={}))
    records = {"pixel_values": torch.rand(3, 1, 8, 8), "labels": torch.arange(3)}
    save_file(records, tmp_path / "records.safetensors")
    encode = ("tune", "encode", classifier.path / "encrypted", tmp_path / "records.safetensors")
    compared = ("--fingerprint", granted["fingerprint"])
    said = classifier.data.refused(*encode, tmp_path / "known", tmp_path / "out", *compared)
    assert f"not {granted['fingerprint']}" in said
    assert not (tmp_path / "out").exists()
    classifier.data.run(*encode, tmp_path / "codec", tmp_path / "out", *compared)
    assert f"codec fingerprint {granted['fingerprint']}" in classifier.data.said[-1]

    # One that does nothing at all is refused without: as orders, as signs, or as matrices.
    for name, still in {
        "order": lambda n: Monomial(torch.arange(n)),
        "signs": lambda n: Monomial(torch.arange(n), torch.ones(n, dtype=torch.float64)),
        "matrix": lambda n: Blocks(torch.eye(n, dtype=torch.float64)[None]),
    }.items():
        parts = {n: still(p.size) if n.startswith("input:") else p for n, p in real.parts.items()}
        sealed_codec.seal(tmp_path / name, public, dataclasses.replace(real, parts=parts))
        said = classifier.data.refused(*encode, tmp_path / name, tmp_path / "plain")
        assert "it would send your records in plain" in said
    assert not (tmp_path / "plain").exists()


def test_a_clients_half_has_a_fingerprint_too(causal: Any, tmp_path: Path) -> None:
    told = causal.owner.run(
        *("model", "split", causal.path / "encrypted", tmp_path / "server"),
        *("--to", causal.path / "data.pub", "--out", tmp_path / "half"),
    )
    ask = ("model", "ask", tmp_path / "server", "--with", tmp_path / "half", "--tokenizer", causal.tokenizer)
    more = ("--text", "A class", "--max-new-tokens", 2)
    causal.data.run(*ask, *more, "--fingerprint", told["fingerprint"])
    assert told["fingerprint"] in causal.data.said[-1]
    assert "not 00000000" in causal.data.refused(*ask, *more, "--fingerprint", "0" * 32)


@pytest.mark.parametrize("model", ["GPT2Model", "BertModel"])
def test_a_codec_of_a_model_without_head(
    table: Any, plain_model: Callable[..., Path], tmp_path: Path, model: str
) -> None:
    """It reads the embedding off the encrypted folder, and the owner is told."""
    source = plain_model("gpt2" if model == "GPT2Model" else "bert")
    base = getattr(transformers, model).from_pretrained(source)
    base.save_pretrained(tmp_path / "base")
    key_id = table.owner.run("model", "encrypt", tmp_path / "base", table.path / "encrypted")["keyId"]
    table.data.run("key", "export", table.path / "data.pub")
    grant = ("model", "grant", table.path / "encrypted", table.path / "data.pub")
    told = table.owner.run(*grant, "--out", tmp_path / "codec")
    assert told["readsWeights"] is True
    assert "its holder can compute plain weights" in table.owner.said[-1]
    codec = sealed_codec.open_codec(tmp_path / "codec", table.data.home, PASS, key_id)
    name = "wte.weight" if model == "GPT2Model" else "embeddings.word_embeddings.weight"
    moved = load_file(table.path / "encrypted/model.safetensors")[name]
    rows = codec.tokens.order.inverse().apply(moved, 0)
    plain = codec.part("output:hidden").inverse().apply(rows, 1)
    assert torch.allclose(plain, base.state_dict()[name], atol=1e-12)

    told = table.owner.run(*grant, "--out", tmp_path / "inputs", "--inputs-only")
    assert told["readsWeights"] is False
    assert "plain weights" not in table.owner.said[-1]


def test_a_codec_of_a_classifier_has_no_such_key(classifier: Any, tmp_path: Path) -> None:
    told = classifier.owner.run(
        *("model", "grant", classifier.path / "encrypted", classifier.path / "data.pub"),
        *("--out", tmp_path / "codec"),
    )
    assert told["readsWeights"] is False
    assert "plain weights" not in classifier.owner.said[-1]


def test_help_promises_no_more_than_holds(capsys: pytest.CaptureFixture[str]) -> None:
    told = {}
    for command in (("model", "grant"), ("tune", "run"), ("tune", "encode")):
        with pytest.raises(SystemExit):
            main([*command, "--help"])
        told[command[1]] = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "Neither reads weights" not in told["grant"]
    assert "reads weights off the encrypted folder" in told["grant"]
    assert "without DP-SGD also the mean losses and the number of records" in told["run"]
    assert "--fingerprint" in told["encode"]


def test_a_split_interrupted_when_all_is_there_keeps_the_clients_half(
    causal: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename = Path.rename

    def interrupted(self: Path, target: Path) -> None:
        rename(self, target)
        raise KeyboardInterrupt

    public = (causal.path / "data.pub").read_bytes()
    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt):
        service.split(
            causal.path / "encrypted",
            tmp_path / "server",
            causal.owner.home,
            PASS,
            service.Recipient(public, tmp_path / "half"),
        )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["half", "server"]


def test_an_encrypted_tokenizer_is_its_owners_alone(causal: Any, tmp_path: Path) -> None:
    """It holds the input key; also where a file was there before."""
    tokens = causal.owner.key(causal.key_id).codec("inference").tokens
    (tmp_path / "secret").mkdir()
    text(tmp_path / "secret/tokenizer.json", "{}").chmod(0o644)
    write_tokenizer(tokens, causal.tokenizer, tmp_path / "secret")
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "secret").iterdir()}
    assert {"tokenizer.json", "tokenizer_config.json"} <= set(modes)
    assert set(modes.values()) == {0o600}


def test_grants_that_make_no_sense(classifier: Any, tmp_path: Path) -> None:
    grant = ("model", "grant", classifier.path / "encrypted", classifier.path / "data.pub")
    refused = classifier.owner.refused
    assert "goes into a file" in refused(*grant)
    assert "holds nothing" in refused(*grant, "--out", tmp_path / "x", "--inputs-only", "--outputs-only")
    assert "encodes inputs" in refused(
        *grant, "--out", tmp_path / "x", "--outputs-only", "--kind", "training"
    )
    assert "inputs alone train nothing" in refused(
        *grant, "--out", tmp_path / "x", "--inputs-only", "--kind", "training"
    )
    assert "no codec for reading" in refused(*grant, "--out", tmp_path / "x", "--kind", "reading")
    assert "There is a file" in refused(*grant, "--out", classifier.path / "codec")
    assert "recorded there, whole" in refused("model", "grant", "1", "0x" + "11" * 20, "--inputs-only")
    assert "There is no model 0" in refused("model", "grant", "0", "0x" + "11" * 20)
    assert not list(tmp_path.iterdir())


def test_asking_what_cannot_be_asked(classifier: Any, causal: Any, tmp_path: Path) -> None:
    ask = ("model", "ask", classifier.path / "encrypted", "--with", classifier.path / "codec")
    assert "Nothing is asked" in classifier.data.refused(*ask)
    assert "Only texts are continued" in classifier.data.refused(
        *ask, "--input", classifier.path / "images.safetensors", "--max-new-tokens", 2
    )
    said = causal.data.refused(
        *("model", "ask", causal.path / "encrypted", "--with", causal.path / "codec"),
        *("--tokenizer", causal.tokenizer, "--text", "x"),
    )
    assert "--max-new-tokens" in said
    other = ("model", "ask", causal.path / "encrypted", "--with", classifier.path / "codec")
    assert "for another model" in causal.data.refused(*other, "--text", "x")


def test_a_grant_to_a_key_on_chain(causal: Any, keyed: Any, localnet: Any, tmp_path: Path) -> None:
    """The recipient is an address; the file opens with the key that it registered."""
    seed = envelope.generate_seed()
    chain = keyed()
    chain.send(chain.keys.functions.register(envelope.public_key(seed)))
    network = {"BIODESCI_RPC_URL": localnet.rpc_url, "BIODESCI_DEPLOYMENT": str(localnet.deployment_file)}
    owner = type(causal.owner)(causal.owner.home, settings=network)
    owner.run("model", "grant", causal.path / "encrypted", chain.address, "--out", tmp_path / "codec")
    info = sealed_codec.binding(causal.key_id, envelope.public_key(seed))
    opened = Codec.from_bytes(envelope.open_(seed, (tmp_path / "codec").read_bytes(), info)[16:])
    assert opened.key_id == causal.key_id
