"""The strip above the picture: which model, what is known of it, where its weights are, run here, run on all, CRF."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from segdesk.domain.card import ModelCard
from segdesk.domain.text import N_
from segdesk.io.weights import WeightsStatus
from segdesk.ui import i18n, theme
from segdesk.ui.actions import ActionSet
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.widgets import ElidedLabel, action_button, label, name, set_kind

TASKS = {"semantic": N_("semantic"), "instance": N_("instance"), "panoptic": N_("panoptic")}
HEADS = {
    "semantic": N_("Semantic: a class for each pixel"),
    "instance": N_("Instance: countable objects"),
    "panoptic": N_("Panoptic: both together"),
}
DETAIL = Qt.ItemDataRole.UserRole + 1
WARN = Qt.ItemDataRole.UserRole + 2
Index = QModelIndex | QPersistentModelIndex


def megabytes(count: int) -> str:
    """ "163 MB"."""
    return f"{count / 1e6:.0f} MB" if count >= 1e6 else f"{max(1, count // 1000)} kB"


def weights_text(status: WeightsStatus) -> tuple[str, str]:
    """(words, kind of label) for where weights are."""
    size = f" · {megabytes(status.bytes)}" if status.bytes else ""
    return {
        "shipped": (tr("weights included") + size, "good"),
        "here": (tr("weights here") + size, "good"),
        "download": (tr("to download") + size, "warn"),
        "missing": (tr("weights missing: locate the file"), "bad"),
        "not_needed": (tr("needs no weights"), "good"),
    }.get(status.kind, (status.kind, ""))


def score_text(card: ModelCard) -> str:
    """The first score of a card: "mIoU 75.1"."""
    if not card.scores:
        return ""
    first = card.scores[0]
    value = f"{first.value:.3f}" if first.value <= 1 else f"{first.value:.1f}"
    return f"{first.metric} {value}"


def short_licence(card: ModelCard) -> str:
    """The licence that binds whoever uses the weights."""
    weights = card.licence.weights
    return card.licence.code if weights in ("", "none") else weights


class ModelDelegate(QStyledItemDelegate):
    """Draws a model as two lines; group heads as one."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Qt: heads are lower than models."""
        lines = 2 if index.data(DETAIL) else 1
        return QSize(430, option.fontMetrics.height() * lines + 10)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Qt: draw one entry."""
        painter.save()
        look, rect = theme.current(), option.rect  # type: ignore[attr-defined]
        detail = index.data(DETAIL)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)  # type: ignore[attr-defined]
        painter.fillRect(rect, QColor(look.select if chosen and detail else look.panel))
        inner = rect.adjusted(18 if detail else 8, 4, -8, -4)
        font = QFont(painter.font())
        font.setBold(True)
        painter.setFont(font if detail else theme.small(font))
        painter.setPen(QColor(look.text if detail else look.soft))
        top = inner.adjusted(0, 0, 0, -inner.height() // 2) if detail else inner
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, index.data())
        if detail:
            font.setBold(False)
            painter.setFont(theme.small(font))
            painter.setPen(QColor(look.soft))
            low = inner.adjusted(0, inner.height() // 2, 0, 0)
            where, kind = index.data(WARN)
            width = painter.fontMetrics().horizontalAdvance(where)
            text = painter.fontMetrics().elidedText(detail, Qt.TextElideMode.ElideRight, low.width() - width - 16)
            painter.drawText(low, Qt.AlignmentFlag.AlignVCenter, text)
            painter.setPen(QColor(getattr(look, kind or "soft")))
            painter.drawText(low, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, where)
        painter.restore()


class ModelPanel(Translated, QFrame):
    """Chooses the model and runs it."""

    def __init__(self, desk: Desk, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("kind", "strip")
        self.picker = QComboBox()
        self.picker.setItemDelegate(ModelDelegate(self.picker))
        self.picker.setMinimumWidth(230)
        self.picker.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.picker.setMaxVisibleItems(16)
        self.picker.view().setMinimumWidth(460)
        self.facts = ElidedLabel()
        self.where = label()
        by_id = actions.by_id
        self.download = action_button(by_id["download"], icon="download")
        self.locate = action_button(by_id["locate"], icon="locate")
        self.folders = action_button(by_id["model_folders"], icon="folders")
        self.run_here = action_button(by_id["run_here"], "main", "run")
        self.run_all = action_button(by_id["run_all"], icon="run-all")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.GAP - 2, theme.GAP, theme.GAP - 2)
        layout.setSpacing(theme.GAP)
        for part in (self.picker, self.where, self.download, self.locate, self.folders):
            layout.addWidget(part)
        layout.addWidget(self.facts, 1)
        layout.addWidget(self.run_here)
        layout.addWidget(self.run_all)
        self.picker.activated.connect(self._chosen)
        desk.runs.model_changed.connect(self.refresh)
        self.retranslate()

    def refresh(self) -> None:
        """Read cards and weights again."""
        model = QStandardItemModel(self.picker)
        session = self._desk.session
        for task, head in HEADS.items():
            cards = [c for c in session.cards if c.task == task]
            if cards:
                item = QStandardItem(tr(head))
                item.setFlags(Qt.ItemFlag.NoItemFlags)
                model.appendRow(item)
            for card in cards:
                model.appendRow(self._entry(card))
        for broken in session.broken_cards:
            item = QStandardItem(broken.path.name)
            item.setData(i18n.error_text(broken.reason)[0], DETAIL)
            item.setData((tr("card is broken"), "bad"), WARN)
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            model.appendRow(item)
        self.picker.setModel(model)
        self.picker.setCurrentIndex(self.picker.findData(session.model_id))
        self._show_facts()

    def _entry(self, card: ModelCard) -> QStandardItem:
        item = QStandardItem(card.name.get(i18n.language()))
        item.setData(card.id, Qt.ItemDataRole.UserRole)
        classes = tr("%n class(es)", len(card.classes)) if len(card.classes) else ""
        item.setData(" · ".join(p for p in (score_text(card), classes, short_licence(card)) if p) or "–", DETAIL)
        item.setData(weights_text(self._desk.session.weights_status(card.id)), WARN)
        item.setToolTip(_about(card))
        return item

    def _chosen(self, at: int) -> None:
        card_id = self.picker.itemData(at)
        if card_id:
            self._desk.runs.choose_model(card_id)

    def _show_facts(self) -> None:
        card, status = self._desk.runs.card, self._desk.runs.weights()
        for part in (self.where, self.facts):
            part.setVisible(card is not None)
        kind = "" if status is None else status.kind
        self.download.setVisible(kind == "download")
        self.locate.setVisible(kind in ("missing", "download"))
        self.folders.setVisible(kind in ("missing", "download"))
        if card is None or status is None:
            return
        words, colour = weights_text(status)
        self.where.setText(words)
        set_kind(self.where, colour)
        facts = (tr(TASKS[card.task]), score_text(card), short_licence(card))
        self.facts.setText(" · ".join(f for f in facts if f))
        name(self.facts, _about(card))
        name(self.picker, card.name.get(i18n.language()) + "\n" + _about(card))

    def retranslate(self) -> None:
        """Set the texts again."""
        self.refresh()


def _about(card: ModelCard) -> str:
    """The whole card in words, for tooltips."""
    lines = [card.about.get(i18n.language())]
    lines += [f"{s.metric} {s.value:g} · {s.data}" + (f" · {s.how}" if s.how else "") for s in card.scores]
    licence = card.licence
    for head, text in (
        (tr("Licence of the code"), licence.code),
        (tr("Licence of the weights"), licence.weights),
        (tr("Licence of the training data"), licence.data),
        (tr("Commercial use"), {"yes": tr("yes"), "no": tr("no")}.get(licence.commercial, tr("check the licences"))),
    ):
        if text:
            lines.append(f"{head}: {text}")
    return "\n".join(line for line in lines if line)
