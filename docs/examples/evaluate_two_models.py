"""Compares two models on pictures with reference labels: runs both and prints their figures side by side.

python evaluate_two_models.py PROJECT MODEL MODEL
"""

import sys

import segdesk


def figures(project: segdesk.Project, model: str, become: dict[str, str]) -> dict[str, float | None]:
    """The headline figures of a model on the pictures of a project that have reference labels."""
    judged = [p for p in project.pictures if project.labels(p, "reference") is not None]
    project.run(model, judged, again=True, become=become)
    return project.evaluate("prediction", "reference").headline


def main(path: str, first: str, second: str) -> None:
    """Print a table. A model without classes of its own (regions) answers with the project's first class."""
    with segdesk.open(path) as project:
        name = project.classes[0].name
        table = {}
        for model in (first, second):
            own = next(card.classes for card in segdesk.models() if card.id == model)
            become = {} if own.named(name) else {info.name: name for info in own}
            table[model] = figures(project, model, become)
        print(f"{'':20}" + "".join(f"{model:>16}" for model in table))
        for key in table[first]:
            values = [table[model].get(key) for model in table]
            print(f"{key:20}" + "".join(f"{'-' if v is None else format(v, '.4f'):>16}" for v in values))


if __name__ == "__main__":
    main(*sys.argv[1:])
