"""What each figure means, in one sentence, for every output that prints it. English; the page has its own words."""

from __future__ import annotations

from segdesk.domain.metrics.overlaps import VOID_BACKGROUND, VOID_COUNTED, VOID_IGNORED, VoidRule

PIXELS: dict[VoidRule, str] = {
    VOID_IGNORED: "Pixels that are void in the reference are left out; a class pixel predicted as void is a miss.",
    VOID_COUNTED: "A class predicted on void of the reference is a false positive of that class.",
}
SEGMENTS: dict[VoidRule, str] = {
    VOID_IGNORED: (
        "Match over an IoU of 0.5; void pixels of the reference are taken out of the union, and an unmatched predicted"
        " segment more than half on void or on a crowd of its class is not counted (panopticapi, deeplab2)."
    ),
    VOID_COUNTED: (
        "Match over an IoU of 0.5; void pixels stay in the union, and an unmatched predicted segment more than half on"
        " void or on crowds is not counted (BDD100K)."
    ),
    VOID_BACKGROUND: (
        "Match over an IoU of 0.5; void is background: it stays in the union, and an unmatched predicted segment on it"
        " counts (instance labels)."
    ),
}
FIGURES: dict[str, str] = {
    "means": "A class that occurs in neither map is in no mean.",
    "fwiou": "IoU weighted by each class's share of the reference's labelled pixels.",
    "pq": "Mean over classes of the sum of matched IoU / (TP + FP/2 + FN/2), segments of all pictures pooled.",
    "mpq": (
        "Mean over pictures of the mean PQ of those countable classes that the reference has in the picture (PanNuke);"
        " pictures without an object in the reference are left out."
    ),
    "mpq_plus": "Mean over countable classes of PQ, segments of all pictures pooled (CoNIC).",
    "objects": "An object is found if a prediction of its class has an IoU over, not at, the threshold.",
    "dsb": (
        "Per picture TP / (TP + FP + FN) averaged over the IoU thresholds 0.5, 0.55 ... 0.95, then over pictures with"
        " an object in either map (Data Science Bowl 2018)."
    ),
    "boundary_iou": (
        "IoU of the bands of 2 % of the picture's diagonal inside each class's edge, the picture's border included;"
        " pixels of all pictures pooled, mean over classes (Cheng et al. 2021)."
    ),
    "boundary_f": (
        "F of each class's outline within a disc of 0.8 % of the diagonal, rounded up, in each picture where the class"
        " occurs; mean over pictures, then over classes (DAVIS)."
    ),
    "average_precision": (
        "COCO's: 101 recalls, IoU 0.5, 0.55 ... 0.95, crowds neither found nor missed, at most 100 detections of a"
        " class in a picture unless said otherwise. A label map holds no overlapping objects, and the area is that of"
        " the segment's pixels: small to 32 x 32, medium to 96 x 96."
    ),
    "intervals": (
        "95 % percentile intervals of a Poisson bootstrap over pictures with a fixed seed, in the leading conventions:"
        " how far the figure would differ with other pictures of the same kind."
    ),
}
