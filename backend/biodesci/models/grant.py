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
from biodesci.party.model_keys import open_key


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


def grant(
    folder: Path,
    home: Path,
    passphrase: str,
    public: bytes,
    out: Path,
    *,
    kind: Kind,
    inputs: bool = True,
    outputs: bool = True,
) -> Granted:
    """Seals a codec for the encrypted `folder` to the public key `public` (1,216 bytes) into the file `out`.

    Without `inputs` it only decodes answers, without `outputs` it only encodes. Raises InputError for half a
    training codec or one of an inference-only key, NotFoundError where the key is not in this home."""
    _absent(out)
    if not inputs and not outputs:
        raise InputError("A codec without inputs and outputs holds nothing.", "Leave one of the two out.")
    if kind == "training" and not inputs:
        raise InputError("A training codec encodes inputs.", "Leave --outputs-only out, or grant inference.")
    if kind == "training" and not outputs:
        raise InputError(
            "A training codec encodes labels, in the order of the outputs: inputs alone train nothing.",
            "Leave --inputs-only out, or grant inference.",
        )
    key = open_key(home, passphrase, key_id_of(Checkpoint.open(folder)))
    codec = key.codec(kind, inputs=inputs, outputs=outputs)
    if not codec.parts:
        raise InputError("This model has no such inputs or outputs.", "Grant the other half of the codec.")
    named = sealed_codec.seal(out, public, codec)
    recipient, held = sealed_codec.fingerprint(public), tuple(sorted(codec.parts))
    return Granted(key.key_id, recipient, out, held, named, reads_weights=codec.has("output:hidden"))


def split(
    folder: Path, server: Path, home: Path, passphrase: str, public: bytes, out: Path, *, blocks: int = 0
) -> Granted:
    """Writes the server's checkpoint into `server`, and the client's half, sealed to `public`, into `out`.
    Plain weights exist in memory alone.

    Raises InputError where the architecture has no such split; StateError if something is there already."""
    _absent(out)
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
        named = sealed_codec.seal(out, public, both.client)
        partial.rename(server)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        if not server.exists():  # interrupted after it took its name, it is whole and needs its client
            out.unlink(missing_ok=True)
        raise
    held = tuple(sorted({name.split(".")[0] for name in both.client.tensors}))
    return Granted(key.key_id, sealed_codec.fingerprint(public), out, held, named)


def _absent(path: Path) -> None:
    if path.exists():
        raise StateError(f"{path} exists already.", "Name another one.")
