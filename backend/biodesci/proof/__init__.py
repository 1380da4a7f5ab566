"""Checks that need no secret: traces, Freivalds' test, receipts and audit reports. Needs numpy and `core`
alone.
"""
