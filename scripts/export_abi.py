"""Writes the contracts' ABIs for the backend and the page: one sorted JSON list per contract.

`make generate` runs it after a change to a contract; `--check` compares instead.
The ABIs come out of Ape's own compilation, so what is exported is what `scripts/deploy.py` deploys.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "backend" / "biodesci" / "chain" / "abi"
CONTRACTS = (
    "AccessLicense",
    "DatasetNFT",
    "GuardedCustody",
    "InferenceCommitment",
    "KeyRegistry",
    "LicenseLens",
    "ModelRegistry",
    "VisaRegistry",
)


def compiled() -> dict[str, list[dict[str, Any]]]:
    """The ABI of each contract, as `make compile` left it."""
    manifest = ROOT / ".build" / "__local__.json"
    newest = max(path.stat().st_mtime for path in (ROOT / "contracts").rglob("*.sol"))
    if not manifest.exists() or manifest.stat().st_mtime < newest:
        raise click.ClickException("The contracts changed since they were compiled; run `make compile`.")
    types = json.loads(manifest.read_text())["contractTypes"]
    return {name: sorted(types[name]["abi"], key=_order) for name in CONTRACTS}


def _order(entry: dict[str, Any]) -> tuple[str, str, list[str]]:
    return entry["type"], entry.get("name", ""), [item["type"] for item in entry.get("inputs", [])]


@click.command()
@click.option("--check", is_flag=True, help="Compare instead of writing; fail if a file differs.")
def cli(check: bool) -> None:
    """Exports the contracts' ABIs to backend/biodesci/chain/abi."""
    TARGET.mkdir(parents=True, exist_ok=True)
    stale = []
    for name, abi in compiled().items():
        path = TARGET / f"{name}.json"
        text = json.dumps(abi, indent=1, sort_keys=True) + "\n"
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not check:
            path.write_text(text)
            click.echo(f"wrote {path.relative_to(ROOT)}")
    if check and stale:
        raise click.ClickException(
            f"The exported ABI of {', '.join(stale)} is out of date. "
            "Run `python scripts/export_abi.py` and commit it."
        )
    if not stale:
        click.echo("The exported ABIs are up to date.")


if __name__ == "__main__":
    cli()
