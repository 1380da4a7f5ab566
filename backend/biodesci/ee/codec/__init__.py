"""Codecs: what a client gets of a model's key, one file per kind of input and answer."""

from biodesci.ee.codec.codec import Codec, Kind

__all__ = ["Codec", "Kind"]
