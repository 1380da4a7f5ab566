"""Wall time of the whole story, as `make demo` plays it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def figures() -> dict[str, dict[str, object]]:
    """Runs the demo once; set-up is not counted."""
    subprocess.run([sys.executable, "-m", "examples.heart", "demo"], check=True, stdout=subprocess.DEVNULL)
    story = json.loads(Path("build/demo.json").read_text())
    return {
        "demo.wall_s": {
            "value": round(story["wallSeconds"], 1),
            "unit": "s",
            "peer": "none: no peer plays publish, license, training, inference and audit in one run",
            "how": "one run of `make demo` from the start of the chain to the last step, after set-up",
        }
    }
