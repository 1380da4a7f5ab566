"""What one run of encrypted fine-tuning is to do, and how a model is made ready for it."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from biodesci.core.documents import tuning as documents
from biodesci.core.errors import InputError
from biodesci.ee.architectures.architecture import Task
from biodesci.ee.architectures.lora import adapter_layout, read_ranks
from biodesci.ee.sampling import Stream
from biodesci.ee.training import TrainingPlan, check_model, freeze_for
from biodesci.ee.training.combinations import own_name
from biodesci.ee.training.losses import Loss, class_losses, own_loss, token_losses
from biodesci.models.encrypted_folder import Loaded

LossName = Literal["auto", "classes", "tokens", "model"]
LOSSES: Mapping[str, Loss] = {"classes": class_losses, "tokens": token_losses, "model": own_loss}
OF_TASK: Mapping[Task, str] = {"classes": "classes", "next token": "tokens", "per token": "model"}


@dataclass(frozen=True)
class Lora:
    """ΔW = (alpha / rank) B A beside the weights of `targets` (ends of module names; none: PEFT's choice)."""

    rank: int
    alpha: float
    targets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dp:
    """DP-SGD: see `ee.training.private.Privacy`."""

    noise_multiplier: float
    delta: float


@dataclass(frozen=True)
class Subject:
    """What a job is done on: the id of the model's key, the SHA-256 of the encrypted model and of the encoded
    records, the name of the loss, and the kind of device."""

    key_id: str
    model: bytes
    records: bytes
    loss: str
    device: str


@dataclass(frozen=True)
class Job:
    """`drop_dropout`: train as if every dropout of config.json were 0; otherwise dropout is refused."""

    plan: TrainingPlan
    loss: LossName = "auto"
    lora: Lora | None = None
    privacy: Dp | None = None
    drop_dropout: bool = False

    def loss_for(self, task: Task) -> str:
        """The name of the loss; InputError where DP-SGD has no loss per sample."""
        name = OF_TASK[task] if self.loss == "auto" else self.loss
        if name not in LOSSES:
            raise InputError(f"There is no loss {name!r}.", f"Use auto, {', '.join(LOSSES)}.")
        if self.privacy is not None and name == "model":
            raise InputError(
                "DP-SGD needs one loss per sample, and this one is a mean over the batch.",
                "Use --loss classes, or --loss tokens.",
            )
        return name

    def run(self, subject: Subject) -> documents.Run:
        """All that decides what training `subject` gives."""
        lora, privacy = self.lora, self.privacy
        return documents.Run(
            plan=self.plan.document(),
            loss=subject.loss,
            lora=None if lora is None else documents.Adapter(**asdict(lora)),
            privacy=None if privacy is None else documents.Privacy(**asdict(privacy)),
            dropout="none" if self.drop_dropout else "as in config.json",
            key_id=subject.key_id,
            model=subject.model,
            records=subject.records,
            device=subject.device,
        )


def ready(loaded: Loaded, job: Job) -> nn.Module:
    """The loaded model, in place: frozen or with adapters, so that what it trains trains alike under the key.
    Raises InputError, with the reason, where nothing would."""
    model = loaded.model
    if job.drop_dropout:
        without_dropout(model)
    if job.lora is not None:
        model = _with_adapter(loaded, job.lora, job.plan.seed)
    else:
        freeze_for(model, loaded.layout)
    try:
        check_model(model, loaded.layout)
    except InputError as exc:
        if not without_dropout(model):
            raise
        raise InputError(
            exc.message, "Train without: --no-dropout. (The plaintext run that it equals has none either.)"
        ) from exc
    return model


def without_dropout(model: nn.Module) -> int:
    """Sets every dropout to 0, in place; how many were not."""
    count = 0
    for module in model.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd) and module.p > 0:
            module.p = 0.0
            count += 1
        for name, value in vars(module).items():  # attention layers keep theirs as a number
            if "drop" in name and isinstance(value, float) and value > 0:
                setattr(module, name, 0.0)
                count += 1
    return count


def adapter_start(seed: str, module: str, shape: torch.Size) -> Tensor:
    """The first A (rank, in) of a module's adapter, fp64: Gaussian of PEFT's variance 1 / (3 in). It follows
    from the plan's public seed, so that a resumed run starts alike, and its distribution is the same in every
    orthogonal basis. (B starts as zero.)"""
    drawn = Stream(hashlib.sha256(b"biodesci/adapter-start/v1|" + seed.encode()).digest(), module)
    return torch.from_numpy(drawn.gaussian(*shape) / (3.0 * shape[1]) ** 0.5)


def _with_adapter(loaded: Loaded, lora: Lora, seed: str) -> nn.Module:
    from peft import LoraConfig, get_peft_model, get_peft_model_state_dict  # noqa: PLC0415  # slow

    if lora.rank < 1:
        raise InputError(f"An adapter of rank {lora.rank} is none.", "Choose --lora-rank of at least 1.")
    dtype = loaded.dtype
    without_grad = loaded.model.requires_grad_(False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it corrects fan_in_fan_out for GPT-2
            config = LoraConfig(
                r=lora.rank,
                lora_alpha=lora.alpha,  # type: ignore[arg-type]  # its own scaling takes any number
                lora_dropout=0.0,
                target_modules=list(lora.targets) or None,
                base_model_name_or_path="",
            )
            wrapped = get_peft_model(without_grad, config)
    except ValueError as exc:
        why = str(exc).splitlines()[0] if lora.targets else "which layers to adapt is not known by itself."
        raise InputError(
            f"There is nothing to adapt in this {loaded.marks.kind}: {why}",
            "Name linear layers of the model: --lora-target query --lora-target value.",
        ) from exc
    wrapped.to(dtype)
    settings = wrapped.peft_config["default"]
    settings.base_model_name_or_path = None  # a path on this machine
    ranks = read_ranks(settings.to_dict(), get_peft_model_state_dict(wrapped))
    adapter_layout(loaded.layout, ranks)  # refuses modules that no key can move
    with torch.no_grad():
        for name, p in wrapped.named_parameters():
            if ".lora_A." in name:
                p.copy_(adapter_start(seed, own_name(name).split(".lora_A.")[0], p.shape))
    result: nn.Module = wrapped
    return result


def with_positions(columns: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Columns for DP-SGD: Opacus needs the sample axis in every input, so positions become a column."""
    if "input_ids" not in columns or "position_ids" in columns:
        return dict(columns)
    rows, length = columns["input_ids"].shape
    return {**columns, "position_ids": torch.arange(length).repeat(rows, 1)}
