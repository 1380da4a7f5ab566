"""Checkpoints on disk as `transformers` writes them: config.json and safetensors, in one file or in
shards."""
