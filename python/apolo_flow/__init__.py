"""Apolo Flow: pipelines for machine-learning teams, from YAML to a chosen model.

:func:`load` opens a workspace; ``load().batch("train").bake()`` starts a bake and gives its handle,
``load().live().run("serve")`` starts a live job. :func:`check`
finds all problems in a workspace's files; :func:`bake` runs a batch and waits for its end. :func:`evaluate` computes
an expression. The command line comes with this package as ``apolo-flow`` and ``python -m apolo_flow``.

More: :mod:`apolo_flow.executors` (run tasks your own way), :mod:`apolo_flow.build` (flows written in Python),
:mod:`apolo_flow.api` (the bounded facade), :mod:`apolo_flow.values`, :mod:`apolo_flow.testing`.
"""

from apolo_flow._bake import Bake
from apolo_flow._engine import Engine
from apolo_flow._expr import Contexts, Expr, convert, evaluate
from apolo_flow._flow import Batch, Flow, Plan, bake, check, load, load_text
from apolo_flow._graph import Graph
from apolo_flow._live import Listing, Live, LiveJob
from apolo_flow._native import Diagnostic, __version__
from apolo_flow._records import Event, Node, Param, PlannedTask, TaskRecord, Try, Why
from apolo_flow.errors import (
    BakeCancelled,
    BakeError,
    BakeFailed,
    ConfigError,
    ExecutorError,
    FlowError,
    HeldError,
    JobCancelled,
    JobError,
    JobFailed,
    NotFoundError,
    RefusedError,
    StoreError,
)

__all__ = [
    "Bake",
    "BakeCancelled",
    "BakeError",
    "BakeFailed",
    "Batch",
    "ConfigError",
    "Contexts",
    "Diagnostic",
    "Engine",
    "Event",
    "ExecutorError",
    "Expr",
    "Flow",
    "FlowError",
    "Graph",
    "HeldError",
    "JobCancelled",
    "JobError",
    "JobFailed",
    "Listing",
    "Live",
    "LiveJob",
    "Node",
    "NotFoundError",
    "Param",
    "Plan",
    "PlannedTask",
    "RefusedError",
    "StoreError",
    "TaskRecord",
    "Try",
    "Why",
    "__version__",
    "bake",
    "check",
    "convert",
    "evaluate",
    "load",
    "load_text",
]


def load_ipython_extension(shell: object) -> None:
    """``%load_ext apolo_flow``: cells that begin with ``%%flow`` are checked and baked."""
    from apolo_flow.notebook.magic import register

    register(shell)
