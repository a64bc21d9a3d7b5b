"""`python -m aze_core`: the planner's command line."""

import contextlib
import os
import sys

from aze_core.cli import main


def own_stdout() -> None:
    """Keep standard output for ourselves: the solver now and then writes a line to file descriptor 1."""
    with contextlib.suppress(OSError):
        ours = os.dup(1)
        os.dup2(2, 1)
        sys.stdout = os.fdopen(ours, "w", encoding="utf-8")


if __name__ == "__main__":
    own_stdout()
    sys.exit(main())
