"""``python -m apolo_flow``: the ``apolo-flow`` command."""

import sys

from apolo_flow.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
