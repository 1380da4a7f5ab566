"""Training that is the same under EE: encrypted steps are the plaintext steps in another basis.

`combinations` says for which optimizers and keys that holds; what it does not hold for is refused. Federated
rounds (`train`), two-party fine-tuning (`fine_tune`) and DP-SGD (`private`) share one step (`stepping`)."""

from biodesci.ee.training.combinations import (
    EXACT,
    check_combination,
    check_model,
    check_parts,
    refusal,
)
from biodesci.ee.training.loop import fine_tune, freeze_for, minibatches, untied
from biodesci.ee.training.plan import TrainingPlan, order
from biodesci.ee.training.records import evaluate, train

__all__ = [
    "EXACT",
    "TrainingPlan",
    "check_combination",
    "check_model",
    "check_parts",
    "evaluate",
    "fine_tune",
    "freeze_for",
    "minibatches",
    "order",
    "refusal",
    "train",
    "untied",
]
