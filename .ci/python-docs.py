"""Writes the pages of the API from the docstrings: ``python .ci/python-docs.py FOLDER``. Needs pdoc and the package installed."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pdoc
import pdoc.render

#: What people read; the rest is inside.
MODULES = [
    "apolo_flow",
    "apolo_flow.api",
    "apolo_flow.api._bakes",
    "apolo_flow.api._live",
    "apolo_flow.build",
    "apolo_flow.cli",
    "apolo_flow.errors",
    "apolo_flow.executors",
    "apolo_flow.notebook",
    "apolo_flow.testing",
    "apolo_flow.types",
    "apolo_flow.values",
]


def main(folder: Path) -> None:
    """Write all pages below a folder."""
    # It reads annotations of named tuples as code, where some names exist for type checkers only; the page is right.
    warnings.filterwarnings("ignore", module="pdoc")
    pdoc.render.configure(docformat="numpy", show_source=False, footer_text="Apolo Flow")
    pdoc.pdoc(*MODULES, output_directory=folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
