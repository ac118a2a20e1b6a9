"""Plug-in discovery, and the contract that every file of the two plug-in folders keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from segdesk.app import discover as plugins
from segdesk.app.discover import BrokenPlugin, Plugin, check_format, check_tool, discover

FORMATS, BAD_FORMATS = plugins.formats()
TOOLS, BAD_TOOLS = plugins.tools()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package of plug-ins that nobody else has: good, broken and half-done ones."""
    name = f"plugins_{tmp_path.name.replace('-', '_')}"
    folder = tmp_path / name
    folder.mkdir()
    info = "from segdesk.io.formats.base import FormatInfo\nINFO = FormatInfo({id!r}, 'T', (), True, False, '')\n"
    files = {
        "__init__": "",
        "base": "raise RuntimeError('base is not a plug-in')",
        "_helper": "raise RuntimeError('nor is this')",
        "good": info.format(id="good") + "def write(source, folder, *, progress, cancelled): ...\n",
        "a_syntax": "def write(:",
        "crashes": "1 / 0",
        "empty": "",
        "half": info.format(id="half"),
        "misnamed": info.format(id="other") + "def write(source, folder, *, progress, cancelled): ...\n",
    }
    for stem, text in files.items():
        (folder / f"{stem}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    return name


def test_a_broken_plugin_is_a_row_with_a_reason(package: str) -> None:
    good, bad = discover(package, check_format)
    assert [p.name for p in good] == ["good"]
    assert [b.name for b in bad] == ["a_syntax", "crashes", "empty", "half", "misnamed"]
    reasons = {b.name: b.reason.text() for b in bad}
    assert "SyntaxError" in reasons["a_syntax"]
    assert "ZeroDivisionError" in reasons["crashes"]
    assert "INFO" in reasons["empty"]
    assert "write" in reasons["half"]
    assert all(isinstance(b, BrokenPlugin) and b.name in b.reason.text() for b in bad)


def test_a_tool_needs_a_tool(package: str) -> None:
    good, bad = discover(package, check_tool)
    assert good == []
    assert "Tool" in next(b for b in bad if b.name == "good").reason.text()


def test_all_plugins_of_the_program_work() -> None:
    assert BAD_FORMATS == []
    assert BAD_TOOLS == []
    assert FORMATS
    assert [t.info.order for t in TOOLS] == sorted(t.info.order for t in TOOLS)


@pytest.mark.parametrize("plugin", FORMATS, ids=lambda p: p.name)
def test_contract_of_a_format(plugin: Plugin) -> None:
    info = plugin.info
    assert info.title
    assert all(e.startswith(".") for e in info.extensions)
    assert info.can_write or info.can_read
    assert sum(p.info.title == info.title for p in FORMATS) == 1


@pytest.mark.parametrize("plugin", TOOLS, ids=lambda p: p.name)
def test_contract_of_a_tool(plugin: Plugin) -> None:
    info = plugin.info
    assert info.title
    assert info.icon
    assert sum(p.info.key == info.key for p in TOOLS) == 1
    plugin.module.Tool()  # is made without arguments
