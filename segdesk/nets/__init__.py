"""Networks, one architecture family a file: torch modules only; no files, no Qt."""
