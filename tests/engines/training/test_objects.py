"""Objects in crops: what is left of them, their boxes, and what each loss wants of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from segdesk.engines.training.augment import KINDS, Augmentation, coordinates
from segdesk.engines.training.messages import CROWD, IGNORED
from segdesk.engines.training.objectives import centres, objective_of, solo, two_stage
from segdesk.engines.training.objects import Things, Truth, boxes_of, things_of
from segdesk.engines.training.slivers import LEAST_PIXELS, LEAST_SHARE, without_slivers, zoom_of
from segdesk.nets.instance.boxes import decode
from tests.engines.training.data import SIDE, objects_scene


def truth(*seeds: int) -> Truth:
    """The truth of some scenes, as a batch has it; each has a corner of which nothing is known."""
    labels, ids = [], []
    for seed in seeds:
        _, label, number = objects_scene(seed, ground=False)
        label[:5, :5], number[:5, :5] = IGNORED, CROWD
        labels.append(label)
        ids.append(number)
    return Truth(torch.from_numpy(np.stack(labels)).long(), torch.from_numpy(np.stack(ids).astype(np.int64)))


# -- crops ----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 12), st.integers(1, 12))
def test_what_hardly_shows_is_unknown(x, y, w, h):
    ids, labels = np.zeros((48, 48), np.uint16), np.zeros((48, 48), np.uint8)
    ids[y : y + h, x : x + w] = 7
    labels[ids > 0] = 3
    cut = ids[:32, :32]
    areas = np.bincount(ids.ravel(), minlength=CROWD + 1)
    seen, kept = without_slivers(labels[:32, :32], cut, areas, 1.0)
    there, whole = int((cut == 7).sum()), int(areas[7])
    counts = there >= LEAST_SHARE * whole and (there >= LEAST_PIXELS or there == whole)
    if there and not counts:
        assert (kept[cut == 7] == CROWD).all()
        assert (seen[cut == 7] == IGNORED).all()
    else:
        assert (kept == cut).all()
        assert (seen == labels[:32, :32]).all()
    assert (kept[cut == 0] == 0).all()


@pytest.mark.parametrize("kind", ["photo", "none"])
def test_the_zoom_is_that_of_the_areas(kind):
    rng = np.random.default_rng(3)
    for _ in range(5):
        x, y = coordinates((400, 400), KINDS[kind], crop=64, centre=(200, 200), rng=rng)
        disc = np.zeros((400, 400), np.uint16)
        cv2.circle(disc, (int(x[32, 32]), int(y[32, 32])), 12, 1, -1)
        seen = cv2.remap(disc, x, y, cv2.INTER_NEAREST)
        assert (seen > 0).sum() == pytest.approx((disc > 0).sum() * zoom_of(x, y), rel=0.15)


def test_a_mirror_has_the_same_zoom():
    x, y = coordinates((80, 80), Augmentation(flip=True), crop=64, centre=(40, 40), rng=np.random.default_rng(1))
    assert zoom_of(x, y) == pytest.approx(1.0)
    assert zoom_of(x[:, ::-1], y[:, ::-1]) == pytest.approx(1.0)


def test_objects_have_their_class_mask_and_box():
    batch = truth(1, 2)
    for n in range(2):
        found = things_of(batch, n)
        assert batch.ids is not None
        ids = batch.ids[n].numpy()
        numbers = [i for i in np.unique(ids) if 0 < i < CROWD]
        assert len(found) == len(numbers)
        assert (found.unknown.numpy() == (ids == CROWD)).all()
        for at, number in enumerate(numbers):
            rows, columns = np.nonzero(ids == number)
            wanted = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert found.boxes[at].tolist() == wanted
            assert int(found.labels[at]) == int(batch.labels[n][rows[0], columns[0]])


def test_without_objects_there_are_no_boxes():
    assert boxes_of(torch.zeros(0, 8, 8, dtype=torch.bool)).shape == (0, 4)
    empty = Truth(torch.full((1, 8, 8), IGNORED), torch.zeros(1, 8, 8, dtype=torch.int64))
    assert len(things_of(empty, 0)) == 0


# -- centres --------------------------------------------------------------------------------------------------------


def test_targets_of_centres_against_one_object_at_a_time():
    batch = truth(3)
    assert batch.ids is not None
    heat, ways = centres.targets(batch.ids)
    y, x = np.indices((SIDE, SIDE))
    wanted = np.zeros((SIDE, SIDE))
    ids = batch.ids[0].numpy()
    for number in (i for i in np.unique(ids) if 0 < i < CROWD):
        inside = ids == number
        cy, cx = y[inside].mean(), x[inside].mean()
        square = (y - round(float(cy))) ** 2 + (x - round(float(cx))) ** 2
        wanted = np.maximum(wanted, np.exp(-square / (2 * 8.0**2)))
        assert ways[0, 0].numpy()[inside] == pytest.approx((cy - y)[inside], abs=1e-3)
        assert ways[0, 1].numpy()[inside] == pytest.approx((cx - x)[inside], abs=1e-3)
    assert heat[0, 0].numpy() == pytest.approx(wanted, abs=1e-5)
    assert not ways[:, :, ids == 0].any()
    wide, same = centres.targets(batch.ids, spread=2.0)
    assert (same == ways).all()
    assert (wide >= heat - 1e-6).all()
    number = int(batch.ids[0, batch.ids[0] < CROWD].max())
    alone = torch.where(batch.ids == number, batch.ids, 0)
    sigma = 2.0 * float((alone > 0).sum()) ** 0.5
    top = int(centres.targets(alone)[0].argmax())
    wanted = np.exp(-((y - top // SIDE) ** 2 + (x - top % SIDE) ** 2) / (2 * sigma**2))
    assert centres.targets(alone, spread=2.0)[0][0, 0].numpy() == pytest.approx(wanted, abs=1e-5)


class Fixed(nn.Module):
    """Answers what it is given."""

    output = "centres"

    def __init__(self, answer: dict[str, torch.Tensor]) -> None:
        super().__init__()
        self.answer = {k: v.requires_grad_() for k, v in answer.items()}

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        return self.answer


def test_the_perfect_answer_costs_nothing_and_any_other_something():
    batch = truth(4, 5)
    assert batch.ids is not None
    heat, ways = centres.targets(batch.ids)
    scores = 30.0 * nn.functional.one_hot(batch.labels.clamp(max=2), 3).permute(0, 3, 1, 2).float()
    perfect = {"scores": scores, "centres": heat, "offsets": ways}
    x = torch.zeros(2, 3, SIDE, SIDE)
    loss = objective_of(Fixed)
    assert loss is not None
    assert float(loss(Fixed(perfect), x, batch).detach()) < 1e-6
    for name in perfect:
        other = loss(Fixed({**perfect, name: perfect[name].detach() * 0.1 + 0.05}), x, batch)
        assert float(other.detach()) > 1e-4, name
    hidden = {k: v.detach().clone() for k, v in perfect.items()}
    hidden["centres"][:, :, :5, :5] = 9.0
    hidden["offsets"][:, :, :5, :5] = 9.0
    hidden["scores"][:, :, :5, :5] = 9.0
    assert float(loss(Fixed(hidden), x, batch).detach()) < 1e-6  # of these pixels nothing is known


def test_hard_pixels_and_small_objects_count_more():
    logits = torch.zeros(1, 2, 4, 5)
    logits[0, 1] = torch.linspace(-3, 3, 20).reshape(4, 5)
    labels = torch.zeros(1, 4, 5, dtype=torch.int64)
    each = np.sort(np.log1p(np.exp(np.linspace(-3, 3, 20))))[::-1]
    found = centres.bootstrapped(logits, labels, torch.ones(1, 4, 5))
    assert float(found) == pytest.approx(each[:3].mean(), rel=1e-5)  # 15 % of 20
    ids = torch.zeros(1, 100, 100, dtype=torch.int64)
    ids[0, :10, :10], ids[0, 20:90, 20:90], ids[0, 95:] = 1, 2, CROWD
    weights = centres.pixel_weights(ids)[0]
    assert set(weights[:10, :10].unique().tolist()) == {3.0}
    assert weights.sum() == 100 * 100 + 2 * 100


# -- boxes and masks ------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(*[st.integers(1, 40)] * 4), min_size=1, max_size=5), st.integers(0, 99))
def test_boxes_are_coded_as_the_net_decodes_them(sides, seed):
    rng = np.random.default_rng(seed)
    wanted = torch.tensor([[x, y, x + w, y + h] for x, y, w, h in sides]).float()
    boxes = wanted + torch.from_numpy(rng.uniform(-0.4, 0.4, wanted.shape)).float()
    for stds in ((1.0, 1.0, 1.0, 1.0), (0.1, 0.1, 0.2, 0.2)):
        found = decode(boxes, two_stage.encoded(boxes, wanted, stds), (200, 200), stds)
        assert found.numpy() == pytest.approx(wanted.numpy(), abs=1e-3)


def test_boxes_are_matched_as_the_papers_say():
    masks = torch.zeros(2, 64, 64, dtype=torch.bool)
    masks[0, 10:30, 10:30], masks[1, 40:44, 40:44] = True, True
    unknown = torch.zeros(64, 64, dtype=torch.bool)
    unknown[:8, 40:] = True
    things = Things(torch.tensor([1, 0]), boxes_of(masks), masks, unknown)
    boxes = torch.tensor(
        [[10, 10, 30, 30], [12, 10, 32, 30], [16, 10, 36, 30], [40, 40, 60, 60], [0, 0, 9, 9], [44, 0, 60, 8]]
    ).float()
    rules = {"hit": 0.7, "miss": 0.3}
    nothing, unsure = two_stage.NOTHING, two_stage.UNSURE
    plain = two_stage.matched(boxes, things, keep_best=False, **rules)
    assert plain.tolist() == [0, 0, unsure, nothing, nothing, unsure]
    best = two_stage.matched(boxes, things, keep_best=True, **rules)
    assert best.tolist() == [0, 0, unsure, 1, nothing, unsure]
    positive, negative = two_stage.sample(best, count=4, share=0.5)
    assert len(positive) == 2
    assert set(positive.tolist()) < {0, 1, 3}
    assert negative.tolist() == [4]


def test_masks_are_cut_to_their_boxes():
    masks = torch.zeros(1, 40, 40, dtype=torch.bool)
    masks[0, 8:24, 8:16] = True
    things = Things(torch.tensor([0]), boxes_of(masks), masks, torch.zeros(40, 40, dtype=torch.bool))
    box = torch.tensor([[8.0, 8.0, 24.0, 24.0], [0.0, 0.0, 4.0, 4.0]])
    found = two_stage.true_masks([things], [box], [torch.tensor([0, -1])], 8)
    assert found.shape == (1, 8, 8)
    assert (found[0, :, :4] == 1).all()
    assert (found[0, :, 4:] == 0).all()


# -- SOLO -----------------------------------------------------------------------------------------------------------


def test_cells_in_the_middle_of_an_object_are_its():
    masks = torch.zeros(2, 128, 128, dtype=torch.bool)
    masks[0, 0:100, 14:114] = True  # centre (64, 50), middle part 20 x 20
    masks[1, 100:110, 2:12] = True
    things = Things(torch.tensor([0, 1]), boxes_of(masks), masks, torch.zeros(128, 128, dtype=torch.bool))
    cells = solo.assigned(things, [16, 8, 4, 2, 1])
    own = {level: dict(zip(c.tolist(), o.tolist(), strict=True)) for level, (c, o) in enumerate(cells)}
    assert own[0] == {13 * 16: 1, 13 * 16 + 1: 1}  # 100 pixels across are too many for the finest level
    assert own[1] == {r * 8 + c: 0 for r in (2, 3) for c in (3, 4)}
    assert own[2] == {1 * 4 + 1: 0, 1 * 4 + 2: 0}
    assert not own[3]
    assert not own[4]


def test_dice_and_focal_loss_of_perfect_answers():
    masks = torch.zeros(2, 32, 32, dtype=torch.bool)
    masks[0, 4:20, 4:20], masks[1, 20:32, 8:28] = True, True
    unknown = torch.zeros(32, 32, dtype=torch.bool)
    small = nn.functional.interpolate(masks[None].float(), size=(8, 8), mode="area")[0]
    assert solo.dice(small, masks, unknown).tolist() == pytest.approx([0.0, 0.0], abs=1e-6)
    assert (solo.dice(1.0 - small, masks, unknown) == 1.0).all()
    logits = torch.full((2, 4, 4), -20.0)
    logits[1, 2, 1] = 20.0
    cells, labels = torch.tensor([2 * 4 + 1]), torch.tensor([1])
    assert float(solo.class_loss(logits, cells, labels, unknown)) == pytest.approx(0.0, abs=1e-6)
    logits[0, 0, 0] = 20.0
    wrong = float(solo.class_loss(logits, cells, labels, unknown))
    assert wrong == pytest.approx(20.0 * (1 - solo.ALPHA), rel=1e-3)
    unknown[:8, :8] = True
    assert float(solo.class_loss(logits, cells, labels, unknown)) == pytest.approx(0.0, abs=1e-6)


def test_a_net_says_how_it_is_trained():
    class Own(nn.Module):
        output = "instances"

        def training_loss(self, x: torch.Tensor, truth: Truth) -> torch.Tensor:
            return x.sum()

    loss = objective_of(Own())
    assert loss is not None
    assert float(loss(Own(), torch.ones(2, 2), truth(1))) == 4.0
    assert objective_of(nn.Linear(1, 1)) is None
