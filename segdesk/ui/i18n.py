"""Texts in the user's language: one context, switched at run time. English is the source; Chinese comes from a .qm."""

from __future__ import annotations

import hashlib
import logging
import re
import subprocess
import sys
import threading
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QLibraryInfo, QLocale, QTranslator

from segdesk import paths
from segdesk.domain.errors import SegDeskError, fill

CONTEXT = "SegDesk"
LANGUAGES = {"en": "English", "zh_CN": "简体中文"}
_PLURAL = re.compile(r"\((\w+)\)")
_installed: list[QTranslator] = []
_language = "en"
_compiling = threading.Lock()
_prepared = threading.Event()
log = logging.getLogger(__name__)


def tr(text: str, n: int | None = None, **values: object) -> str:
    """The text in the current language, its `{name}` fields filled.

    With `n` the text holds `%n` and may mark an English plural ending in brackets: "%n picture(s)", "%n class(es)".
    """
    if n is None:
        return fill(QCoreApplication.translate(CONTEXT, text), values)
    translated = QCoreApplication.translate(CONTEXT, text, None, n)
    if _language == "en":
        translated = _PLURAL.sub("" if n == 1 else r"\1", translated)
    return fill(translated.replace("%n", str(n)), values)


def error_text(error: SegDeskError) -> tuple[str, str]:
    """(sentence, hint) of an error in the current language; the template is translated first, then filled."""
    sentence = fill(QCoreApplication.translate(CONTEXT, error.message), error.values)
    hint = fill(QCoreApplication.translate(CONTEXT, error.hint), error.values) if error.hint else ""
    return sentence, hint


def number(value: float, digits: int = 0) -> str:
    """A number as the language in use writes it: 12345.6 -> "12,346", with `digits` figures behind the point."""
    locale = QLocale()
    return locale.toString(round(value)) if digits == 0 else locale.toString(float(value), "f", digits)


def language() -> str:
    """The code of the language in use."""
    return _language


def system_language() -> str:
    """The language of `LANGUAGES` that fits the system's best."""
    return "zh_CN" if QLocale.system().name().startswith("zh") else "en"


def install(app: QCoreApplication, code: str) -> str:
    """Switch the program to a language; every widget gets a LanguageChange event. Returns the code in use: English
    where the translation cannot be had."""
    global _language
    for translator in _installed:
        app.removeTranslator(translator)
    _installed.clear()
    _language = "en"
    QLocale.setDefault(QLocale(code))
    if code in LANGUAGES and code != "en":
        compiled = _compiled(code)
        own = QTranslator(app)
        if compiled is None or not own.load(str(compiled)):
            log.warning("no compiled translation for %s", code)
            return _language
        _language = code  # before the events that installing sends
        qt = QTranslator(app)
        if qt.load(f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            app.installTranslator(qt)
            _installed.append(qt)
        app.installTranslator(own)
        _installed.append(own)
    return _language


def prepare() -> None:
    """Compile in a thread, once, what a checkout has no compiled translation of: a third of a second that a switch of
    the language would take on the UI thread."""
    if not _prepared.is_set():
        _prepared.set()
        codes = [code for code in LANGUAGES if code != "en"]
        threading.Thread(target=lambda: [_compiled(c) for c in codes], name="translations", daemon=True).start()


class Translated:
    """Mix-in before a widget class: `retranslate` is called whenever the language changes, `recolour` with the theme
    once the widget has set `self.built`."""

    def retranslate(self) -> None:
        """Set every text of the widget again."""

    def recolour(self) -> None:
        """Draw again what was drawn in the colours of the old theme."""

    def changeEvent(self, event: QEvent) -> None:
        """Qt's hook for a change of state, language among them."""
        if event.type() == QEvent.Type.LanguageChange:
            self.retranslate()
        elif event.type() == QEvent.Type.PaletteChange and self.__dict__.get("built"):
            self.recolour()
        super().changeEvent(event)  # type: ignore[misc]


def _compiled(code: str) -> Path | None:
    """The .qm beside the .ts; in a checkout where that is absent or older, one compiled into the user's cache."""
    source = paths.resources_dir() / "i18n" / f"segdesk_{code}.ts"
    shipped = source.with_suffix(".qm")
    if shipped.exists() and (not source.exists() or shipped.stat().st_mtime >= source.stat().st_mtime - 60):
        return shipped
    if not source.exists():
        return None
    digest = hashlib.sha256(source.read_bytes()).hexdigest()[:16]
    cached = paths.user_cache_dir() / "i18n" / f"{source.stem}-{digest}.qm"
    with _compiling:
        if not cached.exists():
            _release(source, cached)
    if cached.exists():
        return cached
    return shipped if shipped.exists() else None


def _release(source: Path, target: Path) -> None:
    """Run Qt's compiler of translations; a failure leaves `target` absent and a line in the log."""
    program = "from PySide6.scripts.pyside_tool import lrelease; lrelease()"
    part = target.with_suffix(".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-c", program, str(source), "-qm", str(part), "-silent"]
        subprocess.run(command, check=True, capture_output=True, timeout=30)
        part.replace(target)
    except (OSError, subprocess.SubprocessError) as error:
        log.warning("cannot compile %s: %s", source, error)
