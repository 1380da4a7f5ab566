"""How a node's messages reach the aggregator."""
