r"""Patterns with classes of Unicode (`\p{L}`, `\p{N}`), which RE2 builds anew at each call, in a millisecond
or two. Of texts of ASCII alone the classes of ASCII say the same and take a fortieth: archives have thousands
of small tables, and wide ones 100,000 small columns.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import pyarrow as pa

_ASCII: Final = 0x80  # bytes below are characters of ASCII


def fitting(pattern: str, texts: pa.StringArray) -> str:
    r"""The pattern, or for texts of ASCII alone one that finds the same in them.

    `\p{L}` and `\p{N}` have to stand within brackets: `[\p{L}]`, `[^\p{L}\p{N}]`.
    """
    return _of_ascii(pattern) if _is_ascii(texts) else pattern


@lru_cache(maxsize=64)
def _of_ascii(pattern: str) -> str:
    return pattern.replace(r"\p{L}", "A-Za-z").replace(r"\p{N}", "0-9")


def _is_ascii(texts: pa.StringArray) -> bool:
    _, offsets, data = texts.buffers()
    if data is None or not data.size or not len(texts):
        return True
    begin, end = np.frombuffer(offsets, np.int32)[[texts.offset, texts.offset + len(texts)]]
    used = np.frombuffer(data, np.uint8)[begin:end]
    return not used.size or int(used.max()) < _ASCII
