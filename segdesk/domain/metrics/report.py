"""`Report`: everything that an evaluation found, as plain values that a writer turns into files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.metrics.confusion import Confusion, PixelResult
from segdesk.domain.metrics.effort import Effort
from segdesk.domain.metrics.overlaps import VOID_BACKGROUND, VOID_COUNTED, VOID_IGNORED, VoidRule
from segdesk.domain.metrics.panoptic import Panoptic, PanopticResult
from segdesk.domain.metrics.suite import COCO_LIMIT, Findings
from segdesk.domain.segmentation import Segmentation


def pixel_rule(instance_only: bool) -> VoidRule:
    """The leading convention of the pixel measures, by whether the references are instance labels."""
    return VOID_COUNTED if instance_only else VOID_IGNORED


def panoptic_rule(instance_only: bool) -> VoidRule:
    """The leading convention of the panoptic measures, by whether the references are instance labels."""
    return VOID_BACKGROUND if instance_only else VOID_IGNORED


@dataclass(frozen=True, slots=True)
class PictureScore:
    """One picture's own scores, 0..1, `None` where there is nothing to judge.

    `pixels`: of the picture; `labelled`: those that the reference labels. `tp`, `fp`, `fn`: segments, in the
    convention `void_background` where the report's references are instance labels, else `void_ignored`.
    `miou` and `pq` are in the report's leading conventions, and so is `accuracy` (pixel accuracy).
    """

    name: str
    pixels: int
    labelled: int
    accuracy: float | None
    miou: float | None
    pq: float | None
    tp: int
    fp: int
    fn: int


@dataclass(frozen=True)
class Specimen:
    """A poor picture to look at: both maps reduced (every n-th pixel), and where the picture lies, if it does."""

    name: str
    prediction: Segmentation
    reference: Segmentation
    picture: str | None = None


@dataclass(frozen=True)
class Report:
    """The result of comparing a layer of labels with another.

    `layer`, `against`: which layers ("prediction", "annotation", "reference"). `about`: further facts to print, such
    as the project's and the model's name. `pictures`: one score a picture, in the order of evaluation.
    `worst`: specimens of the lowest scores by `ranked_by` ("pq" where countable classes occur, else "miou").
    `instance_only`: no reference labels stuff, so that void is read as background.
    `failed`: pictures that could not be compared, with the reason; they are in no figure.
    `effort`: what correction cost, over the pictures that a person worked on; None where there is none.
    `findings`: the further measures of a full report, with intervals; None in a quick one.
    `best`: specimens of the highest scores, best first.
    """

    classes: ClassSet
    confusion: Confusion
    panoptic: Panoptic
    pictures: tuple[PictureScore, ...]
    worst: tuple[Specimen, ...] = ()
    failed: tuple[tuple[str, SegDeskError], ...] = ()
    layer: str = "prediction"
    against: str = "reference"
    ranked_by: str = "miou"
    instance_only: bool = False
    about: Mapping[str, str] = field(default_factory=dict)
    effort: Effort | None = None
    findings: Findings | None = None
    best: tuple[Specimen, ...] = ()

    @property
    def pixel_rule(self) -> VoidRule:
        """The leading convention of the pixel measures."""
        return pixel_rule(self.instance_only)

    @property
    def panoptic_rule(self) -> VoidRule:
        """The leading convention of the panoptic measures."""
        return panoptic_rule(self.instance_only)

    @property
    def pixel_result(self) -> PixelResult:
        """The pixel measures in the leading convention."""
        return self.confusion.result(self.pixel_rule)

    @property
    def panoptic_result(self) -> PanopticResult:
        """The panoptic measures in the leading convention."""
        return self.panoptic.result(self.panoptic_rule)

    @property
    def headline(self) -> dict[str, float | None]:
        """The few figures to show first: "miou", "pixel_accuracy", "pq", "sq", "rq", in the leading conventions; in a
        full report also "boundary_iou" and, where classes are countable, "dsb" and COCO's "ap"."""
        pixels, segments = self.pixel_result, self.panoptic_result.all
        values = {
            "miou": pixels.miou,
            "pixel_accuracy": pixels.pixel_accuracy,
            "pq": segments.pq,
            "sq": segments.sq,
            "rq": segments.rq,
        }
        if self.findings is not None:
            values["boundary_iou"] = self.findings.boundaries.result(self.pixel_rule).mean_iou
            if self.findings.precision is not None:
                values["dsb"] = self.findings.objects.result(self.panoptic_rule).dsb
                values["ap"] = self.findings.precision.ap(limit=COCO_LIMIT)
        return values

    def headline_lines(self) -> list[str]:
        """The same figures as English lines for a terminal, each with its interval, convention and sample size."""
        lines = []
        for key, value in self.headline.items():
            rule = _RULES[self.pixel_rule if key in _OF_PIXELS else self.panoptic_rule]
            span = self.findings.intervals.get(key) if self.findings is not None else None
            figure = "-" if value is None else f"{value:.4f}"
            figure += f" [{span.low:.4f}, {span.high:.4f}]" if span is not None else ""
            lines.append(f"{_NAMES[key]:15} {figure}  ({_WAYS.get(key, rule)}; {len(self.pictures)} pictures)")
        if self.effort is not None:
            done, of = self.effort, self.effort.pictures
            lines.append(f"{'the model did':15} {done.model_share:.4f}  (of {of} pictures worked on or verified;")
            lines[-1] += f" median {done.median_seconds:.1f} s a picture, {done.changed} pixels changed by hand)"
        return lines


_NAMES = {
    "miou": "mIoU",
    "pixel_accuracy": "pixel accuracy",
    "pq": "PQ",
    "sq": "SQ",
    "rq": "RQ",
    "boundary_iou": "boundary IoU",
    "dsb": "DSB-2018 score",
    "ap": "AP",
}
_OF_PIXELS = ("miou", "pixel_accuracy", "boundary_iou")
_RULES: dict[VoidRule, str] = {
    VOID_IGNORED: "void in the reference ignored",
    VOID_COUNTED: "labels on void count as wrong",
    VOID_BACKGROUND: "void is background, objects on it count as wrong, IoU > 0.5",
}
_WAYS = {"ap": "COCO, IoU 0.50:0.95, at most 100 objects of a class in a picture"}
