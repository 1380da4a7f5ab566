"""Names that sequencers and archives give to reads."""

from __future__ import annotations

import re
from typing import Final

# Illumina: instrument:run:flowcell:lane:tile:x:y
INSTRUMENT: Final = re.compile(r"@?[A-Za-z0-9_-]+:\d+:[A-Za-z0-9-]+:\d+:\d+:\d+:\d+")
# Names of archives, and random ones: SRR1.1, ERR1.1, Nanopore's UUIDs, PacBio's movies.
KNOWN: Final = re.compile(
    r"[SED]RR\d+\.\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|m\d+[\w/-]*\d+(/\w+)*|(read|r|seq)[_-]?\d+",
    re.IGNORECASE,
)
