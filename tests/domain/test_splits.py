"""Splits: near the shares wanted, the same for the same seed, groups never torn apart."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdesk.domain.errors import SegDeskError
from segdesk.domain.splits import SplitRule

names = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 40)), max_size=60, unique=True)


@given(names, st.integers(0, 9), st.permutations(range(3)))
def test_each_path_has_a_side_and_folders_stay_together(
    pairs: list[tuple[str, int]], seed: int, order: list[int]
) -> None:
    paths = [f"{folder}/{n}.png" for folder, n in pairs]
    shares = [0.6, 0.3, 0.1]
    rule = SplitRule((shares[order[0]], shares[order[1]], shares[order[2]]), seed)
    sides = rule.assign(paths)
    assert set(sides) == set(paths)
    assert sides == rule.assign(reversed(paths))
    if len({p[0] for p in paths}) > 1:
        assert all(len({sides[p] for p in paths if p[0] == folder}) <= 1 for folder in "abcdef")


def test_shares_are_met_where_pictures_are_alone() -> None:
    sides = SplitRule((0.7, 0.2, 0.1), seed=3).assign(f"{n}.png" for n in range(1000))
    assert Counter(sides.values()) == {"train": 700, "val": 200, "test": 100}
    assert sides != SplitRule((0.7, 0.2, 0.1), seed=4).assign(f"{n}.png" for n in range(1000))


def test_a_share_of_nothing_gets_nothing() -> None:
    assert set(SplitRule((80, 20, 0)).assign(f"{n}.png" for n in range(7)).values()) == {"train", "val"}


def test_groups_by_rule() -> None:
    paths = [f"slide{n // 10}_tile{n % 10}.png" for n in range(200)]
    sides = SplitRule((0.5, 0.5, 0.0), group=r"slide(\d+)_").assign(paths)
    assert all(len({sides[p] for p in paths if p.startswith(f"slide{n}_")}) == 1 for n in range(20))
    assert Counter(sides.values()) == {"train": 100, "val": 100}


@pytest.mark.parametrize("bad", [{"shares": (0.0, 0.0, 0.0)}, {"shares": (1.0, -0.1, 0.0)}, {"group": "(["}])
def test_rules_that_make_no_sense(bad: dict[str, object]) -> None:
    with pytest.raises(SegDeskError):
        SplitRule(**bad)  # type: ignore[arg-type]
