"""/docs comes from this server with all that it loads, and its scripts may run under the policy."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from biodesci.api.app import create
from biodesci.config import Settings


@pytest.fixture
def client(tmp_path):
    with TestClient(
        create(Settings(home=tmp_path, deployment=tmp_path / "none.json", web=tmp_path))
    ) as opened:
        yield opened


def test_the_page_loads_only_what_this_server_has(client):
    page = client.get("/docs")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    wanted = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(wanted) == 5
    kinds = {".js": "text/javascript", ".css": "text/css", ".png": "image/png", "json": "application/json"}
    for path in wanted:
        assert not urlsplit(path).netloc
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].split(";")[0] == next(
            kind for end, kind in kinds.items() if path.endswith(end)
        )
        assert len(answer.content) > 50


def test_no_script_stands_in_the_page_which_the_policy_would_refuse(client):
    page = client.get("/docs")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    assert re.findall(r"<script[^>]*>(.*?)</script>", page.text, re.DOTALL) == ["", ""]
    assert not re.search(r"\son\w+=|javascript:", page.text)


def test_the_schema_it_reads_describes_every_route_with_the_problems_of_the_table(client):
    schema = client.get("/openapi.json").json()
    assert {"/v1/datasets", "/v1/activity", "/v1/config", "/health"} <= set(schema["paths"])
    assert not [path for path in schema["paths"] if path.startswith("/docs")]
    for path, methods in schema["paths"].items():
        session = path == "/v1/session" or path.startswith("/v1/session/")
        assert set(methods) == {"get"} or session or path.startswith("/ga4gh/drs/")
        if path.startswith("/v1/") and not session:
            answers = set(methods["get"]["responses"])
            assert {"200", "421", "429", "500", "503", "default"} <= answers
            # What has parameters names what it says of wrong ones.
            assert ("400" in answers) == (path not in {"/v1/config", "/v1/events", "/v1/me/queue"})
    assert "HTTPValidationError" not in schema["components"]["schemas"]


@pytest.mark.parametrize(
    "path", ["/docs/redoc.standalone.js", "/docs/../core.py", "/docs/%2e%2e%2f__init__.py"]
)
def test_nothing_else_of_the_package_is_served(client, path):
    answer = client.get(path)
    assert answer.status_code in {400, 404}
    assert answer.headers["content-type"] == "application/problem+json"
