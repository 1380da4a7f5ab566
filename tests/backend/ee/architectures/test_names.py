"""Adding an architecture is one file in `ee/architectures/`: no other file of the product names one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import biodesci
from biodesci.ee.architectures import registry

PRODUCT = Path(biodesci.__file__).parent
HERE = PRODUCT / "ee/architectures"
# What stands beside the architectures' own files, for the rest of the product.
SHARED = {"registry", "architecture", "blueprint", "lora"}
# Words of another meaning: "llama" is Spanish for "calls", beside which names of people stand.
OTHERWISE = {"inspection/identifiers/names.py": "llama"}


def names() -> re.Pattern[str]:
    """The model types and classes of every architecture, as whole words."""
    words = {word for kind, made in registry.known().items() for word in (kind, made.models[kind])}
    return re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, sorted(words))) + r")(?![\w-])")


def literals(tree: ast.AST) -> Iterator[ast.Constant]:
    """String literals that are not docstrings."""
    prose = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node


def told(source: str, otherwise: str | None = None) -> list[str]:
    """What a file says about single architectures, in its literals and imports. One word may be meant
    otherwise there."""
    tree, named, found = ast.parse(source), names(), []
    found += [
        f"line {x.lineno}: {x.value!r}"
        for x in literals(tree)
        if any(name != otherwise for name in named.findall(x.value))
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            package, _, file = f"{node.module}.".partition("biodesci.ee.architectures.")
            taken = {file.rstrip(".")} if file.rstrip(".") else {alias.name for alias in node.names}
            if not package and taken - SHARED:
                found.append(f"line {node.lineno}: imports {', '.join(sorted(taken - SHARED))}")
    return found


def test_no_other_file_names_an_architecture() -> None:
    assert len(registry.known()) >= 10
    files = [file for file in PRODUCT.rglob("*.py") if HERE not in file.parents]
    assert len(files) > 100
    texts = {str(file.relative_to(PRODUCT)): file.read_text() for file in files}
    offences = {name: told(text, OTHERWISE.get(name)) for name, text in texts.items()}
    assert {name: found for name, found in offences.items() if found} == {}


def test_what_names_one_is_found() -> None:
    assert told('KINDS = ("bert", 1)') == ["line 1: 'bert'"]
    assert told('KINDS = "llama|bert"', otherwise="llama")
    assert not told('WORDS = "llama|pide"', otherwise="llama")
    assert told('x = f"a {y} GPT2Model"')
    assert told("from biodesci.ee.architectures import mlp, registry") == ["line 1: imports mlp"]
    assert told("from biodesci.ee.architectures.vit import sides") == ["line 1: imports vit"]
    assert not told('"""BERT, or bert."""\nfrom biodesci.ee.architectures import registry\nx = "albert"')
