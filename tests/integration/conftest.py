"""One network for all tests of this folder that bring parties of their own: chain, IPFS node, contracts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from biodesci.localnet.stack import Stack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Without any worker: tests start those of their own parties."""
    with Stack(tmp_path_factory.mktemp("network"), root=ROOT) as stack:
        stack.start_core()
        yield stack
