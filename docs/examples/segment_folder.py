"""Segments a folder of pictures with a model and writes the labels as COCO instances.

python segment_folder.py FOLDER [MODEL]
"""

import sys
from pathlib import Path

import segdesk


def main(folder: str, model: str = "regions") -> None:
    """Run the model on every picture, tell what failed, and export."""
    with segdesk.open(folder) as project:
        result = project.run(model)
        print(f"{result.answered} of {len(project.pictures)} pictures segmented in {result.seconds:.1f} s")
        for path, error in result.failed:
            print(f"{path}: {error}")
        out = Path(folder).absolute().with_name(Path(folder).name + "-coco")
        export = project.export("coco_instances", out)
        print(f"{export.objects} objects of {export.pictures} pictures: {export.folder}")


if __name__ == "__main__":
    main(*sys.argv[1:])
