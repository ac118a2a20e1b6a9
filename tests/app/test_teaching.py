"""Teach mode through the session and the command line, with the real engine process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.app.document import Document
from segdesk.app.jobs import Done, Failed, Stopped
from segdesk.app.reports import Answered, BatchResult
from segdesk.app.scribbles import BACKGROUND, ScribbleDocument, Scribbles, marked
from segdesk.app.session import Session
from segdesk.app.settings import Settings
from segdesk.app.teaching import Shown
from segdesk.app.tools.brush import Tool as Brush
from segdesk.app.tools.eraser import Tool as Eraser
from segdesk.cli import NOTHING_DONE, OK, main
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.history import History
from segdesk.domain.segmentation import Segmentation
from segdesk.io.project import Project
from segdesk.paths import user_config_dir

TIMEOUT = 180.0  # seconds: a process that imports torch on a busy machine
HEIGHT, WIDTH = 120, 160
CLASSES = ClassSet([ClassInfo(1, "disc", (200, 60, 60), True), ClassInfo(2, "stripe", (60, 60, 200))])


def picture(number: int) -> np.ndarray:
    """(H, W, 3) RGB: a red disc and a blue stripe on a noisy green ground."""
    rng = np.random.default_rng(number)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    image = np.full((HEIGHT, WIDTH, 3), (60.0, 140.0, 70.0))
    image[np.hypot(rows - 50, columns - 50 - 5 * number) < 25] = (200, 70, 60)
    image[90:108] = (60, 70, 190)
    return (image + rng.normal(0, 8, image.shape)).clip(0, 255).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures and one that is none, in a project with two classes."""
    folder = tmp_path / "discs"
    folder.mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / f"{number}.png"), picture(number)[..., ::-1])
    (folder / "3.png").write_bytes(b"no picture")
    with Project.create(folder / "discs.segdesk", folder, CLASSES) as project:
        project.add_pictures([f"{number}.png" for number in range(4)])
    return folder


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    session = Session(Settings(), lambda report: None)
    yield session
    assert session.close(TIMEOUT)


@pytest.fixture
def opened(session: Session, folder: Path) -> Iterator[Session]:
    value(session, session.open(folder))
    yield session
    value(session, session.close_project())


def end(session: Session, job: int) -> Done | Failed | Stopped:
    found = session.wait(job, TIMEOUT)
    assert found is not None
    return found


def value(session: Session, job: int):  # whatever the job gives
    found = end(session, job)
    assert isinstance(found, Done), found
    return found.value


def error(session: Session, job: int) -> str:
    found = end(session, job)
    assert isinstance(found, Failed), found
    return found.error.text()


def paper(session: Session, name: str) -> ScribbleDocument:
    """What the window makes to scribble on a picture."""
    row = next(r for r in session.pictures if r.path == name)
    seg = value(session, session.teaching.read(row.id, (HEIGHT, WIDTH)))
    below = Document(row, picture(int(name[0])), Segmentation.empty(HEIGHT, WIDTH), History(), session.classes)
    made = ScribbleDocument(row, below.pixels, seg, History(), below)
    made.on_edit.append(lambda edit, kind: session.teaching.scribbled(row.id, made.snapshot(edit)))
    made.brush_size = 5
    return made


def stroke(doc: ScribbleDocument, class_id: int, *points: tuple[float, float], tool: type = Brush) -> None:
    doc.active_class = class_id
    brush = tool()
    brush.press(doc, *points[0])
    for point in points[1:]:
        brush.move(doc, *point)
    brush.release(doc, *points[-1])


def painted(session: Session, name: str = "0.png") -> ScribbleDocument:
    """Strokes of both classes and of the ground."""
    doc, shift = paper(session, name), 5 * int(name[0])
    stroke(doc, 1, (40 + shift, 50), (62 + shift, 55))
    stroke(doc, 2, (10, 98), (150, 98))
    stroke(doc, BACKGROUND, (8, 10), (150, 10), (150, 80))
    return doc


def classes_of(labels, rect=(0, 0, WIDTH, HEIGHT)) -> np.ndarray:
    return labels.class_table()[labels.read(rect)]


def test_strokes_of_a_class_are_one_even_if_it_is_countable(opened: Session):
    doc = paper(opened, "0.png")
    stroke(doc, 1, (10, 10), (30, 10))
    stroke(doc, 1, (10, 60), (30, 60))
    assert len(doc.segmentation.segments) == 1
    assert set(doc.painted()) == {1}


def test_strokes_survive_closing_and_are_no_labels(opened: Session, folder: Path):
    doc = painted(opened)
    before = classes_of(doc.segmentation)
    stroke(doc, 0, (40, 50), (62, 55), tool=Eraser)
    doc.undo()
    assert np.array_equal(classes_of(doc.segmentation), before)
    value(opened, opened.close_project())
    value(opened, opened.open(folder))
    assert np.array_equal(classes_of(paper(opened, "0.png").segmentation), before)
    assert opened.project is not None
    assert opened.project.load_packed(doc.row.id, "annotation") is None
    assert opened.project.labelled("annotation") == frozenset()
    assert opened.row(doc.row.id).state == "new"


def test_a_stroke_that_is_taken_back_leaves_nothing(opened: Session):
    doc = paper(opened, "1.png")
    stroke(doc, 1, (10, 10), (30, 10))
    doc.undo()
    opened._desk.saver.flush()
    assert opened.project is not None
    assert opened.project.load_scribbles() == {}
    assert opened.teaching.scribbles.pictures() == []


def test_what_is_marked_is_told_by_pixel_and_class(opened: Session):
    doc = painted(opened)
    found = opened.teaching.scribbles.map(doc.row.id)
    assert found is not None
    rows, columns, classes = marked(found, {1, BACKGROUND}.__contains__)
    table = classes_of(doc.segmentation)
    expected = np.nonzero((table == 1) | (table == BACKGROUND))
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == sorted(
        zip(*map(np.ndarray.tolist, expected), strict=True)
    )
    assert np.array_equal(table[rows, columns], classes)


def test_it_learns_shows_and_segments_the_folder_like_any_model(opened: Session):
    doc = painted(opened)
    shown = value(opened, opened.teaching.learn(doc.row.id))
    assert isinstance(shown, Shown)
    assert shown.answer is not None
    table = classes_of(shown.answer)
    assert (table[50, 50], table[98, 80], table[10, 100]) == (1, 2, 0)
    assert shown.taught.pictures == 1
    assert shown.taught.left_out == ()
    again = value(opened, opened.teaching.learn(doc.row.id))
    assert again.taught is shown.taught  # nothing has changed

    card_id = value(opened, opened.teaching.keep())
    opened.choose_model(card_id)
    assert opened.weights_status(card_id).kind == "shipped"
    answered = value(opened, opened.run_here(doc.row.id))
    assert isinstance(answered, Answered)
    assert opened.classes == CLASSES  # by name, nothing new
    assert np.array_equal(classes_of(answered.segmentation), table)
    result = value(opened, opened.run_all())
    assert isinstance(result, BatchResult)
    assert result.answered + result.already == 3
    assert [path for path, _ in result.failed] == ["3.png"]
    opened._desk.saver.flush()
    assert opened.project is not None
    other = next(r for r in opened.pictures if r.path == "2.png")
    labels = opened.project.load_map(other.id, "annotation")
    assert labels is not None
    assert classes_of(labels)[50, 62] == 1

    named = value(opened, opened.teaching.keep("My discs"))
    assert named == "my-discs"
    assert opened.card(named).name.en == "My discs"
    stroke(doc, 2, (150, 90), (10, 90))
    kept = value(opened, opened.teaching.keep())
    assert kept == card_id  # the project's own gives way
    assert len(list((user_config_dir() / "models").glob(f"{card_id}-*.npz"))) == 1


def test_strokes_of_several_pictures_are_learned_together(opened: Session):
    first, second = paper(opened, "0.png"), paper(opened, "1.png")
    stroke(first, 1, (40, 50), (62, 55))
    assert "Only disc is marked" in error(opened, opened.teaching.learn())
    stroke(second, BACKGROUND, (8, 10), (150, 10), (150, 80))
    shown = value(opened, opened.teaching.learn(second.row.id))
    assert shown.taught.pictures == 2
    assert classes_of(shown.answer)[50, 55] == 1


def test_too_little_is_told_in_a_sentence(opened: Session):
    assert "No strokes have been painted yet" in error(opened, opened.teaching.learn())
    doc = paper(opened, "0.png")
    stroke(doc, BACKGROUND, (8, 10), (150, 10))
    assert "Only places without a label" in error(opened, opened.teaching.learn())
    doc.brush_size = 1
    stroke(doc, 1, (50, 50), (51, 50))
    assert "disc has only" in error(opened, opened.teaching.learn())


def test_a_picture_that_is_gone_is_left_out(opened: Session, folder: Path):
    first, second = painted(opened), painted(opened, "1.png")
    opened._desk.prefetch.clear()
    (folder / "1.png").unlink()
    shown = value(opened, opened.teaching.learn(first.row.id))
    assert [path for path, _ in shown.taught.left_out] == ["1.png"]
    assert shown.taught.pictures == 1
    assert second.row.path == "1.png"


def test_clearing_forgets_all_strokes(opened: Session):
    painted(opened)
    painted(opened, "1.png")
    assert value(opened, opened.teaching.clear()) == 2
    opened._desk.saver.flush()
    assert opened.project is not None
    assert opened.project.load_scribbles() == {}
    assert not paper(opened, "0.png").segmentation.ids.any()


def test_what_could_not_be_written_is_written_later(folder: Path, monkeypatch: pytest.MonkeyPatch):
    with Project.open(folder / "discs.segdesk") as project:
        scribbles = Scribbles(project)
        row = project.pictures()[0]
        below = Document(row, picture(0), Segmentation.empty(HEIGHT, WIDTH), History(), CLASSES)
        doc = ScribbleDocument(row, picture(0), Segmentation.empty(HEIGHT, WIDTH), History(), below)
        doc.on_edit.append(lambda edit, kind: scribbles.take(row.id, doc.snapshot(edit)))
        stroke(doc, 1, (10, 10), (90, 10))
        with monkeypatch.context() as patched:
            patched.setattr(project, "save_scribbles", lambda *_: (_ for _ in ()).throw(OSError("full")))
            with pytest.raises(OSError, match="full"):
                scribbles.write(row.id)
        stroke(doc, 2, (10, 90), (90, 90))
        scribbles.write(row.id)
        stored = project.load_scribbles()[row.id]
        assert np.array_equal(classes_of(stored), classes_of(doc.segmentation))
        scribbles.write(row.id)  # nothing is left to do


PAINTER = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[2]]
from segdesk.app.session import Session
from segdesk.app.settings import Settings
from tests.app.test_teaching import paper, stroke, value

session = Session(Settings(), lambda report: None)
value(session, session.open(Path(sys.argv[1])))
doc = paper(session, "0.png")
stroke(doc, 1, (40, 50), (62, 55))
session._desk.saver.flush()
print("painted", flush=True)
while True:
    stroke(doc, 2, (10, 98), (150, 98))
    doc.undo()
"""


def test_strokes_survive_a_program_that_is_killed_in_the_midst_of_painting(folder: Path):
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", PAINTER, str(folder), str(root)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as told:
        assert told.readline().strip() == b"painted"
        process.kill()
        process.wait()
    with Project.open(folder / "discs.segdesk") as project:
        row = next(r for r in project.pictures() if r.path == "0.png")
        found = project.load_scribbles()[row.id]
    table = classes_of(found)
    assert table[52, 50] == 1
    assert set(np.unique(table)) <= {0, 1, 2}


def test_the_command_learns_from_the_strokes_and_keeps_the_model(
    opened: Session, folder: Path, capsys: pytest.CaptureFixture[str]
):
    painted(opened)
    value(opened, opened.close_project())
    assert main(["teach", str(folder), "--name", "Shapes"]) == OK
    told = capsys.readouterr().out
    assert "shapes: learned from strokes on 1 picture(s)" in told
    assert "disc" in told
    assert "no label" in told
    with Project.open(folder / "discs.segdesk") as project, project._database.writing() as db:
        db.execute("DELETE FROM maps WHERE layer = 'scribbles'")
    opened.use_settings(opened.settings)
    assert opened.card("shapes").classes.named("stripe") is not None
    assert main(["teach", str(folder)]) == NOTHING_DONE
    assert "No strokes have been painted yet" in capsys.readouterr().err
    value(opened, opened.open(folder))
