"""English sentences that count: "{count} pictures were left out" becomes "1 picture was left out" for one.

Sentences of readers and writers, of the command line and of the window are templates whose numbers are filled in last;
`one` makes the singular of a template before that. Only English needs it: a translated template holds no such words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

# What is counted in sentences, and the words behind a count that belong to what is counted.
_NOUNS = {
    "annotations": "annotation", "boxes": "box", "changes": "change", "classes": "class", "crops": "crop",
    "files": "file", "folders": "folder", "letters": "letter", "lines": "line", "maps": "map", "masks": "mask",
    "megapixels": "megapixel", "models": "model", "objects": "object", "outlines": "outline",
    "pages": "page", "parameters": "parameter", "pictures": "picture", "pixels": "pixel", "polygons": "polygon",
    "regions": "region", "rows": "row", "segments": "segment", "shapes": "shape", "tiles": "tile",
}  # fmt: skip
_COUNTED = re.compile(r"(?<![x×] )\{(\w+)\} ((?:crowd |label )?)(" + "|".join(_NOUNS) + r")\b(?!/)")
_CLAUSE = re.compile(r"([^;:]*)([;:]?)(.*)", re.DOTALL)  # what stands behind has a subject of its own
# Words of a sentence whose subject is what is counted.
_VERBS = (
    (r"\bare boxes\b", "is a box"), (r"\bwere\b", "was"), (r"\bare\b", "is"), (r"\bhave\b", "has"),
    (r"\bdo not\b", "does not"), (r"\b(lie|belong|reach|stay|differ)\b", r"\1s"),
    (r"\bas single objects\b", "as a single object"), (r"\btheir numbers\b", "its number"),
)  # fmt: skip
_OWNERS = (
    (r"\btheir\b", "its"), (r"\bthey were\b", "it was"), (r"\bthey (form)\b", r"it \1s"), (r"\bthey are\b", "it is"),
)  # fmt: skip


def one(template: str, values: Mapping[str, object]) -> str:
    """The template with what occurs once in the singular, and the verbs of a sentence that begins with it."""
    if not any(str(value) == "1" for value in values.values()):
        return template
    first = _COUNTED.match(template)
    alone = first is not None and _is_one(values, first.group(1))
    result = _COUNTED.sub(lambda m: m.group(0) if not _is_one(values, m.group(1)) else _singular(m), template)
    if not alone or result == template:
        return result
    clause, mark, rest = _CLAUSE.match(result).groups()  # type: ignore[union-attr]  # matches everything
    if " and {" not in clause:
        for pattern, word in _VERBS:
            clause = re.sub(pattern, word, clause)
    for pattern, word in _OWNERS:
        clause, rest = re.sub(pattern, word, clause), re.sub(pattern, word, rest)
    return clause + mark + rest


def _is_one(values: Mapping[str, object], name: str) -> bool:
    return str(values.get(name)) == "1"


def _singular(found: re.Match[str]) -> str:
    return f"{{{found.group(1)}}} {found.group(2)}{_NOUNS[found.group(3)]}"
