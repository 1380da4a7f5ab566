"""SQLite index: a cache of the chain that can be deleted and rebuilt."""
