"""The ``%%flow`` cell: YAML that is checked and baked where it stands. ``%load_ext apolo_flow`` turns it on."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from apolo_flow._engine import Engine
from apolo_flow._flow import load_text

if TYPE_CHECKING:
    from apolo_flow._bake import Bake

#: What stands behind `%%flow`.
USAGE = "usage: %%flow [NAME] [-p PARAM=VALUE]... [--check] [--plan] [--detach] [--memory] [--as VARIABLE]"


def register(shell: Any) -> None:
    """Add the cell to a shell of IPython."""
    engines: dict[bool, Engine] = {}

    def run(line: str, cell: str) -> Any:
        made = Request(line)
        engine = engines.setdefault(made.memory, Engine(store="memory") if made.memory else Engine())
        result = made.run(cell, engine)
        if made.variable is not None:
            shell.user_ns[made.variable] = result
        return result

    run.__doc__ = USAGE
    shell.register_magic_function(run, magic_kind="cell", magic_name="flow")


class Request:
    """What a cell asks for."""

    def __init__(self, line: str) -> None:
        self.name = "flow"
        self.params: dict[str, str] = {}
        self.variable: str | None = None
        self.check = self.plan = self.detach = self.memory = False
        words = iter(shlex.split(line))
        for word in words:
            if word in ("-p", "--param"):
                name, _, value = next(words, "").partition("=")
                self.params[name] = value
            elif word == "--as":
                self.variable = next(words, None)
            elif word in ("--check", "--plan", "--detach", "--memory"):
                setattr(self, word[2:], True)
            elif word.startswith("-"):
                raise ValueError(USAGE)
            else:
                self.name = word

    def run(self, cell: str, engine: Engine) -> Any:
        """Check the cell, and plan or bake it; problems are printed with their frames."""
        flow = load_text({self.name: cell}, engine=engine)
        problems = flow.check(self.name, self.params)
        for problem in problems:
            print(problem)  # noqa: T201
        if self.check or any(problem.severity == "error" for problem in problems):
            return None
        batch = flow.batch(self.name)
        if self.plan:
            return batch.plan(self.params)
        return self._bake(batch.bake(self.params, detach=self.detach))

    def _bake(self, bake: Bake) -> Bake:
        if not self.detach:
            try:
                bake.wait()
            except KeyboardInterrupt:
                # Stopping the cell stops its bake.
                if not bake.done:
                    bake.cancel()
                    bake.wait()
        return bake
