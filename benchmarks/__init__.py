"""What `make figures` measures: each module's `figures()` returns {name: {"value", "unit", "peer", "how"}}."""
