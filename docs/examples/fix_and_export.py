"""Corrects the labels of a project by a rule: objects smaller than some pixels go, holes in the others are filled. Each
picture gets one undo step, which Ctrl+Z in the window takes back. Then the labels are exported as index PNG.

    python fix_and_export.py PROJECT OUT [PIXELS]
"""

import sys

from scipy import ndimage

import segdesk


def cleaned(labels: segdesk.Segmentation, least: int) -> segdesk.Segmentation:
    """The labels without small objects and without holes; of each object its own pixels and those it encloses."""
    result = labels.copy()
    for key, area in labels.areas().items():
        if key == 0:
            continue
        mask = labels.ids == key
        if area < least:
            result.ids[mask] = 0
        else:
            result.ids[ndimage.binary_fill_holes(mask) & (labels.ids == 0)] = key
    return result.pruned()


def main(path: str, out: str, least: str = "50") -> None:
    """Correct every picture that has labels and nobody has verified, and export."""
    with segdesk.open(path) as project:
        changed = 0
        for picture in project.pictures:
            labels = project.labels(picture)
            if labels is not None and picture.state != "verified":
                changed += project.set_labels(picture, cleaned(labels, int(least)))
        print(f"{changed} pictures corrected")
        export = project.export("index_png", out)
        print(f"{export.pictures} pictures: {export.folder}")


if __name__ == "__main__":
    main(*sys.argv[1:])
