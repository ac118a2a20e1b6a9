"""docs/reliability.md: every test that it names exists, and every test of this folder is named."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TABLE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(?:(\w+)::)?(\w+)`")


def names_in(file: Path) -> set[str]:
    """The names of the test functions of a file."""
    found = ast.walk(ast.parse(file.read_text("utf-8")))
    return {node.name for node in found if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_every_test_of_the_table_exists():
    named = NAMED.findall(TABLE)
    assert len(named) > 30
    missing = [(file, name) for file, _, name in named if name not in names_in(ROOT / file)]
    assert not missing


def test_every_fault_test_is_in_the_table():
    named = {name for _, _, name in NAMED.findall(TABLE)}
    folder = Path(__file__).parent
    there = {name for file in folder.glob("test_*.py") if file.name != Path(__file__).name for name in names_in(file)}
    assert there <= named
