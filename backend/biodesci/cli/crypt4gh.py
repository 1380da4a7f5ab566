"""biodesci license header, check; biodesci key crypt4gh; and the Crypt4GH files that stewards publish."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import Elsewhere, Number, new_file

app = typer.Typer()
keys = typer.Typer()

READER = "File of a Crypt4GH public key (yours or a colleague's)"
READERS = Annotated[list[Path], typer.Option("--crypt4gh", help=f"{READER}; repeat.", show_default=False)]
PRIVATE = "File of your Crypt4GH private key; its passphrase is asked for, or in C4GH_PASSPHRASE."


def readers(paths: list[Path]) -> tuple[bytes, ...]:
    """The public keys in files. Raises InputError for what is none."""
    from biodesci.core import files
    from biodesci.core.crypt4gh import keyfiles

    return tuple(keyfiles.read_public(files.read(path)) for path in paths)


def private_key(path: Path) -> bytes:
    """The private key in a file, whose passphrase may be asked for on a terminal."""
    import sys

    from biodesci.core import files
    from biodesci.core.crypt4gh import keyfiles

    raw, chosen = files.read(path), session.settings().c4gh_passphrase
    word = None if chosen is None else chosen.get_secret_value()
    if word is None and keyfiles.is_sealed(raw) and sys.stdin.isatty():
        from getpass import getpass

        word = getpass("Passphrase of the Crypt4GH private key: ")
    return keyfiles.read_private(raw, word)


@dataclass(frozen=True)
class Source:
    """What is inspected or published."""

    file: Annotated[Path, typer.Argument(help="The file or folder.", show_default=False)]
    crypt4gh_key: Annotated[
        Path | None, typer.Option(help=f"Of a Crypt4GH file what it holds is taken. {PRIVATE}")
    ] = None

    @contextmanager
    def plain(self) -> Iterator[Path]:
        """The file itself; of a Crypt4GH file the plain one, which is in the home folder meanwhile.

        Raises InputError for a Crypt4GH file without a key, and for a key without one.
        """
        from biodesci.core.errors import InputError
        from biodesci.market.crypt4gh import imported, is_encrypted
        from biodesci.market.material import Material

        Material.of(self.file)  # refuses a pipe, from which nothing may ever come
        is_crypt4gh = is_encrypted(self.file)
        if self.crypt4gh_key is None:
            if is_crypt4gh:
                raise InputError(
                    f"{self.file} is a Crypt4GH file: nothing in it could be inspected.",
                    "Give the private key that opens it: --crypt4gh-key FILE. What it holds is published.",
                )
            yield self.file
            return
        if not is_crypt4gh:
            raise InputError(f"{self.file} is no Crypt4GH file.", "Leave --crypt4gh-key out.")
        with imported(self.file, private_key(self.crypt4gh_key), session.settings().home) as (plain, whole):
            if not whole:
                output.note(
                    f"{self.file} does not show whether it is whole: its format notices no segments that are "
                    f"swapped or cut off. Compare: the plain file has {plain.stat().st_size:,} bytes."
                )
            yield plain


@app.command()
def header(
    license_id: Number,
    target: Annotated[Path, typer.Argument(help="File to write.", show_default=False)],
    crypt4gh: READERS,
    yes: output.Yes = False,
) -> None:
    """Write the header alone of a licence's Crypt4GH file: for readers who have the data behind it already.

    Put before the data of any licensee's file of the same version, it gives the whole file. Nothing but the
    sealed key is fetched. Where uses are counted, this is one, as a download is.

    Example: biodesci license header 7 mine.header --crypt4gh colleague.pub
    """
    from biodesci.cli.license import consent_to_use
    from biodesci.core import files
    from biodesci.market.crypt4gh import header_for

    new_file(target)
    public, chain = readers(crypt4gh), session.chain()
    consent_to_use(chain, license_id, yes=yes)
    made = header_for(chain, session.ipfs(), session.seed(), license_id, public)
    files.write_private(target, made)
    output.record(
        {"license_id": license_id, "target": target, "size": len(made), "readers": len(public)},
        f"Put it before the data of the file: cat {target} DATA > FILE.c4gh.",
    )


@app.command()
def check(
    license_id: Number,
    file: Annotated[Path, typer.Argument(help="Plain or Crypt4GH.", show_default=False)],
    crypt4gh_key: Annotated[Path | None, typer.Option(help=PRIVATE)] = None,
    elsewhere: Elsewhere = None,
) -> None:
    """Compare a copy with what is on chain: whether it is the licensed file, whole and unchanged.

    Crypt4GH does not notice segments that were swapped or cut off; this does. A file that somebody else
    encrypted opens with your --crypt4gh-key alone.
    """
    from biodesci.market.crypt4gh import check as run
    from biodesci.market.sources import also_at

    private = None if crypt4gh_key is None else private_key(crypt4gh_key)
    with also_at(elsewhere or ()):
        size = run(session.chain(), session.ipfs(), session.seed(), license_id, file, private)
    output.record(
        {"license_id": license_id, "file": file, "size": size},
        "It is the file that was published, whole and unchanged.",
    )


@keys.command("crypt4gh")
def create(
    file: Annotated[
        Path,
        typer.Argument(
            help="File to write; the public key goes beside it, into FILE.pub.", show_default=False
        ),
    ],
) -> None:
    """Make a pair of Crypt4GH keys, the private one sealed by your passphrase, as crypt4gh-keygen does."""
    from biodesci.core import files
    from biodesci.core.crypt4gh import keyfiles

    public = new_file(file.with_name(f"{file.name}.pub"))
    private, word = keyfiles.generate(), session.new_passphrase()
    files.write_private(new_file(file), keyfiles.write_private(private, word))
    files.write_atomic(public, keyfiles.write_public(keyfiles.public_key(private)))
    output.record({"file": file, "public": public}, f"Give {public} to whoever encrypts for you.")
