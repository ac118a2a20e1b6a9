"""One data-set format a file; each defines `INFO` and `write` and/or `read` (see CONTRIBUTING.md)."""
