"""docs/monitoring.md says of every figure what it is, and the rules that are shipped ask for no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import REGISTRY, CollectorRegistry

from biodesci.api.guard import Metrics
from biodesci.workers.watch import Watch

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/monitoring.md").read_text()
RULES = ROOT / "deploy/prometheus/biodesci.rules.yml"
_OURS: Final = "biodesci_"


def _of(registry: CollectorRegistry) -> dict[str, frozenset[str]]:
    """The figures of ours in a registry, as they are exported, with their labels."""
    figures = {}
    for collector in registry._collector_to_names:
        for family in collector.describe() if hasattr(collector, "describe") else collector.collect():
            if family.name.startswith(_OURS):
                name = f"{family.name}_total" if family.type == "counter" else family.name
                figures[name] = frozenset(getattr(collector, "_labelnames", ()))
    return figures


def _exported() -> dict[str, dict[str, frozenset[str]]]:
    worker = Watch("custodian")
    return {"workers": _of(worker._registry) | _of(REGISTRY), "API": _of(Metrics().registry)}


def _rows() -> list[list[str]]:
    section = PAGE.partition("\n## All figures\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("| `")
    ]


def test_each_figure_is_in_the_table_and_the_table_has_no_other() -> None:
    exported = _exported()
    table = {name.strip("`"): frozenset(re.findall(r"`(\w+)`", labels)) for name, labels, _, _ in _rows()}
    assert table == exported["workers"] | exported["API"]
    assert all(says for _, _, _, says in _rows())
    of_api = {name.strip("`") for name, _, of, _ in _rows() if "API" in of}
    assert of_api == exported["API"].keys()


@pytest.fixture(scope="module")
def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def test_the_rules_ask_for_figures_that_there_are(rules: list[dict[str, Any]]) -> None:
    known = {name for figures in _exported().values() for name in figures}
    known |= {f"{name}_bucket" for name in known if name.endswith("_seconds")}
    asked = set()
    for rule in rules:
        expression = re.sub(r'"[^"]*"', '""', rule["expr"])
        assert expression.count("(") == expression.count(")") and expression.count("{") == expression.count(
            "}"
        )
        asked |= set(re.findall(r"\bbiodesci_\w+", expression))
    assert asked <= known
    assert {f"{_OURS}{name}" for name in ("holds_lease", "outbox_oldest_seconds", "jobs_failing")} <= asked


def test_each_rule_says_what_is_wrong_and_where_to_look(rules: list[dict[str, Any]]) -> None:
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert set(rule) <= {"alert", "expr", "for", "annotations"}
        assert re.fullmatch(r"\d+m", rule.get("for", "0m"))
        assert rule["annotations"].keys() == {"summary", "see"}
        document, _, section = rule["annotations"]["see"].partition(", ")
        if document.endswith(".md"):
            assert f"# {section.strip(chr(34))}\n" in (ROOT / document).read_text(), rule["alert"]


def test_no_rule_sums_over_roles_and_a_dead_process_is_noticed(rules: list[dict[str, Any]]) -> None:
    assert all("sum(" not in rule["expr"] for rule in rules), "one live role would hide that another is dead"
    assert any(rule["expr"].startswith("up{") for rule in rules), "what is gone has no other figure"
