"""`biodesci tune`: a data owner encodes its records, and any machine fine-tunes the encrypted model on
them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import new_file
from biodesci.cli.granting import EXPECTED, tell_fingerprint
from biodesci.cli.options import Training, grouped

if TYPE_CHECKING:
    from biodesci.ee.training import TrainingPlan
    from biodesci.models.tuning.job import Job, LossName

app = typer.Typer(help="Fine-tune an encrypted model on encoded records.", no_args_is_help=True)
Encrypted = Annotated[Path, typer.Argument(help="Folder with the encrypted checkpoint.", show_default=False)]


@dataclass(frozen=True)
class Texts:
    """The options that say how records of text are read."""

    tokenizer: Annotated[
        Path | None, typer.Option(help="Folder with the plain model's tokenizer, for texts.")
    ] = None
    text: Annotated[str, typer.Option(help="Column of the texts.")] = "text"
    label: Annotated[str, typer.Option(help="Column of the classes (classifiers).")] = "label"
    classes: Annotated[
        str, typer.Option(help="Names of the classes in the model's order, with commas between.")
    ] = ""
    max_length: Annotated[
        int | None, typer.Option(min=1, help="Tokens per text; longer ones lose their end.")
    ] = None
    padded: Annotated[
        bool, typer.Option("--padded", help="The model's vocabulary has more rows than the tokenizer tokens.")
    ] = False


@app.command()
@grouped
def encode(
    folder: Annotated[
        Path,
        typer.Argument(help="Folder of the encrypted checkpoint; config.json is enough.", show_default=False),
    ],
    data: Annotated[
        Path,
        typer.Argument(
            help="Texts: .csv, .tsv or .jsonl. Anything else: .safetensors with arrays named as the model's "
            "arguments (x, pixel_values or input_ids; labels).",
            show_default=False,
        ),
    ],
    codec: Annotated[
        Path, typer.Argument(help="Sealed training codec from the model owner.", show_default=False)
    ],
    out: Annotated[Path, typer.Argument(help="File to write: encoded columns.", show_default=False)],
    texts: Texts,
    fingerprint: Annotated[str | None, typer.Option(help=EXPECTED)] = None,
) -> None:
    """Encode records and labels under your codec, opened with this home's key; nothing leaves in plain.

    The file that this writes, and the encrypted folder, are all that a rented machine needs. It shows how
    many records there are, how long texts are, and how often each unnamed token and class occurs.

    Compare the codec's fingerprint with the model owner's first (--fingerprint): whoever put another codec
    in its place would read what you encode.
    """
    from biodesci.core import files
    from biodesci.models import sealed_codec
    from biodesci.models.encrypted_folder import Marks
    from biodesci.models.tuning import data as tuning_data

    marks = Marks.read(folder)
    opened = sealed_codec.open_codec(
        codec,
        session.settings().home,
        session.passphrase(),
        marks.key_id,
        expected=fingerprint,
        on_fingerprint=tell_fingerprint,
    )
    names = tuple(name.strip() for name in texts.classes.split(",")) if texts.classes else ()
    source = tuning_data.Source(
        data, texts.tokenizer, texts.text, texts.label, names, texts.max_length, texts.padded
    )
    quiet()
    encoded = tuning_data.encode(marks, opened, source)
    files.write_private(new_file(out), encoded.to_bytes())
    if encoded.cut:
        output.note(f"{encoded.cut} of {encoded.rows} texts were too long and lost their end.")
    output.record(
        {"file": out, "keyId": marks.key_id, "records": encoded.rows, "columns": sorted(encoded.columns)},
        "Encoded. Send this file and the encrypted folder to the machine that trains; keep the codec.",
    )


LORA = "Train an adapter of this rank instead of the model."
NOISE = "DP-SGD: noise per gradient norm bound (--clip); around 1. Bounds what the result tells of a record."


@dataclass(frozen=True)
class Method:
    """The options that say which weights are trained, on what loss, and whether with noise."""

    loss: Annotated[
        str, typer.Option(help="auto; classes or tokens (a mean per record); model: the model's own.")
    ] = "auto"
    no_dropout: Annotated[
        bool, typer.Option("--no-dropout", help="Train with every dropout at 0 instead of refusing it.")
    ] = False
    lora_rank: Annotated[int | None, typer.Option(min=1, help=LORA)] = None
    lora_alpha: Annotated[
        float | None, typer.Option(help="Scale of the adapter. Default: twice the rank.")
    ] = None
    lora_target: Annotated[
        list[str] | None, typer.Option(help="Name of the layers to adapt; may be repeated.")
    ] = None
    noise_multiplier: Annotated[float | None, typer.Option(help=NOISE)] = None
    delta: Annotated[float, typer.Option(help="DP-SGD: chance that its bound fails.")] = 1e-5

    def job(self, plan: TrainingPlan) -> Job:
        """The tuning job that the options name, for the plan that its owner chose."""
        from biodesci.models.tuning.job import Dp, Job, Lora

        rank, targets = self.lora_rank, tuple(self.lora_target or ())
        adapter = Lora(rank, self.lora_alpha or 2.0 * rank, targets) if rank else None
        noise = None if self.noise_multiplier is None else Dp(self.noise_multiplier, self.delta)
        return Job(plan, cast("LossName", self.loss), adapter, noise, self.no_dropout)


@app.command("run")
@grouped
def run_(
    folder: Encrypted,
    encoded: Annotated[Path, typer.Argument(help="What `tune encode` wrote.", show_default=False)],
    target: Annotated[Path, typer.Argument(help="Folder to write; must not exist yet.", show_default=False)],
    training: Training,
    method: Method,
    device: Annotated[str, typer.Option(help="cpu, cuda, cuda:1, ...")] = "cpu",
) -> None:
    """Fine-tune the encrypted model on encoded records; needs no key, no home and no passphrase.

    Decrypted, the result is what plaintext training by the same plan would have given (norm weights that
    the key folds away stay frozen); combinations for which that does not hold are refused. Killed, repeat
    the command: it goes on after the last whole epoch. DP-SGD starts anew instead, and trusts the machine
    that draws its noise: it protects the records from whoever gets the result, not from this machine.

    The result's tuning.json tells how it came about: without DP-SGD also the mean losses and the number of
    records. With it, what this command prints is not part of the result: the bound covers neither losses
    nor steps, so keep them with the records.
    """
    from biodesci.ee.training import TrainingPlan
    from biodesci.models.encrypted_folder import Marks
    from biodesci.models.tuning.run import Reports, tune

    job = method.job(TrainingPlan(**asdict(training)))
    if Marks.read(folder).is_stock:
        quiet()
    with output.bar() as shown:
        task = shown.add_task("Training", total=None)

        def progress(done: int, of: int) -> None:
            shown.update(task, completed=done, total=of)

        reports = Reports(progress, shown.console.print)
        made = tune(folder, encoded, target, job, device=device, reports=reports)
    result = {
        "folder": made.folder,
        "keyId": made.key_id,
        "steps": made.steps,
        "lossBefore": round(made.loss_before, 6),
        "lossAfter": round(made.loss_after, 6),
    }
    if made.epsilon is not None:
        result["spent"] = f"epsilon {made.epsilon:.2f} at delta {method.delta:g}"
    output.record(result, "Trained. Only the model owner can decrypt this: biodesci model decrypt.")


def quiet() -> None:
    """transformers' own bars and warnings off: what matters is said here."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
