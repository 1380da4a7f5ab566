"""Chain records: each is its contract's struct by name; nothing else unpacks what a contract returned."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, ClassVar, get_args, get_type_hints

import pytest

from biodesci.chain import records
from biodesci.chain.contracts import abi
from biodesci.chain.records import Key, Listing, Round, View, field_name, fill
from biodesci.core.documents.deployment import CONTRACTS
from biodesci.core.errors import ChainError
from biodesci.core.onchain import RoundState

ROOT = Path(__file__).parents[3]
RECORDS = [one for _, one in inspect.getmembers(records, is_dataclass) if hasattr(one, "view")]
# ERC-2981, for markets of others: nothing in Python asks for a royalty. What a licence gives access to is
# asked for by contracts; Python reads the whole licence.
NOT_READ = {("DatasetNFT", "royaltyInfo"), ("AccessLicense", "accessOf")}
NODE = "0x" + "12" * 20


def function(contract: str, name: str) -> dict[str, Any]:
    (entry,) = (e for e in abi(contract) if e["type"] == "function" and e["name"] == name)
    return entry


def outputs(entry: dict[str, Any]) -> list[dict[str, Any]]:
    returned: list[dict[str, Any]] = entry["outputs"]
    return returned[0]["components"] if [one["type"] for one in returned] == ["tuple"] else returned


def differences(record: type, components: list[dict[str, Any]], keys: int = 0) -> list[str]:
    """What a record has otherwise than the ABI: in names, their order, or the structs inside."""
    hints = get_type_hints(record)
    names = [field.name for field in fields(record)][keys:]
    told = [field_name(component["name"]) for component in components]
    found = [] if names == told else [f"{record.__name__}: {names}, the ABI has {told}"]
    for component in components:
        if "components" in component and field_name(component["name"]) in hints:
            kind = hints[field_name(component["name"])]
            inner = get_args(kind)[0] if component["type"] == "tuple[]" else kind
            found += differences(inner, component["components"])
    return found


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_a_record_is_its_contracts_struct(record):
    view = record.view
    entry = function(view.contract, view.function)
    assert not view.keys or len(view.keys) == len(entry["inputs"])
    assert [field.name for field in fields(record)][: len(view.keys)] == list(view.keys)
    assert differences(record, outputs(entry), len(view.keys)) == []


def test_a_field_too_few_and_one_too_many_are_noticed():
    struct = function("KeyRegistry", "keyOf")["outputs"][0]["components"]
    names = [(field.name, field.type) for field in fields(Key)]
    assert differences(Key, struct) == []
    assert differences(dataclasses.make_dataclass("Shorter", names[:-1]), struct)
    assert differences(dataclasses.make_dataclass("Longer", [*names, ("note", str)]), struct)
    assert differences(dataclasses.make_dataclass("Turned", names[::-1]), struct)


def test_every_struct_that_a_contract_returns_has_a_record():
    views = {
        (contract, entry["name"])
        for contract in CONTRACTS
        for entry in abi(contract)
        if entry["type"] == "function" and entry["stateMutability"] in {"view", "pure"}
        if len(entry["outputs"]) > 1 or any("components" in output for output in entry["outputs"])
    }
    known = {(record.view.contract, record.view.function) for record in RECORDS}
    # The same function of every contract that signs.
    known |= {(contract, "eip712Domain") for contract in CONTRACTS}
    assert views - NOT_READ <= known


def test_a_record_is_filled_by_name():
    words = (b"\1" * 32, b"\2" * 32, bytes(32), b"\3" * 32)
    answer = (5, *words, NODE, 3, 4, 1, 2, 1, 1, 2, 10, 20, 30)
    filled = fill(Round, answer, 7)
    assert (filled.id, filled.model_id, filled.aggregator, filled.base_version) == (7, 5, NODE, 3)
    assert filled.state is RoundState.RUNNING
    assert not filled.has_dealers
    assert (filled.enrol_by, filled.commit_by, filled.finalize_by) == (10, 20, 30)
    offer = (1, 2, NODE, 3, 4, 5, 6, 1, 0, True, NODE)
    listing = fill(Listing, [offer, True], 9)
    assert (listing.id, listing.offer.price, listing.offer.pro_rata, listing.open) == (9, 2, True, True)


def test_an_answer_that_is_not_the_struct_is_refused():
    @dataclass(frozen=True)
    class Shorter:
        view: ClassVar = View("KeyRegistry", "keyOf")
        key_hash: bytes
        index: int

    @dataclass(frozen=True)
    class Longer(Shorter):
        since: int
        note: str

    key = (b"\1" * 32, 1, 2)
    for record in (Shorter, Longer):
        with pytest.raises(ChainError, match=r"KeyRegistry\.keyOf answered"):
            fill(record, key)
    with pytest.raises(ChainError):
        fill(Key, (*key, 3))
    states = (5, b"", b"", b"", b"", NODE, 3, 4, 1, 2, 1, 1, 99, 10, 20, 30)
    with pytest.raises(ChainError, match="99"):
        fill(Round, states, 7)


@pytest.mark.parametrize("case", json.loads((ROOT / "tests/vectors/offers.json").read_text()), ids=str)
def test_what_a_purchase_binds_of_an_offer(case):
    numbers = (int(field) if str(field).isdecimal() else field for field in case["offer"])
    offer = fill(Listing, [tuple(numbers), True], 1).offer
    assert f"0x{offer.hash.hex()}" == case["hash"]


class Unpacking(ast.NodeVisitor):
    """Finds where what a contract returned is taken apart by position.

    That is: a call of a view that has a record (`offerOf`), other than as the argument of `fill`; and what
    `.call(...)` returned, directly or by way of a name, unpacked, starred or subscripted.
    """

    def __init__(self) -> None:
        # Others have functions of these two names: what they return is found where it is unpacked.
        self.views = {record.view.function for record in RECORDS} - {"check", "eip712Domain"}
        self.answers: set[str] = set()
        self.found: list[int] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        before, self.answers = self.answers, set()
        self.generic_visit(node)
        self.answers = before

    def visit_Assign(self, node: ast.Assign) -> None:
        if self._is_answer(node.value):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    self.answers.add(target.id)
                else:
                    self._note(target)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        if self._is_answer(node.iter) and isinstance(node.target, ast.Tuple):
            self._note(node)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        if self._is_answer(node.iter) and isinstance(node.target, ast.Tuple):
            self._note(node.target)
        self.generic_visit(node)

    def visit_Starred(self, node: ast.Starred) -> None:
        if self._is_answer(node.value):
            self._note(node)
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if self._is_answer(node.value):
            self._note(node)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        is_fill = isinstance(node.func, ast.Name) and node.func.id == "fill"
        if isinstance(node.func, ast.Attribute) and node.func.attr in self.views:
            self._note(node)
        for child in ast.iter_child_nodes(node):
            if is_fill and isinstance(child, ast.Call):
                self.generic_visit(child)
            else:
                self.visit(child)

    def _is_answer(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self.answers
        return isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "call"

    def _note(self, node: Any) -> None:
        self.found.append(node.lineno)


def unpacked(source: str) -> list[int]:
    visitor = Unpacking()
    visitor.visit(ast.parse(source))
    return visitor.found


@pytest.mark.parametrize(
    "line",
    [
        "a, b = chain.call(f.saleOf2(1))",
        "(a, *rest) = self._chain.call(f)",
        "answer = chain.call(f)\na, b = answer",
        "answer = chain.call(f)\nprice = answer[3]",
        "Version(*chain.call(f))",
        "price = f.call()[3]",
        "for a, b in chain.call(f): pass",
        "[a for a, b in chain.call(f)]",
        "offer = market.offerOf(1)",
    ],
)
def test_each_way_to_unpack_is_found(line):
    assert unpacked(line)


def test_reading_by_name_is_no_unpacking():
    assert not unpacked("count = int(chain.call(f))\nrecord = fill(Listing, market.offerOf(i), i)\n")
    assert not unpacked("sale = chain.read(Sale, 3)\nids = list(chain.call(f))\n")


def test_no_source_unpacks_what_a_contract_returned():
    sources = [ROOT / "ape_console_extras.py"]
    for folder in ("backend", "examples", "scripts", "benchmarks"):
        sources += sorted((ROOT / folder).rglob("*.py"))
    assert len(sources) > 200
    found = [f"{path.relative_to(ROOT)}:{line}" for path in sources for line in unpacked(path.read_text())]
    assert found == []
