"""Who may import whom, beyond what the import contracts can say."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "segdesk"
TORCH_FREE = (
    "segdesk.engines.messages",
    "segdesk.engines.sizing",
    "segdesk.engines.steps",  # what the refinements say of themselves
    "segdesk.engines.teach.messages",
    "segdesk.engines.training.messages",
    "segdesk.engines.wire",
)


def test_the_import_contracts_hold():
    tool = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([str(tool), "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "module", ["segdesk.ui.main_window", "segdesk.app.session", "segdesk.cli", "segdesk.io.project"]
)
def test_importing_it_brings_no_torch(module):
    heavy = "('torch', 'torchvision', 'transformers', 'numba')"
    code = f"import sys, {module}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("folder", ["app", "io"])
def test_of_the_engines_only_messages_and_wire_are_imported(folder):
    for path in (PACKAGE / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("segdesk.engines"):
                assert node.module in TORCH_FREE, path
            if isinstance(node, ast.Import):
                assert not any(a.name.startswith(("segdesk.engines", "segdesk.nets")) for a in node.names), path


def test_main_is_a_short_start():
    assert len((ROOT / "main.py").read_text(encoding="utf-8").splitlines()) < 60


def test_no_file_grows_over_its_size():
    long = {p.name: n for p in PACKAGE.rglob("*.py") if (n := len(p.read_text(encoding="utf-8").splitlines())) > 440}
    assert not long
