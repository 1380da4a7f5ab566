"""Long-running processes: `python -m biodesci.workers.<name>`."""
