"""The program without its window: worker, jobs, session, tools, plug-in discovery. No Qt; no torch at import."""
