"""BlendMask: the blend against a plain loop, FCOS's places, scores and suppression, the names of published files."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from segdesk.nets.instance import blendmask, fcos
from segdesk.nets.layouts import LAYOUTS


@pytest.fixture(scope="module")
def small() -> torch.nn.Module:
    torch.manual_seed(0)
    return blendmask.build(blendmask.SMALL, 3).eval()


def _bilinear(values: np.ndarray, cells: int) -> np.ndarray:
    """A square enlarged to (cells, cells), cell by cell."""
    side = len(values)
    at = np.clip((np.arange(cells) + 0.5) * side / cells - 0.5, 0, None)
    low = at.astype(int)
    high, share = np.minimum(low + 1, side - 1), at - low
    result = np.empty((cells, cells))
    for i in range(cells):
        for j in range(cells):
            top = values[low[i], low[j]] * (1 - share[j]) + values[low[i], high[j]] * share[j]
            bottom = values[high[i], low[j]] * (1 - share[j]) + values[high[i], high[j]] * share[j]
            result[i, j] = top * (1 - share[i]) + bottom * share[i]
    return result


def test_the_blend_equals_a_plain_loop():
    torch.manual_seed(0)
    count, bases, side, cells = 3, 4, 5, 12
    parts, weights = torch.randn(count, bases, cells, cells), torch.randn(count, bases * side**2)
    found = blendmask.blended(parts, weights).numpy()
    assert found.shape == (count, cells, cells)
    for n in range(count):
        shaped = weights[n].numpy().reshape(bases, side, side)
        large = np.stack([_bilinear(base, cells) for base in shaped])
        for i in range(cells):
            for j in range(cells):
                share = np.exp(large[:, i, j]) / np.exp(large[:, i, j]).sum()
                wanted = sum(share[k] * parts[n, k, i, j].item() for k in range(bases))
                assert found[n, i, j] == pytest.approx(wanted, abs=1e-4)


def test_the_blend_of_nothing_is_nothing():
    assert blendmask.blended(torch.zeros(0, 4, 56, 56), torch.zeros(0, 4 * 14 * 14)).shape == (0, 56, 56)


def test_sizes_are_the_papers(small: torch.nn.Module):
    with torch.device("meta"):
        net = blendmask.build({}, 80)
    assert net.top_layer.weight.shape == (4 * 14 * 14, 256, 3, 3)
    assert [net.basis_module.refine[i][0].out_channels for i in range(3)] == [128] * 3
    assert net.proposal_generator.strides == (8, 16, 32, 64, 128)
    with torch.inference_mode():
        maps = small.neck(small.backbone(torch.rand(1, 3, 64, 96)))
        assert small.basis_module(maps).shape == (1, 4, 16, 24)  # a quarter of the picture
        (found,) = small(torch.rand(1, 3, 64, 96))
    assert found["masks"].shape[1:] == (56, 56)


def test_bases_are_of_all_three_maps(small: torch.nn.Module):
    torch.manual_seed(1)
    maps = [torch.rand(1, 16, 8 // 2**i, 12 // 2**i) for i in range(4)]
    with torch.inference_mode():
        before = small.basis_module(maps)
        for i in range(4):
            changed = [x + (i == j) for j, x in enumerate(maps)]
            assert torch.equal(small.basis_module(changed), before) == (i == 3)


def test_places_are_the_middles_of_the_cells():
    assert fcos.places((2, 3), 8, torch.device("cpu")).tolist() == [
        [4, 4], [12, 4], [20, 4], [4, 12], [12, 12], [20, 12],
    ]  # fmt: skip


def test_scores_are_the_root_of_class_times_centre_and_boxes_lie_around_their_place():
    """Every candidate of a small map against the definition, and against a plain suppression."""
    torch.manual_seed(2)
    head = fcos.FCOSHead(4, 2, depth=1, groups=2).eval()
    net = fcos.FCOS(head, (8,), threshold=0.2, overlap=0.6, most=1000)
    x = torch.randn(1, 4, 5, 6) * 3
    with torch.inference_mode():
        head.bbox_pred.bias += 2.0  # boxes large enough to overlap
        (found,) = net([x], lambda features: features)
        logits, distances, centre, features = head(x)
    candidates = []
    for row in range(5):
        for column in range(6):
            left, top, right, bottom = (8 * distances[0, :, row, column]).tolist()
            x0, y0 = 8 * column + 4, 8 * row + 4
            for label in range(2):
                score = float(logits[0, label, row, column].sigmoid() * centre[0, 0, row, column].sigmoid())
                if score > 0.2:
                    box = (x0 - left, y0 - top, x0 + right, y0 + bottom)
                    candidates.append((score**0.5, label, box, features[0, :, row, column]))
    kept: list[tuple[float, int, tuple[float, ...], torch.Tensor]] = []
    for candidate in sorted(candidates, key=lambda c: -c[0]):
        if all(candidate[1] != other[1] or _overlap(candidate[2], other[2]) <= 0.6 for other in kept):
            kept.append(candidate)
    assert len(kept) > 3
    assert len(candidates) > len(kept)
    assert found.scores.tolist() == pytest.approx([k[0] for k in kept])
    assert found.labels.tolist() == [k[1] for k in kept]
    assert torch.allclose(found.boxes, torch.tensor([k[2] for k in kept]), atol=1e-4)
    assert torch.allclose(found.top, torch.stack([k[3] for k in kept]))


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    width = max(0.0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (a, b)]
    return width * height / (sum(areas) - width * height or 1.0)


def test_no_object_is_an_answer():
    net = blendmask.build({**blendmask.SMALL, "threshold": 1.0}, 3).eval()
    with torch.inference_mode():
        answers = net(torch.rand(2, 3, 9, 40))
    assert [found["masks"].shape for found in answers] == [(0, 56, 56)] * 2


def test_options_that_do_not_fit_are_told():
    for wrong in ({"depht": 3}, {"levels": "5"}, {"encoder_options": 3}):
        with pytest.raises(ValueError, match=r"option|number"):
            blendmask.build({**blendmask.SMALL, **wrong}, 3)


class _File(dict[str, tuple[int, ...]]):
    """Names and shapes of a file of detectron2's kind."""

    def conv(self, name: str, outputs: int, inputs: int, side: int, norm: str = "") -> None:
        """A convolution with a bias or with a norm of frozen statistics."""
        self[f"{name}.weight"] = (outputs, inputs, side, side)
        if not norm:
            self[f"{name}.bias"] = (outputs,)
        for part in ("weight", "bias", "running_mean", "running_var") if norm else ():
            self[f"{norm}.{part}"] = (outputs,)

    def resnet50(self, prefix: str) -> None:
        """detectron2's ResNet-50."""
        self.conv(f"{prefix}.stem.conv1", 64, 3, 7, f"{prefix}.stem.conv1.norm")
        inputs = 64
        for stage, (count, width) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), 2):
            for block in range(count):
                name = f"{prefix}.res{stage}.{block}"
                if block == 0:
                    self.conv(f"{name}.shortcut", 4 * width, inputs, 1, f"{name}.shortcut.norm")
                self.conv(f"{name}.conv1", width, inputs, 1, f"{name}.conv1.norm")
                self.conv(f"{name}.conv2", width, width, 3, f"{name}.conv2.norm")
                self.conv(f"{name}.conv3", 4 * width, width, 1, f"{name}.conv3.norm")
                inputs = 4 * width

    def fcos(self, prefix: str) -> None:
        """AdelaiDet's FCOS head for 80 classes."""
        for tower, i in product(("cls_tower", "bbox_tower"), range(4)):
            self.conv(f"{prefix}.{tower}.{3 * i}", 256, 256, 3)
            self.update({f"{prefix}.{tower}.{3 * i + 1}.{part}": (256,) for part in ("weight", "bias")})
        for name, outputs in (("cls_logits", 80), ("bbox_pred", 4), ("ctrness", 1)):
            self.conv(f"{prefix}.{name}", outputs, 256, 3)


def _published() -> dict[str, tuple[int, ...]]:
    """What AdelaiDet's R_50_3x.pth holds."""
    file = _File()
    file.resnet50("backbone.bottom_up")
    for level, channels in ((3, 512), (4, 1024), (5, 2048)):
        file.conv(f"backbone.fpn_lateral{level}", 256, channels, 1)
        file.conv(f"backbone.fpn_output{level}", 256, 256, 3)
    file.conv("backbone.top_block.p6", 256, 256, 3)
    file.conv("backbone.top_block.p7", 256, 256, 3)
    file.fcos("proposal_generator.fcos_head")
    for i in range(3):
        file.conv(f"basis_module.refine.{i}.0", 128, 256, 3, f"basis_module.refine.{i}.1")
    for i in (0, 1, 2, 4):
        file.conv(f"basis_module.tower.{i}.0", 128, 128, 3, f"basis_module.tower.{i}.1")
    file.conv("basis_module.tower.5", 4, 128, 1)
    file.conv("basis_module.seg_head.0", 128, 256, 3, "basis_module.seg_head.1")  # of the training only
    file.conv("top_layer", 784, 256, 3)
    return file


def test_published_names_become_ours():
    with torch.device("meta"):
        net = blendmask.build({}, 80)
    file = _published()
    ours = {new: file[old] for old, new in LAYOUTS["adelaidet"].keys(file).items()}
    wanted = {key: tuple(value.shape) for key, value in net.state_dict().items() if "num_batches" not in key}
    assert ours == wanted


def test_the_mask_is_made_for_the_box_even_beyond_the_picture(small: torch.nn.Module):
    """A box that reaches out of the picture gets the bases' border there, not a squeezed mask."""
    bases = torch.zeros(1, 4, 16, 16)
    bases[:, :, :, 8:] = 5.0  # the right half of a picture of 64 x 64
    box = torch.tensor([[-64.0, 0, 64, 64]])
    weights = torch.zeros(1, 4 * 14 * 14)
    (mask,) = small.masks(bases, [fcos.Found(box, torch.ones(1), torch.zeros(1), weights)])
    inside = F.adaptive_avg_pool2d(mask[None], (1, 8))[0, 0]
    assert (inside[:5] < 0.6).all()
    assert (inside[6:] > 0.9).all()
