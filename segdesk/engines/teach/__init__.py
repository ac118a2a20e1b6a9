"""Teach mode: a pixel classifier that learns from a person's scribbles in seconds, with no weights at all."""
