"""The chain that `make figures` measures on can still be made, by the contracts as they are."""

from __future__ import annotations

from benchmarks.crowd import Crowd, site
from benchmarks.network import history

SOME = 20


def test_all_that_happens_to_datasets_leaves_its_events():
    with site() as where:
        crowd = Crowd(where)
        before = crowd.events()
        history(crowd, SOME)
        assert crowd.events() - before == 15 * SOME
