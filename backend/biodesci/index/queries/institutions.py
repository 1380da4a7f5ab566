"""Who is behind accounts."""

from __future__ import annotations

import time
from collections.abc import Iterable

from biodesci.core.documents.institution import Proven
from biodesci.index import institutions
from biodesci.index.database import Store


def behind(store: Store, accounts: Iterable[str]) -> dict[str, Proven]:
    """By account, for those of which it is proven at this moment."""
    asked = {"accounts": sorted(set(accounts)), "now": int(time.time())}
    return institutions.behind(store.rows(institutions.BEHIND, asked)) if asked["accounts"] else {}
