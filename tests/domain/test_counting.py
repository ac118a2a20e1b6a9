"""The singular of English sentences that count."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from segdesk.domain.counting import _COUNTED, _NOUNS, one
from segdesk.domain.errors import SegDeskError, fill

SOURCE = Path(__file__).resolve().parents[2] / "segdesk"


def templates() -> Iterator[str]:
    """Every literal of the program that counts something."""
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _COUNTED.search(node.value):
                yield node.value


@pytest.mark.parametrize(
    ("template", "single"),
    [
        ("{count} pictures were turned upright.", "1 picture was turned upright."),
        ("{count} objects are beyond the limit; they form a group.", "1 object is beyond the limit; it forms a group."),
        ("{count} pictures have no label file and stay so.", "1 picture has no label file and stays so."),
        ("{count} classes do not fit 8 bits; the maps have 16.", "1 class does not fit 8 bits; the maps have 16."),
        ("{count} masks gave their size; they were turned.", "1 mask gave its size; it was turned."),
        ("At most {count} classes can be trained.", "At most 1 class can be trained."),
        ("{count} × {count} pixels", "1 × 1 pixels"),
        ("{count} 张图片", "1 张图片"),
    ],
)
def test_singular(template: str, single: str):
    assert fill(template, {"count": 1}) == single
    assert fill(template, {"count": 2}) == template.format(count=2)
    assert fill(template, {"count": "1"}) == single


def test_only_what_occurs_once():
    template = "{pictures} pictures and {maps} label maps were recovered"
    assert fill(template, {"pictures": 1, "maps": 4}) == "1 picture and 4 label maps were recovered"
    assert fill(template, {"pictures": 11, "maps": 1}) == "11 pictures and 1 label map were recovered"
    assert one("{count} pictures", {}) == "{count} pictures"
    assert str(SegDeskError("{count} pages cannot be read.", count=1)) == "1 page cannot be read."


def test_no_sentence_of_the_program_counts_one_in_the_plural():
    plural = re.compile(r"(?<![x×] )\b1 (" + "|".join(_NOUNS) + r")\b(?!/)|^1 \w+ (are|were|have|do)\b")
    found = list(templates())
    assert len(found) > 30
    for template in found:
        fields = {part.split("}")[0] for part in template.split("{")[1:]}
        assert not plural.search(fill(template, dict.fromkeys(fields, 1))), template
