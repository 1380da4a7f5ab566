"""`biodesci model`: create an encrypted model, grant codecs, show the card; encrypt, decrypt, re-key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from biodesci.cli import encryption, output, session
from biodesci.cli.arguments import Number, address

app = typer.Typer(
    help="Encrypted models: create, grant codecs, show, encrypt, decrypt.", no_args_is_help=True
)
app.command()(encryption.encrypt)
app.command()(encryption.rekey)


@app.command()
def create(
    name: Annotated[str, typer.Option(help="Shown on the card.")],
    features: Annotated[int, typer.Option(help="Number of features after normalization.")],
    description: str = "",
    tokens: int = 8,
    width: int = 32,
    heads: int = 4,
    layers: int = 2,
    hidden: int = 64,
    classes: int = 2,
    inference_only: Annotated[
        bool, typer.Option("--inference-only", help="Keys from GL: larger key space, no encrypted training.")
    ] = False,
) -> None:
    """Encrypt a fresh tabular transformer and register it; the key stays in this home, sealed."""
    from biodesci.core import cid
    from biodesci.ee.architectures.tabular import TabularConfig
    from biodesci.services.encrypt import key_path
    from biodesci.services.model import create_model

    shape = TabularConfig(features, tokens, width, heads, layers, hidden, classes)
    made = create_model(
        session.chain(),
        session.ipfs(),
        session.settings().home,
        session.passphrase(),
        shape,
        name=name,
        description=description,
        mode="general" if inference_only else "orthogonal",
    )
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
    from biodesci.services.codec import load_card

    chain = session.chain(account=False)
    functions = chain.models.functions
    rows = []
    for model_id in range(1, chain.call(functions.modelCount()) + 1):
        try:
            name = str(load_card(chain, session.ipfs(), model_id).get("name", ""))
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
def grant(
    model_id: Number,
    account: Annotated[str, typer.Argument(help="Address with a registered encryption key.")],
    kind: Annotated[str, typer.Option(help="training or inference")] = "inference",
    renew: Annotated[bool, typer.Option("--renew", help="Seal again: the account changed its key.")] = False,
) -> None:
    """Seal a codec to an account and record it on chain."""
    from biodesci.core import cid
    from biodesci.core.errors import InputError
    from biodesci.services.model import grant_codec

    if kind not in ("training", "inference"):
        raise InputError(f"There is no codec for {kind}.", "Use --kind training or --kind inference.")
    holder = address(account)
    digest = grant_codec(
        session.chain(),
        session.ipfs(),
        session.settings().home,
        session.passphrase(),
        model_id,
        holder,
        "training" if kind == "training" else "inference",
        renew=renew,
    )
    output.record({"model": model_id, "account": holder, "envelope": cid.from_digest(digest)})


@app.command()
def card(model_id: Number) -> None:
    """Print the model card with its security card."""
    import json

    from biodesci.services.codec import load_card

    found = load_card(session.chain(account=False), session.ipfs(), model_id)
    typer.echo(json.dumps(found, indent=2, sort_keys=True))


@app.command()
def decrypt(
    source: Annotated[
        str, typer.Argument(help="Number of a model on chain, or a folder with an encrypted checkpoint.")
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
    from biodesci.core import checkpoint
    from biodesci.services import files
    from biodesci.services.model import decrypt_model

    tensors = decrypt_model(
        session.chain(),
        session.ipfs(),
        session.settings().home,
        session.passphrase(),
        int(source),
        version,
    )
    files.write_private(target, checkpoint.dump(tensors))
    output.record({"model": int(source), "file": str(target)}, "Plaintext weights written.")
