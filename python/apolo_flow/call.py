"""How a Python callable is written as a task, and called: ``python -m apolo_flow.call module:name``.

The arguments are in the environment, one ``FLOW_ARG_name`` each, as JSON; the results go to the file of outputs.
:class:`apolo_flow.executors.InProcess` runs the same tasks without a process for each.
"""

from __future__ import annotations

import importlib
import json
import os
import shlex
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: What the environment variables of arguments begin with.
ARGUMENT = "FLOW_ARG_"


def command(reference: str) -> str:
    """Give the command line of a callable."""
    return f"python -m apolo_flow.call {shlex.quote(reference)}"


def reference_of(spec: Mapping[str, Any]) -> str | None:
    """Give the callable that a task runs; None if it runs something else."""
    words = shlex.split(spec.get("cmd") or "")
    is_ours = len(words) == 4 and words[1:3] == ["-m", "apolo_flow.call"]
    return words[3] if is_ours else None


def find(reference: str) -> Callable[..., Any]:
    """Import a callable by ``module:name``."""
    module, _, name = reference.partition(":")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if not callable(found):
        raise TypeError(f"{reference} cannot be called")
    return found  # type: ignore[no-any-return]


def literal(value: Any) -> str:
    """Write an argument for the environment of a task: JSON in which no expression can begin."""
    return json.dumps(value).replace("${{", "$\\u007b{").replace("$[[", "$\\u005b[")


def arguments_of(environment: Mapping[str, str]) -> dict[str, Any]:
    """Read the arguments of a call."""
    found = ((name, text) for name, text in environment.items() if name.startswith(ARGUMENT))
    return {name[len(ARGUMENT) :]: json.loads(text) for name, text in found}


def outputs_of(result: Any, keep: Callable[[Any], Any] | None = None) -> dict[str, str]:
    """Give the outputs for a result: ``result`` as JSON, and each entry of a dict by its name, as text.

    Parameters
    ----------
    result : object
        What the callable gave.
    keep : callable, optional
        Takes what JSON cannot say, and gives what stands for it.

    Raises
    ------
    TypeError
        JSON cannot say it, and nobody keeps it.
    """
    outputs = {"result": json.dumps(_plain(result, keep))}
    if isinstance(result, dict):
        for name, value in result.items():
            is_name = isinstance(name, str) and name.isascii() and name.isidentifier() and name[0] != "_"
            if is_name and name != "result" and isinstance(value, (str, int, float)):
                outputs[name] = value if isinstance(value, str) else json.dumps(value)
    return outputs


def _plain(value: Any, keep: Callable[[Any], Any] | None) -> Any:
    try:
        same = json.loads(json.dumps(value)) == value
    except (TypeError, ValueError):
        same = False
    if same:
        return value
    if keep is None:
        raise TypeError(f"a {type(value).__name__} cannot be an output of a task in a process of its own")
    return keep(value)


def main() -> None:
    """Call what the command line names."""
    from apolo_flow.executors import Report

    result = find(sys.argv[1])(**arguments_of(os.environ))
    text = Report.ended("", outputs=outputs_of(result)).what["ended"]["files"]["output"]
    with open(os.environ["APOLO_FLOW_OUTPUT"], "a", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
