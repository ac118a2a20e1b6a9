"""Nothing calls another machine but a download that a person started: listened to in whole sessions, and read in the
source. A download takes the proxies of the environment."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segdesk.offline import ENVIRONMENT
from segdesk.processes import module_environment
from tests.listening import Ear

ROOT = Path(__file__).resolve().parent.parent
NETWORK = (
    *(
        "socket",
        "ssl",
        "http",
        "urllib.request",
        "ftplib",
        "smtplib",
        "xmlrpc",
        "asyncio",
        "socketserver",
        "webbrowser",
    ),
    *("requests", "httpx", "aiohttp", "urllib3", "huggingface_hub", "torch.hub", "PySide6.QtNetwork", "fsspec", "ray"),
)
ALLOWED = {
    "segdesk/io/fetching.py": {"http.client", "urllib.request"},  # the one place that fetches, when a person asked
}
ON_REQUEST = {"ray", "fsspec", "socket"}  # of `segdesk run --ray`, which is given the address of a cluster
SHARING = ("segdesk/app/cluster", "segdesk/cli_ray.py")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Two pictures with an object each."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in "ab":
        pixels = np.full((48, 64, 3), 60, np.uint8)
        pixels[10:30, 20:50] = (200, 140, 40)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


def heard(ear: Ear, *command: object, calls: Path | None = None) -> str:
    """Run a program with the ear in it and in all that it starts; what it prints. `calls`: a file in which the system
    notes whom libraries in C call, which the ear does not hear; where there is a program for that."""
    tracer = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", str(calls)]
    done = subprocess.run(
        [*(tracer if calls and shutil.which("strace") else ()), sys.executable, *map(str, command)],
        env=ear.environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=250,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_ear_hears(tmp_path: Path):
    ear = Ear(tmp_path / "ear")
    calls = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    quiet = subprocess.run([sys.executable, "-c", calls], env=ear.environment, capture_output=True)
    assert quiet.returncode != 0  # nobody answers there
    assert ear.calls == []
    names = "import socket; socket.getaddrinfo('segdesk.invalid', 80)"
    loud = subprocess.run([sys.executable, "-c", names], env=ear.environment, capture_output=True)
    assert b"a test forbids it" in loud.stderr
    assert [line.split()[2:] for line in ear.calls] == [["socket.getaddrinfo", "segdesk.invalid"]]


def test_a_session_of_the_command_line_calls_nobody(pictures: Path, tmp_path: Path):
    ear = Ear(tmp_path / "ear")
    project = tmp_path / "p.segdesk"
    heard(ear, "-m", "segdesk", "run", pictures, "--model", "regions", "--project", project)
    heard(ear, "-m", "segdesk", "export", project, "--format", "coco_instances", "--out", tmp_path / "coco")
    assert "regions" in heard(ear, "-m", "segdesk", "models")
    assert ear.calls == []
    assert any("segdesk.engines.host" in line for line in ear.processes)


def test_a_session_of_the_window_calls_nobody(pictures: Path, tmp_path: Path):
    ear = Ear(tmp_path / "ear")
    calls = tmp_path / "calls.txt"
    told = heard(ear, ROOT / "tests" / "quiet_window.py", pictures, calls=calls).splitlines()
    painted = ["states ['predicted']", "steps True", "files ['a.png', 'b.png']", "edited ['edited', 'predicted']"]
    assert [line for line in told if line in painted] == painted, told
    assert "network library False" in told
    assert not calls.exists() or "AF_INET" not in calls.read_text()
    assert ear.calls == []
    assert any("segdesk.engines.host" in line for line in ear.processes)


ONNX = """
import sys
from pathlib import Path
from segdesk.engines import foreign
from onnx import TensorProto, helper
ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 3, None, None]) for n in "xy"]
graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", ends[:1], ends[1:])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
file = Path(sys.argv[1])
file.write_bytes(model.SerializeToString())
print(foreign.probe(foreign.OnnxNet(file, {}, threads=1)))
"""


def test_onnxruntime_sends_no_telemetry(tmp_path: Path):
    """Its library in C calls Microsoft by itself unless it is told not to; it then also keeps an identifier in the
    temporary folder and in the user's cache, which shows without listening."""
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    known = {k: v for k, v in os.environ.items() if k not in ENVIRONMENT}
    environment = {**known, "HOME": str(home), "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", ONNX, str(tmp_path / "a.onnx")]
    if shutil.which("strace"):
        command = ["strace", "-f", "-qq", "-e", "trace=connect", "-o", str(tmp_path / "calls.txt"), *command]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert "(3, False)" in done.stdout, done.stderr
    assert [p for folder in (home, temporary) for p in folder.rglob("*") if "onnx" in p.name or p.name == ".ses"] == []
    if (tmp_path / "calls.txt").exists():
        assert "AF_INET" not in (tmp_path / "calls.txt").read_text()


def test_each_process_is_told_to_stay_off_the_network():
    assert {k: module_environment().get(k) for k in ENVIRONMENT} == ENVIRONMENT
    assert {"ORT_DISABLE_TELEMETRY", "HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"} <= ENVIRONMENT.keys()


def imported(tree: ast.AST) -> set[str]:
    """The full names of all modules that a file imports, wherever in it."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return names


def test_only_one_file_can_fetch():
    found: dict[str, set[str]] = {}
    words = re.compile("|".join(sorted({known.rpartition(".")[2] for known in NETWORK})))
    for file in sorted((ROOT / "segdesk").rglob("*.py")):
        name, text = file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")
        used = {
            module
            for module in (imported(ast.parse(text)) if words.search(text) else ())
            if any(module == known or module.startswith(f"{known}.") for known in NETWORK)
        }
        if name.startswith(SHARING):
            used = {module for module in used if module.partition(".")[0] not in ON_REQUEST}
        if used:
            found[name] = used
    assert found == ALLOWED


def test_models_of_other_libraries_come_from_the_disk_alone():
    """Every `from_pretrained` says so; nothing uses torch's own downloads."""
    for file in sorted((ROOT / "segdesk").rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        assert "load_state_dict_from_url" not in text, file
        assert "hub.load(" not in text, file
        if "from_pretrained(" not in text:
            continue
        for call in (n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call)):
            if isinstance(call.func, ast.Attribute) and call.func.attr == "from_pretrained":
                given = {keyword.arg: keyword.value for keyword in call.keywords}
                local = given.get("local_files_only")
                assert isinstance(local, ast.Constant), (file, call.lineno)
                assert local.value is True, (file, call.lineno)
