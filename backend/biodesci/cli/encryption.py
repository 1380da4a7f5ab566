"""`biodesci model encrypt | decrypt | rekey`: checkpoint folders as `transformers` writes and loads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from biodesci.cli import output, session
from biodesci.core.errors import InputError

if TYPE_CHECKING:
    from biodesci.ee.groups import Mode
    from biodesci.ee.keys import ModelKey
    from biodesci.models.encrypt import Moved

Folder = Annotated[
    Path, typer.Argument(help="Folder with config.json and safetensors weights.", show_default=False)
]
NewFolder = Annotated[Path, typer.Argument(help="Folder to write; must not exist yet.", show_default=False)]
MODES_HELP = (
    "permutation: reorders coordinates; lossless, for any optimizer. orthogonal: turns them; for SGD, Muon, "
    "Shampoo. general: stretches what it can as well; inference only. What each holds against: `biodesci "
    "model card`."
)


def encrypt(
    source: Folder,
    target: NewFolder,
    mode: Annotated[str, typer.Option(help=MODES_HELP)] = "orthogonal",
    shuffle: Annotated[
        bool,
        typer.Option("--shuffle", help="BERT: hide the order of tokens as well; clients send positions."),
    ] = False,
    base: Annotated[
        Path | None,
        typer.Option(help="SOURCE is a PEFT adapter: the encrypted folder of the model it was trained on."),
    ] = None,
) -> None:
    """Encrypt a checkpoint; unmodified transformers loads the result. The key stays in this home, sealed.

    With --base: encrypt a LoRA adapter under the key of its base model, whose mode it takes.
    """
    from biodesci.models import adapters
    from biodesci.models import encrypt as service

    if base is not None:
        made = adapters.encrypt(source, base, target, session.settings().home, session.passphrase())
        _told(made, "Encrypted for that model. Keep a copy of the key file beside the model's.")
        return
    if adapters.is_adapter(source):
        raise InputError(
            f"{source} holds a PEFT adapter, which moves with the key of its base model.",
            "Name that model's encrypted folder: --base FOLDER.",
        )

    passphrase = session.new_passphrase()
    with output.progress("Encrypting", _size(source)) as advance:
        moved = service.encrypt(
            source,
            target,
            session.settings().home,
            passphrase,
            service.Scheme(cast("Mode", mode), shuffle),
            progress=advance,
        )
    _told(moved, "Encrypted. Keep copies of the key file and the passphrase: without both the model is lost.")
    output.note(
        "Weights that were public, or fine-tuned from public ones, can be matched with them: read what this "
        f"encryption holds against with `biodesci model card {target}`."
    )


def decrypt(source: Path, target: Path) -> None:
    """Write the plain checkpoint, or PEFT adapter, of an encrypted folder."""
    from biodesci.models import adapters
    from biodesci.models import encrypt as service

    if adapters.is_adapter(source):
        plain = adapters.decrypt(source, target, session.settings().home, session.passphrase())
        _told(plain, "Plain adapter written, for the plain model: this disk alone protects it from here on.")
        return
    with output.progress("Decrypting", _size(source)) as advance:
        moved = service.decrypt(
            source, target, session.settings().home, session.passphrase(), progress=advance
        )
    _told(moved, "Plain checkpoint written: from here on it is protected by this disk alone.")


def rekey(source: Folder, target: NewFolder) -> None:
    """Encrypt an encrypted checkpoint anew, under a fresh key; codecs have to be granted anew."""
    from biodesci.models import encrypt as service

    with output.progress("Re-keying", _size(source)) as advance:
        moved = service.rekey(source, target, session.settings().home, session.passphrase(), progress=advance)
    _told(moved, "Encrypted under a fresh key. The old key stays: the old checkpoint still needs it.")
    output.note(
        "Whoever has both checkpoints can link them, and what was readable under the old key stays so: "
        "a new key shuts out holders of old codecs, nothing else."
    )


def card(
    source: Path,
    out: Path | None,
    mode: str,
    base: Path | None,
    text: Path | None,
    tokenizer: Path | None,
) -> None:
    """Write the security card of a checkpoint folder."""
    from biodesci.party.model_keys import open_key
    from biodesci.redteam import security_card

    attacker = security_card.Attacker(base, text, tokenizer)

    def key(key_id: str) -> ModelKey:
        return open_key(session.settings().home, session.passphrase(), key_id)

    with output.steps("Attacking") as progress:
        written = security_card.write(
            source, out or source, key, mode=cast("Mode", mode), attacker=attacker, progress=progress
        )
    output.record(
        {"card": written.markdown, "json": written.json, "mode": written.document.mode},
        "Security card written. Read it before you hand the encrypted model to anybody.",
    )


def _size(source: Path) -> int:
    from biodesci.ee.checkpoint.reading import Checkpoint

    return Checkpoint.open(source).size


def _told(moved: Moved, sentence: str) -> None:
    output.record(
        {"folder": moved.folder, "keyId": moved.key_id, "key": moved.key_file, "bytes": moved.size}, sentence
    )
