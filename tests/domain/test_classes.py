import itertools
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdesk.domain.classes import ClassInfo, ClassSet

names = st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=8)


def test_ids_and_names_are_unique():
    with pytest.raises(ValueError):
        ClassSet([ClassInfo(1, "a", (0, 0, 0)), ClassInfo(1, "b", (0, 0, 0))])
    with pytest.raises(ValueError):
        ClassSet([ClassInfo(1, "Car", (0, 0, 0)), ClassInfo(2, "car", (0, 0, 0))])
    with pytest.raises(ValueError):
        ClassSet([ClassInfo(0, "void", (0, 0, 0))])


@given(names, names)
def test_merging_keeps_ours_and_joins_theirs_by_name(ours, theirs):
    mine, other = ClassSet.from_names(ours), ClassSet.from_names(theirs)
    result, mapping = mine.merged(other)
    assert list(result)[: len(mine)] == list(mine)
    assert {c.name for c in result} == set(ours) | set(theirs)
    assert mapping[0] == 0
    for info in other:
        assert result.get(mapping[info.id]).name == info.name


def test_colours_of_neighbours_differ():
    colors = [c.color for c in ClassSet.from_names([str(i) for i in range(60)])]
    for a, b in itertools.pairwise(colors):
        assert sum(abs(x - y) for x, y in zip(a, b, strict=True)) > 60
    assert len(set(colors)) > 50


def test_color_table_is_black_where_no_class_is():
    table = ClassSet([ClassInfo(7, "sky", (1, 2, 3))]).color_table()
    assert tuple(table[7]) == (1, 2, 3)
    assert table.sum() == 6


def test_a_pickled_set_forgets_its_hash() -> None:
    """Hashes of names differ between processes."""
    classes = ClassSet.from_names(["a", "b"], things=["b"])
    assert hash(classes) == hash(ClassSet(classes))
    again = pickle.loads(pickle.dumps(classes))
    assert again == classes
    assert again._hash is None
