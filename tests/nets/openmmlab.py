"""Compares a net with the reference's parameter list and with its answer on deterministic weights."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

TOLERANCE = 1e-4  # of the answer's range


def key_list(shared: Path, name: str) -> dict[str, tuple[int, ...]]:
    """The reference's parameter names and shapes of `keys/NAME*.txt` ("mmseg_pspnet_r50")."""
    (file,) = (shared / "data/openmmlab/keys").glob(f"{name}*.txt")
    rows = (line.split("\t") for line in file.read_text().splitlines() if line.strip())
    return {key: tuple(ast.literal_eval(shape)) for key, shape in rows}


def assert_same_keys(shared: Path, name: str, net: nn.Module) -> None:
    """The net (it may be on the meta device) has exactly the reference's parameters."""
    wanted = key_list(shared, name)
    found = {key: tuple(value.shape) for key, value in net.state_dict().items()}
    assert found == wanted


def golden_error(shared: Path, name: str, net: nn.Module) -> float:
    """The largest difference from the reference's logits of `golden/nets/NAME*.npz`, in parts of their range.

    `net` is changed: it gets the deterministic weights.
    """
    folder = shared / "data/golden/nets"
    (file,) = folder.glob(f"{name}*.npz")
    spec = importlib.util.spec_from_file_location("deterministic", folder / "deterministic.py")
    assert spec is not None
    assert spec.loader is not None
    deterministic = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(deterministic)
    wanted = np.load(file)["logits"]
    net.load_state_dict(deterministic.fill(net.state_dict()), assign=True)
    net.eval()
    x = deterministic.image()
    with torch.inference_mode():
        logits = F.interpolate(
            net(x), size=x.shape[2:], mode="bilinear", align_corners=getattr(net, "align_corners", False)
        )
    found = logits[0, :, ::4, ::4].numpy()
    assert found.shape == wanted.shape
    return float(np.abs(found - wanted).max() / (wanted.max() - wanted.min()))
