"""Federated learning: fixed-point vectors, masks and secure aggregation. Pure: no I/O, no chain."""
