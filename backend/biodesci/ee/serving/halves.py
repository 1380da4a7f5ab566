"""A client that holds embedding and head itself, whose server runs the layers between."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.codec.client_half import ClientHalf
from biodesci.ee.codec.shuffle import draw_orders, reorder, restore
from biodesci.ee.serving.requests import Request, Tokenized, check_server, longest, placed, tensors_of

OUTPUTS = {"last_hidden_state": "hidden", "pooler_output": "pooled"}


class SplitModel:
    """`server`: a stock base model loaded from a split's server checkpoint, or a callable that asks one."""

    def __init__(self, half: ClientHalf, server: Any) -> None:
        check_server(server, half.key_id, split=half.blocks)
        self.half = half
        self.server = server

    @property
    def vocabulary(self) -> int:
        """How many tokens the client's embedding has."""
        return self.half.size

    @property
    def pad(self) -> int:
        """The token number that fills short rows: the padding token, else the end token, else 0."""
        for name in ("pad_token_id", "eos_token_id"):
            number = self.half.config.get(name)
            number = number[0] if isinstance(number, list) and number else number
            if isinstance(number, int) and number >= 0:
                return number
        return 0

    @property
    def longest(self) -> int | None:
        """How many tokens the model reads; None if its configuration does not say."""
        return longest(self.half.config)

    @property
    def typed(self) -> bool:
        """Whether the embedding has a table of token types (segments)."""
        return "types" in self.half.tensors

    @torch.no_grad()
    def tokens(self, given: Tokenized) -> Request:
        """Rows times Q, after the client's blocks; an encoder's in an order drawn for each sequence, and
        without any position: the rows hold those."""
        positions = torch.arange(given.ids.shape[1]).expand_as(given.ids)
        rows = self.half.embed(given.ids, positions, given.types)
        if self.half.first is not None:
            rows = self.half.first(
                inputs_embeds=rows, attention_mask=given.mask, position_ids=positions
            ).last_hidden_state
        if not self.half.encoder:
            sent = {"inputs_embeds": rows, "attention_mask": given.mask, "position_ids": positions}
            last = self._last(given) if self.half.reads == "last" else None
            return Request(sent, len(rows), given.mask, last=last)
        orders = draw_orders(len(rows), rows.shape[1], keep_first=self.half.reads != "tokens")
        sent = {"inputs_embeds": reorder(rows, orders), "attention_mask": reorder(given.mask, orders)}
        return Request(sent, len(rows), given.mask, orders)

    def numbers(self, given: Any) -> Request:
        """Raises InputError: images and records need a codec."""
        raise InputError("A split model takes texts or token numbers.", "Use a codec for images and records.")

    def _last(self, given: Tokenized) -> Tensor:
        """The place that a stock classifier reads: of the last token that is not the padding token, whatever
        the mask says; of the last token, where none is set."""
        fill = self.half.config.get("pad_token_id")
        is_text = given.ids != fill if isinstance(fill, int) and fill >= 0 else given.mask != 0
        return (torch.arange(given.ids.shape[1]) * is_text).argmax(dim=1)

    @torch.no_grad()
    def answer(self, outputs: Any, request: Request) -> dict[str, Tensor]:
        """Scores; a model without head: its `states` times Q, since the client cannot take Q off."""
        tensors = tensors_of(outputs, OUTPUTS, "hidden")
        if self.half.reads == "pooled":
            if "pooled" not in tensors:
                raise InputError("The answer has no pooler_output.", "Ask a server that runs the pooler.")
            return {"logits": self.half.scores(tensors["pooled"]).double()}
        assert request.mask is not None, "requests of tokens have a mask"
        if "hidden" not in tensors or tensors["hidden"].shape[:2] != request.mask.shape:
            raise InputError("The answer is not for the tokens that were sent.", "Ask again.")
        states = tensors["hidden"]
        if request.orders is not None:
            states = restore(states, request.orders)
        if self.half.reads == "nothing":
            return {"states": states}
        if self.half.reads == "last":
            assert request.last is not None, "requests to a classifier have the place that it reads"
            states = states[torch.arange(len(states)), request.last]
        return {"logits": self.half.scores(states).double()}

    @torch.no_grad()
    def generate(self, given: Tokenized, max_new_tokens: int) -> Tensor:
        """Greedy search, token by token; both sides keep their own cache of keys and values. Penalties of
        generation_config.json are not applied."""
        if self.half.reads != "tokens" or self.half.encoder:
            raise InputError("This model does not generate.", "Use a causal language model.")
        ids, mask = given.ids, given.mask
        ends = torch.as_tensor(_ends(self.half.config.get("eos_token_id")), dtype=torch.int64)
        running = torch.ones(len(ids), dtype=torch.bool)
        positions = (mask.cumsum(1) - 1).clamp(min=0)
        fresh, near, far = ids, None, None
        for _ in range(max_new_tokens):
            rows = self.half.embed(fresh, positions)
            if self.half.first is not None:
                near_out = self.half.first(
                    inputs_embeds=rows,
                    attention_mask=mask,
                    position_ids=positions,
                    past_key_values=near,
                    use_cache=True,
                )
                rows, near = near_out.last_hidden_state, near_out.past_key_values
            sent = {"inputs_embeds": rows, "attention_mask": mask, "position_ids": positions}
            out = self.server(**placed(sent, self.server), past_key_values=far, use_cache=True)
            far = out.past_key_values
            best = self.half.scores(out.last_hidden_state[:, -1].cpu()).argmax(dim=-1)
            fresh = torch.where(running, best, torch.full_like(best, self.pad))[:, None]
            ids = torch.cat([ids, fresh], dim=1)
            mask = torch.cat([mask, torch.ones_like(fresh)], dim=1)
            positions = positions[:, -1:] + 1
            running &= ~torch.isin(fresh[:, 0], ends)
            if not bool(running.any()):
                break
        return ids


def _ends(found: Any) -> list[int]:
    if found is None:
        return []
    return [int(one) for one in found] if isinstance(found, list) else [int(found)]
