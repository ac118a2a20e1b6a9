"""Keeps `resources/i18n/segdesk_zh_CN.ts` in step with the source: collects texts with `ast`, keeps translations.

    python scripts/translate.py           rewrite the file; new texts come in unfinished, old ones go
    python scripts/translate.py --check   change nothing; exit 1 when a text is missing, stale or untranslated

Texts are the literal arguments of `tr(...)`, `N_(...)` and both of `SegDeskError(..., ...)`.
"""

from __future__ import annotations

import ast
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / "resources" / "i18n" / "segdesk_zh_CN.ts"
CONTEXT = "SegDesk"
TAKES = {"tr": 1, "N_": 1, "SegDeskError": 2}  # function -> how many of its first arguments are texts


@dataclass
class Text:
    """A text of the source. `plural`: it is called with a number; `places`: files that use it."""

    source: str
    plural: bool = False
    places: set[str] = field(default_factory=set)


def collect(folder: Path) -> dict[str, Text]:
    """All texts below a folder, in the order of files and lines."""
    found: dict[str, Text] = {}
    for file in sorted(folder.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"), str(file))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        for call in sorted(calls, key=lambda c: (c.lineno, c.col_offset)):
            for source, plural in _texts(call):
                text = found.setdefault(source, Text(source))
                text.plural = text.plural or plural
                text.places.add(file.relative_to(folder.parent).as_posix())
    return found


def _texts(call: ast.Call) -> list[tuple[str, bool]]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    if name not in TAKES:
        return []
    literals = [a.value for a in call.args[: TAKES[name]] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    return [(text, name == "tr" and "%n" in text) for text in literals if text]


def read(file: Path) -> dict[str, str]:
    """Source -> translation of what is finished."""
    if not file.exists():
        return {}
    result = {}
    for message in ET.parse(file).getroot().iter("message"):
        translation = message.find("translation")
        if translation is None or translation.get("type") in ("unfinished", "vanished", "obsolete"):
            continue
        form = translation.find("numerusform")
        words = (form if form is not None else translation).text
        if words:
            result[message.findtext("source", "")] = words
    return result


def write(file: Path, texts: dict[str, Text], known: dict[str, str]) -> None:
    """Write the .ts: sorted by text, so that a change of place makes no difference."""
    root = ET.Element("TS", version="2.1", language="zh_CN", sourcelanguage="en")
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name").text = CONTEXT
    for source, text in sorted(texts.items()):
        message = ET.SubElement(context, "message", {"numerus": "yes"} if text.plural else {})
        ET.SubElement(message, "source").text = source
        translation = ET.SubElement(message, "translation", {} if source in known else {"type": "unfinished"})
        holder = ET.SubElement(translation, "numerusform") if text.plural else translation
        holder.text = known.get(source, "")
    ET.indent(root, " ")
    body = ET.tostring(root, "unicode")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n', "utf-8")


def problems(texts: dict[str, Text], known: dict[str, str]) -> list[str]:
    """What is untranslated or stale, one line each."""
    lines = [f"untranslated: {t!r} ({', '.join(sorted(texts[t].places))})" for t in texts if t not in known]
    lines += [f"stale: {t!r}" for t in known if t not in texts]
    lines += [f"fields differ: {t!r}" for t in texts if t in known and _fields(t) != _fields(known[t])]
    return lines


def _fields(text: str) -> set[str]:
    """The `{name}` and `%n` that a text fills in."""
    parts = {part.split("}")[0] for part in text.split("{")[1:] if "}" in part}
    return parts | ({"%n"} if "%n" in text else set())


def main(arguments: list[str]) -> int:
    """Run the command."""
    texts, known = collect(ROOT / "segdesk"), read(FILE)
    if "--check" not in arguments:
        write(FILE, texts, known)
        known = read(FILE)
    lines = problems(texts, known)
    for line in lines:
        print(line)
    print(f"{len(texts)} texts, {len(lines)} problems")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
