"""Entry of the console program of a double-click build: the command line, and the processes that the window starts."""

from __future__ import annotations

import multiprocessing
import sys

from segdesk import processes
from segdesk.cli import main

if __name__ == "__main__":
    multiprocessing.freeze_support()  # libraries that start helpers of their own by the executable's name
    sys.exit(0 if processes.run_module(sys.argv[1:]) else main())
