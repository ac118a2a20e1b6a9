"""OCRNet: class vectors, attention, both stages; the reference's parameters and answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from segdesk.nets.heads import ocr
from tests.nets.openmmlab import TOLERANCE, assert_same_keys, golden_error

RESNET = {"encoder": "resnet101_v1c", "encoder_options": {"output_stride": 8}}


@pytest.mark.parametrize(
    ("name", "options", "classes"),
    [
        ("mmseg_ocrnet_hr18", {"encoder": "hrnet_w18"}, 21),
        ("mmseg_ocrnet_hr48", {"encoder": "hrnet_w48"}, 21),
        ("mmseg_ocrnet_r101", RESNET, 19),
    ],
)
def test_parameters_are_the_references(shared: Path, name: str, options: dict[str, object], classes: int):
    with torch.device("meta"):
        net = ocr.build(options, classes)
    assert_same_keys(shared, name, net)


def test_the_answer_is_the_references(shared: Path):
    assert golden_error(shared, "ocrnet_hr18", ocr.build({}, 21)) < TOLERANCE


def test_a_class_vector_is_the_mean_of_the_pixels_that_surely_have_the_class():
    features = torch.rand(1, 5, 4, 6)
    left = torch.zeros(4, 6, dtype=torch.bool)
    left[:, :2] = True
    coarse = torch.stack([left, ~left]).float().unsqueeze(0) * 200
    vectors = ocr.gather(features, coarse)[0, :, :, 0]
    torch.testing.assert_close(vectors[:, 0], features[0, :, left].mean(1))
    torch.testing.assert_close(vectors[:, 1], features[0, :, ~left].mean(1))


def test_attention_of_each_pixel_sums_to_one():
    torch.manual_seed(0)
    block = ocr.ObjectContext(8, 4).eval()
    relation = block.relation(torch.rand(2, 8, 5, 7), torch.rand(2, 8, 3, 1))
    assert relation.shape == (2, 35, 3)
    assert (relation >= 0).all()
    torch.testing.assert_close(relation.sum(2), torch.ones(2, 35))


@pytest.mark.parametrize("concat", [True, False])
def test_both_stages_are_trained(concat: bool):
    torch.manual_seed(0)
    channels, sizes = ([4, 8, 16], [8, 4, 2]) if concat else ([4, 8, 16], [8, 8, 8])
    head = ocr.Head(channels, 3, concat=concat, width=16, inner=8, coarse_width=8)
    maps = [torch.rand(2, c, s, s) for c, s in zip(channels, sizes, strict=True)]
    (fine, one), (coarse, less) = head.training_outputs(maps)
    assert fine.shape == coarse.shape == (2, 3, 8, 8)
    assert (one, less) == (1.0, 0.4)
    fine.sum().backward()
    assert all(p.grad is not None for p in head[0].parameters())  # through the class vectors
