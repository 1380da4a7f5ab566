"""Run every benchmark and write build/figures.json; if one fails, what was measured before stays."""

from __future__ import annotations

import argparse
import importlib
import json
import time
from pathlib import Path

MODULES = (
    "gas",
    "container",
    "card",
    "card_datasets",
    "identifiers",
    "publishing",
    "age",
    "private",
    "crypt4gh",
    "ee",
    "ee_models",
    "ee_training",
    "ee_large",
    "ee_checkpoint",
    "ee_attacks",
    "ckks",
    "secagg",
    "proof",
    "network",
    "demo",
    "http",
    "house",
)
TARGET = Path("build/figures.json")


def main() -> int:
    """Measure all; `make figures ARGS="ee proof"` measures some and keeps the rest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"what to measure: {', '.join(MODULES)}")
    parser.add_argument("--to", type=Path, default=TARGET, help="the file that is written (%(default)s)")
    options = parser.parse_args()
    if unknown := set(options.names) - set(MODULES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(MODULES)}")
    target: Path = options.to
    figures: dict[str, dict[str, object]] = (
        json.loads(target.read_text()) if options.names and target.exists() else {}
    )
    target.parent.mkdir(exist_ok=True)
    for name in options.names or MODULES:
        began = time.monotonic()
        print(f"{name} …", flush=True)
        figures |= importlib.import_module(f"benchmarks.{name}").figures()
        target.write_text(json.dumps(figures, indent=2, sort_keys=True) + "\n")
        print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
    width = max(map(len, figures))
    for name, figure in sorted(figures.items()):
        print(f"{name:<{width}}  {figure['value']:>12.6g} {figure['unit']:<14} peer: {figure['peer']}")
    print(f"written to {target}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
