"""Files that are no safetensors, in every way that a stranger may think of; each reader refuses them all."""

from __future__ import annotations

import json
from typing import Any

VALID = {"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}


def file(header: bytes, data: bytes = bytes(4), length: int | None = None) -> bytes:
    """A file with this header and data, whose length field says something else where `length` is given."""
    return (len(header) if length is None else length).to_bytes(8, "little") + header + data


def described(**fields: Any) -> bytes:
    """A file of one tensor of four bytes, some of whose fields are others."""
    return file(json.dumps({"a": {**VALID["a"], **fields}}).encode())


_VALID = json.dumps(VALID).encode()
_ENTRY = _VALID[1:-1]
FILES = {
    "nothing": b"",
    "a cut length": b"\x02\0\0",
    "no header": file(b"", b""),
    "a length beyond the file": file(_VALID, length=len(_VALID) + 5),
    "the greatest length": file(_VALID, length=2**64 - 1),
    "a length of 2^63": file(_VALID, length=2**63),
    "a length that cuts the header": file(_VALID, length=len(_VALID) - 1),
    "a length that takes in data": file(_VALID, length=len(_VALID) + 4),
    "a pickle": b"\x80\x04 a pickle under another name",
    "null": file(b"null"),
    "a list": file(b"[]"),
    "a text": file(b'"{}"'),
    "space before the object": file(b" " + _VALID),
    "two objects": file(_VALID + b"{}"),
    "no UTF-8": file(b'{"\xff": 1}'),
    "half a surrogate pair": file(_VALID.replace(b'"a"', b'"\\ud800"')),
    "a shape of many dimensions": described(shape=[2**53 - 1] * 16_000),
    "a shape that overflows": described(shape=[2**53 - 1] * 64),
    "a shape of no numbers": described(shape=[""] * 100_000),
    "many wrong entries": file(b"{" + b",".join(b'"%d":0' % i for i in range(100_000)) + b"}"),
    "metadata that is no text": file(b'{"__metadata__":{"a":1}}', b""),
    "metadata that is no object": file(b'{"__metadata__":["a"]}', b""),
    "deep lists": file(b'{"a":' + b"[" * 100_000),
    "deep objects": file(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "metadata that is a number": file(b'{"__metadata__": 7,' + _ENTRY + b"}"),
    "metadata that is null": file(b'{"__metadata__": null,' + _ENTRY + b"}"),
    "metadata with a number": file(b'{"__metadata__": {"format": 7},' + _ENTRY + b"}"),
    "metadata with an object": file(b'{"__metadata__": {"format": {}},' + _ENTRY + b"}"),
    "metadata that stands twice": file(b'{"__metadata__": {}, "__metadata__": {"a": "b"},' + _ENTRY + b"}"),
    "metadata with a name twice": file(b'{"__metadata__": {"a": "b", "a": "c"},' + _ENTRY + b"}"),
    "a tensor that stands twice": file(b"{" + _ENTRY + b"," + _ENTRY + b"}"),
    "a tensor that is a number": file(b'{"a": 7}'),
    "a tensor with a field twice": file(_VALID.replace(b'{"dtype"', b'{"dtype": "I8", "dtype"')),
    "a tensor without type": file(b'{"a": {"shape": [4], "data_offsets": [0, 4]}}'),
    "a tensor with a surplus field": described(device="cuda"),
    "a type that is a number": described(dtype=4),
    "a shape that is a number": described(shape=4),
    "a negative shape": described(shape=[-4]),
    "a shape of floats": described(shape=[4.0]),
    "a shape of booleans": described(shape=[True, 4]),
    "a huge shape": described(shape=[2**52, 2**52]),
    "a shape beyond any number": described(shape=[10**30]),
    "a shape of more bytes": described(shape=[5]),
    "a shape of fewer bytes": described(shape=[3]),
    "negative offsets": described(data_offsets=[-4, 0]),
    "one offset": described(data_offsets=[4]),
    "three offsets": described(data_offsets=[0, 4, 4]),
    "offsets beyond the file": described(data_offsets=[4, 8]),
    "offsets backwards": described(data_offsets=[4, 0]),
    "a gap": file(_VALID, bytes(5)),
    "a file without its tensors": file(_VALID, b""),
    "tensors that overlap": file(
        b'{"b": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]},' + _ENTRY + b"}"
    ),
}
