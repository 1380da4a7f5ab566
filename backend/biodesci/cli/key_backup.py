"""biodesci key backup, open-share, restore: dataset keys and the encryption key, in one or several hands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import new_file

app = typer.Typer()

_WORDS = "File whose first line is the passphrase of one of the shares, in their order; repeat."


@app.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; of shares FILE.1, FILE.2 and so on.")],
    holder: Annotated[
        list[str] | None,
        typer.Option(help="Who gets a share: a file of `key export`, or an address on chain; repeat."),
    ] = None,
    holder_passphrase: Annotated[
        list[Path] | None, typer.Option(help="File whose first line is a holder's passphrase; repeat.")
    ] = None,
    threshold: Annotated[int, typer.Option(min=1, help="How many shares give the keys back.")] = 1,
) -> None:
    """Write the home's dataset keys and encryption key to a file, under the passphrase; or share them out.

    Account, model keys and journals are not in it: biodesci backup create has all of the home.
    """
    from biodesci.cli.granting import public_of
    from biodesci.core.errors import InputError
    from biodesci.party import key_backup

    home, word = session.settings().home, session.passphrase()
    holders: list[str | bytes] = [public_of(one) for one in holder or ()]
    holders += [_first_line(one) for one in holder_passphrase or ()]
    if not holders and threshold != 1:
        raise InputError("Shares need holders.", "Name each: --holder FILE or --holder-passphrase FILE.")
    if holders and threshold == 1 and len(holders) > 1:
        output.note("By a threshold of 1 each holder alone has all keys.")
    count = len(holders) or 1
    targets = (
        [new_file(file.with_name(f"{file.name}.{n}")) for n in range(1, count + 1)] if holders else [file]
    )
    with output.progress("keys", None) as advance:
        kept = key_backup.create(home, word, targets, holders or [word], threshold, advance)
    output.record(
        {
            "files": [str(target) for target in targets],
            "threshold": threshold,
            "dataset_keys": kept.dataset_keys,
            "encryption_key": kept.encryption_key,
        },
        f"Any {threshold} of them give the keys back: biodesci key restore. Give each to its holder."
        if holders
        else "Keep file and passphrase apart. Whoever has both has the keys: biodesci key restore.",
    )


@app.command("open-share")
def open_share(
    file: Annotated[Path, typer.Argument(help="The share that you hold, sealed to your key.")],
    target: Annotated[Path, typer.Option("--output", "-o", help="The share for whoever restores.")],
    passphrase: Annotated[
        Path | None, typer.Option("--new-passphrase", help="File whose first line is the new passphrase.")
    ] = None,
) -> None:
    """Open a share that was sealed to your key, for whoever restores: under a passphrase that you tell them.

    First make sure, by another way than the one by which you were asked, who asks.
    """
    from biodesci.party import key_backup

    chosen = new_file(target)
    word = _asked("Passphrase for the opened share: ") if passphrase is None else _first_line(passphrase)
    opened = key_backup.open_share(file, session.seed(), word, chosen)
    output.record(
        {"file": str(chosen), "share": opened.index, "of": opened.count, "threshold": opened.threshold},
        "Send the file and its passphrase by two ways.",
    )


@app.command("restore")
def restore(
    shares: Annotated[list[Path], typer.Argument(help="The file of a backup, or enough of its shares.")],
    words: Annotated[list[Path] | None, typer.Option("--share-passphrase", help=_WORDS)] = None,
) -> None:
    """File the keys of a backup in this home (BIODESCI_HOME), sealed under its passphrase.

    A backup of one file opens by that passphrase; those of shares are asked for.
    """
    from biodesci.core.errors import InputError
    from biodesci.party import key_backup

    given = [_first_line(one) for one in words or ()]
    if given and len(given) != len(shares):
        raise InputError(
            f"There are {len(shares)} files and {len(given)} passphrases.", "Give one for each, in order."
        )
    read = [key_backup.ShareFile.read(share) for share in shares]
    home, word = session.settings().home, session.new_passphrase()
    if not given:
        given = [word if one.count == 1 else _asked(f"Passphrase of share {one.index}: ") for one in read]
    with output.progress("keys", None) as advance:
        kept = key_backup.restore(home, word, list(zip(read, given, strict=True)), advance)
    output.record(
        {"home": str(home), "dataset_keys": kept.dataset_keys, "encryption_key": kept.encryption_key},
        "Restored, sealed under this home's passphrase. What was there already is as it was.",
    )


def _asked(prompt: str) -> str:
    from getpass import getpass

    from biodesci.core.errors import InputError

    if not sys.stdin.isatty():
        raise InputError("A passphrase is needed, and there is no terminal to ask on.", "Give it in a file.")
    return getpass(prompt)


def _first_line(file: Path) -> str:
    from biodesci.core import files
    from biodesci.core.errors import InputError

    try:
        return files.read(file).decode().partition("\n")[0].removesuffix("\r")
    except UnicodeDecodeError as exc:
        raise InputError(f"{file} holds no text.", "Write the passphrase in its first line.") from exc
