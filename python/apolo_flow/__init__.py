"""Apolo Flow: pipelines for machine-learning teams, from YAML to a chosen model.

:func:`check` finds all problems in a workspace's files; :func:`bake` runs a batch and waits for
its end. The command line comes with this package as ``apolo-flow`` and ``python -m apolo_flow``.
"""

from apolo_flow._native import BakeResult, Diagnostic, TaskResult, __version__, bake, check
from apolo_flow.errors import ConfigError, ExecutorError, FlowError, StoreError

__all__ = [
    "BakeResult",
    "ConfigError",
    "Diagnostic",
    "ExecutorError",
    "FlowError",
    "StoreError",
    "TaskResult",
    "__version__",
    "bake",
    "check",
]
