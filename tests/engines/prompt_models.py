"""Tiny models that answer clicks or words, with random weights, written as folders that the library reads; no network
is needed. Importing this module imports transformers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import torch
import transformers
from torch import nn

from segdesk.domain.card import ModelCard, NetSpec, Text, WeightsSpec
from segdesk.domain.classes import ClassSet

SIDE = 64
WORDS = ("cat", "dog", "a", "red", "disc")
PARTS = {
    "prompt_encoder_config": {"hidden_size": 16, "image_size": SIDE, "patch_size": 16, "mask_input_channels": 4},
    "mask_decoder_config": {"hidden_size": 16, "mlp_dim": 16, "num_attention_heads": 2, "iou_head_hidden_dim": 16},
}


def card(kind: str, **changes: object) -> ModelCard:
    """A card of task "prompt" whose weights must be given."""
    values: dict[str, object] = {"net": NetSpec(kind), "weights": WeightsSpec(kind), **changes}
    return ModelCard(
        f"tiny-{kind}", Text(f"Tiny {kind}"), "prompt", "", Text(""), classes=ClassSet(), **values  # type: ignore[arg-type]
    )  # fmt: skip


def sam2(folder: Path) -> Path:
    """SAM 2 for pictures of 64 x 64."""
    return _saved(transformers.Sam2Model(transformers.Sam2Config(vision_config=_hiera(), **PARTS)), folder)


def sam2_video(folder: Path) -> Path:
    """The same with the memory for films, as SAM 2.1 is published."""
    config = transformers.Sam2VideoConfig(vision_config=_hiera(), **PARTS)
    config.image_size = SIDE
    return _saved(transformers.Sam2VideoModel(config), folder)


def _hiera() -> transformers.Sam2VisionConfig:
    backbone = transformers.Sam2HieraDetConfig(
        hidden_size=8,
        image_size=[SIDE, SIDE],
        embed_dim_per_stage=[8, 16, 32, 64],
        num_attention_heads_per_stage=[1, 1, 2, 2],
        blocks_per_stage=[1, 1, 2, 1],
        global_attention_blocks=[3],
    )
    return transformers.Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=[64, 32, 16, 8],
        backbone_feature_sizes=[[SIDE // 4, SIDE // 4], [SIDE // 8, SIDE // 8], [SIDE // 16, SIDE // 16]],
        fpn_hidden_size=16,
    )


def sam(folder: Path) -> Path:
    """SAM for pictures of 64 x 64."""
    vision = {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": SIDE,
        "patch_size": 16,
        "output_channels": 16,
        "num_pos_feats": 8,
        "mlp_dim": 16,
        "window_size": 2,
        "global_attn_indexes": [1],
    }
    parts = {**PARTS, "prompt_encoder_config": {**PARTS["prompt_encoder_config"], "image_embedding_size": SIDE // 16}}
    return _saved(transformers.SamModel(transformers.SamConfig(vision_config=vision, **parts)), folder)


def clipseg(folder: Path) -> Path:
    """CLIPSeg that knows the words of `WORDS`."""
    one = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
    tokens = ["<|startoftext|>", "<|endoftext|>", *(f"{word}</w>" for word in WORDS), *sorted(set("".join(WORDS)))]
    tokens += [f"{letter}</w>" for letter in sorted(set("".join(WORDS))) if f"{letter}</w>" not in tokens]
    merges, known = _merges()
    tokens += [token for token in known if token not in tokens]
    config = transformers.CLIPSegConfig(
        text_config={**one, "vocab_size": len(tokens), "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1},
        vision_config={**one, "image_size": 32, "patch_size": 16},
        projection_dim=16,
        reduce_dim=8,
        extract_layers=[0, 1],
        decoder_intermediate_size=16,
        decoder_num_attention_heads=2,
    )
    _saved(transformers.CLIPSegForImageSegmentation(config), folder)
    (folder / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))
    return folder


def _merges() -> tuple[list[tuple[str, str]], list[str]]:
    """The pairs that build each word letter by letter, and what they build."""
    merges: list[tuple[str, str]] = []
    for word in WORDS:
        letters = [*word[:-1], f"{word[-1]}</w>"]
        while len(letters) > 1:
            pair = (letters[0], letters[1])
            if pair not in merges:
                merges.append(pair)
            letters[:2] = ["".join(pair)]
    return merges, ["".join(pair) for pair in merges]


def grounding_dino(folder: Path) -> Path:
    """Grounding DINO with a tiny Swin and BERT."""
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "?", *WORDS]
    tokens += [f"[unused{number}]" for number in range(len(tokens), 1030)]  # the library knows marks by their numbers
    for number, token in ((101, "[CLS]"), (102, "[SEP]"), (1012, "."), (1029, "?")):
        at = tokens.index(token)
        tokens[at], tokens[number] = tokens[number], token
    text = {
        "model_type": "bert",
        "vocab_size": len(tokens),
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
    }
    backbone = {
        "model_type": "swin",
        "embed_dim": 8,
        "depths": [1, 1, 1, 1],
        "num_heads": [1, 1, 2, 2],
        "window_size": 4,
        "out_indices": [2, 3, 4],
    }
    config = transformers.GroundingDinoConfig(
        backbone_config=backbone,
        text_config=text,
        d_model=32,
        num_queries=6,
        encoder_layers=1,
        decoder_layers=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        num_feature_levels=4,
    )
    _saved(transformers.GroundingDinoForObjectDetection(config), folder)
    (folder / "vocab.txt").write_text("\n".join(tokens))
    return folder


def _saved(model: nn.Module, folder: Path) -> Path:
    """The model with weights large enough that its answers differ from place to place."""
    torch.manual_seed(5)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.ndim > 1:
                fan = max(1, value[0].numel())
                value.normal_(0, 1.5 / fan**0.5)
            elif name.endswith("bias"):
                value.normal_(0, 0.1)
    model.save_pretrained(folder)  # type: ignore[operator]
    return folder


MAKERS: dict[str, Callable[[Path], Path]] = {
    "sam2": sam2, "sam2_video": sam2_video, "sam": sam, "clipseg": clipseg, "grounding_dino": grounding_dino,
}  # fmt: skip


def make(kind: str, folder: Path) -> Path:
    """The folder of a tiny model, the same each time."""
    torch.manual_seed(3)
    transformers.logging.disable_progress_bar()
    return MAKERS[kind](folder)


def card_file(kind: str, folder: Path, *, options: str = "") -> str:
    """Write a card and its model's folder into a model folder; returns the card's id."""
    make(kind, folder / f"tiny-{kind}")
    text = f"""id = "tiny-{kind}"
name = "Tiny {kind}"
task = "prompt"
net = {{ type = "{kind}"{options} }}
classes = {{ names = [] }}
weights = {{ file = "tiny-{kind}", layout = "hf", files = ["config.json", "model.safetensors"] }}
"""
    (folder / f"tiny-{kind}.toml").write_text(text)
    return f"tiny-{kind}"
