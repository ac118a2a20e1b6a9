"""Checkpoints by their parameters' names and shapes: each known net is told from all others, an unknown one is told
what it resembles."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision.models import resnet50
from torchvision.models.segmentation import fcn_resnet50
from torchvision.models.segmentation.deeplabv3 import ASPP, DeepLabHead

from segdesk.domain.errors import SegDeskError
from segdesk.engines import fingerprints
from segdesk.engines.fingerprints import Fingerprint, built
from segdesk.engines.recognise import recognise

TABLE = fingerprints.table()
# The least of each type: building all of them takes minutes on a slow machine.
SAMPLES = list({p.type: p for p in sorted(TABLE, key=lambda p: -p.count)}.values())


def test_the_table_names_every_net_of_the_program():
    """If this fails: run scripts/fingerprints.py."""
    wanted = {(net, name, json.dumps(dict(options))) for net, name, _, options in fingerprints.variants()}
    listed = {(p.type, p.variant, json.dumps(dict(p.options))) for p in TABLE}
    left_out = {row for row in wanted - listed if _takes_pictures(row[0], json.loads(row[2]))}
    assert not left_out
    assert not listed - wanted


def _takes_pictures(net_type: str, options: dict[str, object]) -> bool:
    return getattr(built(net_type, options, 5), "output", "scores") in fingerprints.TASKS


@pytest.mark.parametrize("entry", SAMPLES, ids=lambda p: p.type)
def test_the_table_is_up_to_date_and_the_net_is_recognised(entry: Fingerprint):
    """If this fails: run scripts/fingerprints.py."""
    state = built(entry.type, entry.options, 6).state_dict()
    assert fingerprints.digest(fingerprints.shapes_of(state), {**entry.classes, **entry.stuff}) == entry.digest
    match = recognise(state)
    assert (entry.type, entry.variant) in [(c.type, c.variant) for c in match.candidates]
    assert match.num_classes == 6
    assert match.task == entry.task


def test_fingerprints_of_the_table_are_told_apart():
    """Nets of one fingerprint differ in what parameters cannot tell, and are of one type."""
    groups: dict[str, set[str]] = {}
    for entry in TABLE:
        groups.setdefault(entry.digest, set()).add(entry.type)
    assert all(len(types) == 1 for types in groups.values())


def keys(shared: Path, name: str) -> dict[str, torch.Tensor]:
    state = {}
    for line in (shared / "data" / "openmmlab" / "keys" / name).read_text().splitlines():
        key, shape = line.split("\t")
        state[key] = torch.empty(ast.literal_eval(shape), device="meta")
    return state


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "net", "classes"),
    [
        ("mmseg_pspnet_r50-d8_4xb4-40k_voc12aug-512x512.txt", "psp", 21),
        ("mmseg_danet_r50-d8_4xb4-40k_voc12aug-512x512.txt", "danet", 21),
        ("mmseg_ocrnet_hr48_4xb4-40k_voc12aug-512x512.txt", "ocr", 21),
        ("mmseg_setr_vit-l_mla_8xb2-160k_ade20k-512x512.txt", "setr", 150),
        ("mmseg_fastfcn_r50-d32_jpu_enc_4xb2-80k_cityscapes-512x1024.txt", "fastfcn", 19),
    ],
)
def test_published_key_lists_with_their_auxiliary_heads(shared: Path, name: str, net: str, classes: int):
    match = recognise(keys(shared, name))
    assert match.candidates[0].type == net
    assert match.num_classes == classes


PSP = next(p for p in TABLE if p.type == "psp" and p.options.get("encoder") == "resnet50_v1c")


def vainf(head: str) -> dict[str, torch.Tensor]:
    """The names of VainF's DeepLab files, which number torchvision's parts."""
    with torch.device("meta"):
        backbone = resnet50()
        del backbone.fc
        if head == "deeplabv3":
            parts = {"classifier": DeepLabHead(2048, 21)}
        else:
            last = [nn.Conv2d(304, 256, 3, bias=False), nn.BatchNorm2d(256), nn.ReLU(), nn.Conv2d(256, 21, 1)]
            parts = {
                "project": nn.Sequential(nn.Conv2d(256, 48, 1, bias=False), nn.BatchNorm2d(48), nn.ReLU()),
                "aspp": ASPP(2048, [6, 12, 18], 256),
                "classifier": nn.Sequential(*last),
            }
    state = {f"backbone.{key}": value for key, value in backbone.state_dict().items()}
    for name, part in parts.items():
        state |= {f"classifier.{name}.{key}": value for key, value in part.state_dict().items()}
    return {f"module.{key}": value for key, value in state.items()}


@pytest.mark.parametrize("head", ["deeplabv3", "deeplabv3plus"])
def test_vainf_s_files(head: str):
    match = recognise(vainf(head))
    assert match.candidates[0].type == head
    assert match.candidates[0].layout.startswith("vainf")
    assert match.num_classes == 21


def test_torchvision_s_files_with_their_auxiliary_head():
    with torch.device("meta"):
        net = fcn_resnet50(weights=None, weights_backbone=None, num_classes=21, aux_loss=True)
    match = recognise(net.state_dict())
    assert match.candidates[0].options == {"name": "fcn_resnet50"}


def psp(classes: int = 4) -> dict[str, torch.Tensor]:
    return dict(built("psp", PSP.options, classes).state_dict())


def test_what_shapes_cannot_tell_is_offered():
    candidate = recognise(psp()).candidates[0]
    assert candidate.strides[0] == 8
    assert set(candidate.strides) == {8, 16, 32}
    assert candidate.aligns


@pytest.mark.parametrize("prefix", ["module.", "model.", "model.module.", "_orig_mod.", "student.", "ema.module."])
def test_through_a_training_program_s_wrappings(prefix: str):
    state = {prefix + key: value for key, value in psp().items()} | {"criterion.weight": torch.ones(4)}
    assert recognise(state).candidates[0].type == "psp"


def test_counters_of_batch_norms_may_be_absent():
    state = {key: value for key, value in psp().items() if not key.endswith("num_batches_tracked")}
    assert recognise(state).candidates[0].type == "psp"


def test_an_unknown_net_is_told_the_nearest_and_the_differing_keys():
    state = psp()
    state["decode_head.extra.weight"] = torch.ones(3)
    del state["decode_head.bottleneck.conv.weight"]
    with pytest.raises(SegDeskError) as caught:
        recognise(state, file="mine.pth")
    text = caught.value.text()
    assert "mine.pth" in text
    assert f"PSPNet (psp/{PSP.variant})" in text
    assert "1 of its parameters are missing, 1 are foreign" in text
    assert "decode_head.extra.weight" in text
    assert "decode_head.bottleneck.conv.weight" in text
    assert "ONNX" in caught.value.hint_text()


def test_a_net_with_another_width_is_told_the_shapes():
    state = psp()
    state["decode_head.bottleneck.conv.weight"] = torch.empty((256, 4096, 3, 3), device="meta")
    with pytest.raises(SegDeskError, match=r"256x4096x3x3 / 512x4096x3x3"):
        recognise(state, file="mine.pth")


def test_other_names_with_the_same_shapes():
    renamed = {f"thing_{i}": value for i, value in enumerate(psp().values())}
    with pytest.raises(SegDeskError, match=r"By the shapes .* PSPNet"):
        recognise(renamed, file="mine.pth")


def test_nothing_like_it():
    with pytest.raises(SegDeskError, match=r"No known architecture is like mine\.pth.*gate"):
        recognise({"gate": torch.ones(3, 7, 2)}, file="mine.pth")


def test_only_the_architecture_that_was_asked_for():
    assert recognise(psp(), arch="psp").candidates[0].type == "psp"
    assert recognise(psp(), arch=f"psp/{PSP.variant}").num_classes == 4
    with pytest.raises(SegDeskError, match="nearest is FCN"):
        recognise(psp(), arch="fcn", file="a")
    with pytest.raises(SegDeskError, match="no architecture called rnn"):
        recognise(psp(), arch="rnn")
