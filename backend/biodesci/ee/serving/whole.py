"""A client with a codec, whose server runs the whole encrypted model."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.codec import Codec
from biodesci.ee.serving.requests import Request, Tokenized, check_server, longest, placed, tensors_of

OUTPUTS = {"logits": "logits", "last_hidden_state": "hidden", "pooler_output": "pooled"}


class WholeModel:
    """`model`: a stock model loaded from an encrypted checkpoint, or a callable that asks a server."""

    def __init__(self, codec: Codec, model: Any) -> None:
        check_server(model, codec.key_id, split=None)
        self.codec = codec
        self.model = model

    @property
    def vocabulary(self) -> int | None:
        """How many tokens the codec encodes; None if the model reads no tokens."""
        return self.codec.tokens.size if self.codec.has("input:tokens") else None

    @property
    def pad(self) -> int:
        """The plain number of the padding token; the server's configuration has it encrypted."""
        for name in ("pad_token_id", "eos_token_id"):
            number = getattr(getattr(self.model, "config", None), name, None)
            number = number[0] if isinstance(number, list) and number else number
            if isinstance(number, int) and number >= 0:
                return int(self.codec.tokens.decode(number))
        return 0

    @property
    def longest(self) -> int | None:
        """How many tokens the model reads, as far as its configuration is known."""
        config: Any = getattr(self.model, "config", None)
        return longest(config.to_dict()) if hasattr(config, "to_dict") else None

    @property
    def typed(self) -> bool:
        """Whether the model reads token types."""
        config = getattr(self.model, "config", None)
        return self.codec.has("input:types") or config is None or hasattr(config, "type_vocab_size")

    def tokens(self, given: Tokenized) -> Request:
        """The request for a plain batch (n, length): token numbers encoded, and rows shuffled where the
        codec has
        positions; mask and orders stay here for the answer.
        """
        if self.codec.has("input:positions"):
            shuffled = self.codec.sequences.encode(given.ids, given.types, given.mask)
            return Request(shuffled.arguments(), len(given.ids), given.mask, shuffled.orders)
        arguments = {"input_ids": self.codec.tokens.encode(given.ids), "attention_mask": given.mask}
        if given.types is not None:
            arguments["token_type_ids"] = given.types
        return Request(arguments, len(given.ids), given.mask)

    def numbers(self, given: Any) -> Request:
        """Images (n, C, H, W) or records (n, F)."""
        if self.codec.has("input:patches"):
            pixels = self.codec.patches.encode(given)
            return Request({"pixel_values": pixels}, len(pixels))
        records = torch.from_numpy(self.codec.encode_inputs(np.asarray(given)))
        return Request({"x": records}, len(records))

    def answer(self, outputs: Any, request: Request) -> dict[str, Tensor]:
        """The decoded outputs by the codec's names, one row per input, in the order that was asked.

        Raises InputError if the answer is for another number of inputs, or has nothing that the codec
        decodes.
        """
        only = "logits" if self.codec.has("output:logits") else "hidden"
        plain: dict[str, Tensor] = {}
        for name, found in tensors_of(outputs, OUTPUTS, only).items():
            if not self.codec.has(f"output:{name}"):
                continue
            if len(found) != request.count:
                raise InputError(
                    f"The answer is for {len(found)} inputs, but {request.count} were sent.", "Ask again."
                )
            decoded = torch.from_numpy(self.codec.decode(name, found.double().numpy()))
            if request.orders is not None and decoded.ndim == 3:
                rows = torch.arange(request.count)[:, None]
                decoded = decoded[rows, request.orders.argsort(dim=1)]
            if name == "hidden" and self.codec.has("input:patches"):
                decoded = self.codec.patches.restore(decoded)
            plain[name] = decoded
        if not plain:
            raise InputError("This codec decodes none of these answers.", "Ask for a codec with outputs.")
        return plain

    def generate(self, given: Tokenized, max_new_tokens: int) -> Tensor:
        """Greedy, by the stock `generate` with its cache of keys and values."""
        if not hasattr(self.model, "generate"):
            raise InputError("This server does not generate.", "Use a causal language model with `generate`.")
        sent = {"input_ids": self.codec.tokens.encode(given.ids), "attention_mask": given.mask}
        continued = self.model.generate(
            **placed(sent, self.model),
            max_new_tokens=max_new_tokens,
            do_sample=False,
            num_beams=1,
            use_cache=True,
            pad_token_id=int(self.codec.tokens.encode(self.pad)),
        )
        return self.codec.tokens.decode(continued.cpu())
