"""Published files of other makers load: their names become ours, and nothing is left over."""

from __future__ import annotations

import re

import pytest
import torch
import torchvision

from segdesk.nets.heads import deeplabv2, deeplabv3, deeplabv3plus, refinenet
from segdesk.nets.layouts import LAYOUTS, Layout


def test_renames_come_in_order_and_then_what_is_dropped():
    layout = Layout(renames=((r"^a\.", "b."), (r"^b\.c", "d")), drop=(r"d\.x",))
    assert layout.keys(["a.c.y", "a.c.x", "e"]) == {"a.c.y": "d.y", "e": "e"}


def test_auxiliary_heads_are_left_out():
    assert LAYOUTS["openmmlab"].keys(["auxiliary_head.a", "decode_head.a"]) == {"decode_head.a": "decode_head.a"}
    assert LAYOUTS["torchvision"].keys(["aux_classifier.a", "classifier.a"]) == {"classifier.a": "classifier.a"}


@pytest.fixture
def theirs() -> torch.nn.Module:
    torch.manual_seed(0)
    net = torchvision.models.segmentation.deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=5)
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.uniform_(-0.1, 0.1)
    return net.eval()


def test_vainfs_deeplab_is_torchvisions_with_a_longer_name(theirs: torch.nn.Module):
    """VainF's V3 head is torchvision's inside `classifier.classifier`, at rates of its own."""
    ours = deeplabv3.build({**deeplabv3.VARIANTS["vainf-resnet50"], "encoder_options": {"output_stride": 8}}, 5).eval()
    file = {key.replace("classifier.", "classifier.classifier.", 1): v for key, v in theirs.state_dict().items()}
    ours.load_state_dict({new: file[old] for old, new in LAYOUTS["vainf"].keys(file).items()})
    x = torch.rand(1, 3, 65, 49)
    with torch.inference_mode():
        wanted = theirs.classifier(theirs.backbone(x)["out"])
        assert torch.allclose(ours(x), wanted, atol=1e-5)


def convbn(prefix: str, conv: int = 0, norm: int = 1) -> list[str]:
    statistics = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    return [f"{prefix}.{conv}.weight"] + [f"{prefix}.{norm}.{name}" for name in statistics]


def vainf_plus_head() -> list[str]:
    """The names in VainF's DeepLabV3+ files behind the backbone."""
    names = convbn("classifier.project") + convbn("classifier.aspp.project") + convbn("classifier.classifier")
    for i in range(4):
        names += convbn(f"classifier.aspp.convs.{i}")
    names += convbn("classifier.aspp.convs.4", 1, 2)
    return [*names, "classifier.classifier.3.weight", "classifier.classifier.3.bias"]


def test_vainfs_v3_plus_head_is_complete():
    with torch.device("meta"):
        ours = deeplabv3plus.build(deeplabv3plus.VARIANTS["vainf-resnet50"], 21).state_dict()
    assert set(LAYOUTS["vainf-plus"].keys(vainf_plus_head()).values()) == {k for k in ours if k.startswith("decode")}


def test_vainfs_mobilenet_is_complete():
    with torch.device("meta"):
        ours = deeplabv3plus.build(deeplabv3plus.VARIANTS["vainf-mobilenetv2"], 21).state_dict()
        features = torchvision.models.mobilenet_v2(weights=None).features[:18].state_dict()
    cut = [f"backbone.{'low' if int(key.split('.')[0]) < 4 else 'high'}_level_features.{key}" for key in features]
    named = LAYOUTS["vainf-plus"].keys(cut + vainf_plus_head())
    assert set(named.values()) == set(ours)
    assert all(features[old.split("features.")[1]].shape == ours[new].shape
               for old, new in named.items() if new.startswith("backbone"))  # fmt: skip


def test_vainfs_padding_comes_before_the_expansion():
    torch.manual_seed(0)
    options = {**deeplabv3.VARIANTS["vainf-mobilenetv2"], "width": 8}
    net = deeplabv3.build(options, 3).eval()
    assert net.backbone.conv1.conv.padding == (0, 0)
    assert {m.padding for m in net.backbone.modules() if isinstance(m, torch.nn.Conv2d)} == {(0, 0)}
    with torch.inference_mode():
        for size in ((1, 1), (2, 7), (33, 50)):
            assert torch.isfinite(net(torch.rand(1, 3, *size))).all()


def test_kazutos_names_are_ours_old_and_new():
    with torch.device("meta"):
        ours = deeplabv2.build({}, 21).state_dict()
    assert {"base.layer1.conv1.conv.weight", "base.layer5.block1.shortcut.bn.bias", "base.aspp.c3.bias"} <= set(ours)
    old = [k.replace("base.", "scale.").replace("shortcut", "proj").replace("aspp.", "aspp.stages.") for k in ours]
    for names in (list(ours), old):
        assert set(LAYOUTS["kazuto1011"].keys(names).values()) == set(ours)


def test_drsleeps_refinenet_is_complete():
    with torch.device("meta"):
        ours = refinenet.build({"encoder": "resnet50"}, 21).state_dict()
        encoder = torchvision.models.resnet50(weights=None).state_dict()
    names = [key for key in encoder if not key.startswith("fc.")] + ["clf_conv.weight", "clf_conv.bias"]
    for i in range(1, 5):
        names += [f"p_ims1d2_outl{i}_dimred.weight"]
        names += [f"mflow_conv_g{i}_pool.0.{j}_outvar_dimred.weight" for j in range(1, 5)]
        for unit, count in ((f"adapt_stage{i}_b.0", 2), (f"mflow_conv_g{i}_b.0", 3)):
            for j in range(1, count + 1):
                names += [f"{unit}.{j}_conv.weight", f"{unit}.{j}_conv.bias"]
                names += [f"{unit}.{j}_conv_relu_varout_dimred.weight"]
    names += [f"adapt_stage{i}_b2_joint_varout_dimred.weight" for i in range(2, 5)]
    names += [f"mflow_conv_g{i}_b3_joint_varout_dimred.weight" for i in range(1, 4)]
    assert sorted(LAYOUTS["drsleep"].keys(names).values()) == sorted(ours)


def test_the_surveys_resnet34_unet_encoder_is_torchvisions():
    with torch.device("meta"):
        theirs = torchvision.models.resnet34(weights=None).state_dict()
    names = [re.sub(r"^(conv|bn)1", r"first\1", re.sub(r"^layer", "encoder", key)) for key in theirs if key[:2] != "fc"]
    assert {f"backbone.{key}" for key in theirs if key[:2] != "fc"} == set(
        LAYOUTS["resnet34-unet"].keys(names).values()
    )
