"""What the rest of BioDeSci asks about an architecture; each file beside this one that describes one holds an
`ARCHITECTURE`, and nothing outside this folder names an architecture.

Places of a layout whose names mean the same in every architecture, and are looked for by the rest:

| place | what is moved there |
| --- | --- |
| `stream`, `stream.…` | the residual stream |
| `vocabulary` | token numbers |
| `positions`, `types` | rows of positions and token types |
| `records`, `patch` | values of a record, or of an image's patch |
| `tokens` | latent tokens of a record |
| `classes` | scores of a classifier |
| `….neurons` | hidden units; `pooler.neurons` those of a pooler |
| `….heads`, `….query`, `….value` | attention heads, and the coordinates within them |
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from biodesci.ee.architectures.blueprint import Blueprint
from biodesci.ee.groups import Mode
from biodesci.ee.layout import Layout

Config = Mapping[str, Any]  # config.json
MakeLayout = Callable[[Config, Collection[str], Mode], Layout]
# What a model's labels are: a class per input, the next token, or numbers per token.
Task = Literal["classes", "next token", "per token"]
# What a head reads: every token's state, the last token's, or what the pooler made of the first.
Reads = Literal["tokens", "last", "pooled", "nothing"]


@dataclass(frozen=True)
class Stem:
    """How token numbers become the first states. Names are the base model's own, without its prefix.

    `tables`: the embeddings that are added up, by what they are looked up with: "tokens", and perhaps
    "positions" and "types". `norm`: the LayerNorm behind them, if there is one."""

    tables: Mapping[str, str]
    norm: str = ""


@dataclass(frozen=True)
class Split:
    """Where a stock model can be cut between a client and a server that takes `inputs_embeds`.

    `block`: what stands before a block's number in the names of its tensors. `last_norm`: the norm behind the
    client's blocks, which the client leaves out: {last} stands for the number of its last block. `encoder`:
    each token sees every other, so that a client may send them in any order. `heads`: the heads that a client
    takes, and what each reads. `transform`: what stands before the head's own layers and bias, if it has
    any."""

    block: str
    last_norm: str
    heads: Mapping[str, Reads]
    encoder: bool = False
    transform: str = ""


@dataclass(frozen=True)
class Architecture:
    """`models`: each `model_type` of config.json that this is, with the class of its model without a head.

    `layout`: places and rules for a config.json, the names of a checkpoint's tensors, and a mode.
    `shuffled`: the same where positions and types are reordered too, if the architecture can have that.
    `prefix`: what stands before the base model's tensors in a checkpoint with a head. `depth`: the setting
    that counts blocks. `constants`: ends of the names of tensors that follow from the configuration, which
    may hold integers. `blueprint`: of models that BioDeSci makes itself; `transformers` makes all others.
    `task`: what its head is for, if the name of its class does not say that. `wider`: config.json with so
    many neurons more in each block; None where a block has no room for any."""

    models: Mapping[str, str]
    layout: MakeLayout
    shuffled: MakeLayout | None = None
    prefix: str = ""
    depth: str = "num_hidden_layers"
    constants: tuple[str, ...] = ()
    blueprint: type[Blueprint] | None = None
    task: Task | None = None
    wider: Callable[[Config, int], dict[str, Any]] | None = None
    stem: Stem = field(default_factory=lambda: Stem({}))
    split: Split | None = None

    def base(self, names: Collection[str]) -> str:
        """The prefix of the base model's tensors in a checkpoint with these names: none without a head."""
        return self.prefix if self.prefix and any(name.startswith(self.prefix) for name in names) else ""
