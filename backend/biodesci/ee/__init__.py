"""Equivariant encryption: architecture, keys, codecs, training and inference on encrypted weights."""
