import pickle

from segdesk.domain.errors import SegDeskError


def test_an_error_survives_the_way_through_a_pipe():
    error = SegDeskError("Cannot read {name}.", "Copy {name} again.", name="a.png")
    twin = pickle.loads(pickle.dumps(error))
    assert (twin.text(), twin.hint_text()) == ("Cannot read a.png.", "Copy a.png again.")


def test_a_template_without_its_value_is_shown_as_it_is():
    assert str(SegDeskError("Cannot read {name}.")) == "Cannot read {name}."
