"""`python -m biodesci.cli`, the same as `biodesci`."""

from biodesci.cli import main

main()
