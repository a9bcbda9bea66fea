"""The hand-written stub says what the module has."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import apolo_flow
from apolo_flow import _native


def stub() -> ast.Module:
    """The stub's syntax tree."""
    path = Path(apolo_flow.__file__).with_name("_native.pyi")
    return ast.parse(path.read_text(encoding="utf-8"))


def classes() -> list[ast.ClassDef]:
    return [node for node in stub().body if isinstance(node, ast.ClassDef)]


def parameters(function: ast.FunctionDef) -> list[tuple[str, str, bool]]:
    """Name, kind and whether there is a default, of each parameter."""
    arguments = function.args
    plain = [(one.arg, "plain") for one in arguments.args]
    defaults = [False] * (len(plain) - len(arguments.defaults)) + [True] * len(arguments.defaults)
    only = [(one.arg, "keyword") for one in arguments.kwonlyargs]
    defaults += [default is not None for default in arguments.kw_defaults]
    found = zip(plain + only, defaults, strict=True)
    return [(name, kind, default) for (name, kind), default in found if name not in ("self", "cls")]


def in_module(function: object) -> list[tuple[str, str, bool]]:
    """The same of a function of the module."""
    signature = inspect.signature(function)  # type: ignore[arg-type]
    keyword = inspect.Parameter.KEYWORD_ONLY
    return [
        (one.name, "keyword" if one.kind is keyword else "plain", one.default is not inspect.Parameter.empty)
        for one in signature.parameters.values()
        if one.name not in ("self", "cls")
    ]


def test_stub_and_module_have_the_same_names() -> None:
    named = {node.name for node in stub().body if isinstance(node, ast.ClassDef | ast.FunctionDef)}
    public = {name for name in dir(_native) if not name.startswith("_")}
    assert named == public


def test_stub_and_module_have_the_same_attributes() -> None:
    for node in classes():
        named = {item.name for item in node.body if isinstance(item, ast.FunctionDef) and item.name != "__new__"}
        public = {name for name in dir(getattr(_native, node.name)) if not name.startswith("_")}
        assert named == public, node.name


def test_stub_and_module_have_the_same_parameters() -> None:
    for node in stub().body:
        if isinstance(node, ast.FunctionDef):
            assert parameters(node) == in_module(getattr(_native, node.name)), node.name
    for node in classes():
        own = getattr(_native, node.name)
        for item in node.body:
            if not isinstance(item, ast.FunctionDef) or "property" in (getattr(d, "id", "") for d in item.decorator_list):
                continue
            function = own if item.name == "__new__" else getattr(own, item.name)
            assert parameters(item) == in_module(function), f"{node.name}.{item.name}"


def test_properties_of_the_stub_are_no_methods_in_the_module() -> None:
    for node in classes():
        for item in node.body:
            if isinstance(item, ast.FunctionDef):
                is_property = any(getattr(one, "id", "") == "property" for one in item.decorator_list)
                found = getattr(getattr(_native, node.name), item.name)
                assert is_property != callable(found), f"{node.name}.{item.name}"
