"""Writes the pages of docs/reference/ that are made from the code; `--check` compares.

python -m scripts.reference [--check]
"""

from __future__ import annotations

from pathlib import Path

import click

from scripts.reference import cli, http_api, settings

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"
PAGES = {"settings.md": settings.text, "cli.md": cli.text, "http-api.md": http_api.text}


@click.command()
@click.option("--check", is_flag=True, help="Compare instead of writing; fail if a page differs.")
def main(check: bool) -> None:
    """Writes docs/reference/."""
    for name, text in PAGES.items():
        page = FOLDER / name
        if not check:
            page.write_text(text())
        elif not page.exists() or page.read_text() != text():
            raise click.ClickException(f"docs/reference/{name} is out of date. Run `make generate`.")


if __name__ == "__main__":
    main()
