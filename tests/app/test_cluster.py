"""`segdesk run --ray` on a real Ray cluster of two nodes on this machine: the same bits as on one machine, and nothing
lost whoever is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import pytest

pytest.importorskip("ray", reason="ray is not installed")
pytest.importorskip("fsspec", reason="fsspec is not installed")
pytest.importorskip("pyarrow", reason="pyarrow is not installed")

from segdesk import __version__
from segdesk.app import cluster_store
from segdesk.app.cluster_driver import Crew, Driver, Outcome, connected
from segdesk.app.cluster_parts import Row, decode
from segdesk.app.cluster_source import Picture, listing
from segdesk.app.cluster_store import Place
from segdesk.app.cluster_worker import ClusterWorker, Order, PartDone, Ready, torch_version
from segdesk.app.models import Models, RunPlan
from segdesk.cli import NOTHING_DONE, OK, SOME_FAILED
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import RunOptions
from segdesk.engines.messages import lane_threads
from segdesk.io.project import Project
from segdesk.io.weights import weights_cache
from tests.app.test_cli import block_picture, lines, run
from tests.app.web_store import WebStore

MODEL = "panoptic-deeplab-mobilenetv2-everyday"  # small, with objects, stuff and doubts
MEMORY = 80 << 20
pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore:.*:ResourceWarning"),  # Ray leaves its processes and pipes to the interpreter
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:ray"),
    pytest.mark.filterwarnings("ignore:.*:FutureWarning:ray"),
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Two nodes with a core each."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    import ray
    from ray.cluster_utils import Cluster

    node = {"num_cpus": 1, "object_store_memory": MEMORY}
    made = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
    try:
        made.second = made.add_node(**node)
        ray.init(address=made.address, log_to_driver=False, configure_logging=False)
        yield made
    finally:
        ray.shutdown()
        made.shutdown()


@pytest.fixture
def photos(shared: Path, tmp_path: Path) -> Path:
    """Five small pieces of photos, and a file that is none."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    files = sorted((shared / "data" / "photos").rglob("*.jpg"))[:5]
    for number, file in enumerate(files):
        pixels = cv2.imread(str(file))
        assert pixels is not None
        cv2.imwrite(str(folder / ("sub" if number > 2 else ".") / f"p{number}.png"), pixels[:160, : 180 + number])
    (folder / "broken.jpg").write_bytes(b"this is no picture")
    return folder


def everything(path: Path) -> dict[str, object]:
    """All that a run leaves in a project, picture by picture."""
    found: dict[str, object] = {}
    with Project.open(path) as project:
        found["classes"] = list(project.classes)
        for row in project.pictures():
            maps = [project.load_packed(row.id, layer) for layer in ("annotation", "prediction")]
            doubts, source = project.load_doubts(row.id), project.label_source(row.id)
            found[row.path] = (
                (row.state, row.width, row.height, row.doubt, row.error),
                [m and (m.size, dict(m.tiles), m.segments) for m in maps],
                project.load_instances(row.id),
                doubts and (doubts.map.tobytes(), doubts.places, doubts.value),
                source and (source.card_id, source.options, source.device),
            )
    return found


def parts_of(out: Path) -> list[Path]:
    return sorted(out.glob("*/part-*"))


def names_in(part: Path) -> list[str]:
    kind = "parquet" if part.suffix == ".parquet" else "coco-panoptic"
    return [row.name for row in decode(part.read_bytes(), kind) if row.answer is not None]


def test_a_driver_killed_midway_goes_on_and_the_bits_are_those_of_one_machine(
    cluster: Any, photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    single, far, out = tmp_path / "single.segdesk", tmp_path / "far.segdesk", tmp_path / "out"
    model = ("--model", MODEL, "--device", "cpu", "--quiet")
    assert run("run", photos, *model, "--project", single) == SOME_FAILED
    names = [path.relative_to(tmp_path).as_posix() for path in sorted(photos.rglob("*.*"))]
    cv2.imwrite(str(photos / "unlisted.png"), block_picture(1))
    (tmp_path / "list.csv").write_text("\n".join(["path", *names]), "utf-8")
    words = ["run", tmp_path / "list.csv", *model, "--project", far, "--out", out, "--shard-size", "1", "--tries", "2"]
    _killed_after_a_part([*map(str, words), "--workers", "1", "--ray", cluster.address], out)
    before = {part: part.stat().st_mtime_ns for part in parts_of(out)}
    done = {name for part in before for name in names_in(part)}
    assert 0 < len(done) < 5
    for file in tmp_path.glob("far.segdesk*"):
        file.unlink()  # even with what it had put into the project gone
    capsys.readouterr()
    assert run(*words, "--ray") == SOME_FAILED
    told, problems = lines(capsys)
    assert "5 segmented" in told
    assert "1 failed" in told
    assert "broken.jpg is not a picture" in problems
    assert everything(far) == everything(single)
    after = parts_of(out)
    assert {part: part.stat().st_mtime_ns for part in before} == before
    assert not done & {name for part in after if part not in before for name in names_in(part)}
    assert run(*words, "--limit", "0", "--ray") == OK
    assert "5 were done before" in lines(capsys)[0]


def _killed_after_a_part(words: list[str], out: Path) -> None:
    command = [sys.executable, "-m", "segdesk", *words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as driver:
        try:
            while not any(map(names_in, parts_of(out))):
                with pytest.raises(subprocess.TimeoutExpired):  # it runs
                    driver.wait(0.1)
        finally:
            driver.send_signal(signal.SIGKILL)


def test_the_command_with_the_flag_gives_the_bits_of_the_command_without(cluster: Any, tmp_path: Path) -> None:
    """Both as a person types them, each in a process of its own."""
    folder = tmp_path / "pictures"
    (folder / "sub").mkdir(parents=True)
    for number in range(3):
        cv2.imwrite(str(folder / ("sub" if number else ".") / f"p{number}.png"), block_picture(number))
    (folder / "broken.png").write_bytes(b"this is no picture")
    said = {}
    for name, flag in (("plain", ()), ("far", ("--ray", cluster.address, "--shards", "coco-panoptic"))):
        words = ["run", str(folder), "--model", "regions", "--project", str(tmp_path / f"{name}.segdesk"), *flag]
        done = subprocess.run([sys.executable, "-m", "segdesk", *words], capture_output=True, text=True)
        assert done.returncode == SOME_FAILED, done.stderr
        assert "3 segmented" in done.stdout
        assert "broken.png is not a picture" in done.stderr
        said[name] = done.stdout
    assert everything(tmp_path / "far.segdesk") == everything(tmp_path / "plain.segdesk")
    assert f"parts: {tmp_path / 'far.parts'}" in said["far"]
    assert "parts:" not in said["plain"]
    parts = parts_of(tmp_path / "far.parts")
    assert {part.suffix for part in parts} == {".zip"}
    assert len({name for part in parts for name in names_in(part)}) == 3


def damaged(part: bytes) -> bytes:
    """The part with bits flipped all over it."""
    return bytes(byte ^ (at % 97 == 50) for at, byte in enumerate(part))


def test_pictures_and_parts_in_a_store_behind_a_server(
    cluster: Any, store: WebStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bits are those of the same pictures in a folder; a picture that the store refuses once is fetched again, and
    those of a part that was damaged are computed again, and no others."""
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    for name in ("p0.png", "sub/p1.png", "sub/p2.png"):
        cv2.imwrite(str(folder / name), block_picture(len(store.files)))
        store.files[f"/in/{name}"] = (folder / name).read_bytes()
    store.refuse["/in/sub/p1.png"] = 1
    words = ("--model", "regions", "--quiet", "--project")
    single, far = tmp_path / "single.segdesk", tmp_path / "far.segdesk"
    assert run("run", folder, *words, single) == OK
    there = ("--out", f"{store.url}/out", "--shard-size", "1", "--ray")
    assert run("run", f"{store.url}/in", *words, far, *there) == OK
    assert everything(far) == everything(single)
    assert store.refuse == {"/in/sub/p1.png": 0}
    files = [name.rpartition("/")[2] for name in store.files if name.startswith("/out/")]
    assert sorted(name.partition("-")[0] for name in files) == ["part"] * 4 + ["run.json"]  # one part is of the refusal
    far.unlink()
    for name in list(store.files):
        if name.startswith("/in/sub"):
            store.files[name] = b""  # nothing is computed again, so nobody looks at them
        if name.endswith(".parquet") and [row.name for row in decode(store.files[name], "parquet")] == ["p0.png"]:
            store.files[name] = damaged(store.files[name])
    capsys.readouterr()
    assert run("run", f"{store.url}/in", *words, far, *there) == OK
    assert everything(far) == everything(single)
    assert "is damaged: its pictures are computed again" in lines(capsys)[1]


def bare_worker(home: str) -> type:
    """A worker on a machine that has none of the driver's files, and its caches in `home`."""

    class Bare(ClusterWorker):
        def __init__(self, order: Order) -> None:
            os.environ.update({"XDG_CACHE_HOME": home, "LOCALAPPDATA": home})
            plan = order.plan
            elsewhere = {key: f"/not/on/this/machine/{Path(path).name}" for key, path in plan.weights.items()}
            super().__init__(replace(order, plan=replace(plan, card=replace(plan.card, origin=""), weights=elsewhere)))

    return Bare


def drive(plan: RunPlan, worker: type, out: Path) -> list[Outcome]:
    """One picture on one worker."""
    file = out / "p.png"
    cv2.imwrite(str(file), block_picture(0))
    order = Order(plan, str(out), "parquet", 1, "", 1)
    driver = Driver(Crew(workers=1), order, lambda: "part-000001-0.parquet", tries=1, worker=worker)
    try:
        driver.start()
        return list(driver.outcomes([[Picture("p.png", str(file))]]))
    finally:
        driver.close()


def test_weights_are_sent_to_a_machine_that_lacks_them(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or that has another file of their name."""
    plan = Models().plan(MODEL, RunOptions(), "cpu")
    own = Path(plan.weights[MODEL])
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    cache = weights_cache()
    cache.mkdir(parents=True)
    (cache / own.name).write_bytes(bytes(own.stat().st_size))
    (outcome,) = drive(plan, bare_worker(str(tmp_path / "home")), tmp_path)
    assert not outcome.failed
    assert names_in(tmp_path / outcome.part) == ["p.png"]
    assert [(file.name, file.read_bytes() == own.read_bytes()) for file in cache.iterdir()] == [(own.name, True)]


def test_weights_that_are_damaged_are_not_taken_by_a_worker(cluster: Any, tmp_path: Path) -> None:
    plan = Models().plan(MODEL, RunOptions(), "cpu")
    damaged = tmp_path / Path(plan.weights[MODEL]).name
    damaged.write_bytes(Path(plan.weights[MODEL]).read_bytes()[:-1] + b"?")
    with pytest.raises(SegDeskError, match=f"The file {damaged.name} is not the weights file"):
        drive(replace(plan, weights={MODEL: str(damaged)}), bare_worker(str(tmp_path / "home")), tmp_path)
    assert not [file for file in (tmp_path / "home").rglob("*") if file.is_file()]


def light_worker(poison: str, full: str) -> type:
    """A worker without a net, which dies of one picture and cannot write parts with another. A class of a function, so
    that it travels to the workers as a whole."""

    class Light(ClusterWorker):
        def __init__(self, order: Order) -> None:
            self._order = order

        def prepare(self) -> Ready:
            return Ready("here", os.getpid(), __version__, torch_version())

        def part(self, name: str, pictures: Sequence[Picture]) -> PartDone | SegDeskError:
            if any(picture.name == poison for picture in pictures):
                os.kill(os.getpid(), signal.SIGKILL)
            if any(picture.name == full for picture in pictures):
                return SegDeskError("The disk is full.")
            return PartDone(name, len(pictures), (), 0.0, 0)

        def stop(self) -> None: ...

    return Light


def test_a_picture_that_kills_its_workers_is_found_and_given_up(cluster: Any) -> None:
    pictures = [Picture(f"p{number}", "") for number in range(4)]
    order = Order(Models().plan("regions", RunOptions(), "cpu"), "", "parquet", 1, "", 1)
    driver = Driver(Crew(workers=1), order, lambda: "part", deaths=2, worker=light_worker("p2", ""))
    try:
        driver.start()
        outcomes = list(driver.outcomes([pictures]))
    finally:
        driver.close()
    (lost,) = [failed for outcome in outcomes for failed in outcome.failed]
    assert lost[0].name == "p2"
    assert lost[1].message == "The worker died while it worked on this picture."
    assert sum(bool(outcome.part) for outcome in outcomes) == 2  # p0 with p1, and p3


def test_a_store_that_takes_nothing_ends_the_run_with_its_sentence(cluster: Any) -> None:
    order = Order(Models().plan("regions", RunOptions(), "cpu"), "", "parquet", 1, "", 1)
    driver = Driver(Crew(workers=1), order, lambda: "part", worker=light_worker("", "p"))
    try:
        driver.start()
        with pytest.raises(SegDeskError, match="The disk is full"):
            list(driver.outcomes([[Picture("p", "")]]))
    finally:
        driver.close()


def test_workers_and_nodes_that_die_lose_nothing(cluster: Any, tmp_path: Path) -> None:
    archive = tmp_path / "pictures.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for number in range(5):
            packed.writestr(f"p{number}.png", cv2.imencode(".png", block_picture(number))[1].tobytes())
        packed.writestr("broken.png", b"this is no picture")
    found = listing(f"zip://::file://{archive}")
    assert found is not None
    out, numbers = tmp_path / "out", iter(range(1000))
    plan = Models().plan("regions", RunOptions(), "cpu")
    order = Order(plan, str(out), "coco-panoptic", lane_threads(), "", 1)
    driver = Driver(Crew(workers=2), order, lambda: f"part-{next(numbers):06d}-0.zip", tries=2)
    outcomes: list[Outcome] = []
    try:
        driver.start()
        assert driver.workers == 2
        for outcome in driver.outcomes([[picture] for picture in found.pictures]):
            outcomes.append(outcome)
            if len(outcomes) == 1:
                os.kill(driver.members[0][1], signal.SIGKILL)
            if len(outcomes) == 3:
                cluster.remove_node(cluster.second, allow_graceful=False)
    finally:
        driver.close()
    rows: list[Row] = []
    for outcome in outcomes:
        if outcome.part:
            rows += decode(Place(str(out)).read(outcome.part), "coco-panoptic")
    answered = [row.name for row in rows if row.answer is not None]
    assert [row for row in rows if row.error is not None and row.name != "broken.png"] == []
    assert sorted(answered) == [f"p{number}.png" for number in range(5)]
    refused = [row for row in rows if row.error is not None]
    assert [row.name for row in refused] == ["broken.png"] * 2  # tried twice, then given up
    assert [failed[0].name for outcome in outcomes for failed in outcome.failed] == ["broken.png"]
    assert not list(out.glob(".*"))  # nothing half written


def test_without_a_cluster_there_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("run", tmp_path, "--model", "regions", "--workers", "2") == NOTHING_DONE
    assert "Add --ray" in lines(capsys)[1]
    assert run("run", tmp_path, "--model", "regions", "--ray", "nonsense") == NOTHING_DONE
    assert "is not an address" in lines(capsys)[1]
    monkeypatch.setattr(cluster_store, "find_spec", lambda name: None)
    assert run("run", tmp_path, "--model", "regions", "--ray") == NOTHING_DONE
    assert 'The package ray is not installed. Install it with: pip install "segdesk[ray]"' in lines(capsys)[1]
    with pytest.raises(SegDeskError), connected(Crew()):
        pass


def test_where_nobody_listens_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
    words = ["run", str(tmp_path), "--model", "regions", "--ray", f"127.0.0.1:{port}"]
    # in a process of its own: this one may be connected
    done = subprocess.run([sys.executable, "-m", "segdesk", *words], capture_output=True, text=True)
    assert done.returncode == NOTHING_DONE
    assert f"There is no Ray cluster at 127.0.0.1:{port}" in done.stderr
