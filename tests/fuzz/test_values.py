"""JSON of any value under the keys that a format knows: no document, however odd, gets more than one sentence."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from segdesk.domain.errors import SegDeskError
from tests.fuzz.readers import Reader, readers

KNOWN = readers(torch=False)
CHOSEN = (
    "import coco_instances",
    "import labelme",
    "import label_studio",
    "import datumaro",
    "import supervisely",
    "import geojson",
    "class list",
    "class file",
    "settings",
    "training run",
)


def words_of(value: object, keys: set[str], values: list[object]) -> None:
    """The keys and the single values of a document."""
    if isinstance(value, dict):
        keys.update(value)
        for part in value.values():
            words_of(part, keys, values)
    elif isinstance(value, list):
        for part in value[:20]:
            words_of(part, keys, values)
    else:
        values.append(value)


def documents(seeds: list[object]) -> st.SearchStrategy[object]:
    """Documents of the seeds' words in any order, with one level as the seeds have it."""
    keys: set[str] = set()
    values: list[object] = []
    for seed in seeds:
        words_of(seed, keys, values)
    odd = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    leaves = st.sampled_from(values[:60]) | odd
    names = st.sampled_from(sorted(keys)) | st.text(max_size=4)
    inner = st.recursive(leaves, lambda part: st.lists(part, max_size=4) | st.dictionaries(names, part, max_size=5))
    tops = [seed for seed in seeds if isinstance(seed, dict) and seed]
    if not tops:
        return inner | st.lists(inner, max_size=3)
    whole = st.sampled_from(tops).flatmap(
        lambda top: st.fixed_dictionaries({k: st.just(v) | inner for k, v in top.items()})
    )
    return whole | inner


def seeds_of(reader: Reader, folder: Path) -> tuple[str, list[object]]:
    """(the JSON file that is exchanged, what its seeds hold)."""
    found: dict[str, list[object]] = {}
    for files in reader.seeds(folder):
        for name, data in files.items():
            if name.endswith((".json", ".geojson")) and isinstance(data, bytes):
                found.setdefault(name, []).append(json.loads(data))
    name = max(found, key=lambda n: sum(len(json.dumps(v)) for v in found[n]))
    return name, found[name]


@pytest.mark.parametrize("name", CHOSEN)
def test_any_document_is_read_or_refused(name: str, tmp_path: Path) -> None:
    reader = KNOWN[name]
    for part in ("seeds", "input", "cache"):
        (tmp_path / part).mkdir()
    file, seeds = seeds_of(reader, tmp_path / "seeds")
    target = tmp_path / "input" / file
    target.parent.mkdir(parents=True, exist_ok=True)

    @given(documents(seeds))
    @settings(
        max_examples=20,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
        database=None,
    )
    def check(document: object) -> None:
        target.write_text(json.dumps(document), encoding="utf-8")
        with suppress(SegDeskError):  # any other exception is a fault
            reader.read(tmp_path / "input")

    check()
