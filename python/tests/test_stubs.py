"""The hand-written stub says what the module has."""

from __future__ import annotations

import ast
from pathlib import Path

import apolo_flow
from apolo_flow import _native


def stub() -> ast.Module:
    """The stub's syntax tree."""
    path = Path(apolo_flow.__file__).with_name("_native.pyi")
    return ast.parse(path.read_text(encoding="utf-8"))


def test_stub_and_module_have_the_same_names() -> None:
    named = {node.name for node in stub().body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    public = {name for name in dir(_native) if not name.startswith("_")}
    assert named == public


def test_stub_and_module_have_the_same_attributes() -> None:
    for node in stub().body:
        if isinstance(node, ast.ClassDef):
            named = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
            public = {name for name in dir(getattr(_native, node.name)) if not name.startswith("_")}
            assert named == public, node.name


def test_stub_and_module_have_the_same_parameters() -> None:
    for node in stub().body:
        if isinstance(node, ast.FunctionDef):
            named = [argument.arg for argument in node.args.args + node.args.kwonlyargs]
            signature = getattr(_native, node.name).__text_signature__
            in_module = [part.split("=")[0].strip() for part in signature.strip("()").split(",")]
            assert named == [name for name in in_module if name not in ("*", "/")], node.name
