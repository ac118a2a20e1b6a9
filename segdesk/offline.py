"""The words that keep other people's libraries off the network: no telemetry, no look for newer files.

SegDesk's processes load nothing from the network by themselves; only `segdesk.io.fetching` does, when a person asked.
Some libraries would, unless their environment says otherwise before they are imported: onnxruntime (1.31 does) sends
telemetry from Linux, too, and keeps an identifier in the user's cache; huggingface_hub asks its server about files.
"""

from __future__ import annotations

import os

ENVIRONMENT = {
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "DO_NOT_TRACK": "1",
}


def stay_offline() -> None:
    """Say so in this process; call it before such a library is imported."""
    os.environ.update(ENVIRONMENT)
