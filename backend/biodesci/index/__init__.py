"""The index: events of the chain in tables, and what is asked of them."""
