"""From what a file holds to a card and weights in the person's models."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from segdesk.app.adding import (
    Choice,
    bring,
    card_of,
    card_table,
    class_table,
    first_choice,
    free_id,
    looks_like_model,
    presets,
)
from segdesk.app.card_text import card_text
from segdesk.domain.card import InputSpec
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.engines.messages import Candidate, Inspected
from segdesk.io.cards import read_cards

PSP = Candidate("psp", "r50-d8", "PSPNet", {"encoder": "resnet50_v1c", "encoder_options": {"output_stride": 8}},
                "openmmlab", (8, 16, 32), True)  # fmt: skip


def found(**values: object) -> Inspected:
    start = Inspected("/x/net.pth", "weights", "/x/net.pth", (PSP,), 3)
    return replace(start, **values)  # type: ignore[arg-type]


class Ctx:
    """A job's context that is cancelled after so many questions."""

    def __init__(self, left: int = 1000) -> None:
        self.left = left
        self.seen: list[tuple[int, int]] = []

    def check(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled

    def progress(self, done: int, total: int, text: str = "") -> None:
        self.seen.append((done, total))


def test_the_card_is_read_as_it_was_chosen():
    choice = Choice(
        'My "net"\n',
        stride=16,
        align_corners=True,
        input=InputSpec((1.0, 2.0, 3.5), (4.0, 5.0, 6.0), "bgr", "short:512"),
        classes="sky, road ,car",
    )
    card = card_of(card_table(found(), choice, "my-net", "my-net.pth"))
    assert card.name.en == 'My "net"\n'
    assert card.net.type == "psp"
    assert card.net.options["encoder_options"] == {"output_stride": 16}
    assert card.net.options["align_corners"] is True
    assert card.input == choice.input
    assert [c.name for c in card.classes] == ["sky", "road", "car"]
    assert card.channel_ids == (1, 2, 3)
    assert card.weights is not None
    assert (card.weights.file, card.weights.layout) == ("my-net.pth", "openmmlab")


@pytest.mark.parametrize("name", ["", "a\\b", "é中\U0001f600", "\x01\x7f\t", "'''\"\"\"", "# [x]", "a=1"])
def test_any_name_comes_through_the_file(tmp_path: Path, name: str):
    path = tmp_path / "a.toml"
    path.write_text(card_text(card_table(found(), Choice(name or "n"), "a", "a.pth")), encoding="utf-8")
    assert read_cards(path)[0].name.en == (name or "n")


def test_the_file_s_names_and_colours():
    names, colors = ("background", "road", "Road"), ((0, 0, 0), (1, 2, 3), (4, 5, 6))
    card = card_of(card_table(found(names=names, colors=colors), Choice("x"), "x", "x.pth"))
    assert [(c.name, c.color) for c in card.classes] == [("road", (1, 2, 3)), ("Road 2", (4, 5, 6))]
    assert card.channel_ids == (0, 1, 2)


def test_without_names_a_list_of_that_length_or_numbers():
    assert first_choice(found(num_classes=19)).classes == "cityscapes19"
    assert class_table(found(num_classes=19), "cityscapes19") == {"preset": "cityscapes19"}
    assert "voc21" in presets(21)
    assert presets(1234) == []
    assert class_table(found(), "") == {"names": ["class 0", "class 1", "class 2"]}


@pytest.mark.parametrize("classes", ["voc21", "a,b", "a,b,c,d"])
def test_another_number_of_names_is_refused(classes: str):
    with pytest.raises(SegDeskError, match="3 classes apart"):
        class_table(found(), classes)


def test_what_the_file_told_is_chosen_first():
    spec = InputSpec((1.0, 1.0, 1.0), (2.0, 2.0, 2.0))
    choice = first_choice(found(stride=16, align_corners=True, input=spec, names=("a", "b", "c")))
    assert (choice.name, choice.stride, choice.align_corners, choice.input, choice.classes) == (
        "net",
        16,
        True,
        spec,
        "",
    )
    assert first_choice(found(stride=4)).stride == 0


def test_a_program_without_consent_has_no_card():
    with pytest.raises(SegDeskError, match="consent"):
        card_table(found(candidates=(), needs_consent=True), Choice("x"), "x", "x")


def test_ids():
    assert free_id("My Net (v2)!", lambda i: False) == "my-net-v2"
    assert free_id("网络", lambda i: False) == "model"
    assert free_id("a", {"a", "a-2"}.__contains__) == "a-3"


@pytest.mark.parametrize("copy", [True, False])
def test_weights_are_copied_or_linked(tmp_path: Path, copy: bool):
    source = tmp_path / "net.safetensors"
    source.write_bytes(b"abc" * 1000)
    ctx = Ctx()
    file, sha256 = bring(found(file=str(source)), "mine", tmp_path / "models", copy=copy, ctx=ctx)  # type: ignore[arg-type]
    assert file == "mine.safetensors"
    assert (tmp_path / "models" / file).read_bytes() == source.read_bytes()
    assert (tmp_path / "models" / file).is_symlink() is not copy
    assert len(sha256) == (64 if copy else 0)
    assert ctx.seen == ([(3000, 3000)] if copy else [])


def test_a_list_of_parts_brings_its_parts(tmp_path: Path):
    for name in ("a.safetensors", "b.safetensors"):
        (tmp_path / name).write_bytes(name.encode())
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}}))
    folder = tmp_path / "models"
    file, _ = bring(found(file=str(index)), "mine", folder, copy=True, ctx=Ctx())  # type: ignore[arg-type]
    assert file == "mine.index.json"
    parts = json.loads((folder / file).read_text())["weight_map"]
    assert {key: (folder / part).read_bytes() for key, part in parts.items()} == {
        "x": b"a.safetensors",
        "y": b"b.safetensors",
    }


def test_a_cancelled_copy_leaves_nothing(tmp_path: Path):
    source = tmp_path / "net.pth"
    source.write_bytes(bytes(5 << 20))
    with pytest.raises(Cancelled):
        bring(found(file=str(source)), "mine", tmp_path / "models", copy=True, ctx=Ctx(2))  # type: ignore[arg-type]
    assert list((tmp_path / "models").iterdir()) == []


def test_what_is_a_model(tmp_path: Path):
    for name in ("a.pth", "b.PT", "c.ckpt", "d.onnx", "e.safetensors", "f.pkl"):
        assert looks_like_model(tmp_path / name)
    assert not looks_like_model(tmp_path / "a.png")
    assert not looks_like_model(tmp_path)
    (tmp_path / "model.safetensors").touch()
    assert looks_like_model(tmp_path)
