"""Networks that are one piece: no encoder that another head could use. One family a file."""
