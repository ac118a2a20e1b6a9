"""The page of runs over many pictures: the queue at the left, at the right the run under way with its figures and how
each of its pictures fares."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, QTimer
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QListView,
    QMainWindow,
    QProgressBar,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from segdesk.app.batch_queue import Order
from segdesk.ui import icons, theme
from segdesk.ui.batch_add import AddRun
from segdesk.ui.batch_orders import LINE, Line, OrderDelegate, OrderRows
from segdesk.ui.batch_pictures import PictureFares
from segdesk.ui.batch_words import STATES, device_words, ended_words, model_name, pace_words, reached, what
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.widgets import ElidedLabel, button, icon_button, label, name, set_kind

NAME = "batch"


class BatchPage(Translated, QDockWidget):
    """A dock below the picture; it can be torn off. Made with the window, hidden until it is asked for."""

    def __init__(self, desk: Desk, window: QMainWindow) -> None:
        super().__init__(window)
        self.setObjectName(NAME)
        self._desk, self._window = desk, window
        self._batches = desk.runs.batches
        self._shown = 0  # number of the order at the right; 0 = the one under way, or the latest
        self.rows = OrderRows(desk, self)
        self.list = QListView()
        self.adding = AddRun(desk, self)
        self.fares = PictureFares(desk)
        self._build_left()
        self._build_right()
        self.split = QSplitter(Qt.Orientation.Horizontal)
        for part in (self.left, self.right):
            self.split.addWidget(part)
        self.split.setSizes([300, 700])
        self.split.setStretchFactor(1, 1)
        self.split.setChildrenCollapsible(False)
        body = QWidget()
        layout = QVBoxLayout(body)
        layout.setContentsMargins(theme.GAP, theme.GAP // 2, theme.GAP, theme.GAP // 2)
        layout.addWidget(self.split)
        body.setMinimumWidth(self.fontMetrics().height() * 24)  # parts give way in `resizeEvent`
        self.setWidget(body)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(60)
        self._soon.timeout.connect(self.refresh)
        self._connect()
        self.hide()
        self.built = True
        self.retranslate()

    def _build_left(self) -> None:
        self.left = QWidget()
        self.list.setModel(self.rows)
        self.list.setItemDelegate(OrderDelegate(self.list))
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.add = button(icon="add", clicked=lambda: self.adding.open_over(self.add))
        self.up = icon_button("up", lambda: self._move(-1))
        self.down = icon_button("down", lambda: self._move(1))
        self.remove = icon_button("delete", self._remove)
        self.clear = button(kind="quiet", clicked=self._batches.clear_ended)
        row = QHBoxLayout()
        row.setSpacing(2)
        for part in (self.add, self.up, self.down, self.remove):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.clear)
        layout = QVBoxLayout(self.left)
        layout.setContentsMargins(0, 0, theme.GAP, 0)
        layout.setSpacing(theme.GAP // 2)
        layout.addLayout(row)
        layout.addWidget(self.list, 1)

    def _build_right(self) -> None:
        self.title, self.state, self.figures = ElidedLabel("head"), label(), ElidedLabel()
        self.why = label(kind="bad")
        self.why.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.pause = button(icon="pause", clicked=self._pause)
        self.cancel = button(icon="cancel", clicked=self._batches.cancel)
        top = QHBoxLayout()
        top.setSpacing(theme.GAP)
        top.addWidget(self.title, 1)
        for part in (self.state, self.pause, self.cancel):
            top.addWidget(part)
        full = QWidget()
        layout = QVBoxLayout(full)
        layout.setContentsMargins(theme.GAP, 0, 0, 0)
        layout.setSpacing(theme.GAP // 2)
        layout.addLayout(top)
        layout.addWidget(self.bar)
        layout.addWidget(self.figures)
        layout.addWidget(self.why)
        layout.addWidget(self.fares, 1)
        self.empty, self.first = QWidget(), button(kind="main", icon="add")
        self.first.clicked.connect(lambda _=False: self.adding.open_over(self.first))
        self.none, self.hint = label(kind="head"), label(kind="soft")
        middle = QVBoxLayout(self.empty)
        middle.addStretch(1)
        for part in (self.none, self.hint):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            part.setWordWrap(True)
            middle.addWidget(part)
        middle.addWidget(self.first, 0, Qt.AlignmentFlag.AlignCenter)
        middle.addStretch(2)
        self.right = QStackedWidget()
        for page in (full, self.empty):
            self.right.addWidget(page)

    def _connect(self) -> None:
        self._batches.changed.connect(self.refresh)
        self._batches.progressed.connect(lambda _: self._show_progress())
        self._batches.asked.connect(self.open)
        self._desk.job_started.connect(lambda _id, _tracked: self._later())
        self._desk.job_progress.connect(lambda _: self._later())
        self._desk.job_ended.connect(lambda _: self._later())
        self._desk.project_closed.connect(self.hide)
        self.list.selectionModel().currentChanged.connect(lambda now, _before: self._selected(now))
        self.fares.retry.connect(self._retry)
        self.fares.chosen.connect(self._desk.go_to)

    @classmethod
    def added(cls, desk: Desk, window: QMainWindow) -> BatchPage:
        """The page, at its place in a window, hidden."""
        page = cls(desk, window)
        window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, page)
        page.hide()
        return page

    def open(self) -> None:
        """Show it, beside another page at the bottom as a tab."""
        if not self.isVisible():
            others = self._window.findChildren(QDockWidget)
            below = [
                d
                for d in others
                if d is not self
                and d.isVisible()
                and not d.isFloating()
                and self._window.dockWidgetArea(d) == Qt.DockWidgetArea.BottomDockWidgetArea
            ]
            self.show()
            if below:
                self._window.tabifyDockWidget(below[0], self)
            else:
                height = max(250, self._window.height() * 2 // 5)
                self._window.resizeDocks([self], [height], Qt.Orientation.Vertical)
        self.raise_()
        self.refresh()

    # -- what is shown -----------------------------------------------------------------------------------------------

    def _later(self) -> None:
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: nothing was kept up to date while it was hidden."""
        super().showEvent(event)
        self._batches.watched = True
        self._batches.changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a narrow window what can be missed has no room."""
        super().resizeEvent(event)
        self._show_buttons()

    def hideEvent(self, event: QHideEvent) -> None:
        """Qt: what happens is told elsewhere again."""
        super().hideEvent(event)
        self._batches.watched = False
        self._batches.changed.emit()

    def refresh(self) -> None:
        """Show the queue and the run as they are."""
        if not self.isVisible():
            return
        chosen = self._order()
        self.rows.reload()
        if chosen is not None and (at := self.rows.row_of(chosen.number)) >= 0:
            self._quietly(at)
        self._show_run(self._order())
        self._show_buttons()

    def _quietly(self, at: int) -> None:
        selection = self.list.selectionModel()
        if self.list.currentIndex().row() != at:
            selection.blockSignals(True)
            self.list.setCurrentIndex(self.rows.index(at))
            selection.blockSignals(False)
            self.list.viewport().update()

    def _order(self) -> Order | None:
        """The run that the right side shows."""
        queue = self._batches.queue
        found = queue.find(self._shown)
        if found is not None:
            return found
        ended = [o for o in queue.orders if o.ended]
        return queue.current or next(iter(queue.waiting + queue.interrupted), None) or (ended[-1] if ended else None)

    def _selected(self, index: QModelIndex) -> None:
        line: Line | None = index.data(LINE) if index.isValid() else None
        if line is not None and line.order is not None:
            current = self._batches.current
            follows = current is not None and line.order.number == current.number
            self._shown = 0 if follows else line.order.number  # the next run is shown when it begins
        self._show_run(self._order())
        self._show_buttons()

    def _line(self) -> Line | None:
        index = self.list.currentIndex()
        return index.data(LINE) if index.isValid() else None

    def _show_run(self, order: Order | None) -> None:
        self.right.setCurrentIndex(1 if order is None else 0)
        self.left.setVisible(order is not None or bool(self.rows.lines))
        self.fares.show_run(order)
        if order is None:
            return
        self.title.setText(f"{model_name(self._desk, order)} · {what(order)}")
        name(self.title, self.title.text())
        words, color = STATES[order.state]
        self.state.setText(tr(words))
        set_kind(self.state, {"accent": ""}.get(color, color))
        self.why.setText(" ".join(order.error))
        self.why.setVisible(bool(order.error[0]))
        under_way = order.state in ("running", "paused")
        for part in (self.pause, self.cancel, self.bar):
            part.setVisible(under_way)
        self.pause.setIcon(icons.icon("run" if order.state == "paused" else "pause"))
        self._show_progress()

    def _show_progress(self) -> None:
        order = self._order()
        if order is None or not self.isVisible():
            return
        found = self._desk.runs.devices
        if order.state in ("running", "paused"):
            self.bar.setRange(0, order.total + order.before)
            self.bar.setValue(order.done + order.before)
            parts = [reached(order) or tr("Starting…"), *pace_words(self._batches.progress)]
            if order.device != "auto":
                parts.append(device_words(order.device, found))
            self.figures.setText("  ·  ".join(parts))
        else:
            parts = [reached(order), ended_words(order, found)]
            self.figures.setText("  ·  ".join(p for p in parts if p))
        self.figures.setVisible(bool(self.figures.text()))
        name(self.figures, self.figures.text())
        at = self.rows.row_of(order.number)
        if at >= 0:
            self._later()

    def _show_buttons(self) -> None:
        line = self._line()
        order = None if line is None else line.order
        waiting = order is not None and order.state == "waiting"
        self.up.setEnabled(waiting)
        self.down.setEnabled(waiting)
        self.remove.setEnabled(line is not None and (order is None or order.state not in ("running", "paused")))
        roomy = self.width() >= self.fontMetrics().height() * 38
        self.clear.setVisible(roomy and any(o.ended for o in self._batches.queue.orders))
        self.pause.setText((tr("Go on") if self._is_paused() else tr("Pause")) if roomy else "")
        self.cancel.setText(tr("Stop") if roomy else "")
        for part in (self.add, self.first):
            part.setEnabled(bool(self._desk.session.pictures))

    # -- hand ---------------------------------------------------------------------------------------------------------

    def _pause(self) -> None:
        order = self._batches.current
        if order is not None:
            (self._batches.resume if order.state == "paused" else self._batches.pause)()

    def _is_paused(self) -> bool:
        order = self._order()
        return order is not None and order.state == "paused"

    def _move(self, by: int) -> None:
        line = self._line()
        if line is not None and line.order is not None:
            self._shown = line.order.number
            self._batches.move(line.order.number, by)

    def _remove(self) -> None:
        line = self._line()
        if line is None:
            return
        if line.order is not None:
            self._batches.remove(line.order.number)
        else:
            tracked = self._desk.jobs.get(line.job)
            (
                tracked.cancel
                if tracked is not None and tracked.cancel
                else lambda: self._desk.session.cancel(line.job)
            )()

    def _retry(self) -> None:
        order = self._order()
        if order is not None:
            self._shown = 0
            self._batches.retry_failed(order.number)

    def recolour(self) -> None:
        """The icon of the button has the theme's colours."""
        self.refresh()

    def retranslate(self) -> None:
        """Set the texts again."""
        self.setWindowTitle(tr("Batch"))
        self.add.setText(tr("Add run…"))
        name(self.add, tr("Queue a model on all pictures or on some of them"))
        self.first.setText(tr("Add run…"))
        name(self.first, tr("Queue a model on all pictures or on some of them"))
        for part, text in (
            (self.up, tr("Earlier")),
            (self.down, tr("Later")),
            (self.remove, tr("Remove from the list")),
            (self.list, tr("Runs")),
            (self.pause, tr("Pause or go on")),
            (self.bar, tr("Progress of the run")),
        ):
            name(part, text)
        self.clear.setText(tr("Clear finished"))
        name(self.clear, tr("Forget the runs that have ended"))
        name(self.cancel, tr("End the run; what it has answered stays"))
        self.none.setText(tr("No run yet."))
        self.hint.setText(tr("“Run on all” begins one with the chosen model; more can wait in the queue behind it."))
        self.refresh()
