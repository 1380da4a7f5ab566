"""Options that belong together: a command takes them as one dataclass, and Typer sees each of its fields."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, get_type_hints

import typer


def grouped(command: Callable[..., None]) -> Callable[..., None]:
    """A command for Typer whose parameters of a dataclass type are that dataclass's fields, each an option.

    A field is annotated as a parameter would be, and its default is the option's. Two commands that take the
    same dataclass have the same options, with one help text.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, Any] = {name: hint for name, hint in hints.items() if dataclasses.is_dataclass(hint)}
    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name in groups:
            parameters += _fields(groups[name])
        else:
            parameters.append(parameter.replace(annotation=hints[name]))

    @wraps(command)
    def spelled(**values: Any) -> None:
        for name, group in groups.items():
            fields = {field.name: values.pop(field.name) for field in dataclasses.fields(group)}
            values[name] = group(**fields)
        command(**values)

    keywords = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
    spelled.__signature__ = inspect.Signature(keywords)  # type: ignore[attr-defined]
    spelled.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return spelled


def _fields(group: Any) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    empty = inspect.Parameter.empty
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=empty if field.default is dataclasses.MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(group)
    ]


OPTIMIZERS = "sgd, muon, shampoo: orthogonal and permutation keys. adamw, lion: permutation keys only."
WeightDecay = Annotated[float, typer.Option(help="Decoupled.")]


@dataclass(frozen=True)
class Training:
    """The options that say how a model is trained, named as in `ee.training.TrainingPlan`."""

    optimizer: Annotated[str, typer.Option(help=OPTIMIZERS)] = "sgd"
    epochs: int = 3
    batch_size: int = 16
    learning_rate: float = 0.01
    momentum: Annotated[float, typer.Option(help="Also the first decay of adamw and lion.")] = 0.9
    clip: Annotated[float, typer.Option(help="Bound of the gradient's norm over all tensors.")] = 1.0
    weight_decay: WeightDecay = 0.0
    seed: Annotated[str, typer.Option(help="Public; the order of the records follows from it.")] = ""
