"""The ``apolo-flow`` command as a function."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from apolo_flow._engine import own_program
from apolo_flow._native import main as _main

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(words: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code.

    Parameters
    ----------
    words : sequence of str, optional
        What stands behind ``apolo-flow``; by default the arguments of this process.
    """
    # The background engine and the supervisor are started through this interpreter.
    return _main(["apolo-flow", *(sys.argv[1:] if words is None else words)], own_program())
