"""One canvas tool a file; each defines `INFO` and a `Tool` (see CONTRIBUTING.md)."""
