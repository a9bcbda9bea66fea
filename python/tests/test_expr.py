"""Expressions: compiled, evaluated, converted."""

from __future__ import annotations

from typing import Any

import apolo_flow
import pytest
from apolo_flow import Contexts, Expr, convert, evaluate
from apolo_flow._native import from_yaml, to_yaml
from apolo_flow.values import ALWAYS, LocalPath, Object, Status, Uri
from hypothesis import given
from hypothesis import strategies as st

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
#: What YAML text can hold: no lone surrogates, no control characters.
WRITABLE = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\u2028\u2029\x85"))


@given(PLAIN)
def test_values_go_in_and_out_unchanged(value: Any) -> None:
    assert evaluate("value", {"value": value}) == value


@given(st.integers(), st.integers())
def test_integers_are_exact(a: int, b: int) -> None:
    assert evaluate("a + b", {"a": a, "b": b}) == a + b


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | WRITABLE,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WRITABLE, inner, max_size=4),
        max_leaves=15,
    )
)
def test_written_yaml_is_read_back(value: Any) -> None:
    assert from_yaml(to_yaml({"top": value})) == {"top": value}


@pytest.mark.parametrize("text", ["yes", "No", "1:30", "010", "1_000", "~", "null", "1.", ".inf", "", "- a", "a: b", "#x", "2001-01-01", "<<", "=", "0x1F", "on", "multi\nline\n", " pad ", "${{ a }}", "*x", "&x", "!t"])
def test_texts_that_look_like_something_else_stay_texts(text: str) -> None:
    assert from_yaml(to_yaml({"key": text, text: 1})) == {"key": text, text: 1}


def test_what_the_language_has_and_python_has_not() -> None:
    contexts = {"path": LocalPath("/a"), "uri": Uri("storage:x"), "now": ALWAYS, "s": Status("failed")}
    for name, value in contexts.items():
        found = evaluate(name, contexts)
        assert (found, type(found)) == (value, type(value))
    assert evaluate("flow.title", {"flow": Object("flow", {"title": "T"})}) == "T"
    assert evaluate("tags", {"tags": {"a", "b"}}) == {"a", "b"}


def test_a_compiled_expression_knows_its_names_and_tree() -> None:
    expr = Expr("needs.a.outputs.x + params.y + params.z")
    assert expr.names == ["needs", "params"]
    assert expr.tree()["tree"][0]["op"] == "+"
    contexts = Contexts({"needs": {"a": {"outputs": {"x": "1"}}}, "params": {"y": "2", "z": "3"}})
    assert expr.evaluate(contexts) == "123"


def test_errors_point_at_their_place() -> None:
    with pytest.raises(apolo_flow.ConfigError) as caught:
        evaluate("params.nmae", {"params": {"name": "x"}})
    (problem,) = caught.value.diagnostics
    assert (problem.line, problem.column) == (1, 12)
    assert problem.help is not None and "name" in problem.help
    with pytest.raises(apolo_flow.ConfigError):
        Expr("1 +")
    with pytest.raises(TypeError, match="a PosixPath"):
        from pathlib import Path

        evaluate("x", {"x": Path("a")})


def test_conversions_to_the_types_of_keys() -> None:
    assert convert("1h", "seconds", literal=True) == 3600.0
    assert evaluate("${{ 3 }}", to="str") == "3"
    with pytest.raises(apolo_flow.ConfigError):
        convert("many", "int")
    with pytest.raises(ValueError, match="no type"):
        convert("x", "number")


def test_what_is_nested_without_end_is_refused() -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(ValueError, match="nested"):
        evaluate("x", {"x": endless})
