"""The photographs that the models of everyday objects learn from: COCO pictures, whose objects are mapped to the 20
classes of PASCAL VOC, as a folder that a training takes.

    python scripts/photos_set.py --data FOLDER --out RUN [--share 0.3] [--seed 1]    # writes RUN/set, prints the split

`FOLDER` holds `coco` (annotations as JSON: polygons and crowds) and `yolo-seg` (a polygon a line). Of each picture
there are then `set/STEM.png`, `set/STEM.labels.png` (the class, 0 = none of them, 255 = unknown) and
`set/STEM.objects.png` (16-bit: 1..n = objects, whose classes `set/STEM.json` lists, 0 = none, 65535 = unknown).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from segdesk.domain import rle
from segdesk.engines.training.messages import IGNORED, SET, TrainItem
from segdesk.io import coco

UNKNOWN_ID = 65_535
# Each of COCO's categories in its order that is one of VOC's classes, with VOC's number.
VOC_OF = {
    "airplane": 1,
    "bicycle": 2,
    "bird": 3,
    "boat": 4,
    "bottle": 5,
    "bus": 6,
    "car": 7,
    "cat": 8,
    "chair": 9,
    "cow": 10,
    "dining table": 11,
    "dog": 12,
    "horse": 13,
    "motorcycle": 14,
    "person": 15,
    "potted plant": 16,
    "sheep": 17,
    "couch": 18,
    "train": 19,
    "tv": 20,
}
# The same by their place in the list of the 80, which the lines of the polygon files begin with.
VOC_OF_PLACE = {
    0: 15, 1: 2, 2: 7, 3: 14, 4: 1, 5: 6, 6: 19, 8: 4, 14: 3, 15: 8, 16: 12, 17: 13, 18: 17, 19: 10, 39: 5, 56: 9,
    57: 18, 58: 16, 60: 11, 62: 20,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph. `ids`: (H, W) uint16, 1..n objects, 0 none, `UNKNOWN_ID` a crowd; `classes[i - 1]`: the VOC class
    1..20 of object i. `labelled`: somebody has looked for objects; without, all of it is unknown."""

    name: str
    path: Path
    ids: np.ndarray
    classes: tuple[int, ...]
    labelled: bool = True

    @property
    def labels(self) -> np.ndarray:
        """(H, W) uint8: the class at each pixel, 0 = none, `IGNORED` where nothing is known."""
        table = np.full(UNKNOWN_ID + 1, IGNORED, np.uint8)
        table[: len(self.classes) + 1] = (0, *self.classes)
        return table[self.ids]


def photos(data: Path) -> Iterator[Photo]:
    """All photographs of the folder, one at a time, by name. Labels without a picture are left out."""
    document = coco.load(data / "coco" / "annotations" / "instances_train2017.json")
    rows = {str(row["file_name"]): image_id for image_id, row in document.images.items()}
    paths = sorted([*data.glob("coco/*/*.jpg"), *data.glob("yolo-seg/images/*/*.jpg")], key=lambda p: p.name)
    for path in paths:
        height, width = _pixels(path).shape[:2]
        if path.name in rows and "coco" in path.parts:
            found = _of_coco(document, rows[path.name], (height, width))
            yield _photo(path, found, (height, width))
            continue
        lines = path.parents[2] / "labels" / path.parent.name / f"{path.stem}.txt"
        if lines.exists():
            yield _photo(path, _of_lines(lines, (height, width)), (height, width))
        else:
            yield Photo(path.name, path, np.full((height, width), UNKNOWN_ID, np.uint16), (), labelled=False)


def _pixels(path: Path) -> np.ndarray:
    """(H, W, 3) uint8 BGR."""
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels


Found = list[tuple[int, np.ndarray, bool]]  # VOC class, mask, whether it is a crowd


def _of_coco(document: coco.Document, image_id: object, size: tuple[int, int]) -> Found:
    found = []
    for row in document.annotations.get(image_id, []):
        info = document.classes.get(document.class_of[row["category_id"]])
        voc = VOC_OF.get(info.name) if info is not None else None
        if voc is not None:
            found.append((voc, rle.decode(coco.decode(row, size).mask), coco.is_crowd(row)))
    return found


def _of_lines(path: Path, size: tuple[int, int]) -> Found:
    found = []
    for line in path.read_text("utf-8").splitlines():
        place, *numbers = line.split()
        voc = VOC_OF_PLACE.get(int(place))
        if voc is not None and len(numbers) >= 6:
            polygon = (np.array(numbers, float).reshape(-1, 2) * (size[1], size[0])).ravel().tolist()
            found.append((voc, rle.decode(coco.decode({"segmentation": [polygon]}, size).mask), False))
    return found


def _photo(path: Path, found: Found, size: tuple[int, int]) -> Photo:
    """Objects over each other: the smaller one is in front, and a crowd behind all."""
    ids, classes = np.zeros(size, np.uint16), []
    order = sorted(found, key=lambda entry: (not entry[2], -int(entry[1].sum())))
    for voc, mask, crowd in order:
        if crowd:
            ids[mask > 0] = UNKNOWN_ID
        elif mask.any():
            classes.append(voc)
            ids[mask > 0] = len(classes)
    return Photo(path.name, path, ids, tuple(classes))


def split(found: Sequence[Photo], *, share: float, seed: int) -> frozenset[str]:
    """The names that judge, about `share` of each class's pictures, the rarest class first (Sechidis et al. 2011);
    those without labels never do. Within a class the order depends on seed and name only."""
    left = {p.name: set(p.classes) or {0} for p in found if p.labelled}
    totals = Counter(number for classes in left.values() for number in classes)
    judged: Counter[int] = Counter()
    chosen: list[str] = []
    for number, total in sorted(totals.items(), key=lambda entry: (entry[1], entry[0])):
        showing = [name for name, classes in left.items() if number in classes]
        for name in sorted(showing, key=lambda name: hashlib.sha256(f"{seed} {name}".encode()).digest()):
            classes = left.pop(name)
            if judged[number] + 0.5 < share * total:
                judged.update(classes)
                chosen.append(name)
    return frozenset(chosen)


def write(found: Sequence[Photo], judging: frozenset[str], run: Path) -> list[TrainItem]:
    """Copy all into a run's folder; returns what a request for a training names."""
    folder = run / SET
    folder.mkdir(parents=True, exist_ok=True)
    items = []
    for photo in found:
        stem = Path(photo.name).stem
        cv2.imwrite(str(folder / f"{stem}.png"), _pixels(photo.path), [cv2.IMWRITE_PNG_COMPRESSION, 1])
        cv2.imwrite(str(folder / f"{stem}.labels.png"), photo.labels)
        cv2.imwrite(str(folder / f"{stem}.objects.png"), photo.ids)
        (folder / f"{stem}.json").write_text(json.dumps(photo.classes))
        items.append(TrainItem(photo.name, stem, photo.name in judging))
    return items


def main() -> None:
    """Write the folder and say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found = list(photos(arguments.data))
    judging = split(found, share=arguments.share, seed=arguments.seed)
    items = write(found, judging, arguments.out)
    print(f"{len(items)} pictures, {len(judging)} held out, {sum(not p.labelled for p in found)} without labels")
    for name, number in VOC_OF.items():
        shown = [sum(number in p.classes for p in found if (p.name in judging) == side) for side in (False, True)]
        print(f"{name:14} learned from in {shown[0]:3}, judged in {shown[1]:3}")


if __name__ == "__main__":
    main()
