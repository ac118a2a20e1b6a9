"""The core types and rules: numpy and the standard library only; no files, no threads, no torch, no Qt."""
