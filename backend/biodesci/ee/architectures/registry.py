"""Which architecture a configuration names, of the files beside this one that hold an `ARCHITECTURE`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from biodesci.core.errors import InputError
from biodesci.ee import architectures
from biodesci.ee.architectures.architecture import Architecture
from biodesci.ee.architectures.blueprint import Blueprint
from biodesci.ee.architectures.tabular import TabularConfig
from biodesci.ee.groups import MODES, Mode
from biodesci.ee.layout import Layout


@cache
def known() -> Mapping[str, Architecture]:
    """Every architecture by its `model_type`s. ValueError where two files claim one."""
    found: dict[str, Architecture] = {}
    for file in pkgutil.iter_modules(architectures.__path__):
        module = importlib.import_module(f"{architectures.__name__}.{file.name}")
        architecture = getattr(module, "ARCHITECTURE", None)
        if isinstance(architecture, Architecture):
            twice = found.keys() & architecture.models.keys()
            if twice:
                raise ValueError(f"{file.name}.py describes {', '.join(sorted(twice))}, as another file does")
            found |= dict.fromkeys(architecture.models, architecture)
    return found


def of(config: Mapping[str, Any]) -> Architecture:
    """The architecture that a config.json names; InputError where it is not known."""
    kind = str(config.get("model_type"))
    if kind not in known():
        raise InputError(
            f"The architecture {kind!r} is not known, so no exact key is.",
            f"Known are: {', '.join(sorted(known()))}.",
        )
    return known()[kind]


def described(document: Mapping[str, Any]) -> Blueprint:
    """The blueprint that an architecture document on chain describes; InputError where it is not known, or
    not sound."""
    for architecture in known().values():
        blueprint = architecture.blueprint
        if blueprint is not None and blueprint.name == document.get("name"):
            return blueprint.from_document(document)
    names = sorted(b.name for b in (made.blueprint for made in known().values()) if b is not None)
    raise InputError(
        "This is not the description of an architecture that this version knows.",
        f"The names that it knows are {', '.join(names)}.",
    )


def transformer_for_records(**sizes: int) -> Blueprint:
    """The architecture of a model that is created afresh: see `TabularConfig` for the sizes."""
    return TabularConfig(**sizes)


def layout(config: Mapping[str, Any], names: Collection[str], mode: Mode, *, shuffle: bool = False) -> Layout:
    """The layout for a config.json and the names of the checkpoint's tensors.

    Raises InputError for an architecture, a variant, a mode or a tensor that has no exact key here.
    """
    architecture = of(config)
    if int(config.get(architecture.depth) or 0) > len(names):
        raise InputError(
            f"config.json says {architecture.depth} {config[architecture.depth]}, and the checkpoint has "
            f"{len(names)} tensors.",
            "Use the weights and the config.json of one model.",
        )
    if mode not in MODES:
        raise InputError(f"There is no mode {mode!r}.", f"The modes are {', '.join(MODES)}.")
    make = architecture.shuffled if shuffle else architecture.layout
    if make is None:
        able = sorted(kind for kind, other in known().items() if other.shuffled is not None)
        raise InputError(
            f"{config['model_type']} has no sequence shuffle.", f"Leave it out: it is for {', '.join(able)}."
        )
    made = make(config, names, mode)
    missing, unknown = set(made.rules) - set(names), set(names) - set(made.rules)
    if missing or unknown:
        odd = [f"missing: {', '.join(sorted(missing)[:4])}"] if missing else []
        odd += [f"not known: {', '.join(sorted(unknown)[:4])}"] if unknown else []
        raise InputError(
            f"The checkpoint does not fit its config.json ({'; '.join(odd)}).",
            "Use the weights and the config.json of one model, without adapters or optimizer states.",
        )
    return made
