"""Decode heads: one system a file. Each has a `Head` for `segdesk.nets.net.Net` and `build(options, num_classes)`."""
