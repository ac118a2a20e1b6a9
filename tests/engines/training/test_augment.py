"""Pictures and labels change alike, and no label appears that was not there."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdesk.engines.training.augment import KINDS, Augmentation, augmented, coordinates
from segdesk.engines.training.messages import IGNORED


def coded(height: int, width: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture whose red says the label: blocks of 16 pixels."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 5, (-(-height // 16), -(-width // 16))).astype(np.uint8)
    labels = np.kron(blocks, np.ones((16, 16), np.uint8))[:height, :width]
    return np.repeat((labels * 50)[..., None], 3, 2), labels


@given(
    kind=st.sampled_from(["photo", "microscopy", "none"]),
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    seed=st.integers(0, 1000),
)
def test_labels_are_of_the_picture_and_only_those(kind, size, seed):
    picture, labels = coded(*size, seed)
    plain = Augmentation(**{**vars(KINDS[kind]), "colour": 0.0})
    rng = np.random.default_rng(seed)
    seen, known = augmented(picture, labels, kind=plain, crop=64, centre=(size[1] / 2, 3.0), rng=rng)
    assert seen.shape == (64, 64, 3)
    assert known.shape == (64, 64)
    assert set(np.unique(known)) <= set(np.unique(labels)) | {IGNORED}
    # Inside a block, where bilinear sampling mixes nothing, colour and label say the same.
    x, y = coordinates(size, plain, crop=64, centre=(size[1] / 2, 3.0), rng=np.random.default_rng(seed))
    inner = (np.abs(x % 16 - 7.5) < 6.5) & (np.abs(y % 16 - 7.5) < 6.5)
    inner &= (x >= 0) & (y >= 0) & (x <= size[1] - 1) & (y <= size[0] - 1)
    assert (seen[..., 0][inner] == known[inner] * 50).all()


def test_without_change_a_crop_is_a_cut():
    picture, labels = coded(80, 96, 1)
    rng = np.random.default_rng(0)
    seen, known = augmented(picture, labels, kind=KINDS["none"], crop=32, centre=(40.3, 9.0), rng=rng)
    at = next((y, x) for y in range(49) for x in range(65) if (picture[y : y + 32, x : x + 32] == seen).all())
    assert (labels[at[0] : at[0] + 32, at[1] : at[1] + 32] == known).all()
    assert at == (0, 25)


def test_a_mirror_is_exact():
    picture, labels = coded(48, 48, 2)
    kind = Augmentation(flip=True)
    found = set()
    for seed in range(12):
        rng = np.random.default_rng(seed)
        seen, known = augmented(picture, labels, kind=kind, crop=48, centre=(24, 24), rng=rng)
        flipped = (known == labels[:, ::-1]).all()
        assert flipped or (known == labels).all()
        assert (seen == (picture[:, ::-1] if flipped else picture)).all()
        found.add(bool(flipped))
    assert found == {True, False}


def test_beyond_the_picture_no_label_counts():
    picture, labels = coded(20, 30, 3)
    _, known = augmented(picture, labels, kind=KINDS["none"], crop=64, centre=(0, 0), rng=np.random.default_rng(0))
    assert (known != IGNORED).sum() == 20 * 30


@pytest.mark.parametrize("kind", KINDS)
def test_equal_seeds_give_equal_crops(kind):
    picture, labels = coded(70, 70, 4)
    two = [
        augmented(picture, labels, kind=KINDS[kind], crop=64, centre=(9, 60), rng=np.random.default_rng(7))
        for _ in range(2)
    ]
    assert (two[0][0] == two[1][0]).all()
    assert (two[0][1] == two[1][1]).all()
