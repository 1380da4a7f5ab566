"""Attacks on equivariant encryption, defences, and the security card that reports them."""
