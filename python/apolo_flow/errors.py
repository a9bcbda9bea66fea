"""The exceptions of this package, by meaning.

The native module raises them; look at attributes, not at texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apolo_flow._native import Diagnostic


class FlowError(Exception):
    """Something that was asked for could not be done."""


class ConfigError(FlowError):
    """The files of a workspace, or what was asked of them, have errors; nothing was started.

    Attributes
    ----------
    diagnostics : list of Diagnostic
        All problems, sorted by place; empty if the workspace or a setting itself is at fault.
    """

    def __init__(self, message: str, diagnostics: list[Diagnostic]) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


class ExecutorError(FlowError):
    """What runs the tasks cannot be reached or refuses."""


class StoreError(FlowError):
    """What keeps the bakes failed, or another engine holds the bake."""
