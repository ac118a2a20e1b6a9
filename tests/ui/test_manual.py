"""The manual: every page in both languages, nothing that it links to is missing, and its keys are the program's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.manual import LANGUAGES, SCENES, keys_page
from segdesk import cli

ROOT = Path(__file__).resolve().parents[2]
MANUAL = ROOT / "docs" / "manual"
PICTURES = ROOT / "docs" / "images" / "manual"
PAGES = sorted(path.name for path in (MANUAL / "en").glob("*.md"))
LIMIT = 4 << 20  # bytes of all pictures


def text(language: str, page: str) -> str:
    return (MANUAL / language / page).read_text(encoding="utf-8")


def test_every_page_is_there_in_both_languages():
    assert "index.md" in PAGES
    assert sorted(path.name for path in (MANUAL / "zh").glob("*.md")) == PAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_index_leads_to_every_page(language):
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", text(language, "index.md")))
    assert linked == set(PAGES) - {"index.md"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_links_and_pictures_are_there(language, page):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text(language, page)):
        assert (MANUAL / language / target).exists(), target
    for picture in re.findall(r"manual/([\w-]+)\.png\)", text(language, page)):
        assert picture.endswith(f"-{language}")


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_tell_the_same(page):
    """The same headings in number, tables of equal length, the same pictures and commands."""
    if page == "keys.md":
        return
    english, chinese = text("en", page), text("zh", page)
    for mark in (r"^#+ ", r"^\|", r"^- ", r"^\d+\. "):
        assert len(re.findall(mark, english, re.M)) == len(re.findall(mark, chinese, re.M)), mark
    for same in (r"manual/([\w-]+)-\w\w\.png", r"^    (segdesk [^#\n]*\S)"):
        assert re.findall(same, english, re.M) == re.findall(same, chinese, re.M)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_is_told(language, capsys):
    with pytest.raises(SystemExit):
        cli._parser()[0].parse_args(["--help"])
    verbs = re.findall(r"^    ([a-z]+) ", capsys.readouterr().out, re.M)
    assert "run" in verbs
    told = text(language, "command-line.md")
    assert [verb for verb in verbs if f"segdesk {verb}" not in told] == []


def test_the_pictures_are_those_of_the_script_and_small():
    names = {f"{name}-{language}.png" for name in ("welcome", "work", *SCENES) for language in LANGUAGES}
    found = {path.name: path.stat().st_size for path in PICTURES.glob("*")}
    assert set(found) <= names
    assert sum(found.values()) < LIMIT


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_keys_is_the_table_of_actions(window, language):
    window.desk.change_settings(language=LANGUAGES[language])
    assert text(language, "keys.md") == keys_page(window.desk, language)
