"""Live flows and live jobs: what a person starts and keeps running."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from apolo_flow import _native
from apolo_flow._bake import wait_slice
from apolo_flow._records import Param, Try, moment, texts, try_of
from apolo_flow._streams import Events, Log
from apolo_flow._waiting import Deadline, in_thread
from apolo_flow.errors import ConfigError, JobCancelled, JobFailed, NotFoundError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from datetime import datetime

    from apolo_flow._engine import Engine
    from apolo_flow._flow import Flow
    from apolo_flow._native import Diagnostic

#: The kind of the last event of a live job.
_LAST = "live_ended"


class Live:
    """A live flow: its jobs, and running them.

    Attributes
    ----------
    name, title : str
        The name of its file, and its title.
    jobs : dict
        The params of each job by its id, in the order of writing.
    """

    def __init__(self, flow: Flow, name: str) -> None:
        self.flow = flow
        self.name = name
        found, self._problems = flow._looker.describe(flow._source, name)
        if found["kind"] != "live":
            raise ConfigError(f"`{name}` is a batch flow: use batch({name!r})")
        self.title: str = found["title"]
        self._jobs: dict[str, Any] = found["jobs"]
        self.jobs = {
            job: {name: Param(name, one["default"], one["descr"]) for name, one in facts["params"].items()}
            for job, facts in found["jobs"].items()
        }

    def is_multi(self, job: str) -> bool:
        """Whether a job may run several times at once, each with a suffix.

        Raises
        ------
        NotFoundError
            There is no such job.
        """
        if job not in self._jobs:
            raise NotFoundError(f"no job `{job}` in `{self.name}`; there are {', '.join(self._jobs) or 'none'}")
        return bool(self._jobs[job]["multi"])

    def check(self) -> list[Diagnostic]:
        """Find all problems, those of all jobs too."""
        return self.flow.check(self.name)

    def run(
        self,
        job: str,
        params: Mapping[str, Any] | None = None,
        *,
        suffix: str | None = None,
        args: Iterable[str] = (),
        detach: bool | None = None,
    ) -> LiveJob:
        """Start a job and give its handle at once, or that of the one that runs already.

        Parameters
        ----------
        job : str
            Its id in the flow.
        params : mapping, optional
            By name; values are made texts.
        suffix : str, optional
            The suffix of a multi job; by default a fresh one.
        args : iterable of str
            What a multi job sees as ``multi.args``.
        detach : bool, optional
            Whether an engine process of its own drives it, so that it is looked after without this process. By
            default as the flow says, where the engine has the store and the executor of the settings. What is
            driven here goes on when this process ends, and shows as *stalled* until somebody runs it again.

        Raises
        ------
        ConfigError
            The flow or this job has errors; nothing was started.
        NotFoundError
            There is no such job.
        RefusedError
            It cannot be started now: its port is taken. Or ``detach`` with a store or an executor of this process.

        Notes
        -----
        Source: LIV-13, LIV-20 to LIV-25.
        """
        engine = self.flow.engine
        if detach:
            engine.check_detach()
        jobs = engine._live
        record, is_new, warnings = jobs.run(self.flow._source, (self.name, job), texts(params), suffix, list(args))
        if not is_new and record["standing"] != "stalled":
            return LiveJob(engine, record["id"], None, warnings)
        own = record["detach"] and engine.can_detach if detach is None else detach
        return _begin(engine, record["id"], own, warnings)

    def job(self, job: str, suffix: str | None = None) -> LiveJob:
        """Find a live job by its id in the flow, and its suffix if it is a multi job; or by its own id.

        One that has not ended comes first, else the newest of the last seven days.

        Raises
        ------
        NotFoundError
            There is no such job, or it was not run.
        RefusedError
            A suffix is missing or unwanted.
        """
        engine = self.flow.engine
        record = engine._live.find(self.flow._source, (self.name, job), suffix)
        return LiveJob(engine, record["id"])

    def ps(self) -> list[Listing]:
        """List all jobs, sorted: each once, a multi job once for each suffix, with the newest run of each.

        Notes
        -----
        Source: LIV-30.
        """
        engine = self.flow.engine
        lines = engine._live.lines(self.flow._source, self.name)
        return Listings(
            Listing(line["job"], line["suffix"], LiveJob(engine, line["run"]["id"]) if line["run"] else None)
            for line in lines
        )

    def kill_all(self) -> list[LiveJob]:
        """Ask for the end of all jobs that have not ended, and give those; :meth:`LiveJob.wait` tells when it came."""
        runs = [line.run for line in self.ps() if line.run is not None]
        return [run for run in runs if run.kill()]

    async def run_async(
        self,
        job: str,
        params: Mapping[str, Any] | None = None,
        *,
        suffix: str | None = None,
        args: Iterable[str] = (),
        detach: bool | None = None,
    ) -> LiveJob:
        """As :meth:`run`, for asyncio; the handle can be awaited."""
        return await in_thread(self.run, job, params, suffix=suffix, args=args, detach=detach)

    async def job_async(self, job: str, suffix: str | None = None) -> LiveJob:
        """As :meth:`job`, for asyncio."""
        return await in_thread(self.job, job, suffix)

    async def ps_async(self) -> list[Listing]:
        """As :meth:`ps`, for asyncio."""
        return await in_thread(self.ps)

    async def kill_all_async(self) -> list[LiveJob]:
        """As :meth:`kill_all`, for asyncio."""
        return await in_thread(self.kill_all)

    def __repr__(self) -> str:
        return f"<live {self.name}: {', '.join(self._jobs) or 'no jobs'}>"


class LiveJob:
    """A live job: how it stands, what it prints, and ending it.

    Its facts are read anew each time they are asked for, until it has ended. Made by :meth:`Live.run`,
    :meth:`Live.job`, :meth:`Live.ps` and :meth:`Engine.find_job`.

    Attributes
    ----------
    id : str
        The live job's own id.
    warnings : list of Diagnostic
        What the check had to say when it was run from here.
    """

    def __init__(
        self,
        engine: Engine,
        job: str,
        drive: _native.Drive | None = None,
        warnings: list[Diagnostic] | None = None,
    ) -> None:
        self.engine = engine
        self.id = job
        self.warnings = warnings or []
        self._drive = drive
        self._ended: dict[str, Any] | None = None

    # --- how it stands ---

    def _read(self) -> dict[str, Any]:
        if self._ended is not None:
            return self._ended
        found = self.engine._live.get(self.id)
        if found["standing"] == "ended":
            self._ended = found
        return found

    @property
    def status(self) -> str:
        """``pending``, ``running``, ``succeeded``, ``failed`` or ``cancelled``; ``stalled`` if nobody drives it."""
        found = self._read()
        status: str = "stalled" if found["standing"] == "stalled" else found["status"]
        return status

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return bool(self._read()["standing"] == "ended")

    @property
    def name(self) -> str:
        """Its id in the flow, and its suffix if it has one."""
        found = self._read()
        return f"{found['job']} {found['suffix']}" if found["suffix"] else str(found["job"])

    @property
    def job(self) -> str:
        """Its id in the flow."""
        return str(self._read()["job"])

    @property
    def suffix(self) -> str | None:
        """The suffix of a multi job."""
        suffix: str | None = self._read()["suffix"]
        return suffix

    @property
    def params(self) -> dict[str, str]:
        """Its params, defaults included."""
        return dict(self._read()["params"])

    @property
    def tags(self) -> list[str]:
        """All its tags, sorted."""
        return list(self._read()["tags"])

    @property
    def url(self) -> str | None:
        """Where it answers HTTP, where that can be told."""
        url: str | None = self._read()["url"]
        return url

    @property
    def said(self) -> str | None:
        """What there is to say of its status: what it waits for, or how it ended."""
        said: str | None = self._read()["said"]
        return said

    @property
    def exit_code(self) -> int | None:
        """The exit code of the last start that has ended."""
        tries = [one for one in self.tries if one.ended_at is not None]
        return tries[-1].exit_code if tries else None

    @property
    def tries(self) -> list[Try]:
        """Its starts, in order: a policy of restarts makes more than one."""
        return [try_of(one) for one in self._read()["tries"]]

    @property
    def created_at(self) -> datetime | None:
        """When it was made, in UTC."""
        return moment(self._read()["created_at"])

    @property
    def started_at(self) -> datetime | None:
        """When it ran first, in UTC; None before."""
        return moment(self._read()["started_at"])

    @property
    def ended_at(self) -> datetime | None:
        """When it ended, in UTC; None before."""
        return moment(self._read()["ended_at"])

    @property
    def record(self) -> dict[str, Any]:
        """All that is kept of it, in the stored form."""
        return self._read()

    # --- waiting ---

    def wait(self, timeout: float | None = None) -> str:
        """Wait for its end and give its status.

        Ctrl-C gives up waiting, not the job.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait at most.

        Raises
        ------
        TimeoutError
            It has not ended by then.
        RefusedError
            It is stalled: nobody drives it. :meth:`resume` takes it up again.
        StoreError, ExecutorError
            The engine that drives it in this process failed.
        """
        deadline = Deadline(timeout)
        while not self._wait_slice(deadline.slice(1.0)):
            if deadline.over:
                raise TimeoutError(f"live job {self.id} has not ended after {timeout} s")
        return self.status

    async def wait_async(self, timeout: float | None = None) -> str:
        """As :meth:`wait`, for asyncio; ``await job`` is short for it."""
        deadline = Deadline(timeout)
        while not await in_thread(self._wait_slice, deadline.slice()):
            if deadline.over:
                raise TimeoutError(f"live job {self.id} has not ended after {timeout} s")
        return await in_thread(lambda: self.status)

    def __await__(self) -> Generator[Any, None, str]:
        return self.wait_async().__await__()

    def _wait_slice(self, seconds: float) -> bool:
        """Wait a little; whether it has ended."""
        if self._drive is not None:
            return self._drive.wait(seconds) is not None
        standing = self._read()["standing"]
        if standing == "stalled":
            raise RefusedError(f"live job {self.id} is stalled: no engine drives it; resume() takes it up again")
        return standing == "ended" or wait_slice(self.engine._live.follow(self.id, 0), _LAST, seconds)

    def result(self, timeout: float | None = None) -> LiveJob:
        """Wait for its end, and raise unless it succeeded.

        Raises
        ------
        JobFailed, JobCancelled
            With what there is to say of it.
        TimeoutError, RefusedError
            As :meth:`wait`.
        """
        return self._judge(self.wait(timeout))

    async def result_async(self, timeout: float | None = None) -> LiveJob:
        """As :meth:`result`, for asyncio."""
        return await in_thread(self._judge, await self.wait_async(timeout))

    def _judge(self, status: str) -> LiveJob:
        if status == "succeeded":
            return self
        message = f"live job {self.name} {status}" + (f": {self.said}" if self.said else "")
        raise (JobCancelled if status == "cancelled" else JobFailed)(message, self)

    # --- events and logs ---

    def events(self, after: int = 0) -> Events:
        """Give its events after a position, then as they come, until it has ended; see :meth:`Bake.events`."""
        return Events(self.engine._live.follow(self.id, after), _LAST, self._is_over)

    def logs(self, *, number: int = 0, follow: bool = True, start: int = 0) -> Log:
        """Give its output; see :meth:`Bake.logs`.

        Parameters
        ----------
        number : int
            Which start, from 1; 0 is the last.
        follow : bool
            Whether to wait for more while it runs.
        start : int
            The byte to begin with.
        """
        return Log(lambda: self.engine._live.log(self.id, number, start), self._is_over, follow)

    def _is_over(self) -> bool:
        return self.done or self.status == "stalled"

    # --- doing ---

    def kill(self) -> bool:
        """Ask for its end; :meth:`wait` tells when it has come. Says whether there was anything to end."""
        asked = self.engine._live.kill(self.id)
        if asked and self.status == "stalled":
            # Somebody has to hear the wish.
            self._drive = _begin(self.engine, self.id, self.engine.can_detach, [])._drive
        return asked

    def resume(self, *, detach: bool = False) -> LiveJob:
        """Take a stalled job up where it stood.

        Raises
        ------
        RefusedError
            It has ended.
        HeldError
            Another engine drives it; told by :meth:`wait`.
        """
        found = self._read()
        if found["standing"] == "ended":
            raise RefusedError(f"live job {self.name} has ended: {found['status']}")
        return _begin(self.engine, self.id, detach, [])

    async def kill_async(self) -> bool:
        """As :meth:`kill`, for asyncio."""
        return await in_thread(self.kill)

    async def resume_async(self, *, detach: bool = False) -> LiveJob:
        """As :meth:`resume`, for asyncio."""
        return await in_thread(self.resume, detach=detach)

    def __repr__(self) -> str:
        return f"<live job {self.id}, {self.name}: {self.status}>"

    def _repr_html_(self) -> str:
        from apolo_flow._show import jobs_table

        return jobs_table([(self.name, self)])


class Listing(NamedTuple):
    """A line of :meth:`Live.ps`: a job, the suffix of a multi job, and its newest run; None if there is none."""

    job: str
    suffix: str | None
    run: LiveJob | None

    @property
    def status(self) -> str:
        """The status of its run; ``unknown`` if there is none."""
        return "unknown" if self.run is None else self.run.status


class Listings(list[Listing]):
    """Lines of :meth:`Live.ps`; a table in a notebook."""

    def _repr_html_(self) -> str:
        from apolo_flow._show import jobs_table

        return jobs_table([(" ".join(filter(None, line[:2])), line.run) for line in self])


def _begin(engine: Engine, job: str, detach: bool, warnings: list[Diagnostic]) -> LiveJob:
    """Have a stored job driven: here, or by an engine process of its own."""
    if detach:
        engine._live.drive_in_background(job)
        return LiveJob(engine, job, None, warnings)
    return LiveJob(engine, job, engine._live.drive(job), warnings)
