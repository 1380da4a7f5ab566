"""`biodesci model grant` on folders and `biodesci model split`: sealed files for one recipient each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import address, new_file

if TYPE_CHECKING:
    from biodesci.ee.codec import Kind
    from biodesci.models.grant import Granted

READ_OUT = (
    "Read the fingerprint out to the recipient, who compares it: whoever carries the file could swap it."
)
EXPECTED = "Fingerprint that the model owner read out to you: any other codec is refused."
RECIPIENT = "File from the recipient's `biodesci key export`, or an address with a key on chain."


def grant(folder: Path, recipient: str, kind: Kind, out: Path, *, inputs: bool, outputs: bool) -> None:
    """Seal a codec for an encrypted folder into a file."""
    from biodesci.models import grant as service

    new_file(out)
    share = service.Share(kind, inputs=inputs, outputs=outputs)
    sealed_to = service.Recipient(public_of(recipient), out)
    made = service.grant(folder, session.settings().home, session.passphrase(), sealed_to, share)
    _told(made, f"Sealed a codec for {kind}. Send the file; only the recipient's home opens it.")
    output.note(
        "All codecs of one key hold the same maps: whoever has one reads what another holder sends, if they "
        "see it. Re-key the model (biodesci model rekey) to shut a holder out."
    )
    if made.reads_weights:
        output.note(
            "This model has no head: its answers are its states, and this codec holds the key of the whole "
            "stream (output:hidden). With the encrypted folder its holder can compute plain weights. Send it "
            "only to who may read them; --inputs-only holds no such key."
        )


def split(
    folder: Annotated[Path, typer.Argument(help="Folder with the encrypted checkpoint.", show_default=False)],
    server_folder: Annotated[
        Path, typer.Argument(help="Folder to write for the server; must not exist yet.", show_default=False)
    ],
    to: Annotated[str, typer.Option(help=RECIPIENT, show_default=False)],
    out: Annotated[Path, typer.Option(help="File to write: the client's half, sealed.", show_default=False)],
    blocks: Annotated[int, typer.Option(min=0, help="How many of the first layers the client runs.")] = 0,
) -> None:
    """Split an encrypted model: layers for a server, embedding and head (and first blocks) for one client.

    The server sees neither token numbers nor scores, and has no vocabulary to match its states against.
    The client's half lets its holder encode texts and read answers, and compute with its layers; it holds
    those weights in the key's basis, so that whoever knows the plain embedding can work the basis out.
    """
    from biodesci.models import grant as service

    new_file(out)
    client = service.Recipient(public_of(to), out)
    home = session.settings().home
    made = service.split(folder, server_folder, home, session.passphrase(), client, blocks=blocks)
    _told(made, f"Split. {server_folder} is for the server, {out} for the client.")


def public_of(recipient: str) -> bytes:
    """The public key (1,216 bytes) in a file, or on chain under an address."""
    from biodesci.party import keys

    if recipient.startswith("0x") and not Path(recipient).exists():
        holder = address(recipient)
        return session.chain(account=False).key_of(holder)
    return keys.read_public(Path(recipient))


def _told(made: Granted, sentence: str) -> None:
    output.record(
        {
            "file": made.file,
            "keyId": made.key_id,
            "recipient": made.recipient,
            "holds": list(made.holds),
            "fingerprint": made.fingerprint,
            "readsWeights": made.reads_weights,
        },
        f"{sentence} {READ_OUT}",
    )


def tell_fingerprint(found: str) -> None:
    """What a recipient compares, on stderr."""
    output.note(f"codec fingerprint {found}: compare it with what the model owner reads out.")
