"""`python -m aze_core`: the planner's command line."""

import sys

from aze_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
