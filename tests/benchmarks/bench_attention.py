"""Peak memory and time of attention over all pixels: by blocks of queries over the whole matrix at once.

    python tests/benchmarks/bench_attention.py [--height N] [--width N]

The maps are those of a picture of that size at output stride 8 with 512 channels. Each way runs in a process of its
own, so that its peak is its own. Needs Linux.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
SYSTEMS = ("nonlocal_net", "danet", "ccnet")
CHANNELS = 512


def peak_mb() -> float:
    """The most resident memory that this process has had, in MB (Linux counts KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(system: str, height: int, width: int, *, whole: bool) -> dict[str, float]:
    """One forward pass here: what it adds to the peak, and its processor seconds."""
    import torch

    from segdesk.nets.heads import ccnet, danet, nonlocal_net

    module = {
        "nonlocal_net": lambda: nonlocal_net.NonLocal(CHANNELS),
        "danet": lambda: danet.PositionAttention(CHANNELS, CHANNELS // 8),
        "ccnet": lambda: ccnet.CrissCross(CHANNELS),
    }[system]().eval()
    if whole:
        module.numbers = 2**62
    x = torch.rand(1, CHANNELS, height // 8, width // 8)
    with torch.inference_mode():
        module(x[:, :, :8, :8])
        before, begin = peak_mb(), time.process_time()
        module(x)
    return {"MB": peak_mb() - before, "seconds": time.process_time() - begin}


def in_a_process(system: str, height: int, width: int, *, whole: bool) -> dict[str, float]:
    """`measured` in a process of its own."""
    job = [sys.executable, __file__, "--one", system, "--height", str(height), "--width", str(width)]
    answer = subprocess.run(job + ["--whole"] * whole, check=True, capture_output=True, text=True).stdout
    return json.loads(answer)


def main() -> None:
    """Print each system's figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--height", type=int, default=768)
    parser.add_argument("--width", type=int, default=1536)
    parser.add_argument("--one", choices=SYSTEMS, help=argparse.SUPPRESS)
    parser.add_argument("--whole", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measured(given.one, given.height, given.width, whole=given.whole)))
        return
    print(f"picture {given.width} x {given.height}; by blocks over whole matrix")
    for system in SYSTEMS:
        blocks, whole = (in_a_process(system, given.height, given.width, whole=w) for w in (False, True))
        ratios = ", ".join(f"{name} {blocks[name] / whole[name]:.2f}" for name in blocks)
        print(f"{system:14} {ratios}   ({blocks['MB']:.0f} MB against {whole['MB']:.0f} MB)", flush=True)


if __name__ == "__main__":
    main()
