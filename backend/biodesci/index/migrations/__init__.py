"""Alembic's migrations of the index, run when it is opened (`schema.py`).

A change of `tables.py` comes with one more file in `versions/`, which names the revision before it; a test
compares the two. Events that have to be read anew: empty `meta`, `blocks`, `events` and the derived tables.
"""
