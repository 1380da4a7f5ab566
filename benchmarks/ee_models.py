"""Inference of stock models, encrypted against plain in one process: time, deviation and agreement."""

from __future__ import annotations

from typing import Any

import torch

from benchmarks.ee_subjects import Subject, subjects
from benchmarks.pairs import Ratio, model_ratio, one_thread

ROUNDS, SECONDS = 36, 150.0
SENT = 4  # at once, for the samples that are compared; timed is one alone
SAMPLES = 256


def compare(subject: Subject) -> tuple[float, float]:
    """Largest deviation relative to the largest value, and share of samples whose arg-max agrees."""
    worst, agreed = 0.0, 0
    with torch.no_grad():
        for _ in range(SAMPLES // SENT):
            columns = subject.draw(SENT)
            expected = subject.ask(subject.plain, columns).double()
            got = subject.decode(subject.ask(subject.encrypted, subject.encode(columns)))
            worst = max(worst, float((got - expected).abs().max() / expected.abs().max()))
            agreed += int((got.argmax(-1) == expected.argmax(-1)).sum())
    return worst, agreed / SAMPLES


def _time(subject: Subject) -> Ratio:
    columns = subject.draw(1)

    def run(model: Any, encrypted: bool) -> object:
        if not encrypted:
            return subject.ask(model, columns)
        return subject.decode(subject.ask(model, subject.encode(columns)))

    with torch.no_grad():
        return model_ratio(subject.plain, subject.encrypted, run, ROUNDS, SECONDS)


def figures() -> dict[str, dict[str, object]]:
    """ee.infer_ratio.*, ee.max_rel_err.*, ee.agreement.*."""
    result: dict[str, dict[str, object]] = {}
    with one_thread():
        for subject in subjects(training=False):
            worst, agreement = compare(subject)
            taken = _time(subject)
            result |= {
                f"ee.infer_ratio.{subject.name}": {
                    "value": taken.median,
                    "unit": "CPU time encrypted / plaintext",
                    "peer": "the same plaintext model in the same run; confidential GPUs about 1.07",
                    "how": f"stock transformers, {subject.mode} keys, fp32, one thread, one input, "
                    f"{taken}; encoding and decoding counted as part of the encrypted run",
                },
                f"ee.max_rel_err.{subject.name}": {
                    "value": float(f"{worst:.3g}"),
                    "unit": "|decoded - plaintext| / largest |plaintext|",
                    "peer": "the same plaintext model in the same run",
                    "how": f"fp32, largest over {SAMPLES} samples",
                },
                f"ee.agreement.{subject.name}": {
                    "value": agreement,
                    "unit": "share of samples",
                    "peer": "the public EE DistilBERT agrees on about 0.92",
                    "how": f"arg-max of the decoded answer is the plaintext model's, {SAMPLES} samples",
                },
            }
    return result
