"""The documents tell the truth about what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_every_path_named_in_a_document_exists(document):
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"`((?:segdesk|scripts|tests|docs|models|resources)/[\w./-]*\w)/?`", text)
    missing = [n for n in named if not (ROOT / n).exists() and "NAME" not in n]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_every_module_named_in_a_document_exists(document):
    text = document.read_text(encoding="utf-8")
    for dotted in re.findall(r"`(segdesk(?:\.\w+)+)`", text):
        parts = dotted.split(".")
        found = any(
            (ROOT / Path(*parts[:n])).with_suffix(".py").exists() or (ROOT / Path(*parts[:n])).is_dir()
            for n in range(len(parts), max(1, len(parts) - 2), -1)
        )
        assert found, dotted


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: p.name)
def test_links_and_pictures_are_there(document):
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (document.parent / target).exists(), target


def test_every_package_is_named_in_the_architecture():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    packages = [p.parent.name for p in (ROOT / "segdesk").glob("*/__init__.py")]
    assert packages
    for package in packages:
        assert f"segdesk/{package}" in text
