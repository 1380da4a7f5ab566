"""The API held against its own OpenAPI document by schemathesis, with every check that it has."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from biodesci.api.app import create
from biodesci.api.server import policy
from tests.backend.serving.raw import running

CHECKED = Path(sys.executable).with_name("schemathesis")


QUICK = ("--max-examples", "2", "--phases", "examples,coverage,fuzzing")


def failures(world, folder: Path, *options: str, seed: int = 1) -> str:
    """What schemathesis says where anything fails. A stream has no end, so that it is tested elsewhere."""
    settings = world.settings.model_copy(update={"requests_a_minute": 0})
    with running(create(settings), policy(settings)) as port:
        run = subprocess.run(
            [
                CHECKED, "run", f"http://127.0.0.1:{port}/openapi.json", "--checks", "all",
                *options, "--exclude-path", "/v1/events", "--request-timeout", "30",
                "--no-color", "--seed", str(seed),
            ],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert "Tested:" in run.stdout, run.stdout + run.stderr
    print(run.stdout[-2_000:])  # what was tried: `pytest -rA` shows it
    return "" if run.returncode == 0 else run.stdout[-8_000:]


def test_the_api_is_as_its_document_says(world, tmp_path):
    assert failures(world, tmp_path, *QUICK) == ""


@pytest.mark.deep
@pytest.mark.timeout(1_800)
def test_the_api_is_as_its_document_says_for_long(world, tmp_path):
    """All phases, with calls that go on where others led to; `SEED=7 pytest …` repeats a run."""
    seed = int(os.environ.get("SEED", "0"), 0) % (1 << 32) or random.randrange(1, 1 << 32)
    print(f"SEED={seed}")
    assert failures(world, tmp_path, "--max-examples", "200", seed=seed) == ""


def test_every_route_names_what_it_refuses_with(world):
    spec = world.client.get("/openapi.json").json()
    for path, methods in spec["paths"].items():
        for operation in methods.values():
            answers = operation["responses"]
            assert {"421", "429", "500", "default"} <= set(answers), path
            assert {"200", "204"} & set(answers), path
            problems = [one for code, one in answers.items() if code[0] in "45" and path != "/ready"]
            assert all("application/problem+json" in one["content"] for one in problems), path


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_another_method_is_refused_with_those_there_are(world, method):
    answer = world.client.request(method, "/v1/datasets")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/method-not-allowed"
