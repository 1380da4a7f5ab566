"""One file per architecture: what it is made of, and the maximal exact key of each place in it."""
