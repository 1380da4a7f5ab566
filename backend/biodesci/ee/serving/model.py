"""`EncryptedModel`: the client's half of inference, around a stock model that the server runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from biodesci.core.errors import InputError
from biodesci.ee.checkpoint.reading import CONFIG, read_json
from biodesci.ee.codec import Codec
from biodesci.ee.codec.client_half import ClientHalf
from biodesci.ee.codec.tokenizer import stock_tokenizer
from biodesci.ee.serving.halves import SplitModel
from biodesci.ee.serving.requests import Request, Tokenized, pad, placed
from biodesci.ee.serving.whole import WholeModel

Answer = dict[str, NDArray[np.float64]]
# No network, no pickle, no code from the folder.
LOCAL: dict[str, Any] = {"local_files_only": True, "use_safetensors": True, "trust_remote_code": False}
UNBOUNDED = 10**9  # what tokenizers without a maximum report is far beyond


class EncryptedModel:
    """Encodes requests, asks the server, decodes answers.

    `secret`: a codec, or the client half of a split. `model`: the stock model of the encrypted checkpoint (or
    of the split's server), or a callable with the signature of its forward that asks a remote one.
    `tokenizer`: the plain one, for texts. `padded`: the model may have more rows than the tokenizer tokens.

    Raises WrongKeyError where the secret belongs to another key, InputError where tokenizer, input or answer
    do not fit.
    """

    def __init__(
        self, secret: Codec | ClientHalf, model: Any, *, tokenizer: Any = None, padded: bool = False
    ) -> None:
        self.side = WholeModel(secret, model) if isinstance(secret, Codec) else SplitModel(secret, model)
        self.model = model
        self.tokenizer = tokenizer
        self.padded = padded
        if tokenizer is not None:
            self._check_vocabulary(len(tokenizer))

    @classmethod
    def load(
        cls, secret: Codec | ClientHalf, folder: Path, *, tokenizer: Any = None, padded: bool = False
    ) -> EncryptedModel:
        """With the encrypted checkpoint in `folder`, in its own type, by the class that its config.json
        names."""
        import transformers  # noqa: PLC0415  # a client of a remote model needs no model code

        config = read_json(folder / CONFIG)
        named = (config.get("architectures") or ["AutoModel"])[0]
        kind: Any = getattr(transformers, str(named), None)
        is_model = isinstance(kind, type) and issubclass(kind, transformers.PreTrainedModel)
        if not is_model and kind is not transformers.AutoModel:
            raise InputError(f"transformers has no model {named}.", "Use the checkpoint's own config.json.")
        model = kind.from_pretrained(folder, dtype="auto", **LOCAL)
        return cls(secret, model.eval(), tokenizer=tokenizer, padded=padded)

    def encode(
        self, inputs: Any, *, attention_mask: Tensor | None = None, token_type_ids: Tensor | None = None
    ) -> Request:
        """Texts or pairs of texts (cut to the tokenizer's maximum), lists of token numbers, an integer array
        of them (batch, length), images (n, C, H, W) or records (n, F) -> what to send, and what to keep."""
        if token_type_ids is not None and not self.side.typed:
            raise InputError("This model reads no token types.", "Leave token_type_ids out.")
        if isinstance(inputs, (Tensor, np.ndarray)) and torch.as_tensor(inputs).is_floating_point():
            return self.side.numbers(inputs)
        return self.side.tokens(self._tokenized(inputs, attention_mask, token_type_ids))

    def decode(self, outputs: Any, request: Request) -> Answer:
        """The server's outputs -> plaintext by name: logits, hidden, pooled (or `states`, still times Q, of a
        split model without head). fp64; tokens and patches in the request's own order."""
        return {name: found.double().numpy() for name, found in self.side.answer(outputs, request).items()}

    @torch.no_grad()
    def __call__(
        self, inputs: Any, *, batch_size: int = 16, progress: Callable[[int], None] = lambda _: None
    ) -> list[Answer]:
        """One answer for each input, in order; per-token answers without those for padding. Inputs of similar
        length share a batch; `progress` gets how many were answered since the last call."""
        if isinstance(inputs, str):
            inputs = [inputs]
        if batch_size < 1:
            raise InputError(f"A batch of {batch_size} is none.", "Choose at least 1.")
        if isinstance(inputs, (Tensor, np.ndarray)):
            whole = torch.as_tensor(inputs)
            found: list[Answer] = []
            for batch in torch.split(whole, batch_size) if len(whole) else ():
                found += self._asked(self.encode(batch))
                progress(len(batch))
            return found
        rows = self._lists(list(inputs))
        order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
        answers: list[Answer | None] = [None] * len(rows)
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            given = self._padded([rows[i] for i in chosen])
            for i, answer in zip(chosen, self._asked(self.side.tokens(given)), strict=True):
                answers[i] = answer
            progress(len(chosen))
        return cast(list[Answer], answers)

    def generate(self, inputs: Any, max_new_tokens: int, *, attention_mask: Tensor | None = None) -> Tensor:
        """Greedy continuation of texts or token numbers -> plain token numbers, int64 (batch, length),
        prompts included, padded at the left as stock `generate` does."""
        given = self._tokenized(inputs, attention_mask, None, left=True, room=max_new_tokens)
        return self.side.generate(given, max_new_tokens)

    def generate_texts(self, texts: Sequence[str], max_new_tokens: int) -> list[str]:
        """Greedy continuations of texts, without the texts."""
        given = self._tokenized(list(texts), None, None, left=True, room=max_new_tokens)
        continued = self.side.generate(given, max_new_tokens)[:, given.ids.shape[1] :]
        continuations: list[str] = self.tokenizer.batch_decode(continued.tolist(), skip_special_tokens=True)
        return continuations

    def pipeline(self, task: str, **settings: Any) -> Any:
        """A stock `transformers` pipeline whose tokenizer is the encrypted one: text generation answers in
        text; see `Codec.decode_labelled` and `Codec.decode` for classes and features."""
        import transformers  # noqa: PLC0415  # a client of a remote model needs no pipeline

        if not isinstance(self.side, WholeModel) or self.tokenizer is None:
            raise InputError(
                "A stock pipeline needs a codec and a tokenizer.", "Call the model itself in split mode."
            )
        if self.side.codec.has("input:positions"):
            raise InputError(
                "A stock pipeline cannot shuffle sequences, and this key's positions are reordered.",
                "Call the model itself.",
            )
        tokenizer = stock_tokenizer(self.side.codec.tokens, self.tokenizer, padded=self.padded)
        stock: Any = transformers.pipeline  # one overload per task, and the task is not known here
        return stock(task, model=self.model, tokenizer=tokenizer, **settings)

    def _asked(self, request: Request) -> list[Answer]:
        arguments = placed(request.arguments, self.model)
        positional = set(arguments) == {"x"}  # models of records take one argument, of any name
        outputs = self.model(*arguments.values()) if positional else self.model(**arguments)
        decoded = self.decode(outputs, request)
        answers = []
        for i in range(request.count):
            places = slice(None) if request.mask is None else request.mask[i].bool().numpy()
            answers.append({n: a[i][places] if a[i].ndim > 1 else a[i] for n, a in decoded.items()})
        return answers

    def _tokenized(
        self, inputs: Any, mask: Tensor | None, types: Tensor | None, *, left: bool = False, room: int = 0
    ) -> Tokenized:
        if isinstance(inputs, str):
            inputs = [inputs]
        if not isinstance(inputs, (Tensor, np.ndarray)):
            return self._padded(self._lists(list(inputs), room), left=left)
        ids = torch.as_tensor(inputs)
        if ids.ndim != 2 or ids.is_floating_point():
            raise InputError(
                f"Token numbers have shape {tuple(ids.shape)} and type {ids.dtype}.",
                "Pass integers (batch, length).",
            )
        mask = torch.ones_like(ids) if mask is None else torch.as_tensor(mask)
        if mask.shape != ids.shape or (types is not None and types.shape != ids.shape):
            raise InputError(
                "Tokens, types and mask differ in shape.", "Pass what one tokenizer call returned."
            )
        self._check_length(ids.shape[1] + room)
        return Tokenized(ids.long(), mask.long(), types)

    def _lists(self, inputs: list[Any], room: int = 0) -> list[tuple[list[int], list[int] | None]]:
        """(numbers, types) of each text, pair of texts or list of numbers; texts are cut so that `room` more
        tokens fit."""
        if not inputs or not all(_text(one) for one in inputs):
            try:
                lists = [[int(token) for token in one] for one in inputs]
            except (TypeError, ValueError) as exc:
                raise InputError(
                    "These inputs are neither texts nor lists of token numbers.",
                    "Pass either, but not both in one call.",
                ) from exc
            self._check_length(max(map(len, lists), default=0) + room)
            return [(one, None) for one in lists]
        if self.tokenizer is None:
            raise InputError("Texts need a tokenizer.", "Pass tokenizer=..., the one of the plain model.")
        limit = min(self.tokenizer.model_max_length, self.side.longest or UNBOUNDED) - room
        if limit < 1:
            raise InputError(f"There is no room for {room} new tokens.", "Ask for fewer.")
        tokenized = self.tokenizer(inputs, truncation=True, max_length=limit)
        types = tokenized.get("token_type_ids") if self.side.typed else None
        return list(zip(tokenized["input_ids"], types or [None] * len(inputs), strict=True))

    def _padded(self, rows: list[tuple[list[int], list[int] | None]], *, left: bool = False) -> Tokenized:
        ids, mask = pad([ids for ids, _ in rows], self.side.pad, left=left)
        if not rows or rows[0][1] is None:
            return Tokenized(ids, mask)
        types, _ = pad([types or [] for _, types in rows], 0, left=left)
        return Tokenized(ids, mask, types)

    def _check_length(self, length: int) -> None:
        if self.side.longest is not None and length > self.side.longest:
            raise InputError(
                f"{length} tokens are asked for, and the model reads {self.side.longest}.", "Pass fewer."
            )

    def _check_vocabulary(self, size: int) -> None:
        known = self.side.vocabulary
        if known is None:
            raise InputError("This model reads no texts.", "Leave the tokenizer out.")
        if size != known and not (self.padded and size < known):
            raise InputError(
                f"Wrong vocabulary: the tokenizer has {size} tokens, the key {known}.",
                "Use the tokenizer that the model was trained with.",
            )


def _text(one: Any) -> bool:
    """A text, or a pair of them."""
    return isinstance(one, str) or (
        isinstance(one, tuple) and len(one) == 2 and all(isinstance(text, str) for text in one)
    )
