"""`Seeing`: what the canvas shows over the picture, out of what was asked for and what is held. Draws nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from segdesk.app.document import Document
from segdesk.app.reduced import Reduced
from segdesk.app.scribbles import ScribbleDocument
from segdesk.domain.classes import VOID
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segmentation
from segdesk.ui import overlay
from segdesk.ui.canvas_glance import GlanceLayer, Shown
from segdesk.ui.canvas_split import SplitLayer
from segdesk.ui.overlay_layers import DifferenceLayer, HeatLayer, LabelLayer, Layer
from segdesk.ui.scribble_layer import scribble_layer

LOOKS = ("labels", "difference", "doubt")


@dataclass(frozen=True, eq=False)
class Seen:
    """What lies over the picture. `kind`: "labels", "glimpse" (a quick answer), "preview", "hidden", "prediction",
    "difference", "doubt"; one that is asked for but cannot be had is "no_prediction", "no_difference", "no_doubt" (the
    last two then show the labels); "teach" (strokes over what the taught model says, `answer`). `only`: the name of the
    class that alone is shown in full, or "". `source`: the label map that is shown; `answer`: the one that it is
    compared with. `strokes`: whether those of teach mode are drawn."""

    kind: str = "labels"
    only: str = ""
    source: Segmentation | PackedMap | None = None
    answer: PackedMap | None = None
    picked: int = VOID
    strokes: bool = True

    def same(self, other: Seen) -> bool:
        """Whether the same maps are seen in the same way."""
        maps = self.source is other.source and self.answer is other.answer
        same = (self.kind, self.only, self.picked) == (other.kind, other.only, other.picked)
        return maps and same and self.strokes == other.strokes


@dataclass
class Seeing:
    """What is asked for. `look`: one of `LOOKS`; `hidden`: the labels are switched off; `peeking` and `predicting`: the
    keys for it are held, which goes before all else; `doubt`: (h, w) of 0..1, or None. `glimpse`: a quick answer that
    is shown until the labels change; `split`: what is shown left of the split, None = there is none."""

    style: overlay.Style = field(default_factory=overlay.Style)
    look: str = "labels"
    hidden: bool = False
    peeking: bool = False
    predicting: bool = False
    doubt: np.ndarray | None = None
    glimpse: Shown | None = None
    split: PackedMap | None = None

    def resolve(self, doc: Document | None) -> Seen:
        """What is to be seen of a document."""
        if doc is None:
            return Seen("")
        kind = self._kind(doc)
        sources = {"hidden": None, "no_prediction": None, "prediction": doc.prediction, "doubt": None}
        source = sources.get(kind, doc.preview if kind == "preview" else doc.segmentation)
        only = doc.classes.get(self.style.only) if self.style.only is not None else None
        picked = (doc.active_segment or VOID) if source is doc.segmentation else VOID
        told = kind in ("labels", "prediction", "preview") and only is not None
        if isinstance(doc, ScribbleDocument) and kind == "teach":
            return Seen(kind, "", source, doc.under, strokes=doc.shows_strokes)
        answer = doc.prediction if kind == "difference" else None
        return Seen(kind, only.name if told and only is not None else "", source, answer, picked)

    def _kind(self, doc: Document) -> str:
        if self.peeking:
            return "hidden"
        if self.predicting:
            return "prediction" if doc.prediction is not None else "no_prediction"
        if self.hidden:
            return "hidden"
        if isinstance(doc, ScribbleDocument):
            return "teach"
        if self.glimpse is not None and self.look == "labels":
            return "glimpse"
        if doc.preview is not None:
            return "preview"
        if self.look == "difference":
            return "difference" if doc.prediction is not None else "no_difference"
        if self.look == "doubt":
            return "doubt" if self.doubt is not None else "no_doubt"
        return "labels"

    def layer(self, doc: Document, seen: Seen, copies: Reduced | None = None) -> Layer | None:
        """What draws it. `copies`: the reduced ones of the document's map."""
        layer = self._layer(doc, seen, copies)
        if seen.kind == "glimpse" and self.glimpse is not None:
            colors = overlay.tables(self.glimpse.segments, doc.classes, self._style(doc))
            layer = GlanceLayer(self.glimpse, colors, layer)
        if self.split is None or layer is None or seen.kind not in ("labels", "preview", "glimpse"):
            return layer
        before = LabelLayer(self.split, overlay.tables(self.split.segments, doc.classes, self._style(doc)))
        return SplitLayer(before, layer)

    def _layer(self, doc: Document, seen: Seen, copies: Reduced | None) -> Layer | None:
        if seen.kind == "doubt" and self.doubt is not None:
            return HeatLayer(self.doubt, doc.segmentation.size)
        if seen.kind == "difference" and doc.prediction is not None:
            return DifferenceLayer(doc.segmentation, doc.prediction, doc.classes, self.style.opacity, copies)
        if seen.source is None:
            return None
        if isinstance(doc, ScribbleDocument) and seen.kind == "teach":
            return scribble_layer(doc, self._style(doc), copies)
        made = overlay.tables(seen.source.segments, doc.classes, self._style(doc), seen.picked)
        if isinstance(seen.source, Segmentation):
            return LabelLayer(seen.source.ids, made, copies)
        return LabelLayer(seen.source, made)

    def _style(self, doc: Document) -> overlay.Style:
        known = self.style.only is None or doc.classes.get(self.style.only) is not None
        return self.style if known else replace(self.style, only=None)
