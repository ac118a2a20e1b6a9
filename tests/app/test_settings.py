"""Settings: what is written comes back, damage gives defaults and a note, a newer version's entries survive."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from segdesk.app import settings
from segdesk.app.settings import Settings
from segdesk.domain.errors import SegDeskError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


def test_nothing_there_gives_defaults_without_a_note(path: Path) -> None:
    assert settings.load(path) == (Settings(), "")


def test_what_is_saved_comes_back(path: Path) -> None:
    wanted = Settings(language="zh_CN", model_folders=("/models", "/模型"), ui={"split": [1, 2]}, undo_megabytes=8)
    settings.save(wanted, path)
    assert settings.load(path) == (wanted, "")
    assert [p.name for p in path.parent.iterdir()] == ["settings.json"]


def test_the_usual_place_is_the_users_configuration_folder() -> None:
    settings.save(Settings(theme="dark"))
    assert settings.settings_file().exists()
    assert settings.load()[0].theme == "dark"


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", '"text"', "\x00\xff", '{"language": '])
def test_a_damaged_file_gives_defaults_and_a_note_and_is_kept(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text, "latin-1")
    found, note = settings.load(path)
    assert found == Settings()
    assert "defaults" in note
    assert path.with_name("settings.json.damaged").read_text("latin-1") == text
    settings.save(found, path)
    assert settings.load(path) == (Settings(), "")


def test_entries_of_a_wrong_type_get_their_default(path: Path) -> None:
    path.parent.mkdir()
    data = {"language": 7, "undo_megabytes": True, "model_folders": ["/a", 3], "theme": "dark", "ui": []}
    path.write_text(json.dumps(data))
    found, note = settings.load(path)
    assert found == Settings(theme="dark")
    assert note


def test_entries_of_a_newer_version_are_kept(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({"theme": "dark", "telepathy": {"on": True}}))
    found, note = settings.load(path)
    assert note == ""
    settings.save(replace(found, theme="light"), path)
    assert json.loads(path.read_text())["telepathy"] == {"on": True}
    assert json.loads(path.read_text())["theme"] == "light"


def test_a_failed_save_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.save(Settings(theme="dark"), path)

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(SegDeskError, match="full"):
        settings.save(Settings(theme="light"), path)
    monkeypatch.undo()
    assert settings.load(path)[0].theme == "dark"
    assert [p.name for p in path.parent.iterdir()] == ["settings.json"]


def test_the_latest_project_is_first_among_the_recent_ones(tmp_path: Path) -> None:
    found = Settings()
    for name in ("a", "b", "a", *"cdefghijklmnop"):
        found = found.with_recent(tmp_path / name)
    assert found.recent[0] == str(tmp_path / "p")
    assert len(found.recent) == len(set(found.recent)) == 12


def test_the_keeper_writes_the_latest_and_nothing_after_it_is_closed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "settings_file", lambda: path)
    errors: list[SegDeskError] = []
    keeper = settings.Keeper(errors.append)
    keeper.close()  # nothing to do, no thread
    for number in range(50):
        keeper.put(Settings(undo_megabytes=number))
    keeper.close()
    assert settings.load(path)[0].undo_megabytes == 49
    keeper.put(Settings(undo_megabytes=7))
    keeper.close()
    assert settings.load(path)[0].undo_megabytes == 7
    assert errors == []


def test_the_keeper_tells_what_cannot_be_written_and_goes_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "settings_file", lambda: path)
    path.parent.parent.mkdir(exist_ok=True)
    path.parent.write_text("a file where the folder should be")
    errors: list[SegDeskError] = []
    keeper = settings.Keeper(errors.append)
    keeper.put(Settings())
    keeper.close()
    assert len(errors) == 1
    path.parent.unlink()
    keeper.put(Settings(language="en"))
    keeper.close()
    assert settings.load(path)[0].language == "en"
