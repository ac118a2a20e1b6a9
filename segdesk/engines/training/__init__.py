"""Training of semantic nets on labelled pictures. `messages` is free of torch; `loop` ties the parts together."""
