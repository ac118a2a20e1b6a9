"""Marking of texts that a person will read, for the translation script."""


def N_(text: str) -> str:
    """Return `text` unchanged; `scripts/translate.py` collects the literal, the window translates it when shown."""
    return text
