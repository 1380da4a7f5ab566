"""The story of `make demo` and the local network of `make up`: real parts on one machine, on real data."""
