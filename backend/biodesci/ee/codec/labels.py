"""Classes: numbers in the encrypted model's order and back, and the LABEL_i of stock pipelines."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from biodesci.core.errors import InputError
from biodesci.ee.parts import Monomial, Part

Order = NDArray[np.int64]


def encode(classes: Monomial, y: NDArray[Any], ignore: int | None) -> Order:
    """y (any shape), integers from 0 -> the encrypted model's numbers; `ignore` stays."""
    y = np.asarray(y)
    ignored = np.zeros(y.shape, dtype=bool) if ignore is None else y == ignore
    labels = y[~ignored]
    if labels.size and (y.dtype.kind not in "iu" or labels.min() < 0 or labels.max() >= classes.size):
        raise InputError(
            f"Labels must be integers from 0 to {classes.size - 1}.", "Check the label column and threshold."
        )
    result: Order = np.full(y.shape, -1 if ignore is None else ignore, dtype=np.int64)
    result[~ignored] = classes.order.argsort().numpy()[labels.astype(np.int64)]
    return result


def decode(part: Part, numbers: NDArray[Any]) -> Order:
    """The encrypted model's class numbers (any shape) -> plain. InputError where scores are mixed."""
    if not isinstance(part, Monomial) or part.scale is not None:
        raise InputError(
            "This key mixes scores, so a class number alone says nothing.",
            "Ask for the scores of all classes and decode those.",
        )
    numbers = np.asarray(numbers)
    outside = numbers.size and (numbers.min() < 0 or numbers.max() >= part.size)
    if numbers.dtype.kind not in "iu" or outside:
        raise InputError(
            f"Class numbers are integers from 0 to {part.size - 1}.", "Decode the answers of the same model."
        )
    result: Order = part.order.numpy()[numbers]
    return result


def collect(answers: list[dict[str, Any]], count: int) -> NDArray[np.float64]:
    """[{"label": "LABEL_i", "score": s}, ...] -> scores (count,) by i. InputError unless all are there."""
    scores = np.full(count, np.nan)
    for answer in answers:
        label = str(answer.get("label", ""))
        number = label.removeprefix("LABEL_")
        if not label.startswith("LABEL_") or not number.isdigit() or int(number) >= count:
            raise InputError(
                f"The answer names the class {label[:40]!r}.",
                "Decode what the encrypted model's pipeline says.",
            )
        scores[int(number)] = float(answer["score"])
    if len(answers) != count or not np.isfinite(scores).all():
        raise InputError(
            f"The answer does not have a finite score for each of the {count} classes.",
            "Call the pipeline with top_k=None.",
        )
    return scores
