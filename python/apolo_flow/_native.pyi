"""The native module, in types. A test compares this file with the module."""

from os import PathLike
from typing import final

__version__: str

@final
class Diagnostic:
    """One problem in the files of a flow.

    ``str()`` gives the framed text. ``line`` and ``column`` count from 1, columns in code points;
    they and ``file`` are None where the problem has no place in a file.
    """

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def help(self) -> str | None: ...
    @property
    def file(self) -> str | None: ...
    @property
    def line(self) -> int | None: ...
    @property
    def column(self) -> int | None: ...
    @property
    def text(self) -> str: ...

@final
class TaskResult:
    """A task of an ended bake: its dotted id, its status as a word, outputs by name, starts."""

    @property
    def id(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def outputs(self) -> dict[str, str]: ...
    @property
    def tries(self) -> int: ...

@final
class BakeResult:
    """An ended bake: its id, batch, status as a word, params, and tasks by dotted id."""

    @property
    def id(self) -> str: ...
    @property
    def batch(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def params(self) -> dict[str, str]: ...
    @property
    def tasks(self) -> dict[str, TaskResult]: ...

def check(
    path: str | PathLike[str],
    flow: str | None = None,
    params: dict[str, str] | None = None,
) -> list[Diagnostic]:
    """Find all problems of one flow, or of all batch flows of the workspace at ``path``.

    Parameters
    ----------
    path : str or path
        A folder with ``.apolo`` in it or above it.
    flow : str, optional
        The flow's name; all batch flows if None.
    params : dict of str, optional
        Params by name, as ``bake`` would get them.

    Returns
    -------
    list of Diagnostic
        Sorted by place; empty if all is well.

    Raises
    ------
    ConfigError
        There is no workspace, or a file cannot be read.
    """

def bake(
    path: str | PathLike[str],
    batch: str,
    params: dict[str, str] | None = None,
    *,
    name: str | None = None,
    tags: list[str] | None = None,
) -> BakeResult:
    """Bake a batch of the workspace at ``path`` and wait for its end.

    The engine runs in this process; tasks run in processes of their own. Ctrl-C cancels the bake,
    waits until its tasks have ended, and raises KeyboardInterrupt.

    Raises
    ------
    ConfigError
        The files have errors; nothing was started. ``diagnostics`` holds all of them.
    StoreError, ExecutorError
        The store or the executor failed.

    Notes
    -----
    A bake that fails raises nothing: look at ``status``, which is ``succeeded``, ``failed`` or
    ``cancelled``.
    """

def main(arguments: list[str], program: list[str]) -> int:
    """Run the command line; ``program`` starts this command again. Gives the exit code."""
