"""The contracts as Slither reads them, once for all tests that ask it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from slither import Slither

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def slither():
    """The build that `make compile` leaves in .cache/slither, read with the settings of `make check`."""
    settings = json.loads((ROOT / "slither.config.json").read_text())
    build = ROOT / settings["foundry_out_directory"] / "build-info"
    assert build.is_dir(), "no build for Slither: run `make compile`"
    return Slither(str(ROOT), **{**settings, "filter_paths": settings["filter_paths"].split(",")})
