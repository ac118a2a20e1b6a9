"""Numbers in pieces against numpy's at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from segdesk.domain import numbering
from segdesk.domain.numbering import numbered, run_numbers


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbering, "PIECE", 7)


@given(
    arrays.arrays(
        st.sampled_from([np.int64, np.uint16, np.uint32]), arrays.array_shapes(max_dims=2, max_side=9, min_side=0)
    )
)
def test_values_are_numbered_as_numpy_does(values: np.ndarray):
    found, places = numbered(values)
    wanted, inverse = np.unique(values, return_inverse=True)
    assert np.array_equal(found, wanted)
    assert np.array_equal(places, inverse.reshape(values.shape))
    assert found.dtype == values.dtype


@given(st.lists(st.booleans(), max_size=40))
def test_runs_are_counted(starts: list[bool]):
    marks = np.array([True, *starts])
    assert np.array_equal(run_numbers(marks), np.cumsum(marks) - 1)
    assert run_numbers(marks[:0]).size == 0
