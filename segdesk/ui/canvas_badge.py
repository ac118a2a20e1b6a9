"""`Badge`: the words in the corner of the canvas that say what is shown when it is not simply the labels."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from segdesk.ui import overlay_layers
from segdesk.ui.canvas_seeing import Seen
from segdesk.ui.i18n import Translated, tr

MARGIN = 10


class Badge(Translated, QLabel):
    """Lies in the lower left corner of its parent and lets the mouse through."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self._seen = Seen("")
        self.setProperty("kind", "panel")
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setContentsMargins(10, 5, 10, 5)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def tell(self, seen: Seen) -> None:
        """Say what is shown."""
        if (seen.kind, seen.only) != (self._seen.kind, self._seen.only):
            self._seen = seen
            self.retranslate()

    def retranslate(self) -> None:
        """Set the texts again."""
        words = _words(self._seen)
        self.setText(words)
        self.setAccessibleName(words.replace("■", "") if "<" not in words else _plain(self._seen))
        self.adjustSize()
        self.place()
        self.setVisible(bool(words))

    def place(self) -> None:
        """Go to the corner; to be called when the parent has another size."""
        self.move(MARGIN, self._over.height() - self.height() - MARGIN)


def _words(seen: Seen) -> str:
    head = f"<b>{escape(_plain(seen))}</b>"
    if seen.kind == "difference":
        names = tr("added"), tr("removed"), tr("changed class or object")
        keys = zip(overlay_layers.DIFFERENCE_COLORS.values(), names, strict=True)
        return head + "".join(f"&nbsp;&nbsp; {_chip(color)} {escape(name)}" for color, name in keys)
    if seen.kind == "doubt":
        ramp = "".join(_chip(stop[1]) for stop in overlay_layers.HEAT_STOPS)
        return f"{head}&nbsp;&nbsp; {escape(tr('sure'))} {ramp} {escape(tr('unsure'))}"
    return head if _plain(seen) else ""


def _plain(seen: Seen) -> str:
    texts = {
        "hidden": tr("Labels hidden"),
        "teach": tr("Teach mode: strokes to learn from, not labels"),
        "prediction": tr("The model's answer"),
        "no_prediction": tr("There is no model's answer for this picture"),
        "preview": tr("New answer, not applied yet"),
        "difference": tr("Changed since the model's answer"),
        "no_difference": tr("There is no model's answer to compare with"),
        "doubt": tr("Doubt of the model"),
        "no_doubt": tr("There is no doubt map for this picture: run a model here"),
    }
    parts = [texts.get(seen.kind, "")]
    if seen.only:
        parts.append(tr("Only {name}", name=seen.only))
    return " · ".join(p for p in parts if p)


def _chip(color: tuple[int, int, int]) -> str:
    return f'<span style="color: rgb{color}">■</span>'
