"""What each event changes in the derived tables, and what it is about."""

from __future__ import annotations

from typing import Final, NamedTuple

from biodesci.core.onchain import NOBODY
from biodesci.index.changes import datasets, inferences, licenses, models, visas
from biodesci.index.changes.draft import Draft
from biodesci.index.changes.event import Args, At, Changes

_CHANGES: Final[dict[str, Changes]] = {
    "DatasetNFT": datasets.changes,
    "AccessLicense": licenses.changes,
    "ModelRegistry": models.changes,
    "InferenceCommitment": inferences.changes,
    "VisaRegistry": visas.changes,
}
_SUBJECTS: Final = (
    ("licenseId", "license"),
    ("requestId", "inference"),
    ("roundId", "round"),
    ("modelId", "model"),
    ("datasetId", "dataset"),
    ("account", "account"),
    ("buyer", "account"),
    ("owner", "account"),
    ("issuer", "account"),
)
# What a contract names and does not keep: whoever takes part in a round may do so under a licence, and
# anybody may say whom it trusts for a dataset that is another's.
_NAMED_ONLY: Final = {"ModelRegistry": {"licenseId", "datasetId"}, "VisaRegistry": {"datasetId"}}
_TOKENS: Final = {"DatasetNFT": "dataset", "ModelRegistry": "model"}


class Subject(NamedTuple):
    """What an event is about: a `kind` of thing, and which one, by its number or its address."""

    kind: str
    key: str


def subject(contract: str, name: str, args: Args) -> Subject:
    """What an event is about; a model version is the model's matter, not the round's."""
    if name == "ModelVersionPublished":
        return Subject("model", str(args["modelId"]))
    if name == "Transfer" and contract in _TOKENS and args["from"] != NOBODY:
        return Subject(_TOKENS[contract], str(args["tokenId"]))
    named_only = _NAMED_ONLY.get(contract, set())
    for field, kind in _SUBJECTS:
        if field in args and field not in named_only:
            return Subject(kind, str(args[field]))
    return Subject("", "")


def derive(draft: Draft, at: At, contract: str, name: str, args: Args) -> None:
    """Adds and sets in `draft` what one event says; nothing, for events that they don't follow."""
    if contract in _CHANGES:
        _CHANGES[contract].apply(draft, at, name, args)
