"""The hold-out: whole folders, a share, kept when pictures are added."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from segdesk.domain.holdout import groups_of, held_out

PATHS = st.lists(st.builds(lambda f, n: f"{f}{n}.png", st.sampled_from(["", "a/", "b/", "c/d/"]), st.integers(0, 60)))


@given(paths=PATHS, seed=st.integers(0, 9), share=st.floats(0.05, 0.6))
def test_folders_stay_together_and_both_sides_have_one(paths, seed, share):
    chosen = held_out(paths, share=share, seed=seed)
    unique = set(paths)
    groups = groups_of(sorted(unique))
    assert all(set(m) <= chosen or not set(m) & chosen for m in groups.values())
    assert chosen < unique or not unique
    assert chosen == held_out(reversed(paths), share=share, seed=seed)
    if len(unique) > 1 and len(groups) == len(unique):
        assert 1 <= len(chosen) <= max(1, round(share * len(unique)) + 1)


@given(paths=PATHS, more=PATHS, seed=st.integers(0, 9))
def test_an_earlier_choice_stays(paths, more, seed):
    first = held_out(paths, seed=seed)
    known = {p: p in first for p in paths}
    after = held_out([*paths, *more], seed=seed + 1, known=known)
    assert first <= after or len({p.rpartition("/")[0] for p in [*paths, *more]}) > 1
    for path in paths:
        if path in first:
            assert path in after
