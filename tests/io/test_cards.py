"""Model cards and class lists: what is read, what is refused and how it is said."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from segdesk.domain.errors import SegDeskError
from segdesk.io.cards import load_cards, read_cards
from segdesk.io.class_presets import class_preset, preset_names
from segdesk.paths import models_dir

SMALL = """
id = "small"
name = { en = "Small", zh = "小" }
task = "semantic"
net = { type = "some_net", options = { depth = 3 } }
classes = { names = ["", "cat", "dog"], things = ["dog"], colors = ["#010203", "#040506"] }
input = { mean = [1, 2, 3], fit = "short:520", order = "bgr", multiple = 32 }
decide = { confidence = 0.25 }
weights = { file = "small.pth", urls = ["https://example.org/small.pth"], sha256 = "0123abcd", bytes = 10 }
[[score]]
data = "some"
metric = "mIoU"
value = 50
"""


def card_with(folder: Path, change: tuple[str, str]) -> Path:
    path = folder / "card.toml"
    assert change[0] in SMALL
    path.write_text(SMALL.replace(*change), encoding="utf-8")
    return path


def test_a_card_is_read_in_full(tmp_path: Path):
    card = read_cards(card_with(tmp_path, ("mIoU", "mIoU")))[0]
    assert (card.id, card.name.get("en"), card.name.get("zh_CN"), card.task) == ("small", "Small", "小", "semantic")
    assert card.channel_ids == (0, 1, 2)
    assert [(c.id, c.name, c.color, c.is_thing) for c in card.classes] == [
        (1, "cat", (1, 2, 3), False),
        (2, "dog", (4, 5, 6), True),
    ]
    assert card.input.mean == (1.0, 2.0, 3.0)
    assert card.net.options == {"depth": 3}
    assert card.decide.confidence == 0.25
    assert card.scores[0].value == 50.0
    assert card.weights is not None
    assert card.weights.urls == ("https://example.org/small.pth",)
    assert card.origin == str(tmp_path / "card.toml")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (('id = "small"\n', ""), "the key id is missing"),
        (('task = "semantic"', 'task = "sematic"'), "task must be one of"),
        (("depth = 3 }", "depth = 3 }, colour = 2"), "[net] has an unknown key, colour"),
        (("confidence = 0.25", 'confidence = "high"'), "[decide] confidence has a wrong type"),
        (("bytes = 10", "bytes = 1.5"), "[weights] bytes has a wrong type"),
        (('"short:520"', '"short:0"'), "fit must be"),
        (('"short:520"', '"slide:512"'), "fit must be"),
        (('"short:520"', '"slide:340/341"'), "fit must be"),
        (('"bgr"', '"gbr"'), "order must be"),
        (('id = "small"', 'id = "small"\nparameters = "many"'), "parameters must be a number"),
        (('"0123abcd"', '"0123"'), "sha256 must be"),
        (('"0123abcd"', '""'), "urls need a sha256"),
        (('sha256 = "0123abcd"', 'md5 = "xyz"'), "md5 must be 6 to 32"),
        (('"https://example.org/small.pth"', '"file:///etc/passwd"'), "must begin with https"),
        (('"small.pth"', '"../small.pth"'), "plain file name"),
        (("bytes = 10", 'rename = [["a"]]'), "must be a list of pairs"),
        (("bytes = 10", 'drop = ["("]'), "is not a pattern"),
        (('things = ["dog"]', 'things = ["fox"]'), "'fox', which is not a class"),
        (('"#010203"', '"red"'), "not a colour"),
        (('"", "cat"', '"", "dog"'), "two classes share a name"),
        (('"some_net"', '"os.system"'), "name of a file in segdesk/nets"),
        (('"some_net"', '"merge"'), "has two parts"),
        (('id = "small"', "id = ]"), "cannot be read"),
    ],
)
def test_a_faulty_card_says_what_is_wrong(tmp_path: Path, change: tuple[str, str], reason: str):
    path = card_with(tmp_path, change)
    good, broken = load_cards([tmp_path])
    assert good == []
    assert [b.path for b in broken] == [path]
    assert reason in broken[0].reason.text()
    assert "card.toml" in broken[0].reason.text()
    assert broken[0].reason.hint


SHARED = """
[defaults]
task = "semantic"
net = { type = "some_net", options = { depth = 3, stem = "deep" } }
weights.layout = "openmmlab"
score = { data = "Streets val", metric = "mIoU", source = "the zoo" }

[like.deep]
net.options.depth = 50

[like.streets]
data = "Streets"
classes.names = ["road", "car"]

[[card]]
id = "one"
name = "One"
like = ["deep", "streets"]
weights.urls = ["https://example.org/a/one-0123abcd.pth"]
weights.sha256 = "0123abcd"
score = [{ value = 70 }, { value = 71, metric = "mAcc" }]

[[card]]
id = "two"
name = "Two"
like = ["streets"]
net = { type = "other_net" }
weights = { file = "two.pth", layout = "plain" }
input.fit = "slide:512/341"
"""


def test_cards_of_a_file_share_what_it_says_once(tmp_path: Path):
    path = tmp_path / "shared.toml"
    path.write_text(SHARED, encoding="utf-8")
    with pytest.raises(SegDeskError, match="score"):  # a table of beginnings is not a list of scores
        read_cards(path)
    path.write_text(SHARED + 'score = [{ value = 1, source = "own" }]\n', encoding="utf-8")
    one, two = read_cards(path)
    assert one.net.options == {"depth": 50, "stem": "deep"}
    assert (one.data, [c.name for c in one.classes]) == ("Streets", ["road", "car"])
    assert one.weights is not None
    assert (one.weights.file, one.weights.layout) == ("one-0123abcd.pth", "openmmlab")
    assert [(s.data, s.metric, s.value, s.source) for s in one.scores] == [
        ("Streets val", "mIoU", 70, "the zoo"),
        ("Streets val", "mAcc", 71, "the zoo"),
    ]
    assert (two.net.type, two.net.options["depth"], two.input.fit) == ("other_net", 3, "slide:512/341")
    assert two.weights is not None
    assert two.weights.layout == "plain"
    assert two.scores[0].source == "own"


@pytest.mark.parametrize(
    ("change", "reason"),
    [(('"deep", "str', '"flat", "str'), "the key flat is missing"), (("[like.deep]", "[other]"), "unknown key, other")],
)
def test_a_fault_in_what_is_shared_is_named(tmp_path: Path, change: tuple[str, str], reason: str):
    path = tmp_path / "shared.toml"
    path.write_text(SHARED.replace(*change) + "score = []\n", encoding="utf-8")
    with pytest.raises(SegDeskError, match=reason):
        read_cards(path)


def test_a_later_folder_replaces_a_card_and_a_broken_file_hides_none(tmp_path: Path):
    ours, users = tmp_path / "ours", tmp_path / "users"
    for folder, name in ((ours, "Ours"), (users, "Theirs")):
        folder.mkdir()
        card_with(folder, ('en = "Small"', f'en = "{name}"'))
    (users / "broken.toml").write_text("\x00")
    good, broken = load_cards([ours, tmp_path / "absent", users])
    assert [card.name.en for card in good] == ["Theirs"]
    assert [b.path.name for b in broken] == ["broken.toml"]


def test_a_merge_without_its_parts_is_broken(tmp_path: Path):
    (tmp_path / "m.toml").write_text(
        'id = "m"\nname = "M"\ntask = "panoptic"\nparts = ["a", "b"]\nnet = { type = "merge" }\n'
        'classes = { names = ["x"] }\n'
    )
    good, broken = load_cards([tmp_path])
    assert good == []
    assert "a" in str(broken[0].reason.values["part"])


def test_our_own_cards_are_all_good():
    good, broken = load_cards([models_dir()])
    assert broken == []
    assert {"regions", "deeplabv3-mobilenetv2-voc21", "maskrcnn-resnet50-fpn", "fcn-resnet50"} <= {c.id for c in good}
    for card in good:
        assert card.about.zh, card.id
        assert card.group, card.id
        assert card.licence.weights, card.id


def test_class_lists():
    assert {"voc21", "coco80", "coco91", "nuclei"} <= set(preset_names())
    coco = class_preset("coco80")
    assert len(coco) == 80
    assert coco == class_preset("coco91")
    assert len(coco.things) == 80
    voc = class_preset("voc21")
    assert (voc[14].name, voc[14].id, voc[14].color) == ("person", 15, (192, 128, 128))
    with pytest.raises(SegDeskError, match="no class list called nothing"):
        class_preset("nothing")


def test_the_cards_are_what_the_script_writes(tmp_path: Path):
    """The facts in the torchvision cards are those of the torchvision that is installed."""
    root = Path(__file__).resolve().parents[2]
    code = "import sys; sys.path.insert(0, 'scripts'); import torchvision_cards as t; print(ascii(t.text()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert ast.literal_eval(done.stdout) == (models_dir() / "torchvision.toml").read_text(encoding="utf-8")
