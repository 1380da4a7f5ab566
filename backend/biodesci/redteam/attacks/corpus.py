"""Running text that every installation has: the topics of Python's documentation, for attacks that count
words."""

from __future__ import annotations

from pathlib import Path
from pydoc_data.topics import topics

import torch
from tokenizers import Tokenizer
from torch import Tensor

from biodesci.core.errors import InputError


def running_text(tokenizer: Path) -> list[Tensor]:
    """The topics as token ids, int64 (n,) each, without special tokens. `tokenizer`: a tokenizer.json."""
    if not tokenizer.is_file():
        raise InputError(f"There is no {tokenizer}.", "Use a checkpoint with its tokenizer.json.")
    loaded = Tokenizer.from_file(str(tokenizer))
    loaded.no_truncation()
    loaded.no_padding()
    encoded = loaded.encode_batch([topics[name] for name in sorted(topics)], add_special_tokens=False)
    return [torch.tensor(text.ids) for text in encoded if text.ids]
