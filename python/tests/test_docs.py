"""The examples in the docs run."""

from __future__ import annotations

import ast
import doctest
import importlib
import pkgutil
from pathlib import Path

import apolo_flow
import pytest

MODULES = [
    one.name
    for one in pkgutil.walk_packages(apolo_flow.__path__, "apolo_flow.")
    if not one.name.endswith(("__main__", "_native"))
]


@pytest.mark.parametrize("name", ["apolo_flow", *MODULES])
def test_examples_of_docstrings(name: str, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workspace)
    if name.startswith("apolo_flow.notebook"):
        pytest.importorskip("IPython")
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0


def test_examples_of_the_stub(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workspace)
    path = Path(apolo_flow.__file__).with_name("_native.pyi")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    examples = doctest.DocTestParser().get_doctest("\n\n".join(texts), {}, "_native", str(path), 0)
    assert examples.examples
    assert doctest.DocTestRunner().run(examples).failed == 0


@pytest.mark.parametrize("name", ["apolo_flow", *MODULES])
def test_every_public_thing_has_a_docstring(name: str) -> None:
    if name.startswith("apolo_flow.notebook"):
        pytest.importorskip("IPython")
    module = importlib.import_module(name)
    assert module.__doc__
    for attribute, value in vars(module).items():
        if attribute.startswith("_") or getattr(value, "__module__", None) != name:
            continue
        if isinstance(value, type) or callable(value):
            assert value.__doc__, f"{name}.{attribute}"
