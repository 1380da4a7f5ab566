"""The HTTP API over the index: reads only; writes go through wallets."""
