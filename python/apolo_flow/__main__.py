"""``python -m apolo_flow``: the ``apolo-flow`` command."""

import sys

from apolo_flow._native import main as _main


def main() -> int:
    """Run the command with the arguments of this process; the result is its exit code."""
    # The background engine and the supervisor are started through this interpreter.
    return _main(["apolo-flow", *sys.argv[1:]], [sys.executable, "-m", "apolo_flow"])


if __name__ == "__main__":
    sys.exit(main())
