"""`biodesci model`: create an encrypted model, grant codecs, show the card; encrypt, split, ask, decrypt."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from biodesci.cli import asking, encryption, granting, output, session
from biodesci.cli.arguments import address
from biodesci.cli.options import grouped

if TYPE_CHECKING:
    from biodesci.ee.codec import Kind
    from biodesci.models.registration import CreatedModel

app = typer.Typer(
    help="Encrypted models: create, register, show, encrypt, grant codecs, split, ask, decrypt.",
    no_args_is_help=True,
)
app.command()(encryption.encrypt)
app.command()(encryption.rekey)
app.command()(granting.split)
app.command()(asking.ask)


@dataclass(frozen=True)
class Shape:
    """The options that say how large a transformer for records is."""

    features: Annotated[int, typer.Option(help="Number of features after normalization.")]
    tokens: int = 8
    width: int = 32
    heads: int = 4
    layers: int = 2
    hidden: int = 64
    classes: int = 2


@dataclass(frozen=True)
class SealedFile:
    """The options of a codec for a folder, which goes into a file."""

    out: Annotated[Path | None, typer.Option(help="Folder: file to write, the sealed codec.")] = None
    inputs_only: Annotated[
        bool, typer.Option("--inputs-only", help="Folder: for who encodes requests and reads no answer.")
    ] = False
    outputs_only: Annotated[
        bool, typer.Option("--outputs-only", help="Folder: for who reads answers and encodes no request.")
    ] = False


@app.command()
@grouped
def create(
    name: Annotated[str, typer.Option(help="Shown on the card.")],
    shape: Shape,
    *,
    description: str = "",
    inference_only: Annotated[
        bool, typer.Option("--inference-only", help="Keys from GL: larger key space, no encrypted training.")
    ] = False,
) -> None:
    """Encrypt a fresh tabular transformer and register it; the key stays in this home, sealed."""
    from biodesci.ee.architectures import registry
    from biodesci.models.registration import NewModel, create_model

    architecture = registry.transformer_for_records(**asdict(shape))
    made = create_model(
        session.member(),
        NewModel(architecture, name, description, "general" if inference_only else "orthogonal"),
    )
    _say_registered(made)


@app.command()
def register(
    folder: Annotated[Path, typer.Argument(help="The encrypted checkpoint, as `model encrypt` wrote it.")],
    name: Annotated[str, typer.Option(help="Shown on the card.")],
    description: str = "",
) -> None:
    """Register an encrypted checkpoint of your own on chain, as version 1 of a new model.

    Its key stays in this home. A tabular transformer and a perceptron can be registered: workers run these.

    Example: biodesci model register encrypted --name "Heart"
    """
    from biodesci.models.registration import register_folder

    _say_registered(register_folder(session.member(), folder, name, description))


def _say_registered(made: CreatedModel) -> None:
    from biodesci.core import cid
    from biodesci.party.model_keys import key_path

    output.record(
        {
            "model": made.model_id,
            "card": cid.from_digest(made.card),
            "weights": cid.from_digest(made.weights),
            "key": key_path(session.settings().home, made.key_id),
        },
        "Model registered. Keep a copy of the key file: without it the model cannot be decrypted.",
    )


@app.command("list")
def list_() -> None:
    """The models on chain, with their names from the cards on IPFS."""
    from biodesci.core.errors import BioDeSciError
    from biodesci.registry.models import load_card

    chain = session.chain(account=False)
    functions = chain.models.functions
    rows = []
    for model_id in range(1, chain.call(functions.modelCount()) + 1):
        try:
            name = load_card(chain, session.ipfs(), model_id).name
        except BioDeSciError as exc:
            name = f"({exc.message})"  # one card that cannot be read hides no other model
        rows.append(
            {
                "model": model_id,
                "name": name,
                "versions": chain.call(functions.latestVersion(model_id)),
                "owner": chain.call(functions.ownerOf(model_id)),
            }
        )
    output.table(rows, ("model", "name", "versions", "owner"), "There are no models.")


@app.command()
@grouped
def grant(
    source: Annotated[
        str, typer.Argument(help="Number of a model on chain, or a folder with an encrypted checkpoint.")
    ],
    recipient: Annotated[
        str,
        typer.Argument(
            help="Address with a registered encryption key; for a folder also a file from the recipient's "
            "`biodesci key export`."
        ),
    ],
    *,
    kind: Annotated[str, typer.Option(help="training or inference")] = "inference",
    file: SealedFile,
    renew: Annotated[
        bool, typer.Option("--renew", help="On chain: seal again, the account changed its key.")
    ] = False,
) -> None:
    """Seal a codec to one recipient: recorded on chain, or as a file for an encrypted folder.

    An inference codec encodes inputs and decodes answers. A training codec encodes labels, too. Both read
    whatever was encoded under this model's key. A model without head answers with its states: their key
    reads weights off the encrypted folder as well. With --inputs-only its holder can't decode answers
    (unless the model answers in the tokens that it reads), with --outputs-only it can't encode inputs.
    """
    from biodesci.core import cid
    from biodesci.core.errors import InputError

    if kind not in ("training", "inference"):
        raise InputError(f"There is no codec for {kind}.", "Use --kind training or --kind inference.")
    wanted: Kind = "training" if kind == "training" else "inference"
    if not source.isdecimal():
        if file.out is None or renew:
            raise InputError(
                "A codec for a folder goes into a file.", "Pass --out FILE; --renew is for models on chain."
            )
        reads, asks = not file.inputs_only, not file.outputs_only
        granting.grant(Path(source), recipient, wanted, file.out, inputs=asks, outputs=reads)
        return
    if file != SealedFile():
        raise InputError(
            "A codec for a model on chain is recorded there, whole.",
            "Leave --out, --inputs-only and --outputs-only out, or name an encrypted folder.",
        )
    from biodesci.models.registration import Grantee, grant_codec

    holder, model_id = address(recipient), _number(source)
    digest = grant_codec(session.member(), Grantee(model_id, holder, wanted), renew=renew)
    output.record({"model": model_id, "account": holder, "envelope": cid.from_digest(digest)})


@app.command()
def card(
    source: Annotated[
        str,
        typer.Argument(help="Number of a model on chain, or a folder with a checkpoint, encrypted or plain."),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write a folder's card into. Default: the folder itself.")
    ] = None,
    mode: Annotated[str, typer.Option(help="Of a plain folder: the mode to judge.")] = "orthogonal",
    base: Annotated[
        Path | None,
        typer.Option(help="Of a folder: the public model it was fine-tuned from. An attacker has it too."),
    ] = None,
    text: Annotated[
        Path | None, typer.Option(help="Of a folder: a file of text of the kind that it will read.")
    ] = None,
    tokenizer: Annotated[
        Path | None, typer.Option(help="Folder with the plain tokenizer.json, for --text.")
    ] = None,
) -> None:
    """Print the card of a model on chain; or attack the model in a folder, and write its security card there.

    A folder's card (security-card.md and .json) says in words, with figures, what the encryption held against
    in our own red team's hands. It takes minutes, and the owner's key where the folder is encrypted.
    """
    if not source.isdecimal():
        encryption.card(Path(source), out, mode, base, text, tokenizer)
        return
    import json

    from biodesci.registry.models import load_card

    registered = load_card(session.chain(account=False), session.ipfs(), _number(source))
    typer.echo(json.dumps(registered.fields, indent=2, sort_keys=True))


@app.command()
def decrypt(
    source: Annotated[
        str,
        typer.Argument(
            help="Number of a model on chain, or a folder with an encrypted checkpoint or PEFT adapter."
        ),
    ],
    target: Annotated[
        Path,
        typer.Argument(help="File to write (model on chain), readable by you alone, or new folder (folder)."),
    ],
    version: Annotated[
        int | None, typer.Option(min=1, help="Of a model on chain. Default: the latest.")
    ] = None,
) -> None:
    """Write plaintext weights: of a version on chain, or of an encrypted folder; the model's owner only."""
    if not source.isdecimal():
        encryption.decrypt(Path(source), target)
        return
    from biodesci.core import checkpoint, files
    from biodesci.models.registration import decrypt_model

    tensors = decrypt_model(
        session.member(),
        _number(source),
        version,
    )
    files.write_private(target, checkpoint.dump(tensors))
    output.record({"model": _number(source), "file": str(target)}, "Plaintext weights written.")


def _number(text: str) -> int:
    """A model's number on chain; InputError for zero and what no counter reaches."""
    from biodesci.core.errors import InputError

    if not 1 <= int(text) < 1 << 63:
        raise InputError(
            f"There is no model {text[:20]}.", "Models are numbered from 1: biodesci model list."
        )
    return int(text)
