"""Run tasks your own way: any object with ``start``, ``reports``, ``logs`` and ``kill`` is an executor.

The engine decides what runs when; an executor only runs one task at a time as it is told. It is called from one
thread that Python owns, never from two at once, and never by a thread of the engine.

Examples
--------
An executor that runs each command with a shell:

>>> import os, subprocess, tempfile
>>> class Shell:
...     def __init__(self):
...         self.running, self.output = {}, {}
...
...     def start(self, launch):
...         output = self.output[launch.key] = tempfile.TemporaryFile()
...         self.running[launch.key] = subprocess.Popen(
...             launch.spec["cmd"], shell=True, stdout=output, stderr=subprocess.STDOUT,
...             cwd=launch.workspace, env={**os.environ, **launch.env},
...         )
...         return str(self.running[launch.key].pid)
...
...     def reports(self):
...         for key, process in list(self.running.items()):
...             if process.poll() is not None:
...                 yield Report.ended(key, self.running.pop(key).returncode)
...
...     def logs(self, key, start, size):
...         return os.pread(self.output[key].fileno(), size, start)
...
...     def kill(self, key, grace):
...         self.running[key].terminate()
>>> from apolo_flow import Engine, load_text
>>> text = "kind: batch\\ntasks: [{id: a, image: x, cmd: 'echo ::set-output name=x::1'}]"
>>> bake = load_text(text, engine=Engine(store="memory", executor=Shell())).batch().bake().result()
>>> bake.tasks["a"].outputs, bake.logs("a").text()
({'x': '1'}, '::set-output name=x::1\\n')
"""

from __future__ import annotations

import contextvars
import functools
import json
import threading
import traceback
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from apolo_flow._native import Mailbox

__all__ = ["Executor", "Function", "InProcess", "Launch", "Refused", "Report", "print_log", "task"]

R = TypeVar("R")

#: Seconds between two looks for requests and reports.
_PAUSE = 0.05


class Refused(Exception):
    """Raised by ``start``: this task cannot be started. The message tells the user why."""


class Launch:
    """One task that is to be started.

    Attributes
    ----------
    key : str
        Names this start of this task: reports, logs and kills go by it. Starting a key again starts nothing.
    task : str
        The task's dotted id; empty for a live job, whose ``spec`` has its ``name``.
    number : int
        Which start, from 1.
    spec : dict
        What runs: ``cmd``, ``entrypoint``, ``env``, ``image``, ``workdir``, ``tags`` and so on, fully evaluated.
        Secrets stand in it by their names (``secret:NAME``).
    env : dict of str
        All of its environment: that of the spec with the texts of secrets, and ``APOLO_FLOW_*``. What the task
        gives back is masked: its log, its outputs and its reports (MCH-3).
    workspace : str
        The workspace folder on this machine.
    resuming : bool
        Whether an earlier engine may have started it.
    """

    __slots__ = ("env", "key", "number", "resuming", "spec", "task", "workspace")

    def __init__(self, record: Mapping[str, Any]) -> None:
        self.key: str = record["key"]
        self.task: str = record["task"] or ""
        self.number: int = record["number"]
        self.spec: dict[str, Any] = record["spec"]
        self.env: dict[str, str] = {**record["spec"]["env"], **record["env"], **record["secrets"]}
        self.workspace: str = record["workspace"]
        self.resuming: bool = record["resuming"]

    def __repr__(self) -> str:
        return f"<launch of {self.task}>"


class Report:
    """News of a task. The last one is ``ended`` or ``lost``, and then its log is complete."""

    __slots__ = ("key", "what")

    def __init__(self, key: str, what: Any) -> None:
        self.key = key
        self.what = what

    @classmethod
    def queued(cls, key: str, why: str) -> Report:
        """Say that it waits for room; ``why`` in words."""
        return cls(key, {"queued": {"why": why}})

    @classmethod
    def starting(cls, key: str, stage: str) -> Report:
        """Say that it is being set up; ``stage`` in words."""
        return cls(key, {"starting": {"stage": stage}})

    @classmethod
    def running(cls, key: str, address: str = "") -> Report:
        """Say that it is at work; ``address`` is where, in words."""
        return cls(key, {"running": {"address": address}})

    @classmethod
    def ended(
        cls,
        key: str,
        exit_code: int = 0,
        *,
        outputs: Mapping[str, str] | None = None,
        state: Mapping[str, str] | None = None,
        killed: bool = False,
    ) -> Report:
        """Say that it is over.

        Parameters
        ----------
        key : str
            The launch's.
        exit_code : int
            0 if it did well; a negative number is the signal that ended it, as ``subprocess`` has it.
        outputs, state : mapping, optional
            What it gives beside what it printed.
        killed : bool
            Whether it ended because :meth:`Executor.kill` was asked.
        """
        exit_ = {"signal": -exit_code} if exit_code < 0 else {"code": exit_code}
        files = {"output": _file(outputs), "state": _file(state)}
        return cls(key, {"ended": {"exit": exit_, "reason": "killed" if killed else "finished", "files": files}})

    @classmethod
    def lost(cls, key: str, *, proof_dead: bool = False) -> Report:
        """Say that nobody knows any more; ``proof_dead``: surely nothing of it runs, so it may be tried again."""
        return cls(key, {"lost": {"proof_dead": proof_dead}})

    def __repr__(self) -> str:
        return f"<report {self.what!r}>"


def _file(values: Mapping[str, str] | None) -> str:
    """Write values as a task writes its file of outputs (EXT-4)."""
    blocks = []
    for name, value in (values or {}).items():
        end = "END"
        while end in value.split("\n"):
            end += "_"
        blocks.append(f"{name}<<{end}\n{value}\n{end}\n")
    return "".join(blocks)


@runtime_checkable
class Executor(Protocol):
    """What an executor has. A ``name`` for people may stand beside it, and ``remove(key)``.

    With a method ``bind(tell)`` it gets a function to tell a :class:`Report` at once, from any thread of Python;
    what ``reports`` gives is looked at about twenty times a second.
    """

    def start(self, launch: Launch) -> str:
        """Start a task and give an id for people; returns at once. Raise :class:`Refused` if it cannot be."""
        ...

    def reports(self) -> Iterable[Report]:
        """Give the news since the last call; never waits."""
        ...

    def logs(self, key: str, start: int, size: int) -> bytes:
        """Give the task's output from a byte on, at most so many bytes; never waits."""
        ...

    def kill(self, key: str, grace: float) -> None:
        """End a task: politely, after so many seconds by force. Its end is told by ``reports``."""
        ...


def answer_in_thread(mailbox: Mailbox, executor: Executor) -> None:
    """Have a thread do what the engine asks of an executor, as long as the engine is there."""
    bind = getattr(executor, "bind", None)
    if bind is not None:
        bind(lambda report: mailbox.report(report.key, report.what))
    threading.Thread(target=_answer, args=(mailbox, executor), name="apolo-flow-executor").start()


def _answer(mailbox: Mailbox, executor: Executor) -> None:
    main = threading.main_thread()
    try:
        # The interpreter waits for this thread when it ends, so it looks whether that is so.
        while main.is_alive() and not mailbox.abandoned:
            request = mailbox.next_request(_PAUSE)
            if request is not None:
                _do(mailbox, executor, *request)
            for report in executor.reports():
                mailbox.report(report.key, report.what)
    except Exception:
        traceback.print_exc()
    finally:
        mailbox.close()


def _do(mailbox: Mailbox, executor: Executor, number: int, request: dict[str, Any]) -> None:
    """Do one request; what goes wrong in it is told to the engine."""
    try:
        mailbox.answer(number, _answer_of(executor, request))
    except Exception as error:
        mailbox.fail(number, "refused", f"{type(error).__name__}: {error}")


def _answer_of(executor: Executor, request: dict[str, Any]) -> Any:
    what = request["what"]
    if what == "start":
        return [_start(executor, Launch(record)) for record in request["launches"]]
    if what == "logs":
        return executor.logs(request["key"], request["start"], request["size"]).hex()
    if what == "kill":
        executor.kill(request["key"], request["grace"])
    else:
        remove = getattr(executor, "remove", None)
        if remove is not None:
            remove(request["key"])
    return None


def _start(executor: Executor, launch: Launch) -> dict[str, str]:
    try:
        return {"raw": str(executor.start(launch))}
    except Refused as error:
        return {"refused": str(error)}
    except Exception as error:
        return {"refused": f"{type(error).__name__}: {error}"}


# --- Python callables as tasks ---


class Function(Generic[R]):
    """A Python callable that can be a task; calling it still calls it. Made by :func:`task`.

    Attributes
    ----------
    function : callable
        The callable itself.
    reference : str
        ``module:name``, by which it is found again.
    """

    def __init__(self, function: Callable[..., R]) -> None:
        self.function = function
        self.reference = f"{function.__module__}:{function.__qualname__}"
        functools.update_wrapper(self, function)

    def __call__(self, *arguments: Any, **named: Any) -> R:
        return self.function(*arguments, **named)

    def __repr__(self) -> str:
        return f"<task {self.reference}>"


def task(function: Callable[..., R]) -> Function[R]:
    """Make a callable a task; see :class:`apolo_flow.build.Batch`."""
    return Function(function)


#: Where `print_log` writes: the log of the task that this context runs.
_log: contextvars.ContextVar[bytearray] = contextvars.ContextVar("apolo_flow_log")


def print_log(*values: object) -> None:
    """Write a line into the log of the running task; outside of a task it is printed."""
    line = " ".join(map(str, values))
    log = _log.get(None)
    if log is None:
        print(line)  # noqa: T201
    else:
        log.extend(f"{line}\n".encode())


class InProcess:
    """Runs tasks that are Python callables, each in a thread of this process.

    Their results are passed on as values: what JSON can say is kept as text, so it can be cached and seen in
    expressions; all else is kept in this object, and other tasks get the very same object.

    Parameters
    ----------
    functions : iterable of Function, optional
        Those that cannot be imported by their names, such as those of a notebook.

    Notes
    -----
    A thread cannot be killed: a task that is cancelled counts as ended at once, and its result is dropped. A
    value that only this object has is lost with it; a later bake must not take it from a cache.
    """

    name = "in-process"

    def __init__(self, functions: Iterable[Function[Any]] = ()) -> None:
        self._functions = {function.reference: function for function in functions}
        self._values: dict[str, Any] = {}
        self._logs: dict[str, bytearray] = {}
        self._running: set[str] = set()
        self._lock = threading.Lock()
        self._tell: Callable[[Report], None] = lambda report: None

    def add(self, function: Function[Any]) -> None:
        """Make a function known that cannot be imported."""
        self._functions[function.reference] = function

    def bind(self, tell: Callable[[Report], None]) -> None:
        """Take the function that tells news; the engine calls this."""
        self._tell = tell

    def start(self, launch: Launch) -> str:
        """Start a thread for a task."""
        from apolo_flow.call import arguments_of, find, reference_of

        reference = reference_of(launch.spec)
        if reference is None:
            raise Refused("this executor runs Python callables only; see apolo_flow.build")
        function = self._functions.get(reference) or find(reference)
        named = {name: self._resolved(value) for name, value in arguments_of(launch.env).items()}
        self._logs[launch.key] = bytearray()
        with self._lock:
            self._running.add(launch.key)
        self._tell(Report.running(launch.key, threading.current_thread().name))
        # Daemons: leaving the interpreter does not wait for them.
        work = threading.Thread(target=self._run, args=(launch, function, named), name=launch.task, daemon=True)
        work.start()
        return f"thread-{work.ident}"

    def reports(self) -> Iterable[Report]:
        """Give nothing: news is told at once."""
        return ()

    def logs(self, key: str, start: int, size: int) -> bytes:
        """Give what the task wrote by :func:`print_log`, and the traceback of its failure."""
        return bytes(self._logs.get(key, b"")[start : start + size])

    def kill(self, key: str, grace: float) -> None:
        """Give a task up."""
        self._end(Report.ended(key, -15, killed=True))

    def value(self, output: str) -> Any:
        """Give the value behind the output ``result`` of a task."""
        return self._resolved(json.loads(output))

    def _run(self, launch: Launch, function: Callable[..., Any], named: Mapping[str, Any]) -> None:
        from apolo_flow.call import outputs_of

        log = self._logs[launch.key]
        context = contextvars.copy_context()
        context.run(_log.set, log)
        try:
            outputs = outputs_of(context.run(function, **named), self._keep)
            report = Report.ended(launch.key, outputs=outputs)
        except BaseException:
            log.extend(traceback.format_exc().encode("utf-8", "replace"))
            report = Report.ended(launch.key, 1)
        self._end(report)

    def _end(self, report: Report) -> None:
        with self._lock:
            if report.key not in self._running:
                return
            self._running.discard(report.key)
        self._tell(report)

    def _keep(self, value: Any) -> dict[str, str]:
        """Keep a value that JSON cannot say; gives what stands for it."""
        with self._lock:
            token = f"{id(self):x}-{len(self._values) + 1}"
            self._values[token] = value
        return {"$object": token}

    def _resolved(self, value: Any) -> Any:
        if not (isinstance(value, dict) and value.keys() == {"$object"}):
            return value
        token = value["$object"]
        if token not in self._values:
            raise Refused("a value that it needs was only in the memory of another process; bake without the cache")
        return self._values[token]
