"""What the row of the tool S holds: who answers the clicks, how far that is, words to look for, the candidates."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from segdesk.app.model_search import READY, ModelEntry
from segdesk.engines.messages import transformers_available
from segdesk.ui import i18n, theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.model_text import about, megabytes
from segdesk.ui.widgets import ElidedLabel, button, label, name, set_kind


class PrompterRow(Translated, QWidget):
    """Shows the state of `desk.prompts` and changes it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.title = label()
        self.chooser = QComboBox()
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.chooser.setMinimumContentsLength(16)
        self.download = button(icon="download", clicked=desk.prompts.download)
        self.words = QLineEdit()
        self.words.setMinimumWidth(120)
        self.words.setMaximumWidth(280)
        self.state = ElidedLabel()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        for part in (self.title, self.chooser, self.download, self.words):
            layout.addWidget(part)
        layout.addWidget(self.state, 1)
        self._listed: tuple[object, ...] = ()
        self.chooser.activated.connect(lambda at: desk.prompts.choose(self.chooser.itemData(at)))
        self.words.returnPressed.connect(lambda: desk.prompts.ask_words(self.words.text()))
        desk.prompts.changed.connect(self.refresh)
        self.retranslate()

    def refresh(self) -> None:
        """Show what is so now."""
        prompts = self._desk.prompts
        self._fill(prompts.entries)
        self.chooser.setCurrentIndex(max(0, self.chooser.findData(prompts.card_id)))
        entry = prompts.entry
        name(self.chooser, tr("Answered by") if entry is None else about(entry.card))
        self.download.setVisible(entry is not None and entry.status.kind == "download" and not prompts.missing)
        self.words.setVisible(prompts.words)
        words, kind = self._state(entry)
        self.state.setText(words)
        set_kind(self.state, kind)

    def _state(self, entry: ModelEntry | None) -> tuple[str, str]:
        """What is to be said, and the kind of label."""
        prompts = self._desk.prompts
        at, candidates = prompts.shown
        if prompts.missing:
            return tr('needs the package transformers: pip install "segdesk[transformers]"'), "bad"
        if entry is not None and entry.status.kind not in READY:
            download = entry.status.kind == "download"
            return tr("its weights are not here yet") if download else tr("its weights are missing"), "warn"
        if entry is not None and prompts.state == "encoding":
            return tr("encoding the picture…"), ""
        if prompts.waiting:
            return tr("looking…"), ""
        if candidates:
            return self._candidates(at, len(candidates), candidates[at].score), "good"
        if prompts.words:
            return tr("Type what to look for, and press Enter."), ""
        return (tr("ready"), "good") if prompts.state == "ready" else ("", "")

    @staticmethod
    def _candidates(at: int, count: int, score: float | None) -> str:
        parts = [tr("Enter accepts")]
        if count > 1:
            parts.insert(0, tr("answer {number} of {count} ( . the next)", number=at + 1, count=count))
        if score is not None:
            parts.append(tr("sure to {percent} %", percent=round(100 * score)))
        return " · ".join(parts)

    def _fill(self, entries: tuple[ModelEntry, ...]) -> None:
        rows = [("", "GrabCut · " + tr("by colour, needs no weights"))]
        rows += [(e.card.id, f"{e.card.name.get(i18n.language())} · {_where(e)}") for e in entries]
        if tuple(rows) == self._listed:
            return
        self._listed = tuple(rows)
        self.chooser.clear()
        for key, text in rows:
            self.chooser.addItem(text, key)

    def retranslate(self) -> None:
        """Set the texts again."""
        self.title.setText(tr("Answered by"))
        self.download.setText(tr("Download weights"))
        self.words.setPlaceholderText(tr("a word, or several with commas"))
        name(self.words, tr("What to look for"))
        self.refresh()


def _where(entry: ModelEntry) -> str:
    if not transformers_available():
        return tr("needs the package transformers")
    if entry.status.kind in READY:
        return tr("here")
    size = f" · {megabytes(entry.status.bytes)}" if entry.status.bytes else ""
    return (tr("to download") if entry.status.kind == "download" else tr("weights missing: locate the file")) + size
