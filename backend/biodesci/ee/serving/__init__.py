"""Inference on an encrypted model: the client's half, around a stock model."""
