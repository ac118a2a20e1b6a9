"""SETR and its Vision Transformer: any size, positions, the three decoders; the reference's parameters and answers."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from segdesk.nets import encoders
from segdesk.nets.heads import setr
from segdesk.nets.transformer import Attention
from tests.nets.openmmlab import TOLERANCE, assert_same_keys, golden_error

TINY = {"width": 16, "depth": 4, "heads": 2, "image_size": 64}


@pytest.mark.parametrize("kind", ["naive", "pup", "mla"])
def test_parameters_are_the_references(shared: Path, kind: str):
    with torch.device("meta"):
        net = setr.build({"kind": kind, "auxiliary": True}, 150)
    assert_same_keys(shared, f"mmseg_setr_vit-l_{kind}", net)


def test_the_answer_is_the_references(shared: Path):
    with torch.device("meta"):
        net = setr.build({"kind": "pup"}, 150)
    net = net.to_empty(device="cpu")  # 1.2 GB, all of which the deterministic weights replace
    error = golden_error(shared, "setr_vit-l_pup", net)
    del net
    gc.collect()
    assert error < TOLERANCE


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="naive, pup, mla"):
        setr.build({"kind": "other"}, 3)


def test_positions_are_taken_as_learned_at_the_learned_size_and_sampled_at_others():
    vit = encoders.make("vit_tiny_p16", {**TINY, "interpolate": "bilinear"})
    ramp = torch.arange(4.0).repeat(4, 1)  # grows from left to right
    with torch.no_grad():
        vit.pos_embed[0, 1:] = ramp.flatten()[:, None]  # pyright: ignore[reportIndexIssue]
    assert vit.positions((4, 4)) is vit.pos_embed  # pyright: ignore[reportCallIssue]
    found = vit.positions((3, 8))  # pyright: ignore[reportCallIssue]
    assert found.shape == (1, 25, 16)
    wanted = F.interpolate(ramp[None, None], size=(3, 8), mode="bilinear").flatten()
    torch.testing.assert_close(found[0, 1:, 5], wanted)
    torch.testing.assert_close(found[:, :1], vit.pos_embed[:, :1])  # pyright: ignore[reportIndexIssue]


@pytest.mark.parametrize("class_token", [True, False])
@pytest.mark.parametrize(("size", "grid"), [((64, 64), (4, 4)), ((17, 40), (2, 3)), ((1, 1), (1, 1))])
def test_any_picture_becomes_whole_patches(class_token: bool, size: tuple[int, int], grid: tuple[int, int]):
    vit = encoders.make("vit_tiny_p16", {**TINY, "out_indices": (1, -1), "class_token": class_token}).eval()
    assert vit.strides == [16, 16]
    with torch.inference_mode():
        maps = vit(torch.rand(2, 3, *size))
    assert [tuple(m.shape) for m in maps] == [(2, 16, *grid)] * 2


def test_attention_is_that_of_torch():
    torch.manual_seed(0)
    own, theirs = Attention(12, 3).eval(), torch.nn.MultiheadAttention(12, 3, batch_first=True).eval()
    theirs.load_state_dict(own.state_dict())
    x, y = torch.rand(2, 5, 12), torch.rand(2, 7, 12)
    torch.testing.assert_close(own(x, y), theirs(x, y, y)[0])


@pytest.mark.parametrize(("kind", "factor"), [("naive", 4), ("pup", 16), ("mla", 4)])
def test_each_decoder_enlarges_as_in_the_paper(kind: str, factor: int):
    options = {"kind": kind, "encoder_options": {**TINY, "out_indices": (0, 1, 2, 3)}, "width": 8}
    net = setr.build({**options, **({"neck_options": {"width": 8}} if kind == "mla" else {})}, 3).eval()
    with torch.inference_mode():
        assert net(torch.rand(1, 3, 40, 64)).shape == (1, 3, 3 * factor, 4 * factor)


def test_mla_sums_from_the_deepest_layer_on():
    torch.manual_seed(0)
    neck = setr.Neck([4] * 3, width=4).eval()
    maps = [torch.rand(1, 4, 3, 3, requires_grad=True) for _ in range(3)]
    outputs = neck(maps)
    for i, seen in enumerate([[False, False, True], [False, True, True], [True, True, True]]):
        grads = torch.autograd.grad(outputs[i].sum(), maps, retain_graph=True, allow_unused=True)
        assert [g is not None and bool(g.abs().sum() > 0) for g in grads] == seen
