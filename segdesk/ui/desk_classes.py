"""`ClassVerbs`: what a person does to the classes of the project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from segdesk.domain.classes import ClassInfo, spread_color
from segdesk.ui.i18n import tr

if TYPE_CHECKING:
    from segdesk.ui.desk import Desk


class ClassVerbs(QObject):
    """Part of `Labels`.

    Signals:
        keys_changed(): classes have other keys
    """

    keys_changed = Signal()
    _desk: Desk

    def choose_class(self, class_id: int) -> None:
        """Paint this class from now on."""
        raise NotImplementedError

    def set_class_keys(self, keys: Mapping[int, str]) -> None:
        """Give classes keys: class id -> number or letter."""
        self._desk.session.classing.set_keys(keys)
        self.keys_changed.emit()

    def add_class(self, name: str) -> bool:
        """Add a class; False and a toast if the name is taken or empty."""
        classes = self._desk.session.classes
        if not self._name_is_free(name, 0):
            return False
        new_id = classes.next_id()
        info = ClassInfo(new_id, name.strip(), spread_color(len(classes)), True)
        self._desk.session.set_classes(classes.with_class(info))
        self.choose_class(new_id)
        return True

    def rename_class(self, class_id: int, name: str) -> bool:
        """Give a class another name; False and a toast if that is taken or empty."""
        if not self._name_is_free(name, class_id):
            return False
        return self._change_class(class_id, name=name.strip())

    def recolour_class(self, class_id: int, color: tuple[int, int, int]) -> bool:
        """Give a class another colour."""
        return self._change_class(class_id, color=color)

    def set_thing(self, class_id: int, is_thing: bool) -> bool:
        """Countable (objects) or not (areas)."""
        return self._change_class(class_id, is_thing=is_thing)

    def _change_class(self, class_id: int, **values: object) -> bool:
        classes = self._desk.session.classes
        info = classes.get(class_id)
        if info is None:
            return False
        self._desk.session.set_classes(classes.with_class(replace(info, **values)))  # type: ignore[arg-type]
        return True

    def _name_is_free(self, name: str, class_id: int) -> bool:
        known = self._desk.session.classes.named(name.strip())
        if not name.strip():
            return False
        if known is not None and known.id != class_id:
            self._desk.notice.emit("error", tr("There is already a class named {name}.", name=known.name), "")
            return False
        return True
