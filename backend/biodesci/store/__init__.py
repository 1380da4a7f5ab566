"""Databases, SQLite's or PostgreSQL's, and what is kept there of a home's work."""
