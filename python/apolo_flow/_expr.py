"""Expressions: evaluated once, or compiled and evaluated often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apolo_flow._native import Contexts, Expr, convert

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Contexts", "Expr", "convert", "evaluate"]


def evaluate(text: str, contexts: Mapping[str, Any] | Contexts | None = None, *, to: str | None = None) -> Any:
    """Compute an expression, or a text with ``${{ }}`` in it.

    Parameters
    ----------
    text : str
        With marks a text with expressions, else what stands between them.
    contexts : mapping, optional
        The values by name; :class:`Contexts` if they are used often.
    to : str, optional
        The type of a key that the value is converted to, such as ``int``, ``seconds`` or ``text-list``.

    Raises
    ------
    ConfigError
        The expression is wrong or has no value; ``diagnostics`` points at the place.
    TypeError
        A context holds what the language has no value for.

    Notes
    -----
    Source: EXP-1 to EXP-72, DEC-5 to DEC-8.

    Examples
    --------
    >>> evaluate("upper(params.name)", {"params": {"name": "ada"}})
    'ADA'
    >>> evaluate("rows: ${{ 2 * n }}", {"n": 21})
    'rows: 42'
    """
    known = contexts if contexts is None or isinstance(contexts, (dict, Contexts)) else dict(contexts)
    return Expr(text).evaluate(known, to)
