"""One command on objects, classes or the whole picture a file; each defines `INFO` and `run` (see CONTRIBUTING.md)."""
