"""The examples in the docs run."""

from __future__ import annotations

import ast
import doctest
import importlib
import pkgutil
import subprocess
import sys
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


def test_the_page_about_python_runs_from_top_to_bottom(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(workspace)
    page = Path(__file__).parents[2] / "docs/python.md"
    blocks = page.read_text(encoding="utf-8").split("```python\n")[1:]
    assert len(blocks) >= 5
    names: dict[str, object] = {"__name__": "page"}
    for number, block in enumerate(blocks):
        code = block.split("```")[0]
        exec(compile(code, f"{page.name}, block {number + 1}", "exec"), names)  # noqa: S102
    executor = next(block.split("```")[0] for block in blocks if "class Shell" in block)
    lines = executor.split("class Shell:")[1].split("engine =")[0].strip().splitlines()
    assert len([line for line in lines if line.strip()]) <= 20


def test_the_readme_of_the_package_names_what_is_there() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    tree = ast.parse(code)
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "apolo_flow"}
    assert used and all(hasattr(apolo_flow, name) for name in used)


def test_the_pages_of_the_api_are_written(tmp_path: Path) -> None:
    pytest.importorskip("pdoc")
    script = Path(__file__).parents[2] / ".ci/python-docs.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, timeout=120)
    page = (tmp_path / "apolo_flow.html").read_text(encoding="utf-8")
    for name in ("Bake.wait", "Live.run", "LiveJob.kill"):
        assert f'id="{name}"' in page
    # A section of numpy's form became one of the page.
    assert "<h6" in page and "Raises\n------" not in page
    assert 'id="LiveMethods.live_run"' in (tmp_path / "apolo_flow/api/_live.html").read_text(encoding="utf-8")
