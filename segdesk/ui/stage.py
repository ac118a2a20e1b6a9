"""The middle of the window: first page, picture, the reason why a picture cannot be shown, or an empty folder."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from segdesk.app.document import Document
from segdesk.app.reports import Preview
from segdesk.domain.errors import SegDeskError
from segdesk.io.project import PictureRow
from segdesk.ui import icons, theme
from segdesk.ui.canvas import Canvas
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, error_text, tr
from segdesk.ui.welcome import Welcome
from segdesk.ui.widgets import label


class Message(Translated, QWidget):
    """A sign, a sentence and a hint in the middle of an empty area."""

    def __init__(self) -> None:
        super().__init__()
        self._error: SegDeskError | None = None
        self._name = ""
        self.sign = QLabel()
        self.head = label(kind="head")
        self.hint = label(kind="soft")
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.GAP)
        layout.addStretch(2)
        for part in (self.sign, self.head, self.hint):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            part.setWordWrap(True)
            layout.addWidget(part)
        layout.addStretch(3)
        self.built = True

    def show_error(self, picture: str, error: SegDeskError) -> None:
        """Why a picture cannot be shown."""
        self._name, self._error = picture, error
        self.retranslate()

    def show_empty(self) -> None:
        """The folder has no pictures."""
        self._name, self._error = "", None
        self.retranslate()

    def recolour(self) -> None:
        """The sign has the theme's colours."""
        self.retranslate()

    def retranslate(self) -> None:
        """Set the texts again."""
        icon = ("samples", "soft") if self._error is None else ("warning", "bad")
        self.sign.setPixmap(icons.icon(*icon).pixmap(QSize(40, 40), self.devicePixelRatioF()))
        if self._error is None:
            self.head.setText(tr("No pictures in this folder."))
            self.hint.setText(tr("Put pictures into it and open it again, or open another folder with Ctrl+O."))
        else:
            sentence, hint = error_text(self._error)
            self.head.setText(sentence)
            self.hint.setText(" ".join(p for p in (hint, tr("D goes on to the next picture.")) if p))


class Stage(QStackedWidget):
    """Shows one of its pages, following the desk."""

    def __init__(self, desk: Desk, canvas: Canvas, welcome: Welcome) -> None:
        super().__init__()
        self._desk = desk
        self.canvas, self.welcome, self.message = canvas, welcome, Message()
        for page in (welcome, canvas, self.message):
            self.addWidget(page)
        desk.project_opened.connect(lambda _: self._project_opened())
        desk.project_closed.connect(self._closed)
        desk.pictures_changed.connect(self._pictures_changed)
        desk.loading.connect(self._loading)
        desk.preview.connect(self._preview)
        desk.document_opened.connect(self._opened)
        desk.picture_failed.connect(self._failed)

    def _project_opened(self) -> None:
        self.canvas.clear()
        self.setCurrentWidget(self.canvas)

    def _closed(self) -> None:
        self.canvas.clear()
        self.setCurrentWidget(self.welcome)

    def _pictures_changed(self, scanning: bool) -> None:
        if self._desk.session.project is not None and not scanning and not self._desk.session.pictures:
            self.message.show_empty()
            self.setCurrentWidget(self.message)

    def _loading(self, row: PictureRow) -> None:
        """The old picture must not stay under the new name; keys keep working from a failed one."""
        had_focus = self.message.hasFocus()
        self.canvas.clear()
        self.setCurrentWidget(self.canvas)
        if had_focus:
            self.canvas.setFocus()

    def _preview(self, preview: Preview) -> None:
        self.canvas.set_preview(preview.pixels, preview.full_size)

    def _opened(self, document: Document) -> None:
        self.canvas.set_document(document)

    def _failed(self, row: PictureRow | None, error: SegDeskError) -> None:
        self.message.show_error("" if row is None else row.path, error)
        self.setCurrentWidget(self.message)
