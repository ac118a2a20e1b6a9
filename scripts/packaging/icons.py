"""Draw the program's icon in the formats of the three systems: `python icons.py FOLDER`."""

from __future__ import annotations

import os
import sys
from io import BytesIO
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

from segdesk import paths

SIZES = (16, 24, 32, 48, 64, 128, 256, 512)


def drawn(side: int) -> Image.Image:
    """The icon, `side` pixels square, with transparency."""
    image = QImage(side, side, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(paths.resources_dir() / "segdesk.svg")).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # Qt takes the format's name as text
    return Image.open(BytesIO(bytes(buffer.data().data())))


def main(folder: Path) -> None:
    """Write segdesk.png, segdesk.ico and segdesk.icns."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn(256).save(folder / "segdesk.png")
    largest = drawn(512)
    largest.save(folder / "segdesk.ico", sizes=[(side, side) for side in SIZES if side <= 256])
    largest.save(folder / "segdesk.icns", append_images=[drawn(side) for side in SIZES if side >= 32])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
