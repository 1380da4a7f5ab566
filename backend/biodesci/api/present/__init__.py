"""Rows of the index as what the API answers."""
