"""Teach mode: learns a pixel classifier from the scribbles of the project's pictures, shows what it says of the open
one, and keeps it as a model like any other. No Qt, no torch."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from segdesk.app.adding import card_of, free_id, home
from segdesk.app.card_text import card_text
from segdesk.app.desk import Desk, OpenProject
from segdesk.app.jobs import Context
from segdesk.app.models import Models
from segdesk.app.scribbles import BACKGROUND, BACKGROUND_NAME, Scribbles, marked
from segdesk.app.teach_bands import in_bands
from segdesk.app.workers import Workers
from segdesk.domain.classes import VOID, ClassInfo
from segdesk.domain.errors import SegDeskError
from segdesk.domain.packed import Labels, PackedMap
from segdesk.domain.patch import Patch
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_
from segdesk.engines.messages import Answer, PredictRequest
from segdesk.engines.teach.messages import TYPE, Learned, LearnRequest, SampleRequest, Samples
from segdesk.io import atomic
from segdesk.paths import user_cache_dir

GROUP = "Taught"
LEAST_PIXELS = 5  # marked ones that a class needs
MOST_PIXELS = 3000  # of a class in one picture that are learned from
SEED = 1
WORKER = "prompts"
UNBROKEN = 2_000_000  # pixels; a picture of so many is sampled in one go


def _never() -> bool:
    return False


@dataclass(frozen=True, eq=False)
class Taught:
    """What was learned. `data`: the weights file; `classes`: project's class ids by channel, `VOID` = no label;
    `pixels`: how many were marked, by class id (`BACKGROUND` for no label), in how many `pictures`; `left_out`: marked
    pictures that could not be used, and why."""

    data: bytes
    classes: tuple[int, ...]
    infos: tuple[ClassInfo, ...]
    pixels: Mapping[int, int]
    pictures: int
    left_out: tuple[tuple[str, SegDeskError], ...] = ()
    seconds: float = 0.0

    @property
    def mark(self) -> str:
        """Tells one from another: the hash of the file."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, eq=False)
class Shown:
    """Done value of `learn`: what was learned, and its `answer` for a picture in the project's class ids (None where
    none was asked for)."""

    taught: Taught
    picture_id: int | None
    answer: PackedMap | None


@dataclass(frozen=True, eq=False)
class _Sampled:
    """Samples of a picture: of which pixels, their values (N, F) float16 and class ids (N,)."""

    mark: bytes
    values: np.ndarray
    classes: np.ndarray


class Teaching:
    """Part of `Session`; called from the same thread."""

    def __init__(self, desk: Desk, workers: Workers, models: Models) -> None:
        self._desk, self._workers, self._models = desk, workers, models
        self._held: tuple[OpenProject, Scribbles] | None = None
        self._lock = threading.Lock()
        self._samples: dict[int, _Sampled] = {}
        self._latest: tuple[bytes, Taught] | None = None

    @property
    def scribbles(self) -> Scribbles:
        """Those of the open project. Raises `SegDeskError` if there is none."""
        opened = self._desk.opened()
        with self._lock:
            if self._held is None or self._held[0] is not opened:
                self._held = opened, Scribbles(opened.project)
                self._samples, self._latest = {}, None
            return self._held[1]

    def read_again(self) -> None:
        """The strokes in the project file have changed: read them again when they are next asked for."""
        with self._lock:
            self._held = None

    # -- strokes -------------------------------------------------------------------------------------------------

    def read(self, picture_id: int, size: tuple[int, int]) -> int:
        """Read the scribbles of a picture of (H, W). Done value: `Segmentation`, empty if there are none; those of a
        picture of another size cannot be used."""
        scribbles = self.scribbles

        def run(ctx: Context) -> Segmentation:
            found = scribbles.map(picture_id)
            try:
                return Segmentation.empty(*size) if found is None or found.size != size else found.unpacked()
            except ValueError:
                return Segmentation.empty(*size)

        return self._workers.submit("lists", N_("Reading the strokes"), run, key="scribbles")

    def scribbled(self, picture_id: int, after: Patch) -> None:
        """A stroke was made, undone or redone; it is saved in the background."""
        opened, scribbles = self._desk.opened(), self.scribbles
        scribbles.take(picture_id, after)
        opened.saver.put(lambda: scribbles.write(picture_id), key=f"scribbles:{picture_id}", owner=picture_id)

    def clear(self) -> int:
        """Forget the strokes of all pictures. Done value: how many pictures had some."""
        opened, scribbles = self._desk.opened(), self.scribbles
        scribbles.histories.clear()

        def run(ctx: Context) -> int:
            ids = scribbles.pictures()
            scribbles.clear(ids)
            opened.saver.put(lambda: opened.project.clear_scribbles(ids), key="clear scribbles")
            return len(ids)

        return self._workers.submit("lists", N_("Clearing the strokes"), run)

    # -- learning ------------------------------------------------------------------------------------------------

    def learn(self, picture_id: int | None = None) -> int:
        """Learn from all strokes, and say what a picture is then; the latest wish wins. Done value: `Shown`."""
        opened, scribbles = self._desk.opened(), self.scribbles

        def run(ctx: Context) -> Shown:
            taught = self._learned(opened, scribbles, ctx)
            answer = None if picture_id is None else self._answer(opened, picture_id, taught, ctx)
            return Shown(taught, picture_id, answer)

        return self._workers.submit(WORKER, N_("Learning"), run, key="teach")

    def keep(self, name: str = "") -> int:
        """Learn from all strokes and keep the model: under a name, as one of the person's models; without, as the one
        of this project, in the place of its last one. Done value: the card's id."""
        opened, scribbles = self._desk.opened(), self.scribbles

        def run(ctx: Context) -> str:
            taught = self._learned(opened, scribbles, ctx)
            card_id = self._kept(opened, taught, name.strip())
            self._models.reload()
            return card_id

        return self._workers.submit(WORKER, N_("Keeping the model"), run)

    def forget(self) -> int:
        """Teach mode is left: the engine need not keep the picture."""
        none = np.zeros(0, np.int32)
        request = SampleRequest("", None, none, none)
        return self._workers.submit(
            WORKER, N_("Tidying up"), lambda ctx: self._desk.engine.teach(request, ctx.cancelled), key="teach"
        )

    def _learned(self, opened: OpenProject, scribbles: Scribbles, ctx: Context) -> Taught:
        infos = {c.id: c for c in opened.book.classes}
        pixels: dict[int, int] = {}
        left_out: list[tuple[str, SegDeskError]] = []
        used: list[_Sampled] = []
        for picture_id in scribbles.pictures():
            ctx.check()
            found = scribbles.map(picture_id)
            row = opened.roster.row(picture_id)
            if found is None or row is None:
                continue
            try:
                rows, columns, classes = _marked(found, {*infos, BACKGROUND}, row.path)
                if not rows.size:
                    continue
                used.append(self._sampled(opened, picture_id, found.size, (rows, columns, classes), ctx))
            except SegDeskError as error:
                left_out.append((row.path, error))
                continue
            for class_id, count in zip(*np.unique(classes, return_counts=True), strict=True):
                pixels[int(class_id)] = pixels.get(int(class_id), 0) + int(count)
        if left_out and not used:
            raise left_out[0][1]
        _check(pixels, infos)
        order = ([BACKGROUND] if BACKGROUND in pixels else []) + [i for i in infos if i in pixels]
        values, labels = _joined(used, order)
        mark = _digest(values, labels, np.array(order), *(infos[i].name.encode() for i in order if i != BACKGROUND))
        latest = self._latest
        if latest is not None and latest[0] == mark:
            return latest[1]
        # Not given up half-way: it takes a moment, but compiling at the very first time takes longer than the patience
        # of the engine's process with what nobody waits for.
        learned = self._desk.engine.teach(LearnRequest(values, labels, len(order), SEED))
        ctx.check()
        assert isinstance(learned, Learned)
        taught = Taught(
            learned.data,
            tuple(VOID if i == BACKGROUND else i for i in order),
            tuple(infos[i] for i in order if i != BACKGROUND),
            pixels,
            len(used),
            tuple(left_out),
            learned.seconds,
        )
        self._latest = mark, taught
        return taught

    def _sampled(
        self,
        opened: OpenProject,
        picture_id: int,
        size: tuple[int, int],
        found: tuple[np.ndarray, np.ndarray, np.ndarray],
        ctx: Context,
    ) -> _Sampled:
        """Samples of the marked pixels of a picture, from memory where the same ones were marked before."""
        rows, columns, classes = _few(*found)
        mark = _digest(rows, columns)
        known = self._samples.get(picture_id)
        if known is None or known.mark != mark:
            path = opened.path_of(picture_id)
            image = self._desk.prefetch.get(path)
            if image.shape[:2] != size:
                raise SegDeskError(
                    "{name} has another size than when its strokes were painted.",
                    "Put the old picture back, or clear its strokes.",
                    name=path.name,
                )
            request = SampleRequest(str(path), image, rows, columns)
            small = image.shape[0] * image.shape[1] <= UNBROKEN
            answer = self._desk.engine.teach(request, _never if small else ctx.cancelled)
            assert isinstance(answer, Samples)
            known = _Sampled(mark, answer.values, classes)
        known = _Sampled(mark, known.values, classes)  # a pixel may have another class now
        self._samples[picture_id] = known
        return known

    def _answer(self, opened: OpenProject, picture_id: int, taught: Taught, ctx: Context) -> PackedMap:
        card = card_of(_table(taught, "preview", "preview", opened.project.path.stem))
        file = user_cache_dir() / "teach" / f"{os.getpid()}-{taught.mark[:16]}.npz"
        path = opened.path_of(picture_id)
        weights = {card.id: str(file)}

        def ask(image: np.ndarray) -> Labels:
            request = PredictRequest(f"teach {path}", card, image, weights=weights, device="cpu")
            reply = self._desk.engine.answer(request, ctx.cancelled)
            if not isinstance(reply, Answer):
                raise SegDeskError("The model gave no answer for this picture.", "Try again.")
            return reply.segmentation

        atomic.write_bytes(file, taught.data)
        try:
            found = in_bands(self._desk.prefetch.get(path), ask, ctx)
        finally:
            with suppress(OSError):
                file.unlink()
        ids = {info.id: taught.infos[at].id for at, info in enumerate(card.classes)}
        return found.remapped(ids).prepare()

    def _kept(self, opened: OpenProject, taught: Taught, name: str) -> str:
        folder, project = home(), opened.project.path.stem
        if name:
            card_id = free_id(name, lambda i: self._models.find(i) or (folder / f"{i}.toml").exists())
        else:
            card_id = f"taught-{hashlib.sha256(str(opened.project.path).encode()).hexdigest()[:10]}"
        file = f"{card_id}-{taught.mark[:8]}.npz"  # the engine knows weights by their path
        table = _table(taught, card_id, name or project, project)
        table["weights"] = {"file": file, "sha256": taught.mark, "bytes": len(taught.data)}
        card_of(table)  # faults show before anything is written
        atomic.write_bytes(folder / file, taught.data)
        atomic.write_text(folder / f"{card_id}.toml", card_text(table))
        for old in folder.glob(f"{card_id}-????????.npz"):
            if old.name != file:
                with suppress(OSError):
                    old.unlink()
        return card_id


def _few(rows: np.ndarray, columns: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """At most `MOST_PIXELS` of each class, the same ones each time."""
    random = np.random.default_rng(SEED)
    kept = []
    for class_id in np.unique(classes):
        found = np.flatnonzero(classes == class_id)
        kept.append(found if found.size <= MOST_PIXELS else random.choice(found, MOST_PIXELS, replace=False))
    chosen = np.sort(np.concatenate(kept))
    return rows[chosen], columns[chosen], classes[chosen]


def _marked(source: PackedMap, known: set[int], name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    try:
        return marked(source, known.__contains__)
    except ValueError as error:
        raise SegDeskError(
            "The strokes of {name} are damaged in the project file.", "Clear them and paint them anew.", name=name
        ) from error


def _check(pixels: Mapping[int, int], infos: Mapping[int, ClassInfo]) -> None:
    """Raise SegDeskError where there is too little to learn from."""

    def named(class_id: int) -> str:
        return BACKGROUND_NAME if class_id == BACKGROUND else infos[class_id].name

    if not pixels:
        raise SegDeskError("No strokes have been painted yet.", "Paint a stroke of each class on a picture.")
    if set(pixels) == {BACKGROUND}:
        raise SegDeskError("Only places without a label are marked.", "Paint a stroke of a class, too.")
    if len(pixels) == 1:
        raise SegDeskError(
            "Only {name} is marked: a model needs something to tell it from.",
            "Paint a stroke of another class, or of “No label”.",
            name=named(next(iter(pixels))),
        )
    few = next((class_id for class_id, count in pixels.items() if count < LEAST_PIXELS), None)
    if few is not None:
        raise SegDeskError(
            "{name} has only {count} marked pixels.", "Paint a longer stroke of it.", name=named(few), count=pixels[few]
        )


def _joined(used: list[_Sampled], order: list[int]) -> tuple[np.ndarray, np.ndarray]:
    channel = np.zeros(BACKGROUND + 1, np.int16)
    channel[order] = np.arange(len(order))
    return np.concatenate([s.values for s in used]), channel[np.concatenate([s.classes for s in used])]


def _digest(*parts: np.ndarray | bytes) -> bytes:
    made = hashlib.blake2b(digest_size=16)
    for part in parts:
        made.update(part if isinstance(part, bytes) else np.ascontiguousarray(part).data)
        made.update(b"\0")
    return made.digest()


def _table(taught: Taught, card_id: str, name: str, project: str) -> dict[str, object]:
    """The card, as `card_text` takes it."""
    names = [info.name for info in taught.infos]
    strokes = f"{sum(taught.pixels.values())} pixels in {taught.pictures} picture(s)"
    return {
        "id": card_id,
        "name": name,
        "task": "semantic",
        "group": GROUP,
        "system": "Teach mode",
        "data": project,
        "about": {
            "en": f"Taught from strokes on {strokes} of {project}: randomised trees on colour, edges and texture.",
            "zh": f"由 {project} 中 {taught.pictures} 张图片的 {sum(taught.pixels.values())} 个涂画像素教成："
            "基于颜色、边缘和纹理的随机树。",
        },
        "net": {"type": TYPE},
        "classes": {
            "names": ([""] if VOID in taught.classes else []) + names,
            "colors": ["#{:02x}{:02x}{:02x}".format(*info.color) for info in taught.infos],
            "things": [info.name for info in taught.infos if info.is_thing],
        },
        "weights": {"file": f"{card_id}.npz"},
        "licence": {"code": "Apache-2.0", "weights": "your own", "data": f"strokes of {project}", "commercial": "yes"},
    }
