"""Inference with torch: load a card, predict, refine, decide. Runs in the engine process; no Qt."""
