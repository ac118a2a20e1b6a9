"""Fuzzing of every reader: valid files of our own making, broken on purpose, and one judge of what a reader does."""
