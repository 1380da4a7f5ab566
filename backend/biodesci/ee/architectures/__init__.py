"""One file per architecture: what it is made of, the maximal exact key of each place in it, and all else that
differs between architectures. A file that holds an `ARCHITECTURE` is found by `registry`; adding one is all
that a new architecture takes."""
