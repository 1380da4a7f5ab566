"""A whole network on one machine, in processes of its own."""
