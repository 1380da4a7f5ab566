"""Two-party fine-tuning: what the data owner encodes, and what any machine then trains without a key."""
