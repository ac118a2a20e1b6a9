"""Inputs and dense maps: geometry to the pixel, padding, corner conventions, tiles."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torchvision.transforms import functional as tv

from segdesk.domain.card import InputSpec
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.engines import dense
from segdesk.engines.inputs import fitted, prepare, slide_of, tensor
from tests.engines.fakes import PLAIN

CPU = torch.device("cpu")


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


class Pooled(nn.Module):
    """The mean colour of each block of 8x8 pixels."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(x, 8)


class Corners(nn.Module):
    """Every 8th pixel: the first and last lie on the picture's corners where the size is a multiple of 8 plus 1."""

    align_corners = True

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :, ::8, ::8]


@pytest.mark.parametrize(
    ("size", "fit", "expected"),
    [
        ((375, 500), "native", (375, 500)),
        ((375, 500), "short:520", (520, 693)),
        ((500, 375), "short:520", (693, 520)),
        ((300, 200), "long:513", (300, 200)),
        ((1000, 800), "long:513", (513, 410)),
        ((375, 500), "slide:512/341", (375, 500)),
        ((375, 500), "short:800/1333", (800, 1067)),
        ((375, 900), "short:800/1333", (555, 1333)),
        ((375, 900), "square:640", (640, 640)),
        ((375, 500), "short:512 slide:512/341", (512, 682)),
        ((3, 5000), "long:100", (1, 100)),
    ],
)
def test_fitted_sizes(size: tuple[int, int], fit: str, expected: tuple[int, int]):
    assert fitted(*size, fit) == expected


@pytest.mark.parametrize("size", [(48, 61), (333, 500), (900, 640)])
def test_short_side_is_resized_as_torchvision_does(size: tuple[int, int]):
    image = noise(*size)
    ours = prepare(image, InputSpec(fit="short:520")).pixels
    theirs = tv.resize(torch.from_numpy(image).permute(2, 0, 1), [520], antialias=True).permute(1, 2, 0).numpy()
    assert ours.shape == theirs.shape
    smooth = prepare(np.full((*size, 3), 77, np.uint8), InputSpec(fit="short:520")).pixels
    assert (smooth == 77).all()
    if size[0] < 520 and size[1] < 520:  # going up both are bilinear; going down ours averages areas
        assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_normalisation_order_and_padding():
    image = noise(5, 7)
    spec = InputSpec(mean=(1, 2, 3), std=(4, 5, 6), order="bgr", multiple=4)
    x = tensor(image, spec, CPU)
    assert x.shape == (1, 3, 8, 8)
    expected = (image[:, :, ::-1].astype(np.float32) - (1, 2, 3)) / (4, 5, 6)
    assert np.allclose(x[0, :, :5, :7].permute(1, 2, 0).numpy(), expected, atol=1e-5)
    assert torch.equal(x[0, :, 5], x[0, :, 3])  # reflected about the last row


@pytest.mark.parametrize("image", [noise(2, 2).astype(np.float32), noise(2, 2)[..., 0], np.zeros((0, 4, 3), np.uint8)])
def test_other_pictures_are_refused(image: np.ndarray):
    with pytest.raises(SegDeskError):
        prepare(image, PLAIN)


def test_the_map_equals_bilinear_upsampling_of_the_answer():
    image = noise(64, 96)
    ours = dense.whole_maps(
        Pooled(), [image], PLAIN, CPU, grid=dense.grid_of(*image.shape[:2], 1), finish=dense.identity
    )[0]
    small = F.avg_pool2d(torch.from_numpy(image / 255.0).permute(2, 0, 1)[None], 8)
    theirs = F.interpolate(small, size=(64, 96), mode="bilinear", align_corners=False)[0].numpy()
    assert np.allclose(ours, theirs, atol=1e-4)


def test_the_map_of_a_net_with_aligned_corners():
    image = noise(65, 97)
    ours = dense.whole_maps(
        Corners(), [image], PLAIN, CPU, grid=dense.grid_of(*image.shape[:2], 1), finish=dense.identity
    )[0]
    small = torch.from_numpy(image[::8, ::8] / 255.0).permute(2, 0, 1)[None]
    theirs = F.interpolate(small, size=(65, 97), mode="bilinear", align_corners=True)[0].numpy()
    assert np.allclose(ours, theirs, atol=1e-4)
    assert np.allclose(ours[:, ::8, ::8].transpose(1, 2, 0), image[::8, ::8] / 255.0, atol=1e-4)


def test_padding_shifts_nothing():
    """A picture that the net can only take padded gives the same map as the padded picture, cut."""
    image = noise(61, 91)
    spec = InputSpec(mean=(0, 0, 0), std=(255, 255, 255), multiple=8)
    ours = dense.whole_maps(
        Pooled(), [image], spec, CPU, grid=dense.grid_of(*image.shape[:2], 1), finish=dense.identity
    )[0]
    padded = np.pad(image, ((0, 3), (0, 5), (0, 0)), mode="reflect")
    whole = dense.whole_maps(
        Pooled(), [padded], spec, CPU, grid=dense.grid_of(*padded.shape[:2], 1), finish=dense.identity
    )[0]
    assert np.allclose(ours, whole[:, :61, :91], atol=1e-4)


def test_a_coarser_map_lies_at_the_centres_of_its_shares():
    image = np.zeros((32, 64, 3), np.uint8)
    image[:] = np.arange(64, dtype=np.uint8)[None, :, None] * 4
    ramp = dense.whole_maps(
        nn.Identity(), [image], PLAIN, CPU, grid=dense.grid_of(*image.shape[:2], 4), finish=dense.identity
    )[0, 0]
    assert ramp.shape == (8, 16)
    assert np.allclose(ramp[0] * 255 / 4, np.arange(16) * 4 + 1.5, atol=1e-3)


@pytest.mark.parametrize("size", [(300, 1000), (257, 257), (700, 650)])
@pytest.mark.parametrize("step", [1, 4])
def test_tiles_give_what_the_whole_gives(size: tuple[int, int], step: int):
    """For a net that looks no further than its pixel there is no difference at all."""
    image = noise(*size)
    whole = dense.whole_maps(
        nn.Identity(), [image], PLAIN, CPU, grid=dense.grid_of(*image.shape[:2], step), finish=dense.softmax
    )[0]
    tiles = dense.tiled_map(
        nn.Identity(),
        image,
        PLAIN,
        CPU,
        grid=dense.grid_of(*image.shape[:2], step),
        finish=dense.softmax,
        tile=256,
        cancelled=lambda: False,
    )
    assert np.allclose(tiles, whole, atol=1e-4)


def test_tiles_can_be_cancelled():
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        dense.tiled_map(
            nn.Identity(),
            noise(600, 600),
            PLAIN,
            CPU,
            grid=dense.grid_of(*noise(600, 600).shape[:2], 1),
            finish=dense.identity,
            tile=256,
            cancelled=cancelled,
        )


def test_the_tiles_to_try():
    assert dense.first_tile(1000, 1000, CPU) is None
    assert dense.first_tile(6000, 4000, CPU) == 1024
    tiles, tile = [], None
    while tile := dense.smaller_tile(tile, 2000, 1000):
        tiles.append(tile)
    assert tiles == [960, 448, 256]


def test_softmax_of_a_single_channel():
    both = dense.softmax(torch.tensor([[[[0.0, 100.0]]]]))
    assert torch.allclose(both[0, :, 0], torch.tensor([[0.5, 0.0], [0.5, 1.0]]))


def _by_hand(logits_of: nn.Module, image: np.ndarray, size: int, stride: int) -> np.ndarray:
    """The average of the logits of all windows at each pixel, by the plain rule."""
    height, width = image.shape[:2]
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float()
    total, count = torch.zeros(1, 3, height, width), torch.zeros(1, 1, height, width)
    for top in range(0, max(1, height - size + stride), stride):
        for left in range(0, max(1, width - size + stride), stride):
            bottom, right = min(top + size, height), min(left + size, width)
            y, x0 = max(0, bottom - size), max(0, right - size)
            part = logits_of(x[:, :, y:bottom, x0:right])
            total[:, :, y:bottom, x0:right] += F.interpolate(part, size=(bottom - y, right - x0), mode="bilinear")
            count[:, :, y:bottom, x0:right] += 1
    return (total / count)[0].numpy()


@pytest.mark.parametrize(("size", "stride"), [(64, 40), (64, 64), (128, 85), (512, 341)])
@pytest.mark.parametrize("shape", [(150, 203), (64, 70), (1, 1)])
def test_sliding_windows_average_the_logits(size: int, stride: int, shape: tuple[int, int]):
    image = noise(*shape)
    spec = InputSpec(mean=(0, 0, 0), std=(1, 1, 1), fit=f"slide:{size}/{stride}")
    ours = dense.slid_map(
        Pooled8(),
        image,
        spec,
        CPU,
        grid=shape,
        finish=lambda x: torch.softmax(x / 50, 1),
        slide=(size, stride),
        cancelled=lambda: False,
    )
    theirs = torch.softmax(torch.from_numpy(_by_hand(Pooled8(), image, size, stride)) / 50, 0).numpy()
    assert np.abs(ours - theirs).max() < 1e-5


class Pooled8(nn.Module):
    """As `Pooled`, of any size."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(x, 8, ceil_mode=True, count_include_pad=False)


def test_a_slide_is_read_from_the_fit():
    assert slide_of("native") is None
    assert slide_of("short:520") is None
    assert slide_of("slide:512/341") == slide_of("short:512 slide:512/341") == (512, 341)


def test_padding_with_zeros_comes_after_the_normalisation():
    image = noise(10, 13)
    spec = InputSpec(multiple=8, pad="zero")
    x = tensor(image, spec, CPU)
    assert x.shape == (1, 3, 16, 16)
    assert torch.equal(x[:, :, :10, :13], tensor(image, InputSpec(), CPU))
    assert not x[:, :, 10:].any()
    assert not x[:, :, :, 13:].any()
    assert tensor(image, InputSpec(multiple=8), CPU)[:, :, 10:].any()


def test_tiles_of_a_net_that_looks_around_leave_no_seam():
    """Every tile is wrong near its cut edges, where the net does not see what lies beyond; the blend hides that."""
    blur = nn.Conv2d(3, 1, 31, padding=15, bias=False)
    nn.init.constant_(blur.weight, 1 / (3 * 31 * 31))
    image = np.kron(noise(14, 18), np.ones((50, 50, 1), np.uint8))

    grid = (image.shape[0], image.shape[1])

    def step(wrong: np.ndarray) -> float:
        return max(float(np.abs(np.diff(wrong, axis=axis)).max()) for axis in (0, 1))

    whole = dense.whole_maps(blur, [image], PLAIN, CPU, grid=grid, finish=dense.identity)[0, 0]
    blended = dense.tiled_map(
        blur, image, PLAIN, CPU, grid=grid, finish=dense.identity, tile=256, cancelled=lambda: False
    )[0]
    cut = dense.slid_map(
        blur, image, PLAIN, CPU, grid=grid, finish=dense.identity, slide=(256, 192), cancelled=lambda: False
    )[0]
    assert step(cut - whole) > 0.05  # what windows side by side would leave; the answer goes from 0 to 1
    assert step(blended - whole) < 0.003  # of 256 levels not one from pixel to pixel
    assert np.abs(blended - whole).max() < 0.01


@pytest.mark.parametrize("size", [257, 300, 511, 512, 513, 1000, 4097])
@pytest.mark.parametrize("tile", [256, 1024])
def test_the_weights_of_tiles_cover_a_side_and_fade_at_cuts_only(size: int, tile: int):
    shared = dense._shared(dense._spans(size, tile))
    total = np.zeros(size)
    for span, before, after in shared:
        weights = dense._fade(span.stop - span.start, before, after)
        assert weights.min() > 0
        total[span] += weights
    assert total.min() > 0.4
    assert total[0] == total[-1] == 1.0
    assert all((before > 0) == (n > 0) for n, (_, before, _) in enumerate(shared))
    assert all((after > 0) == (n + 1 < len(shared)) for n, (_, _, after) in enumerate(shared))
