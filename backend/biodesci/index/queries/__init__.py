"""What readers ask of the index, as rows by column name. Pages go from new to old, by id."""

from biodesci.index.queries.access import Whose, license, licenses, waiting
from biodesci.index.queries.data import Related, dataset, datasets, offers, related, roles, versions
from biodesci.index.queries.evaluation import attestations, inference, inferences
from biodesci.index.queries.institutions import behind
from biodesci.index.queries.pages import Row
from biodesci.index.queries.state import as_of, counts, document
from biodesci.index.queries.training import (
    codecs,
    enrolments,
    model,
    model_versions,
    models,
    round_,
    rounds_of,
    took_part,
)

__all__ = [
    "Related",
    "Row",
    "Whose",
    "as_of",
    "attestations",
    "behind",
    "codecs",
    "counts",
    "dataset",
    "datasets",
    "document",
    "enrolments",
    "inference",
    "inferences",
    "license",
    "licenses",
    "model",
    "model_versions",
    "models",
    "offers",
    "related",
    "roles",
    "round_",
    "rounds_of",
    "took_part",
    "versions",
    "waiting",
]
