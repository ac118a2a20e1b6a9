"""What the classes of the models become in the open project, for the page and the command line that set it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segdesk.app.class_book import Row
from segdesk.app.desk import Desk
from segdesk.app.models import Models
from segdesk.domain.errors import SegDeskError
from segdesk.domain.matching import Match, parse, void_of


class Matching:
    """Reads and sets the matches of the open project. Quick; any thread."""

    def __init__(self, desk: Desk, models: Models) -> None:
        self._desk, self._models = desk, models

    def rows(self, card_id: str) -> list[Row]:
        """What each class of a model becomes as things are, in the model's order."""
        return self._desk.opened().book.rows(card_id, self._models.get(card_id).classes)

    def match(self, card_id: str, choices: Mapping[str, Match | str]) -> None:
        """Set what a person wants: by the name of the model's class a `Match`, or the name of a class that the project
        gets if it lacks it. Classes that are not named go by their own name. Saved in the background."""
        book, model = self._desk.opened().book, self._models.get(card_id).classes
        book.match(card_id, {name: to for name, to in choices.items() if isinstance(to, Match)})
        by_name = {name: to for name, to in choices.items() if isinstance(to, str)}
        if by_name:
            book.match_names(card_id, model, by_name)

    def match_rules(self, card_id: str, rules: Sequence[str], *, ignore_rest: bool = False) -> None:
        """Add rules of the form "model's class=project's class"; nothing, "void" or "ignore" after the sign drops it.

        `ignore_rest`: classes of the model that no rule names are dropped. Raises `SegDeskError` for a rule that is
        none, and for a class that the model does not have.
        """
        model = self._models.get(card_id).classes
        try:
            wanted = parse(rules)
        except ValueError as error:
            raise SegDeskError(
                "The rule {rule} does not say what a class becomes.",
                "Write it like car=vehicle, or like sky= to leave a class out.",
                rule=str(error),
            ) from error
        unknown = next((name for name in wanted if model.named(name) is None), None)
        if unknown is not None:
            raise SegDeskError(
                "The model {model} has no class called {name}.",
                "Its classes are: {classes}.",
                model=self._models.get(card_id).name.en,
                name=unknown,
                classes=", ".join(c.name for c in model),
            )
        if ignore_rest:
            named = {name.casefold() for name in wanted}
            wanted.update((c.name, "") for c in model if c.name.casefold() not in named)
        choices = {name: to if (void := void_of(to)) is None else Match(void) for name, to in wanted.items()}
        self._desk.opened().book.match_names(card_id, model, choices)
