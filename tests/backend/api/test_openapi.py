"""The API held against its own OpenAPI document by schemathesis, with every check that it has."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from biodesci.api.app import create
from biodesci.api.server import policy
from tests.backend.serving.raw import running

CHECKED = Path(sys.executable).with_name("schemathesis")
# What it counts as a refusal of what the document does not allow: its own list lacks 413, a body too large.
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]
"""


QUICK = ("--max-examples", "2", "--phases", "examples,coverage,fuzzing")


def failures(world, folder: Path, *options: str, seed: int = 1) -> str:
    """What schemathesis says where anything fails. A stream has no end, so that it is tested elsewhere."""
    settings = world.settings.model_copy(update={"requests_a_minute": 0})
    configuration = folder / "schemathesis.toml"
    configuration.write_text(CONFIGURATION)
    with running(create(settings), policy(settings)) as port:
        run = subprocess.run(
            [
                CHECKED, "--config-file", configuration, "run", f"http://127.0.0.1:{port}/openapi.json",
                "--checks", "all", *options, "--exclude-path", "/v1/events", "--request-timeout", "30",
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


def test_no_body_that_the_document_allows_is_too_large(world):
    """As JSON may be written: a character takes twelve bytes, as two halves of a pair."""
    signed = world.client.get("/openapi.json").json()["components"]["schemas"]["SignedMessage"]["properties"]
    longest = signed["message"]["maxLength"]
    asked = world.client.post("/v1/session/message", json={"account": "0x" + "a1" * 20}).json()["message"]
    name = world.client.base_url.host
    assert len(asked) + 2 * (len("n" * 253 + ":65535") - len(name)) <= longest  # with the longest name
    body = {"message": "\U0001f3fb" * longest, "signature": "0x" + "11" * 2_048}
    with running(create(world.settings), policy(world.settings)) as port:
        allowed, longer = (
            httpx.post(
                f"http://127.0.0.1:{port}/v1/session",
                content=json.dumps(one),
                headers={"Content-Type": "application/json"},
            )
            for one in (body, {**body, "signature": "x" * 20_000})
        )
    assert (allowed.status_code, longer.status_code) == (403, 413)


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
