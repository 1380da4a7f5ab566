"""Run every benchmark and write build/figures.json; if one fails, what was measured before stays."""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

MODULES = (
    "gas",
    "container",
    "ee",
    "ee_models",
    "ee_training",
    "ee_large",
    "ee_checkpoint",
    "ee_attacks",
    "ckks",
    "secagg",
    "proof",
    "demo",
    "house",
)
TARGET = Path("build/figures.json")


def main() -> int:
    """Measure all; `python -m benchmarks.run ee proof` measures some and keeps the rest."""
    chosen = sys.argv[1:] or MODULES
    figures: dict[str, dict[str, object]] = (
        json.loads(TARGET.read_text()) if sys.argv[1:] and TARGET.exists() else {}
    )
    TARGET.parent.mkdir(exist_ok=True)
    for name in chosen:
        began = time.monotonic()
        print(f"{name} …", flush=True)
        figures |= importlib.import_module(f"benchmarks.{name}").figures()
        TARGET.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    width = max(map(len, figures))
    for name, figure in sorted(figures.items()):
        print(f"{name:<{width}}  {figure['value']:>12.6g} {figure['unit']:<14} peer: {figure['peer']}")
    print(f"written to {TARGET}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
