"""IPFS: a client that trusts no node, and the embedded node."""
