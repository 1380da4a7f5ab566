"""The types that people sign are stated in several places: each must be those of core/typed_data.py.

The vectors hold a document of each type as that module makes it (`tests/vectors/make.py --check`).
Of a type the string is compared (EIP-712, encodeType), and of a domain its name and version.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from biodesci.core import typed_data

ROOT: Final = Path(__file__).parents[3]
CASES: Final = json.loads((ROOT / "tests/vectors/typed_data.json").read_text())["cases"]
_STRUCT: Final = re.compile(r"\b([A-Z]\w*)\((\w+ \w+(?:,\w+ \w+)*)\)")
_DOMAIN: Final = "EIP712Domain"
TOKENS: Final = {"Permit", "ReceiveWithAuthorization"}  # which a token's own contract checks
# Which no contract checks, but whoever reads them.
BY_READERS: Final = {
    "AuditReport", "ContentRequest", "Copy", "Deletion", "InspectionReport", "Institution", "KeySplit",
    "Partners", "ShareRelease",
}  # fmt: skip


def structs(text: str) -> dict[str, str]:
    """Every struct that a text states, by its name. Two that differ are an error."""
    found: dict[str, str] = {}
    for name, fields in _STRUCT.findall(text):
        assert found.setdefault(name, fields) == fields, f"{name} is stated twice, and differently"
    found.pop(_DOMAIN, None)
    return found


def stated(folder: str, pattern: str) -> dict[str, str]:
    """What the string literals of source files state."""
    literals = [
        literal
        for path in sorted((ROOT / folder).glob(pattern))
        for literal in re.findall(r'"([^"\\\n]*)"', path.read_text())
    ]
    return structs("\n".join(literals))


def ours() -> dict[str, str]:
    return {
        name: ",".join("{type} {name}".format(**field) for field in fields)
        for case in CASES
        for name, fields in case["types"].items()
    }


def domains() -> dict[str, tuple[str, str]]:
    return {case["primaryType"]: (case["domain"]["name"], case["domain"]["version"]) for case in CASES}


def without(found: dict[str, str], names: set[str]) -> dict[str, str]:
    return {name: fields for name, fields in found.items() if name not in names}


def test_every_type_that_is_made_is_among_the_vectors() -> None:
    source = (ROOT / "backend/biodesci/core/typed_data.py").read_text()
    made = set(re.findall(r"\b_document\(\s*(?:[^()]|\([^()]*\))*?\"([A-Z]\w+)\",", source)) - {"Empty"}
    named = set(re.findall(r"\bname = \"([A-Z]\w+)\"", source))
    assert made | named == domains().keys()
    # And each is what the module says, field by field.
    joined = re.sub(r"\"\s*\n\s*\"", "", source)
    for name, fields in ours().items():
        assert f'"{fields}"' in joined, name


def test_the_contracts_hash_these_types() -> None:
    assert stated("contracts", "**/*.sol") == without(ours(), TOKENS | BY_READERS)


def test_the_contracts_have_these_domains() -> None:
    text = "\n".join(path.read_text() for path in sorted((ROOT / "contracts").glob("**/*.sol")))
    made = set(re.findall(r'EIP712\("([^"]+)", "([^"]+)"\)', text))
    made |= set(re.findall(r'DOMAIN_NAME = "([^"]+)";\s+\w.* DOMAIN_VERSION = "([^"]+)";', text))
    checked = {domain for name, domain in domains().items() if name not in TOKENS | BY_READERS}
    assert made == checked


def test_the_contracts_tests_state_these_types() -> None:
    """By themselves, so that a type that is wrong in the contract is not right in its test."""
    again = stated("tests/contracts", "**/*.sol")
    assert again == {name: ours()[name] for name in again}
    assert again.keys() >= without(ours(), BY_READERS).keys()


def test_the_protocol_page_states_these_types_and_no_other() -> None:
    page = (ROOT / "docs/protocol.md").read_text()
    table = page.partition("## Signed messages (EIP-712)")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert structs("\n".join(rows)) == without(ours(), TOKENS)
    for name in TOKENS:
        assert f"`{name}`" in table
    said = {
        name: row.split("`")[1]
        for row in rows
        for name in structs(row)
        if row.split("|")[1].strip()  # a struct within another has no domain
    }
    assert said == {name: domain[0] for name, domain in domains().items() if name not in TOKENS}
    assert {version for _, version in domains().values()} == {"1"}
    assert 'version "1"' in table


def test_the_page_signs_what_its_vectors_hold() -> None:
    """`lib/vectors.test.ts` holds these two types of the page against the vectors; it has no other."""
    sources = [
        path.read_text()
        for path in sorted((ROOT / "frontend/src").glob("**/*.ts*"))
        if ".test." not in path.name and "generated" not in path.parts
    ]
    text = "\n".join(sources)
    assert set(re.findall(r"primaryType: '(\w+)'", text)) == {"Permit", "ContentRequest"}
    assert structs(text) == {"Permit": ours()["Permit"]}


def test_a_domain_has_four_fields_everywhere() -> None:
    fields = ",".join("{type} {name}".format(**field) for field in typed_data._DOMAIN)
    assert fields == "string name,string version,uint256 chainId,address verifyingContract"
