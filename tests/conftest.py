"""Of all suites in Python: the garbage collector leaves alone what stays until the end.

With it the import of a suite takes twice as long, and each of its full rounds goes through all modules.
"""

from __future__ import annotations

import gc

gc.disable()


def pytest_collection_finish() -> None:
    """From here on garbage is what tests make."""
    gc.collect()
    gc.freeze()
    gc.enable()
