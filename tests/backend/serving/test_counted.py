"""What a server refuses before its routes is in its figures, by status."""

from __future__ import annotations

import dataclasses
from collections import Counter

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from biodesci.api.guard import Metrics
from biodesci.serving import bounds
from biodesci.serving.bounds import Bounds
from biodesci.serving.guard import Policy
from biodesci.workers.watch import Watch
from tests.backend.serving.raw import ask, get, running
from tests.backend.serving.test_guard import who


def refused(text: str) -> Counter[str]:
    samples = [
        sample
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "biodesci_http_refused_total"
    ]
    return Counter({sample.labels["status"]: int(sample.value) for sample in samples})


def figures() -> list[Counter[str]]:
    """As the API shows them, and as a worker with a server does."""
    shown = generate_latest(Metrics().registry).decode(), Watch("aggregator").metrics().decode()
    return [refused(text) for text in shown]


def test_refusals_before_the_routes_are_counted_by_status() -> None:
    before = figures()
    policy = Policy(hosts=bounds.hosts(["localhost"]), body=9, a_minute=6)
    quick = dataclasses.replace(Bounds(), head=0.3)
    with running(who, policy, quick) as port:
        for _ in range(2):
            assert b" 421 " in get(port, host="evil.example")
        assert b" 413 " in ask(port, b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n")
        assert b" 408 " in ask(port, b"GET / HTTP/1.1\r\n")
        assert b" 400 " in ask(port, b"no request\r\n\r\n")
        answers = [get(port) for _ in range(20)]
    too_many = sum(b" 429 " in answer for answer in answers)
    assert too_many
    expected = Counter({"421": 2, "413": 1, "408": 1, "400": 1, "429": too_many})
    assert [after - was for after, was in zip(figures(), before, strict=True)] == [expected] * 2
