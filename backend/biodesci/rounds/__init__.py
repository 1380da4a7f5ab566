"""Federated rounds: plan, training node, aggregator, model owner."""
