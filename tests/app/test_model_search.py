"""Finding models: words, filters, the order of the list, and how `Models` reads no more cards than it must."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from segdesk.app.model_search import CHOICES, Listing, ModelFilter, arrange, entries_of, found
from segdesk.app.models import Models
from segdesk.domain.card import Licence, ModelCard, NetSpec, Score, Text
from segdesk.domain.classes import ClassSet
from segdesk.io import cards as card_files
from segdesk.io.weights import WeightsStatus

STREETS, ROOMS = ClassSet.from_names(["road", "tram"]), ClassSet.from_names(["wall", "sofa"])


def card(name: str, system: str, data: str, score: float, **more: object) -> ModelCard:
    classes = STREETS if data == "Cityscapes" else ROOMS
    values = {
        "id": name.casefold().replace(" ", "-"),
        "name": Text(name, "模型"),
        "task": "semantic",
        "group": "",
        "about": Text("About it."),
        "net": NetSpec("psp", {"encoder": "resnet50"}),
        "classes": classes,
        "system": system,
        "data": data,
        "scores": (Score(data, "mIoU", score),),
        **more,
    }
    return ModelCard(**values)  # type: ignore[arg-type]


CARDS = (
    card("P1", "PSPNet", "Cityscapes", 70, parameters=46_000_000, gflops=180.0, licence=Licence(commercial="no")),
    card("P2", "PSPNet", "Cityscapes", 79, parameters=66_000_000, gflops=460.0),
    card("P3", "PSPNet", "ADE20K", 41, licence=Licence(commercial="yes")),
    card("A1", "ANN", "ADE20K", 40, parameters=3_000_000, gflops=8.0, task="instance"),
)
STATES = {"p1": "download", "p2": "here", "p3": "untrained", "a1": "missing"}
LISTING = Listing(entries_of(CARDS, {c.id: WeightsStatus(STATES[c.id]) for c in CARDS}))


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (ModelFilter(), ["a1", "p3", "p2", "p1"]),
        (ModelFilter(text="pspnet CITY"), ["p2", "p1"]),
        (ModelFilter(text="tram"), ["p2", "p1"]),
        (ModelFilter(text="resnet50 sofa"), ["a1", "p3"]),
        (ModelFilter(text="模型 ann"), ["a1"]),
        (ModelFilter(text="pspnet zebra"), []),
        (ModelFilter(text="ofa"), []),  # of a class or a sentence the beginning counts,
        (ModelFilter(text="spne"), ["p3", "p2", "p1"]),  # of a name any part
        (ModelFilter(task="instance"), ["a1"]),
        (ModelFilter(data="city"), ["p2", "p1"]),
        (ModelFilter(licence="commercial"), ["p3"]),
        (ModelFilter(licence="open"), ["a1", "p3", "p2"]),
        (ModelFilter(weights="here"), ["p2"]),
        (ModelFilter(weights="download"), ["p1"]),
        (ModelFilter(weights="none"), ["a1", "p3"]),
        (ModelFilter(size="small"), ["a1"]),
        (ModelFilter(size="medium"), ["p1"]),
        (ModelFilter(size="large"), ["p2"]),
        (ModelFilter(speed="quick"), ["a1"]),
        (ModelFilter(speed="moderate", data="Cityscapes"), ["p1"]),
        (ModelFilter(speed="slow"), ["p2"]),
    ],
)
def test_filters(wanted: ModelFilter, ids: list[str]):
    assert [entry.card.id for entry in found(LISTING, wanted)] == ids
    assert wanted.active == (wanted != ModelFilter())


def test_the_filters_of_one_kind_leave_nothing_out_and_nothing_twice():
    measured = [entry.card.id for entry in LISTING.entries if entry.card.parameters]
    for kind in ("size", "speed"):
        hits = [e.card.id for value, _ in CHOICES[kind] for e in found(LISTING, ModelFilter(**{kind: value}))]
        assert sorted(hits) == sorted(measured)
    hits = [e.card.id for value, _ in CHOICES["weights"] for e in found(LISTING, ModelFilter(weights=value))]
    assert sorted(hits) == sorted(STATES)


def test_sections():
    sections = arrange(LISTING, ModelFilter(), ["a1", "gone"])
    assert [(s.kind, s.title, [e.card.id for e in s.entries]) for s in sections] == [
        ("recent", "", ["a1"]),
        ("here", "", ["p2"]),
        ("system", "ANN", ["a1"]),
        ("system", "PSPNet", ["p3", "p2", "p1"]),
    ]
    assert [s.key for s in arrange(LISTING, ModelFilter(task="instance"))] == ["system:ANN"]
    assert LISTING.data_sets() == ["ADE20K", "Cityscapes"]


# -- Models ----------------------------------------------------------------------------------------------------------

TEXT = """
id = "{id}"
name = "{id}"
task = "semantic"
trainable = {trainable}
net = {{ type = "some_net" }}
classes = {{ names = ["x"] }}
weights = {{ file = "{id}.pth" }}
"""


def write(folder: Path, card_id: str, trainable: bool = False) -> None:
    folder.mkdir(exist_ok=True)
    text = TEXT.format(id=card_id, trainable=str(trainable).lower())
    (folder / f"{card_id}.toml").write_text(text, encoding="utf-8")


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are really parsed from now on."""
    names: list[str] = []
    read: Callable[[Path], list[ModelCard]] = card_files.read_cards

    def noting(path: Path) -> list[ModelCard]:
        names.append(path.name)
        return read(path)

    monkeypatch.setattr(card_files, "read_cards", noting)
    return names


def test_one_card_is_found_without_reading_all(tmp_path: Path, parsed: list[str]):
    for name in ("one", "two", "three"):
        write(tmp_path / "models", name)
    models = Models([tmp_path / "models"])
    assert models.find("two") is not None
    assert parsed == ["two.toml"]
    assert models.find("four") is None
    assert {"one.toml", "two.toml", "three.toml"} <= set(parsed)
    assert models.find("two") == next(c for c in models.cards if c.id == "two")


def test_the_quick_way_and_the_whole_way_find_the_same(tmp_path: Path):
    write(tmp_path, "own")
    quick, whole = Models([tmp_path]), Models([tmp_path])
    for wanted in whole.cards:
        quick.reload()
        assert quick.find(wanted.id) == wanted


def test_the_listing_says_of_each_what_status_says(tmp_path: Path):
    write(tmp_path, "own")
    write(tmp_path, "bare", trainable=True)
    (tmp_path / "own.pth").write_bytes(b"x")
    (tmp_path / "broken.toml").write_text("x = ")
    models = Models([tmp_path])
    listing = models.listing()
    assert {e.card.id: e.status for e in listing.entries} == {c.id: models.status(c.id) for c in models.cards}
    kinds = {e.card.id: e.status.kind for e in listing.entries}
    assert (kinds["own"], kinds["bare"], kinds["regions"]) == ("shipped", "untrained", "not_needed")
    assert [b.path.name for b in listing.broken] == ["broken.toml"]
    (tmp_path / "bare.pth").write_bytes(b"x")
    assert models.status("bare").kind == "shipped"


def test_the_list_says_of_each_model_what_asking_for_it_says():
    """The window compares the two to see whether weights came or went."""
    models = Models()
    assert [e.card.id for e in models.listing().entries if e.status != models.status(e.card.id)] == []
    assert models.listing() is models.listing()
    assert models.status("clipseg:cat, dog") == models.status("clipseg")
