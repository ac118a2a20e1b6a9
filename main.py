"""Starts the window of SegDesk: `python main.py [folder or project]`."""

from __future__ import annotations

import sys

from segdesk.ui.start import start_window

if __name__ == "__main__":
    sys.exit(start_window(sys.argv[1] if len(sys.argv) > 1 else None))
