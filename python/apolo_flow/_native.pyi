"""The native module, in types. A test compares this file with the module.

What the modules of this package are built on; users import from :mod:`apolo_flow`.
"""

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, final

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
class Source:
    """The texts of one workspace."""

    @staticmethod
    def folder(path: str | PathLike[str], locked: bool = False) -> Source: ...
    @staticmethod
    def memory(
        workspace: str,
        flows: Mapping[str, str],
        project: str | None = None,
        actions: Mapping[str, str] | None = None,
    ) -> Source: ...
    @property
    def workspace(self) -> str: ...
    @property
    def config_folder(self) -> PathLike[str] | None: ...

@final
class Engine:
    """An engine with its own threads; records go in and out as plain data."""

    def __new__(
        cls,
        program: Sequence[str],
        *,
        config: str | PathLike[str] | None = None,
        store: str | PathLike[str] | None = None,
        memory: bool = False,
        executor: Mailbox | ScriptedExecutor | None = None,
        clock: ManualClock | None = None,
    ) -> Engine: ...
    def check(
        self, source: Source, flow: str | None = None, params: Mapping[str, str] | None = None
    ) -> list[tuple[dict[str, Any], list[Diagnostic]]]: ...
    def flows(self, source: Source) -> list[str]: ...
    def describe(self, source: Source, flow: str) -> tuple[dict[str, Any], list[Diagnostic]]: ...
    def forecast(self, source: Source, batch: str, params: Mapping[str, str]) -> dict[str, Any]: ...
    def create_bake(
        self,
        source: Source,
        batch: str,
        params: Mapping[str, str],
        name: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> tuple[str, str, list[Diagnostic]]: ...
    def drive(self, attempt: str) -> Drive: ...
    def drive_in_background(self, attempt: str) -> None: ...
    def bakes(
        self, tags: Sequence[str] | None = None, name: str | None = None, limit: int = 0
    ) -> list[dict[str, Any]]: ...
    def inspect(self, bake: str, number: int) -> dict[str, Any]: ...
    def cancel(self, bake: str, number: int, task: str | None = None) -> None: ...
    def restart(self, bake: str, number: int, from_failed: bool, params: Mapping[str, str]) -> tuple[int, str]: ...
    def why(self, bake: str, number: int, task: str) -> dict[str, Any]: ...
    def follow(self, bake: str, number: int, after: int) -> Follow: ...
    def log(
        self, bake: str, number: int, task: str, which: int = 0, start: int = 0
    ) -> LogReader | None: ...
    def clear_cache(self, source: Source, batch: str | None = None, task: str | None = None) -> int: ...

@final
class LiveJobs:
    """The live jobs of an engine; records go out as plain data."""

    def __new__(cls, engine: Engine) -> LiveJobs: ...
    def run(
        self,
        source: Source,
        job: tuple[str, str],
        params: Mapping[str, str],
        suffix: str | None = None,
        args: Sequence[str] | None = None,
    ) -> tuple[dict[str, Any], bool, list[Diagnostic]]: ...
    def drive(self, job: str) -> Drive: ...
    def drive_in_background(self, job: str) -> None: ...
    def get(self, job: str) -> dict[str, Any]: ...
    def find(self, source: Source, job: tuple[str, str], suffix: str | None = None) -> dict[str, Any]: ...
    def lines(self, source: Source, flow: str) -> list[dict[str, Any]]: ...
    def all(self, source: Source, limit: int) -> list[dict[str, Any]]: ...
    def kill(self, job: str) -> bool: ...
    def follow(self, job: str, after: int) -> Follow: ...
    def log(self, job: str, number: int = 0, start: int = 0) -> LogReader | None: ...

@final
class Drive:
    """An attempt or a live job that this process drives."""

    def wait(self, seconds: float) -> str | None: ...

@final
class Follow:
    """Reads events, many at a time."""

    def next(self, seconds: float) -> list[dict[str, Any]]: ...
    def position(self) -> int: ...

@final
class LogReader:
    """Reads the output of one start of a task."""

    def read(self) -> tuple[bytes, bool]: ...

@final
class Mailbox:
    """The requests of the engine to an executor in Python."""

    def __new__(cls, name: str) -> Mailbox: ...
    def next_request(self, seconds: float) -> tuple[int, dict[str, Any]] | None: ...
    def answer(self, number: int, answer: object) -> None: ...
    def fail(self, number: int, kind: str, message: str) -> None: ...
    def report(self, key: str, what: object) -> None: ...
    def close(self) -> None: ...
    @property
    def closed(self) -> bool: ...
    @property
    def abandoned(self) -> bool: ...

@final
class Contexts:
    """Contexts that are converted once, for many evaluations.

    Parameters
    ----------
    contexts : dict
        The values by name.

    Raises
    ------
    TypeError
        One of them holds what the language has no value for.
    """

    def __new__(cls, contexts: dict[str, Any]) -> Contexts: ...

@final
class Expr:
    """A compiled expression, or a text with ``${{ }}`` in it.

    Parameters
    ----------
    text : str
        With marks a text with expressions, else what stands between them.

    Raises
    ------
    ConfigError
        It is no expression; ``diagnostics`` points at the place.
    """

    def __new__(cls, text: str) -> Expr: ...
    @staticmethod
    def template(text: str) -> Expr:
        """Compile a text in which expressions may stand, or none at all."""

    @property
    def text(self) -> str: ...
    @property
    def names(self) -> list[str]:
        """The names of contexts that it looks at, each once, in the order of writing."""

    def tree(self) -> dict[str, Any]:
        """Give its syntax tree: ``tree``, a node for each part, and ``starts``, their lines and columns from 1."""

    def evaluate(
        self, contexts: dict[str, Any] | Contexts | None = None, to: str | None = None, optional: bool = False
    ) -> Any:
        """Compute it.

        Parameters
        ----------
        contexts : dict or Contexts, optional
            The values by name. Of a dict only those are converted that the expression looks at.
        to : str, optional
            The type of a key that the value is converted to; see :func:`convert`.
        optional : bool
            Whether None is a value of that key.

        Raises
        ------
        ConfigError
            It has no value, or none of that type.
        """

def convert(value: object, to: str, *, literal: bool = False) -> Any:
    """Convert a value to the type of a key.

    Parameters
    ----------
    value : object
        What an expression could give.
    to : str
        ``any``, ``str``, ``bool``, ``enable``, ``int``, ``float``, ``seconds``, ``id``, ``primitive``,
        ``local-path``, ``remote-path``, ``uri``, ``port-pair``, ``restart``, ``bash``, ``python``, ``list``,
        ``text-list``, ``port-pair-list`` or ``text-map``.
    literal : bool
        Whether it is written in a file, not computed.

    Raises
    ------
    ConfigError
        It does not fit.

    Examples
    --------
    >>> from apolo_flow import convert
    >>> convert("1h30m", "seconds", literal=True)
    5400.0
    """

@final
class ManualClock:
    """A clock that stands until it is moved.

    Parameters
    ----------
    now : float
        Seconds since 1970-01-01 in UTC.
    """

    def __new__(cls, now: float = 0.0) -> ManualClock: ...
    def advance(self, seconds: float) -> None:
        """Move it forward."""

@final
class ScriptedExecutor:
    """An executor in memory that plays scripts; a task without one succeeds at once."""

    def __new__(cls, clock: ManualClock | None = None) -> ScriptedExecutor: ...
    def script(
        self, task: str, *, exit_code: int = 0, log: str = "", outputs: str = "", held: bool = False
    ) -> None:
        """Say what the starts of a task do.

        Parameters
        ----------
        task : str
            Its dotted id; of a live job its id, or the name that it is started with.
        exit_code : int
            How it ends.
        log : str
            What it prints.
        outputs : str
            What it writes to its file of outputs: ``name=value`` lines.
        held : bool
            Whether it runs until :meth:`end`.
        """

    def end(self, task: str, exit_code: int) -> bool:
        """End a running task; says whether there is one."""

    def started(self) -> list[str]:
        """Give the tasks that were started, in order."""

    def running(self) -> list[str]:
        """Give the tasks that run now."""

def draw(name: str, tasks: Sequence[Mapping[str, Any]], max_rows: int) -> dict[str, Any]:
    """Draw tasks in graph order: ``svg``, ``dot``, and the places of boxes and edges."""

def to_yaml(data: object) -> str:
    """Write plain data as YAML that flow files read back as the same data."""

def from_yaml(text: str) -> Any:
    """Read YAML as plain data, its scalars typed as in flow files."""

def main(arguments: list[str], program: list[str]) -> int:
    """Run the command line; ``program`` starts this command again. Gives the exit code."""
