"""`biodesci model ask`: a client's request to an encrypted model in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from biodesci.cli import output, session
from biodesci.cli.arguments import new_file
from biodesci.cli.granting import EXPECTED, tell_fingerprint
from biodesci.cli.options import grouped
from biodesci.cli.tune import quiet

if TYPE_CHECKING:
    from biodesci.ee.serving.model import Answer


@dataclass(frozen=True)
class Asked:
    """The options that say what is asked, and how texts become tokens."""

    tokenizer: Annotated[Path | None, typer.Option(help="Folder with the plain model's tokenizer.")] = None
    text: Annotated[list[str] | None, typer.Option(help="A text; may be repeated.")] = None
    input_: Annotated[
        Path | None,
        typer.Option(
            "--input",
            help="Texts: .csv, .tsv, .jsonl. Arrays: .safetensors with x, pixel_values or input_ids.",
        ),
    ] = None
    column: Annotated[str, typer.Option(help="Column of the texts in --input.")] = "text"
    padded: Annotated[
        bool, typer.Option("--padded", help="The model's vocabulary has more rows than the tokenizer tokens.")
    ] = False


@grouped
def ask(
    folder: Annotated[
        Path,
        typer.Argument(help="Folder of the encrypted model, or of a split's server.", show_default=False),
    ],
    secret: Annotated[
        Path, typer.Option("--with", help="Sealed codec, or client half of a split.", show_default=False)
    ],
    asked: Asked,
    max_new_tokens: Annotated[int, typer.Option(min=0, help="Continue the texts by so many tokens.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Write all answers here instead (safetensors, fp64).")
    ] = None,
    fingerprint: Annotated[str | None, typer.Option(help=EXPECTED)] = None,
) -> None:
    """Ask an encrypted model: texts are encoded here, the model runs encrypted, answers are decoded here."""
    from biodesci.core.errors import InputError
    from biodesci.models import ask as service
    from biodesci.models import sealed_codec
    from biodesci.models.encrypted_folder import Marks

    if bool(asked.text) == (asked.input_ is not None):
        raise InputError("Nothing is asked, or two things.", "Give either --text or --input.")
    if out is not None:
        new_file(out)
    home = session.settings().home
    key_id = Marks.read(folder).key_id
    opened = sealed_codec.open_(
        secret, home, session.passphrase(), key_id, expected=fingerprint, on_fingerprint=tell_fingerprint
    )
    quiet()
    inputs = list(asked.text) if asked.text else service.read_inputs(asked.input_ or Path(), asked.column)
    model = service.open_model(folder, opened, tokenizer=asked.tokenizer, padded=asked.padded)
    if max_new_tokens:
        if not isinstance(inputs, list):
            raise InputError("Only texts are continued.", "Give --text, or a file of texts.")
        texts = model.generate_texts(inputs, max_new_tokens)
        rows = [{"input": i, "continuation": one} for i, one in enumerate(texts, 1)]
        output.table(rows, ("input", "continuation"), "Nothing was said.")
        return
    with output.progress("Asking", len(inputs)) as advance:
        answers = service.ask(model, inputs, folder=folder, progress=advance)
    if out is not None:
        service.write_answers(out, answers)
        output.record({"file": out, "answers": len(answers), "names": sorted(answers[0])}, "Answered.")
        return
    names = getattr(opened, "classes", ())
    rows = [_row(i, one, names) for i, one in enumerate(answers, 1)]
    output.table(rows, ("input", "class", *(["name"] if names else []), "scores"), "None.")


def _row(number: int, answer: Answer, names: tuple[str, ...]) -> dict[str, Any]:
    from biodesci.core.errors import InputError

    scores = answer.get("logits")
    if scores is None or scores.ndim != 1:
        raise InputError(
            f"This model answers with {', '.join(sorted(answer))}, not with one score per class.",
            "Write the answers to a file (--out FILE), or continue texts (--max-new-tokens N).",
        )
    best = int(scores.argmax())
    named = {"name": names[best]} if names else {}
    return {"input": number, "class": best, **named, "scores": [round(float(s), 4) for s in scores]}
