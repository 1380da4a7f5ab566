"""Fine-tunes an encrypted checkpoint on encoded records: what a machine without any key runs.

It needs the encrypted folder and the encoded file, and learns from them what their public parts say. The
weights that it writes decrypt to those that plaintext training by the same plan would have given; what that
does not hold for is refused before anything is written. A run that is stopped goes on where its last whole
epoch ended, at the same bits (on the same kind of device)."""

from __future__ import annotations

import hashlib
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context
from math import isfinite
from pathlib import Path

import torch
from torch import Tensor, nn

from biodesci.core import files
from biodesci.core.documents import tuning
from biodesci.core.documents.tuning import Run
from biodesci.core.errors import BioDeSciError, InputError, WrongKeyError
from biodesci.ee.checkpoint.reading import CONFIG
from biodesci.ee.layout import Layout
from biodesci.ee.training import check_combination, minibatches
from biodesci.ee.training.loop import Stopped, Watch, run
from biodesci.ee.training.losses import Loss
from biodesci.ee.training.stepping import Stepper
from biodesci.models import encrypted_folder
from biodesci.models.encrypted_folder import Loaded, Marks
from biodesci.models.tuning import data as tuning_data
from biodesci.models.tuning import job as tuning_job
from biodesci.models.tuning import result as tuned
from biodesci.models.tuning import state as tuning_state
from biodesci.models.tuning.data import Encoded
from biodesci.models.tuning.job import LOSSES, Job, Subject
from biodesci.models.tuning.state import StoppedRun

LINES = 20  # about so many say how far a run is


@dataclass(frozen=True)
class Reports:
    """What whoever waits for a run hears: `steps` done, of so many, and a `line` now and then."""

    steps: Callable[[int, int], None] = lambda _done, _of: None
    line: Callable[[str], None] = lambda _: None


SILENT = Reports()


@dataclass(frozen=True, eq=False)
class Trial:
    """What trains on what. `run` says so to a later command that would go on from the state beside
    `target`."""

    model: nn.Module
    columns: Mapping[str, Tensor]
    job: Job
    loss: Loss
    target: Path
    run: Run


@dataclass(frozen=True)
class Tuned:
    """What was written. Losses: the mean over all encoded records before and after; DP-SGD bounds nothing of
    them, nor of the number of steps."""

    folder: Path
    key_id: str
    steps: int
    loss_before: float
    loss_after: float
    epsilon: float | None = None


def tune(
    folder: Path,
    encoded: Path,
    target: Path,
    job: Job,
    *,
    device: str = "cpu",
    reports: Reports = SILENT,
) -> Tuned:
    """Trains the model in `folder` on `encoded` and writes it, or its adapter, into the new folder `target`.

    Raises, before anything is written: StateError for a plain checkpoint, an existing target or another run's
    state; WrongKeyError for records of another key; InputError, with the reason, for what would not equal
    plaintext training, and for NaN. InputError also if training diverges; then nothing is left."""
    files.check_new_folder(target, folder)
    marks = Marks.read(folder)
    loss = job.loss_for(marks.task)
    check_combination(job.plan.optimizer, marks.mode)
    data = tuning_data.load(encoded)
    if data.key_id != marks.key_id:
        raise WrongKeyError(
            "These records were encoded for another model, or for another encryption of it.",
            "Encode them with the codec that was granted for this very folder.",
        )
    loaded = encrypted_folder.load(folder)
    model = tuning_job.ready(loaded, job).to(_device(device))
    columns = _columns(data, loaded, model, private=job.privacy is not None)
    _check_padding(marks, columns)
    records = hashlib.sha256(encoded.read_bytes()).digest()
    subject = Subject(marks.key_id, _digest(loaded), records, loss, torch.device(device).type)
    trial = Trial(model, columns, job, LOSSES[loss], target, job.run(subject))
    stopped = None if job.privacy is not None else tuning_state.find(target, trial.run)
    before = stopped.progress.loss if stopped else evaluate(model, columns, trial.loss, job.plan.batch_size)
    if not isfinite(before):
        raise InputError(
            "The model's loss on these records is not finite.", "Check the model and its records."
        )
    trained, every = _count(model), _count(model, every=True)
    reports.line(f"{data.rows} records, {trained:,} of {every:,} weights are trained; loss {before:.4f}")
    spent, steps = None, 0
    try:
        if job.privacy is not None:
            spent, steps = _privately(trial, loaded.layout, reports)
        else:
            steps = _train(trial, stopped, before, reports)
        after = evaluate(model, columns, trial.loss, job.plan.batch_size)
        if spent is None and not isfinite(after):
            raise InputError("Training diverged: the loss is no longer finite.", "Lower the learning rate.")
    except BioDeSciError:
        tuning_state.forget(target)  # it would fail again from there
        raise
    method = {name: value for name, value in trial.run if name in tuning.Method.model_fields}
    report: tuning.TuningReport | tuning.PrivateTuningReport
    if spent is not None:
        kept = {name: method[name] for name in ("plan", "loss", "privacy", "key_id", "model")}
        report = tuning.PrivateTuningReport(**kept, mode=marks.mode, spent=spent)
    else:
        report = tuning.TuningReport(
            **method,
            mode=marks.mode,
            rows=data.rows,
            steps=steps,
            loss_before=before,
            loss_after=after,
            computed_in=str(loaded.dtype).removeprefix("torch."),
            frozen="all but the adapter" if job.lora is not None else _frozen(model),
            spent=None,
        )
    if job.lora is None:
        tuned.write_checkpoint(loaded.checkpoint, marks.key_id, model, loaded.names, report, target)
    else:
        tuned.write_adapter(marks.key_id, marks.mode, model, report, target)
    tuning_state.forget(target)
    return Tuned(target, marks.key_id, steps, before, after, None if spent is None else spent.epsilon)


@torch.no_grad()
def evaluate(model: nn.Module, columns: Mapping[str, Tensor], loss: Loss, batch_size: int) -> float:
    """The mean loss over all rows, without changing the model."""
    was, total, count = model.training, 0.0, len(columns["labels"])
    model.eval()
    for start in range(0, count, batch_size):
        batch = {name: column[start : start + batch_size] for name, column in columns.items()}
        losses = loss(model, batch)
        total += float(losses.sum()) if losses.ndim else float(losses) * len(batch["labels"])
    model.train(was)
    return total / count


def _train(trial: Trial, stopped: StoppedRun | None, before: float, reports: Reports) -> int:
    """Trains from where an earlier run stopped, and keeps the state after each epoch; the number of steps in
    all. `before`: the loss before the first step."""
    model, plan = trial.model, trial.job.plan
    each = -(-len(trial.columns["labels"]) // plan.batch_size)
    first = 0 if stopped is None else stopped.progress.epochs
    if stopped is not None:
        tuning_state.restore(model, stopped)
        reports.line(f"goes on after epoch {first} of {plan.epochs}")
    losses: list[Tensor] = []
    done, since = first * each, time.monotonic()

    def step(value: Tensor) -> None:
        nonlocal done
        done += 1
        losses.append(value)
        reports.steps(done, plan.epochs * each)

    def epoch(number: int, stepper: Stepper) -> None:
        nonlocal since
        mean = float(torch.stack(losses).mean())
        losses.clear()
        progress = tuning.TuningState(run=trial.run, epochs=number, steps=done, loss=before)
        tuning_state.save(trial.target, StoppedRun(progress, tuning_state.moving(model), stepper.state()))
        if number == plan.epochs or number % max(1, plan.epochs // LINES) == 0:
            reports.line(
                f"epoch {number} of {plan.epochs}: loss {mean:.4f}, {time.monotonic() - since:.1f} s"
            )
            since = time.monotonic()

    start = None if stopped is None else Stopped(first, stopped.optimizer)
    run(model, minibatches(trial.columns, plan), plan, trial.loss, watch=Watch(step, epoch), stopped=start)
    return done


def _privately(trial: Trial, layout: Layout, reports: Reports) -> tuple[tuning.Spent, int]:
    """DP-SGD; the epsilon and delta that it spent, and the number of steps. It keeps no state: its secret
    draws would lie there."""
    from biodesci.ee.training.private import Privacy, accounted, fine_tune_privately  # noqa: PLC0415  # slow

    job = trial.job
    assert job.privacy is not None
    rows = len(trial.columns["labels"])
    if job.privacy.delta >= 1.0 / rows:
        raise InputError(
            f"With a delta of {job.privacy.delta:g}, one of {rows} records may be disclosed outright.",
            f"Choose --delta well below {1.0 / rows:.1g}.",
        )
    privacy = Privacy(job.privacy.noise_multiplier, job.privacy.delta)
    total, done = accounted(privacy, job.plan, rows).steps, 0

    def counted(model: nn.Module, batch: Mapping[str, Tensor]) -> Tensor:
        nonlocal done
        done += 1  # steps that draw no record are not seen here
        reports.steps(min(done, total), total)
        if done % max(1, total // job.plan.epochs) == 0:
            reports.line(f"step {done} of about {total}")
        return trial.loss(model, batch)

    with warnings.catch_warnings():  # of Opacus' hooks, where nothing below an adapter needs a gradient
        warnings.filterwarnings("ignore", message="Full backward hook is firing")
        spent = fine_tune_privately(trial.model, trial.columns, job.plan, privacy, counted, layout)
    return tuning.Spent(epsilon=_upwards(spent.epsilon), delta=spent.delta), spent.steps


def _upwards(epsilon: float) -> float:
    """Two digits of it, rounded up, so that it still bounds: beside the plan, all of them would tell the
    exact number of records."""
    return float(Context(prec=2, rounding=ROUND_CEILING).create_decimal_from_float(epsilon))


def _columns(data: Encoded, loaded: Loaded, model: nn.Module, *, private: bool) -> dict[str, Tensor]:
    """The columns where the model is, numbers in its type."""
    columns = tuning_job.with_positions(data.columns) if private else dict(data.columns)
    device = next(model.parameters()).device
    return {
        name: column.to(device, loaded.dtype if column.is_floating_point() else column.dtype)
        for name, column in columns.items()
    }


def _check_padding(marks: Marks, columns: Mapping[str, Tensor]) -> None:
    """A decoder's classifier reads the last token, which it finds by the padding's number."""
    if not marks.kind.endswith("ForSequenceClassification") or "token_type_ids" in columns:
        return
    if marks.config.get("pad_token_id") is None:
        raise InputError(
            "config.json names no pad_token_id, by which this classifier finds the end of a text.",
            "Set it in the plain model's config.json, encrypt that, and grant codecs anew.",
        )


def _device(name: str) -> torch.device:
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as exc:
        raise InputError(f"There is no device {name!r} here.", "Use --device cpu, or cuda.") from exc


def _digest(loaded: Loaded) -> bytes:
    """SHA-256 over the SHA-256 of config.json and of each of the weights' files."""
    digest = hashlib.sha256()
    for name in (CONFIG, *sorted({stored.file for stored in loaded.checkpoint.tensors.values()})):
        with (loaded.checkpoint.folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.digest()


def _frozen(model: nn.Module) -> tuple[str, ...]:
    return tuple(sorted(name for name, p in model.named_parameters() if not p.requires_grad))


def _count(model: nn.Module, every: bool = False) -> int:
    return sum(p.numel() for p in model.parameters() if every or p.requires_grad)
