"""biodesci license files | file: what is in a licensed folder, and single files of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Elsewhere, Number

app = typer.Typer()


@app.command()
def files(license_id: Number, elsewhere: Elsewhere = None) -> None:
    """List the files of a licensed dataset that is a folder; no use is counted."""
    from biodesci.market.folder import files_of
    from biodesci.market.sources import also_at

    with also_at(elsewhere or ()):
        found = files_of(session.chain(), session.ipfs(), session.seed(), license_id)
    output.table(
        [{"path": file.path, "bytes": file.size} for file in found], ("path", "bytes"), "It is empty."
    )


@app.command()
def file(
    license_id: Number,
    path: Annotated[str, typer.Argument(help="As `biodesci license files` lists it.")],
    target: Annotated[Path, typer.Argument(help="Where the decrypted file goes.")],
    elsewhere: Elsewhere = None,
    yes: output.Yes = False,
) -> None:
    """Fetch and decrypt one file of a licensed folder, without the rest.

    Its bytes are bound to the dataset's key. Where uses are counted this is one, and the first pays the
    owner: you are asked. Whether the whole folder is the one on chain, `biodesci license download` alone
    tells.
    """
    from biodesci.cli.license import consent_to_use
    from biodesci.market.folder import download_file
    from biodesci.market.sources import also_at

    chain = session.chain()
    consent_to_use(chain, license_id, yes=yes)
    with also_at(elsewhere or ()), output.progress("download", None) as advance:
        size = download_file(chain, session.ipfs(), session.seed(), license_id, (path, target), advance)
    output.record({"target": target, "size": size}, f"Decrypted to {target}.")
