"""What fuzzing found in the readers of the engine process, each fault once and on purpose."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from segdesk.domain.errors import SegDeskError
from segdesk.engines import foreign, inspecting
from segdesk.engines.containers import Content
from segdesk.engines.messages import InspectRequest
from segdesk.engines.metadata import class_names, metadata
from segdesk.engines.teach import classifier
from segdesk.engines.training import state
from tests.fuzz.reading_weights import safetensors_seeds, script_seeds, taught_seeds, torch_seeds


def refused(ask: Callable[[], object]) -> str:
    """The sentence."""
    with pytest.raises(SegDeskError) as error:
        ask()
    assert "\n" not in error.value.text()
    return error.value.text()


@pytest.mark.parametrize("text", [b"\xef\xbb\xbf{}", b'{"image_mean": [', b"\xff\xfe{", b"[]"])
def test_damaged_settings_beside_a_model_are_named(text: bytes, tmp_path: Path) -> None:
    for name, data in safetensors_seeds(tmp_path)[1].items():
        (tmp_path / name).write_bytes(data)  # type: ignore[arg-type]  # no links
    (tmp_path / "preprocessor_config.json").write_bytes(text)
    words = refused(lambda: metadata(Content({}, "safetensors"), tmp_path))
    assert words == "The file preprocessor_config.json is damaged."


@pytest.mark.parametrize("table", [{"²": "a"}, {"9" * 5000: "a"}, {"-1": "a"}, {"": "a"}])
def test_names_by_numbers_that_are_none(table: dict[str, str]) -> None:
    assert class_names(table) == ()


def test_names_that_are_no_text_are_shown_without_it() -> None:
    assert class_names(["\ud800cat", "a\0b"]) == ("cat", "ab")
    assert foreign._listed('{"²": "b", "1": "a\\u0000"}') == ("b", "a")


def damaged_archives(data: bytes) -> list[bytes]:
    """An archive whose names, packing and sums are wrong."""
    centre = data.index(b"PK\x01\x02")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = [(info, archive.read(info)) for info in archive.infolist()]
        name = next(info.filename for info, _ in entries if info.filename.endswith(".py"))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for info, body in entries:
            archive.writestr(info.filename, body)
    packed = target.getvalue()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        start = archive.getinfo(name).header_offset + 30 + len(name)
    return [
        data[: centre + 8] + b"\x00\x08" + data[centre + 10 : centre + 46] + b"\xff" + data[centre + 47 :],  # no UTF-8
        packed[:start] + b"\xff" * 40 + packed[start + 40 :],
        data[: len(data) // 2],
    ]


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_a_damaged_program_is_one_sentence(tmp_path: Path) -> None:
    data = script_seeds(tmp_path)[0]["a.pt"]
    assert isinstance(data, bytes)
    file = tmp_path / "b.pt"
    for broken in damaged_archives(data):
        file.write_bytes(broken)
        assert "b.pt" in refused(lambda: foreign.check_script(file))
        assert not foreign.is_exported(file)
        refused(lambda: inspecting.inspect(InspectRequest(str(file))))


def test_a_taught_model_that_is_damaged_or_a_bomb(tmp_path: Path) -> None:
    data = taught_seeds(tmp_path)[0]["a.npz"]
    assert isinstance(data, bytes)
    assert classifier.load(data, "a.npz").classes == 2
    for broken in (data[:100], b"", data[:60] + b"\xff" * 40 + data[100:], b"\x93NUMPY\x01\x00\x02\x00'''"):
        assert refused(lambda broken=broken: classifier.load(broken, "a.npz")) == "a.npz is not a taught model."
    target = io.BytesIO()
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("format.npy", "w") as entry,
    ):
        for _ in range(20):
            entry.write(bytes(16 << 20))  # 320 MB in 1.5 MB
    assert refused(lambda: classifier.load(target.getvalue(), "a.npz")) == "a.npz is not a taught model."


@pytest.mark.parametrize(
    "data", [b"", b"\x80\x02.", b"PK\x03\x04", pickle.dumps({"a": np.ones(2)}), b"\x80\x02ctorch\nfoo\n."]
)
def test_a_training_checkpoint_that_is_none(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "a.pth"
    file.write_bytes(data)
    assert refused(lambda: state.load(file)) == "The checkpoint a.pth cannot be read."


def test_a_training_checkpoint_with_a_tensor_on_nothing(tmp_path: Path) -> None:
    whole = torch_seeds(tmp_path, zipped=True)[0]["a.pth"]
    assert isinstance(whole, bytes)
    file = tmp_path / "b.pth"
    with zipfile.ZipFile(io.BytesIO(whole)) as archive, zipfile.ZipFile(file, "w") as target:
        for info in archive.infolist():
            body = archive.read(info)
            target.writestr(info, body.replace(b"K\x00", b"Nq", 1) if info.filename.endswith("data.pkl") else body)
    assert refused(lambda: state.load(file)) == "The checkpoint b.pth cannot be read."
