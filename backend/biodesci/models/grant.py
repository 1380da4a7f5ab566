"""The model owner hands out parts of a key: codecs for an encrypted folder, and the halves of a split."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from biodesci.core import files
from biodesci.core.errors import InputError, StateError
from biodesci.ee.checkpoint import moving
from biodesci.ee.checkpoint.reading import Checkpoint
from biodesci.ee.codec import Kind
from biodesci.ee.codec.split import split as halves
from biodesci.models import sealed_codec
from biodesci.models.encrypt import key_id_of
from biodesci.party import keys
from biodesci.party.model_keys import open_key


@dataclass(frozen=True)
class Recipient:
    """Whose public key (1,216 bytes) something is sealed to, and the file that it is sealed into."""

    public: bytes
    file: Path


@dataclass(frozen=True)
class Share:
    """The part of a key that a codec holds: without `inputs` it only decodes answers, without `outputs` it
    only encodes. InputError for none of it, and for half a training codec."""

    kind: Kind
    inputs: bool = True
    outputs: bool = True

    def __post_init__(self) -> None:
        if not self.inputs and not self.outputs:
            raise InputError("A codec without inputs and outputs holds nothing.", "Leave one of the two out.")
        if self.kind == "training" and not self.inputs:
            raise InputError(
                "A training codec encodes inputs.", "Leave --outputs-only out, or grant inference."
            )
        if self.kind == "training" and not self.outputs:
            raise InputError(
                "A training codec encodes labels, in the order of the outputs: inputs alone train nothing.",
                "Leave --inputs-only out, or grant inference.",
            )


@dataclass(frozen=True)
class Granted:
    """What was sealed: the model key's id, the recipient's fingerprint, the file, what it decodes or encodes,
    and the fingerprint of the secret itself, for the recipient to compare.

    `reads_weights`: it holds the key of the model's whole stream, so that with the encrypted folder, which is
    public, its holder computes plain weights."""

    key_id: str
    recipient: str
    file: Path
    holds: tuple[str, ...]
    fingerprint: str
    reads_weights: bool = False


def grant(folder: Path, home: Path, passphrase: str, recipient: Recipient, share: Share) -> Granted:
    """Seals a codec for the encrypted `folder` into the recipient's file.

    Raises InputError for a training codec of an inference-only key, NotFoundError where the key is not in
    this home, StateError where the file is there already."""
    _absent(recipient.file)
    key = open_key(home, passphrase, key_id_of(Checkpoint.open(folder)))
    codec = key.codec(share.kind, inputs=share.inputs, outputs=share.outputs)
    if not codec.parts:
        raise InputError("This model has no such inputs or outputs.", "Grant the other half of the codec.")
    named = sealed_codec.seal(recipient.file, recipient.public, codec)
    return Granted(
        key.key_id,
        keys.fingerprint(recipient.public),
        recipient.file,
        tuple(sorted(codec.parts)),
        named,
        reads_weights=codec.has("output:hidden"),
    )


def split(
    folder: Path, server: Path, home: Path, passphrase: str, client: Recipient, *, blocks: int = 0
) -> Granted:
    """Writes the server's checkpoint into `server`, and the client's half, sealed to it, into its file; the
    client computes the first `blocks` layers. Plain weights exist in memory alone.

    Raises InputError where the architecture has no such split; StateError if something is there already."""
    _absent(client.file)
    files.check_new_folder(server, folder)
    checkpoint = Checkpoint.open(folder)
    key = open_key(home, passphrase, key_id_of(checkpoint))
    moving.check_key(checkpoint, key)
    if moving.untied(checkpoint, key):
        raise InputError(
            "This model's head was trained apart from the embedding that it was tied to.",
            "Decrypt it, encrypt the result, and split that.",
        )
    plain = key.decrypt({name: checkpoint.tensor(name) for name in checkpoint.tensors})
    both = halves(key, plain, key.config, blocks=blocks)
    partial = server.parent / f".{server.name}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    try:
        both.write(partial)
        named = sealed_codec.seal(client.file, client.public, both.client)
        partial.rename(server)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        if not server.exists():  # interrupted after it took its name, it is whole and needs its client
            client.file.unlink(missing_ok=True)
        raise
    holds = tuple(sorted({name.split(".")[0] for name in both.client.tensors}))
    return Granted(key.key_id, keys.fingerprint(client.public), client.file, holds, named)


def _absent(path: Path) -> None:
    if path.exists():
        raise StateError(f"{path} exists already.", "Name another one.")
