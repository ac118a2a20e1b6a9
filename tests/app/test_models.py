

def test_the_list_says_of_each_model_what_asking_for_it_says():
    """The window compares the two to see whether weights came or went."""
    models = Models()
    assert [e.card.id for e in models.listing().entries if e.status != models.status(e.card.id)] == []
    assert models.listing() is models.listing()
    assert models.status("clipseg:cat, dog") == models.status("clipseg")
