"""Names of types that programs import: statuses, ids, paths."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from apolo_flow.values import Always as AlwaysT
from apolo_flow.values import LocalPath, RemotePath

__all__ = ["AlwaysT", "FullID", "GitInfo", "ImageStatus", "LocalPath", "RemotePath", "TaskStatus"]

#: The full id of a task: the ids from the top graph down.
FullID = tuple[str, ...]


class TaskStatus(str, Enum):
    """The status of a task; each is equal to its word, which all of this package gives.

    Examples
    --------
    >>> TaskStatus("cached").is_finished, TaskStatus.RUNNING == "running"
    (True, True)
    """

    UNKNOWN = "unknown"
    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    CACHED = "cached"

    @property
    def is_finished(self) -> bool:
        """Whether it is final (STO-11)."""
        return self not in (TaskStatus.UNKNOWN, TaskStatus.PENDING, TaskStatus.RUNNING)

    def __str__(self) -> str:
        return self.value


class ImageStatus(str, Enum):
    """The status of the build of an image; each is equal to its word (STO-11)."""

    PENDING = "pending"
    BUILDING = "building"
    BUILT = "built"
    BUILD_FAILED = "build_failed"
    CACHED = "cached"

    def __str__(self) -> str:
        return self.value


class GitInfo(NamedTuple):
    """What the repository of a workspace says: commit, branch, tags (STO-3)."""

    sha: str
    branch: str
    tags: list[str]
