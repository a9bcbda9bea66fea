"""The exceptions of this package, by meaning.

The native module raises them; look at classes and attributes, not at texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apolo_flow._bake import Bake
    from apolo_flow._live import LiveJob
    from apolo_flow._native import Diagnostic


class FlowError(Exception):
    """Something that was asked for could not be done.

    Attributes
    ----------
    diagnostics : list of Diagnostic
        What is wrong in the files, sorted by place; empty where no file is at fault.
    """

    def __init__(self, message: str, diagnostics: Sequence[Diagnostic] = ()) -> None:
        super().__init__(message)
        self.diagnostics = list(diagnostics)


class ConfigError(FlowError):
    """The files of a workspace, an expression, or what was asked of them, have errors; nothing was started."""


class NotFoundError(FlowError, LookupError):
    """There is no bake, attempt, task or job of this name."""


class RefusedError(FlowError):
    """It cannot be done as things stand: cancelling what has ended, restarting what runs."""


class ExecutorError(FlowError):
    """What runs the tasks cannot be reached or refuses."""


class StoreError(FlowError):
    """What keeps the bakes failed."""


class HeldError(StoreError):
    """Another engine holds the bake; only that one drives it."""


class BakeError(FlowError):
    """A bake did not succeed.

    Attributes
    ----------
    bake : Bake
        The bake; its tasks tell more.
    """

    def __init__(self, message: str, bake: Bake) -> None:
        super().__init__(message)
        self.bake = bake


class BakeFailed(BakeError):
    """A bake failed."""


class BakeCancelled(BakeError):
    """A bake was cancelled."""


class JobError(FlowError):
    """A live job did not succeed.

    Attributes
    ----------
    job : LiveJob
        The live job.
    """

    def __init__(self, message: str, job: LiveJob) -> None:
        super().__init__(message)
        self.job = job


class JobFailed(JobError):
    """A live job failed."""


class JobCancelled(JobError):
    """A live job was ended because somebody asked."""
