"""What judging costs, against the libraries that others judge with, in one run on the same maps.

    python tests/benchmarks/bench_metrics.py [--panopticapi FOLDER] [--coco FOLDER]

Prints milliseconds (the least of several) and the ratio to ours; ratios hold on any machine. panopticapi (a checkout,
given by its folder), torchmetrics and faster-coco-eval are left out where they are not installed; pycocotools is there.
`--coco`: a folder with COCO's example results and their ground truth; without it, average precision is not compared.
All is timed on maps and masks in memory and on one thread.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import importlib
import importlib.util
import io
import json
import os
import sys
import time
import tracemalloc
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from pycocotools import mask as coco_mask

from segdesk.app.evaluate import EvalItem, Evaluation
from segdesk.domain import rle
from segdesk.domain.classes import ClassSet
from segdesk.domain.metrics.ap import APAccumulator
from segdesk.domain.metrics.boundaries import Boundaries
from segdesk.domain.metrics.confusion import Confusion
from segdesk.domain.metrics.detections import Objects
from segdesk.domain.metrics.overlaps import Overlaps
from segdesk.domain.metrics.panoptic import Panoptic
from segdesk.domain.segmentation import Segment, Segmentation

CLASSES = ClassSet.from_names([f"class {k}" for k in range(1, 134)], things=[f"class {k}" for k in range(1, 81)])
MAPS = (
    ("480 x 360, 12 segments", 360, 480, 12, 0.0),
    ("640 x 480, 20 segments", 480, 640, 20, 0.0),
    ("2048 x 1024, 120 segments", 1024, 2048, 120, 0.0),
    ("2048 x 1024, 120 segments, 2 % noise", 1024, 2048, 120, 0.02),
    ("1024 x 1024, 60 segments, all noise", 1024, 1024, 60, 1.0),
)


def make_map(height: int, width: int, segments: int, *, seed: int, jagged: float = 0.0) -> Segmentation:
    """Nearest-seed regions, each of a random class; `jagged`: the share of pixels that get a random id."""
    rng = np.random.default_rng(seed)
    small = (max(1, height // 8), max(1, width // 8))
    ys, xs = rng.integers(0, small[0], segments), rng.integers(0, small[1], segments)
    best, ids = np.full(small, np.inf), np.zeros(small, np.uint16)
    rows, columns = np.mgrid[: small[0], : small[1]]
    for number, (y, x) in enumerate(zip(ys, xs, strict=True), start=1):
        distance = (rows - y) ** 2 + (columns - x) ** 2
        ids[distance < best] = number
        best = np.minimum(best, distance)
    full = np.repeat(np.repeat(ids, 8, axis=0), 8, axis=1)[:height, :width].copy()
    noisy = rng.random(full.shape) < jagged
    full[noisy] = rng.integers(0, segments + 1, int(noisy.sum()))
    return Segmentation(full, {k: Segment(int(rng.integers(1, 134))) for k in range(1, segments + 1)})


def milliseconds(work: Callable[[], object], times: int = 7) -> float:
    """The least time of a call: what it costs where nothing else runs."""
    work()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds) * 1000


def _ours(prediction: Segmentation, reference: Segmentation) -> tuple[Confusion, Panoptic]:
    overlaps = Overlaps.of(prediction, reference)
    panoptic = Panoptic(CLASSES)
    panoptic.add(overlaps)
    return Confusion.of(overlaps, CLASSES), panoptic


class _Panopticapi:
    """panopticapi's single process, with its pictures handed over in memory instead of as PNG files."""

    def __init__(self, folder: Path) -> None:
        sys.path.insert(0, str(folder))
        self._module = importlib.import_module("panopticapi.evaluation")
        self._arrays: dict[str, np.ndarray] = {}
        self._module.Image = SimpleNamespace(open=lambda path: self._arrays[os.path.basename(path)])
        self._categories = {c.id: {"id": c.id, "isthing": int(c.is_thing)} for c in CLASSES}

    def prepare(self, prediction: Segmentation, reference: Segmentation) -> Callable[[], object]:
        for name, maps in (("p", prediction), ("r", reference)):
            self._arrays[name] = np.stack([maps.ids & 255, maps.ids >> 8, 0 * maps.ids], axis=2).astype(np.uint8)
        tables = [self._table(maps) for maps in (reference, prediction)]

        def judge() -> object:
            rows = [[dict(s) for s in table] for table in tables]
            pair = ({"image_id": 1, "file_name": "r", "segments_info": rows[0]}, {"file_name": "p"})
            pair[1]["segments_info"] = rows[1]
            with contextlib.redirect_stdout(io.StringIO()):
                return self._module.pq_compute_single_core(0, [pair], "", "", self._categories)

        return judge

    @staticmethod
    def _table(maps: Segmentation) -> list[dict[str, int]]:
        areas = maps.areas()
        return [
            {"id": k, "category_id": s.class_id, "iscrowd": 0, "area": areas[k]}
            for k, s in maps.segments.items()
            if k in areas
        ]


def _torchmetrics(prediction: Segmentation, reference: Segmentation) -> tuple[Callable[[], object], ...]:
    """The confusion matrix as torchmetrics makes it, as it comes and without its checks of the values."""
    torch = importlib.import_module("torch")
    torch.set_num_threads(1)
    matrix = importlib.import_module("torchmetrics.functional").confusion_matrix
    maps = [torch.from_numpy(m.class_map().astype(np.int64)) for m in (prediction, reference)]
    common = {"task": "multiclass", "num_classes": len(CLASSES) + 1}
    return lambda: matrix(*maps, **common), lambda: matrix(*maps, **common, validate_args=False)


def compare_maps(panopticapi: _Panopticapi | None, with_torchmetrics: bool) -> None:
    """A line for each kind of map."""
    print(f"{'maps':38}{'confusion':>10}{'PQ':>8}{'boundary':>9}{'full':>9}  ratio of the others to ours")
    for name, height, width, segments, jagged in MAPS:
        reference = make_map(height, width, segments, seed=1, jagged=jagged)
        prediction = Segmentation(np.roll(reference.ids, 5, axis=1), reference.segments)
        confusion = milliseconds(lambda p=prediction, r=reference: Confusion.of(Overlaps.of(p, r), CLASSES))

        def judge_pq(p: Segmentation = prediction, r: Segmentation = reference) -> None:
            Panoptic(CLASSES).add(Overlaps.of(p, r))

        quality = milliseconds(judge_pq)
        outlines = milliseconds(lambda p=prediction, r=reference: Boundaries.of(p, r, CLASSES), 2)
        evaluation, item = Evaluation(CLASSES, worst=0, full=True), EvalItem(name, prediction, reference)
        full = milliseconds(lambda e=evaluation, i=item: e.add(i), 2)
        others = []
        if panopticapi is not None:
            others.append(f"panopticapi {milliseconds(panopticapi.prepare(prediction, reference)) / quality:.0f}x")
        if with_torchmetrics:
            checked, bare = (milliseconds(w) / confusion for w in _torchmetrics(prediction, reference))
            others.append(f"torchmetrics {checked:.0f}x ({bare:.1f}x without its checks)")
        print(f"{name:38}{confusion:10.2f}{quality:8.2f}{outlines:9.1f}{full:9.1f}  {', '.join(others)}")


def compare_ap(folder: Path, copies: int) -> None:
    """Average precision of COCO's example results, the pictures repeated under new ids, from run-length masks."""
    truth = json.loads((folder / "instances_val2014_100.json").read_text())
    for kind in ("bbox", "segm"):
        rows = json.loads((folder / f"instances_val2014_fake{kind}100_results.json").read_text())
        ground, answers = _packed(truth, rows, kind, copies)
        pictures = _objects(ground, answers, kind)

        def ours(pictures: list[tuple[Objects, Objects]] = pictures, ground: dict = ground) -> dict:
            total = APAccumulator([c["id"] for c in ground["categories"]])
            for references, found in pictures:
                total.add(references, found)
            return total.result().figures

        mine = milliseconds(ours, 2)
        line = f"AP {kind}, {len(pictures)} pictures: {mine:.0f} ms"
        for name, module, judge in (
            ("faster-coco-eval", "faster_coco_eval", "COCOeval_faster"),
            ("pycocotools", "pycocotools.cocoeval", "COCOeval"),
        ):
            if importlib.util.find_spec(module.split(".")[0]) is None:
                continue
            seconds, figure = _theirs(module, judge, ground, answers, kind)
            same = abs(figure - (ours()["AP"] or 0)) < 1e-9
            line += f"; {name} {seconds * 1000 / mine:.1f}x{'' if same else ' (ANOTHER FIGURE)'}"
        print(line)


def _packed(truth: dict, rows: list[dict], kind: str, copies: int) -> tuple[dict, list[dict]]:
    """The files `copies` times over, polygons already packed."""
    sizes = {i["id"]: (i["height"], i["width"]) for i in truth["images"]}
    notes = [dict(a) for a in truth["annotations"]]
    for note in notes:
        shape, size = note["segmentation"], sizes[note["image_id"]]
        packed = coco_mask.frPyObjects(shape, *size)
        note["segmentation"] = coco_mask.merge(packed) if isinstance(shape, list) else packed
    stride = 1 + max(sizes)
    ground = {
        "images": [{**i, "id": i["id"] + n * stride} for n in range(copies) for i in truth["images"]],
        "annotations": [{**a, "image_id": a["image_id"] + n * stride} for n in range(copies) for a in notes],
        "categories": truth["categories"],
    }
    for number, note in enumerate(ground["annotations"], start=1):
        note["id"] = number
    return ground, [{**r, "image_id": r["image_id"] + n * stride} for n in range(copies) for r in rows]


def _objects(ground: dict, answers: list[dict], kind: str) -> list[tuple[Objects, Objects]]:
    groups: dict[str, dict[int, list[dict]]] = {"references": defaultdict(list), "found": defaultdict(list)}
    for name, rows in (("references", ground["annotations"]), ("found", answers)):
        for row in rows:
            groups[name][row["image_id"]].append(row)
    masks: dict[bytes, rle.Rle] = {}

    def of(rows: list[dict], **more: list) -> Objects:
        classes = [r["category_id"] for r in rows]
        if kind == "bbox":
            return Objects.of_boxes([r["bbox"] for r in rows], classes, **more)
        for row in rows:
            counts = row["segmentation"]["counts"]
            key = counts if isinstance(counts, bytes) else counts.encode()
            if key not in masks:
                masks[key] = rle.encode(coco_mask.decode(row["segmentation"]))
            more.setdefault("masks", []).append(masks[key])
        return Objects.of_masks(more.pop("masks", []), classes, **more)

    pictures = []
    for image in sorted(i["id"] for i in ground["images"]):
        rows, found = groups["references"][image], groups["found"][image]
        references = of(rows, crowd=[r["iscrowd"] for r in rows], areas=[r["area"] for r in rows])
        pictures.append((references, of(found, scores=[r["score"] for r in found])))
    return pictures


def _theirs(module: str, judge: str, ground: dict, answers: list[dict], kind: str) -> tuple[float, float]:
    """(seconds of evaluating, AP); loading is not timed."""
    loader = importlib.import_module("pycocotools.coco" if module.startswith("pycoco") else module).COCO
    with contextlib.redirect_stdout(io.StringIO()):
        data = loader()
        data.dataset = copy.deepcopy(ground)
        data.createIndex()
        job = getattr(importlib.import_module(module), judge)(data, data.loadRes(copy.deepcopy(answers)), kind)
        start = time.perf_counter()
        job.evaluate()
        job.accumulate()
        seconds = time.perf_counter() - start
        job.summarize()
    return seconds, float(job.stats[0])


def measure_memory() -> None:
    """What a full evaluation keeps, and how much of it is for each picture more."""
    evaluation, kept, sizes = Evaluation(CLASSES, full=True), [], (200, 1000)
    maps = [make_map(120, 160, 12, seed=seed) for seed in range(8)]
    tracemalloc.start()
    for number in range(sizes[-1]):
        reference = maps[number % 8]
        prediction = Segmentation(np.roll(reference.ids, 2, axis=1), reference.segments)
        evaluation.add(EvalItem(f"{number % 8}.png", prediction, reference))
        if number + 1 in sizes:
            evaluation.report()
            kept.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    more = (kept[1] - kept[0]) / (sizes[1] - sizes[0])
    print(f"memory of a full evaluation: {kept[0] / 2**20:.1f} MB, and {more:.0f} bytes a picture of 12 + 12 segments")


def main() -> None:
    """Print all comparisons that can be made."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--panopticapi", type=Path)
    parser.add_argument("--coco", type=Path)
    parser.add_argument("--copies", type=int, default=10)
    options = parser.parse_args()
    api = _Panopticapi(options.panopticapi) if options.panopticapi else None
    compare_maps(api, importlib.util.find_spec("torchmetrics") is not None)
    if options.coco is not None:
        compare_ap(options.coco, options.copies)
    measure_memory()


if __name__ == "__main__":
    main()
