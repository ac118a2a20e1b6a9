"""Writes a small Python package with plug-ins as an installer leaves it: modules and their metadata."""

from __future__ import annotations

from pathlib import Path

TOOL = """
from segdesk.app.tools.base import PLAIN, BaseTool, ToolInfo
INFO = ToolInfo(id="stamp", title="Stamp", icon="brush", key="", order=900, note="Stamps.")
class Tool(BaseTool):
    def press(self, doc, x, y, modifiers=PLAIN):
        doc.begin("stamp")
        key = doc.target_at(x, y)
        import numpy as np
        doc.paint(int(x), int(y), np.ones((3, 3), bool), key)
        doc.commit()
"""
OPERATION = """
from segdesk.app.operations.base import OperationInfo
INFO = OperationInfo(id="greet", title="Greet", key="", order=900, note="Greets.")
def run(doc): ...
"""
FORMAT = """
from segdesk.io.formats.base import ExportResult, FormatInfo
INFO = FormatInfo("points", "Points", (), True, False, "Centres of objects.")
def write(source, folder, *, progress, cancelled):
    folder.mkdir()
    rows = [f"{item.path},{len(item.segmentation.segments)}" for item in source.items()]
    (folder / "points.csv").write_text("\\n".join(rows))
    return ExportResult(folder, len(rows), 0)
"""
STEP = """
import numpy as np
from segdesk.domain.stack import Param, StepInfo
INFO = StepInfo("half", "Left half only", "The right half becomes void.", 95, "labels", ())
def apply(ids, where, values):
    out = ids.copy()
    out[:, ids.shape[1] // 2:] = 0
    return out
"""
NET = """
import torch
from torch import nn
output = "scores"
class Bright(nn.Module):
    def forward(self, x):
        light = x.mean(1, keepdim=True) - 0.5
        return torch.cat([-light, light], 1) * 50
def build(options, num_classes):
    return Bright()
"""
CARD = """
id = "bright"
name = "Bright"
task = "semantic"
[net]
type = "bright_net"
[classes]
names = ["", "light"]
[input]
mean = [0.0, 0.0, 0.0]
std = [255.0, 255.0, 255.0]
"""
GOOD = {
    ("segdesk.tools", "stamp"): TOOL,
    ("segdesk.operations", "greet"): OPERATION,
    ("segdesk.formats", "points"): FORMAT,
    ("segdesk.steps", "half"): STEP,
    ("segdesk.nets", "bright_net"): NET,
}
BAD = {
    ("segdesk.tools", "quits"): "raise SystemExit('bye')",
    ("segdesk.tools", "brush"): TOOL.replace('"stamp"', '"brush"'),  # there is one already
    ("segdesk.tools", "iconless"): TOOL.replace('"stamp"', '"iconless"').replace('icon="brush"', 'icon="none"'),
    ("segdesk.operations", "crash"): "1 / 0",
    ("segdesk.formats", "empty"): "",
    ("segdesk.steps", "halves"): STEP,
    ("segdesk.nets", "no_net"): "import absent_module_of_a_plugin",
}


def install(site: Path, package: str, modules: dict[tuple[str, str], str], *, version: str = "1.0") -> None:
    """Write `package`, whose import leaves a file "imported" beside it, into a folder of `sys.path`."""
    name = package.replace("-", "_")
    folder = site / name
    folder.mkdir(parents=True)
    mark = str(site / "imported")
    (folder / "__init__.py").write_text(
        f"with open({mark!r}, 'a') as file:\n    file.write({package!r})\n", encoding="utf-8"
    )
    for (_, module), text in modules.items():
        (folder / f"{module}.py").write_text(text, encoding="utf-8")
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n", encoding="utf-8")
    groups: dict[str, list[str]] = {}
    for group, module in modules:
        groups.setdefault(group, []).append(f"{module} = {name}.{module}")
    text = "\n".join(f"[{group}]\n" + "\n".join(lines) + "\n" for group, lines in groups.items())
    (info / "entry_points.txt").write_text(text, encoding="utf-8")
