"""Alembic's migrations of the work database, run when it is opened (`work.py`), up and down.

A change of `tables.py` comes with one more file in `versions/`, which names the revision before it; a test
compares the two. Nothing here may drop a row: what the work database holds is nowhere else.
"""
