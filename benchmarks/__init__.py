"""What `make figures` measures: `figures()` of each module gives {name: {"value", "unit", "peer", "how"}}."""
