"""What every network file keeps to, whichever it is: a new file is tested without a line here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

import pytest
import torch
import torch.nn.functional as F

from segdesk.engines.loading import NET_FOLDERS

# Kept by their own tests: they answer with objects, or are torchvision's own.
OWN_RULES = {"segdesk.nets.torchvision_semantic", "segdesk.nets.torchvision_instance", "segdesk.nets.nuclei_unet"}


def _files() -> list[str]:
    names = []
    for folder in NET_FOLDERS:
        package = importlib.import_module(folder)
        found = (f"{folder}.{m.name}" for m in pkgutil.iter_modules(package.__path__) if not m.ispkg)
        names += [name for name in found if hasattr(importlib.import_module(name), "build")]
    return sorted(set(names) - OWN_RULES)


def _output(file: str) -> str:
    return getattr(importlib.import_module(file), "OUTPUT", "scores")


FILES = [f for f in _files() if hasattr(importlib.import_module(f), "SMALL")]
SCORES = [f for f in FILES if _output(f) == "scores"]
OBJECTS = [f for f in FILES if _output(f) != "scores"]
CLASSES = 3


@pytest.fixture(params=SCORES)
def small(request: pytest.FixtureRequest) -> torch.nn.Module:
    torch.manual_seed(0)
    module = importlib.import_module(request.param)
    return module.build(module.SMALL, 3)


@pytest.mark.parametrize("file", FILES)
def test_it_says_what_it_is(file: str):
    module = importlib.import_module(file)
    assert module.TITLE
    assert module.PAPER
    assert module.__doc__
    assert module.VARIANTS


@pytest.mark.parametrize("file", FILES)
def test_every_variant_can_be_built_without_memory(file: str):
    module = importlib.import_module(file)
    for name, options in module.VARIANTS.items():
        with torch.device("meta"):
            net = module.build(options, 5)
        assert next(net.parameters()).is_meta, name


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (33, 50)])
def test_any_size_is_answered(small: torch.nn.Module, size: tuple[int, int]):
    small.eval()
    with torch.inference_mode():
        answer = small(torch.rand(1, 3, *size))
    assert answer.shape[:2] == (1, 3)
    assert torch.isfinite(answer).all()


def test_one_step_of_training_lowers_the_loss(small: torch.nn.Module):
    small.train()
    x = torch.rand(2, 3, 64, 64)
    labels = (x[:, 0] > 0.5).long() + (x[:, 1] > 0.7).long()
    optimiser = torch.optim.SGD(small.parameters(), lr=1e-3)

    def loss() -> torch.Tensor:
        outputs = small.training_outputs(x) if hasattr(small, "training_outputs") else [(small(x), 1.0)]
        return sum(
            (w * F.cross_entropy(F.interpolate(o, size=(64, 64), mode="bilinear"), labels) for o, w in outputs),
            torch.zeros(()),
        )

    torch.manual_seed(1)
    before = loss()
    before.backward()
    optimiser.step()
    torch.manual_seed(1)  # the same dropout
    with torch.no_grad():
        assert loss() < before


def _is_best_first(scores: torch.Tensor) -> bool:
    return bool((scores >= 0).all() and (scores <= 1).all() and (scores.diff() <= 0).all())


def _check_instances(answer: list[Mapping[str, torch.Tensor]], count: int) -> None:
    assert len(answer) == count
    for found in answer:
        objects = found["scores"].numel()
        assert found["labels"].shape == found["scores"].shape == (objects,)
        assert ((found["labels"] >= 0) & (found["labels"] < CLASSES)).all()
        assert _is_best_first(found["scores"])
        assert found["masks"].ndim == 3
        assert len(found["masks"]) == objects
        assert ((found["masks"] >= 0) & (found["masks"] <= 1)).all()
        assert 0 < float(found.get("threshold", 0.5)) < 1


def _check_detections(answer: list[Mapping[str, torch.Tensor]], count: int) -> None:
    _check_instances(answer, count)
    for found in answer:
        assert found["boxes"].shape == (found["scores"].numel(), 4)
        assert torch.isfinite(found["boxes"]).all()


def _check_panoptic(answer: Mapping[str, torch.Tensor], count: int) -> None:
    assert answer["scores"].shape[:2] == (count, CLASSES)
    assert torch.isfinite(answer["scores"]).all()
    _check_instances(answer["objects"], count)  # type: ignore[arg-type]


def _check_queries(answer: list[Mapping[str, torch.Tensor]], count: int) -> None:
    assert len(answer) == count
    for found in answer:
        assert found["classes"].shape[1] == CLASSES + 1
        assert torch.allclose(found["classes"].sum(1), torch.ones(len(found["classes"])), atol=1e-4)
        assert found["masks"].ndim == 3
        assert len(found["masks"]) == len(found["classes"])
        assert torch.isfinite(found["masks"]).all()


def _check_centres(answer: Mapping[str, torch.Tensor], count: int) -> None:
    maps = torch.cat([answer["scores"], answer["centres"], answer["offsets"]], 1)  # of one size
    assert maps.shape[:2] == (count, CLASSES + 1 + 2)
    assert torch.isfinite(maps).all()


CHECKS = {
    "centres": _check_centres,
    "instances": _check_instances,
    "detections": _check_detections,
    "panoptic": _check_panoptic,
    "queries": _check_queries,
}


@pytest.mark.parametrize("file", OBJECTS)
@pytest.mark.parametrize(("count", "size"), [(1, (1, 1)), (2, (7, 5)), (1, (70, 133))])
def test_objects_are_answered_for_any_size_and_number(file: str, count: int, size: tuple[int, int]):
    torch.manual_seed(0)
    module = importlib.import_module(file)
    net = module.build(module.SMALL, CLASSES).eval()
    assert net.output == module.OUTPUT
    with torch.inference_mode():
        answer = net(torch.rand(count, 3, *size))
    CHECKS[module.OUTPUT](answer, count)
