"""Hugging Face datasets: Parquet files with the columns `image`, `label`, `objects` as pictures, exact to the pixel.

Writes `data/SPLIT-00000-of-00001.parquet` (`train` where nothing is divided) with the pictures inside, `classes.json`
and a card. Reads every folder of Parquet files with a column of label pictures, row by row. Needs pyarrow.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.text import N_
from segdesk.io import label_pngs
from segdesk.io.atomic import explain_os_error, new_folder
from segdesk.io.class_tables import ReadTable, WriteTable
from segdesk.io.export_files import PictureCopies, index_notes, index_pair, merged_stuff, usual_notes
from segdesk.io.formats.base import (
    Cancel,
    ExportResult,
    ExportSource,
    FormatInfo,
    ImportResult,
    ImportSink,
    Report,
    stream,
)
from segdesk.io.index_folders import IndexReader, Layout

INFO = FormatInfo(
    id="hf_parquet",
    title=N_("Hugging Face datasets"),
    extensions=(),
    can_write=True,
    can_read=True,
    note=N_("Parquet files with pictures and label maps inside, as load_dataset reads them."),
)
IMAGES = ("image", "label", "objects")
LABELS = ("label", "mask", "annotation", "labels", "segmentation")
ROWS, BYTES = 64, 256 << 20  # of a row group: whichever is full first


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    _require()
    table, copies = WriteTable.of(source.classes), PictureCopies.of(source)
    pictures = found = unknown = crowds = 0
    with new_folder(folder, INFO.id) as place, _Files(place / "data", source.with_pictures) as files:
        for item in stream(source, progress=progress, cancelled=cancelled):
            copy = place / f".copy{item.picture_file.suffix}"
            if not copies.copy(item, copy):
                continue
            labels, lost = merged_stuff(item.segmentation, source.classes)
            index, objects = index_pair(labels, table, source.classes)
            row = {"path": item.path, "label": _png(index), "objects": None if objects is None else _png(objects)}
            files.add(item.split or "train", row, copy)
            crowds += sum(s.crowd for s in labels.segments.values())
            pictures, found, unknown = pictures + 1, found + len(labels.segments), unknown + lost
        (place / "classes.json").write_text(table.to_json({}), encoding="utf-8")
        (place / "README.md").write_text(_card(table), encoding="utf-8")
    notes = usual_notes(copies.encoded_anew, unknown) + index_notes(table, crowds)
    return ExportResult(folder, pictures, found, tuple(notes), tuple(copies.problems))


def _require() -> None:
    if find_spec("pyarrow") is None:
        raise SegDeskError("The package pyarrow is not installed.", 'Install it with: pip install "segdesk[parquet]"')


def _png(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def _card(table: WriteTable) -> str:
    names = "\n".join(f"- {n}: {name}" for n, name in enumerate(table.names))
    return f"""---
task_categories:
- image-segmentation
---
Exported by SegDesk. `label` holds class numbers, {table.void} is void; `objects` numbers the objects of countable
classes from 1, 0 is none; `path` is the picture's place in the project.

{names}
"""


@dataclass
class _Files:
    """The Parquet files, one a split; rows are gathered into groups of bounded size."""

    folder: Path
    with_pictures: bool
    writers: dict[str, Any] = field(default_factory=dict)
    waiting: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> _Files:
        self.folder.mkdir(parents=True)
        return self

    def add(self, split: str, row: Mapping[str, object], copy: Path) -> None:
        """Append a row; the picture's `copy` goes into it and is removed."""
        picture = copy.read_bytes() if self.with_pictures else None
        copy.unlink(missing_ok=True)
        name = str(row["path"])
        cells: dict[str, object] = {"path": name}
        for column, data in (("image", picture), *((c, row[c]) for c in IMAGES[1:])):
            cells[column] = None if data is None else {"bytes": data, "path": name if column == "image" else None}
            self.bytes[split] = self.bytes.get(split, 0) + len(data if isinstance(data, bytes) else b"")
        self.waiting.setdefault(split, []).append(cells)
        if len(self.waiting[split]) >= ROWS or self.bytes[split] >= BYTES:
            self._flush(split)

    def _flush(self, split: str) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        if split not in self.writers:
            file = self.folder / f"{split}-00000-of-00001.parquet"
            self.writers[split] = self.stack.enter_context(parquet.ParquetWriter(file, _schema()))
        self.writers[split].write_table(pa.Table.from_pylist(self.waiting.pop(split, []), schema=_schema()))
        self.bytes[split] = 0

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is None:
            for split in list(self.waiting) or ([] if self.writers else ["train"]):
                self._flush(split)
        self.stack.close()


def _schema() -> Any:
    import pyarrow as pa

    picture = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    features = {"path": {"dtype": "string", "_type": "Value"}, **{c: {"_type": "Image"} for c in IMAGES}}
    fields = [("path", pa.string()), *((c, picture) for c in IMAGES)]
    return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a folder of Parquet files; see `segdesk.io.formats.base`."""
    _require()
    files = sorted(path.rglob("*.parquet"))
    if not files:
        raise SegDeskError("{name} holds no Parquet files.", "Choose the folder of the data set.", name=str(path))
    layout = Layout(path, path, ReadTable.find([path, path.parent]))
    reader = IndexReader(layout, path, sink)
    total = sum(_count(file) for file in files)
    progress(0, total)
    for done, row in enumerate((row for file in files for row in _rows(file)), 1):
        if cancelled():
            raise Cancelled
        _take(reader, row, str(done))
        progress(min(done, total), total)
    return reader.result()


def _count(file: Path) -> int:
    from pyarrow import parquet

    try:
        return parquet.read_metadata(file).num_rows
    except (OSError, ValueError) as error:
        raise _damaged(file, error) from error


def _rows(file: Path) -> Iterator[dict[str, object]]:
    """The rows of a file without its pictures, a few at a time."""
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(file) as opened:
            names = set(opened.schema_arrow.names)
            label = next((c for c in LABELS if c in names), None)
            if label is None:
                raise SegDeskError(
                    "{name} has no column of label pictures.", "It is called label or mask.", name=file.name
                )
            wanted = [c for c in ("path", "objects") if c in names] + [label]
            images = [f"{c}.path" for c in ("image",) if c in names and _has_path(opened.schema_arrow.field(c).type)]
            for batch in opened.iter_batches(batch_size=8, columns=[*wanted, *images]):
                for row in batch.to_pylist():
                    yield {**row, "label": row[label]}
    except (OSError, ValueError) as error:
        raise _damaged(file, error) from error


def _has_path(kind: Any) -> bool:
    from pyarrow import types

    return types.is_struct(kind) and kind.get_field_index("path") >= 0


def _damaged(file: Path, error: Exception) -> SegDeskError:
    if isinstance(error, OSError) and error.errno:
        return explain_os_error(error, file)
    return SegDeskError("{name} is damaged.", "Download or export it again.", name=file.name)


def _take(reader: IndexReader, row: Mapping[str, object], number: str) -> None:
    image = row.get("image")
    names = (row.get("path"), image.get("path") if isinstance(image, dict) else None)
    name = next((n for n in names if isinstance(n, str) and n), number)

    def maps(size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray | None]:
        numbers = _decoded(name, row.get("label"), size)
        if numbers is None:
            raise SegDeskError("{name} has no label picture.", name=name)
        return numbers, _decoded(name, row.get("objects"), size)

    reader.put(name, maps)


def _decoded(name: str, cell: object, size: tuple[int, int]) -> np.ndarray | None:
    data = cell.get("bytes") if isinstance(cell, dict) else cell
    if not isinstance(data, bytes):
        return None
    with tempfile.TemporaryDirectory() as folder:  # so that label pictures have one reader, with its limits
        file = Path(folder) / "label.png"
        file.write_bytes(data)
        try:
            return label_pngs.load_index(file, size)
        except SegDeskError as error:
            raise SegDeskError("The label picture of {name} cannot be used.", str(error), name=name) from error
