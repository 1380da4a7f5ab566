"""Reads the deployment file that a setting names."""

from __future__ import annotations

from pathlib import Path

from biodesci.core.documents.deployment import Deployment
from biodesci.core.errors import ConfigurationError


def load_deployment(path: Path) -> Deployment:
    """The contracts of the network that the file at `path` describes.

    Raises ConfigurationError where there is none, or where it cannot be read.
    """
    try:
        return Deployment.parse(path.read_bytes())
    except FileNotFoundError as exc:
        raise ConfigurationError(
            f"There is no deployment file at {path}.",
            "Deploy the contracts with `ape run deploy`, or set BIODESCI_DEPLOYMENT.",
        ) from exc
    except OSError as exc:
        raise ConfigurationError(
            f"The deployment file {path} cannot be read: {exc.strerror}.", "Check who may read it."
        ) from exc
    except ConfigurationError as exc:
        raise ConfigurationError(f"{path}: {exc.message}", exc.hint) from exc
