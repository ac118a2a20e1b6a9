"""Random models of each class of the transformers library that runs here, small, saved as the library saves them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

CLASSES = 5
SURE = {"class_predictor": 40, "class_labels_classifier": 40, "class_embed": 40, "mask_embedder.2.0": 40, "fc3": 0.5}
NAMES = ("person", "car", "sky", "road", "grass")


def _swin() -> Any:
    from transformers import SwinConfig

    return SwinConfig(
        embed_dim=8,
        depths=[1, 1, 1, 1],
        num_heads=[1, 2, 2, 4],
        window_size=4,
        image_size=64,
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )


def _resnet() -> Any:
    from transformers import ResNetConfig

    return ResNetConfig(
        embedding_size=8,
        hidden_sizes=[8, 12, 16, 24],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )


def _segformer() -> Any:
    from transformers import SegformerConfig

    return SegformerConfig(
        depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32], num_attention_heads=[1, 1, 2, 2], decoder_hidden_size=16
    )


def _upernet() -> Any:
    from transformers import UperNetConfig

    return UperNetConfig(
        backbone_config=_swin(), hidden_size=16, use_auxiliary_head=False, auxiliary_in_channels=32, pool_scales=[1, 2]
    )


def _maskformer() -> Any:
    from transformers import DetrConfig, MaskFormerConfig

    decoder = DetrConfig(
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        num_queries=12,
    )
    return MaskFormerConfig(backbone_config=_swin(), decoder_config=decoder, fpn_feature_size=32, mask_feature_size=32)


def _mask2former() -> Any:
    from transformers import Mask2FormerConfig

    return Mask2FormerConfig(
        backbone_config=_swin(),
        feature_size=32,
        mask_feature_size=32,
        hidden_dim=32,
        encoder_feedforward_dim=16,
        dim_feedforward=16,
        encoder_layers=1,
        decoder_layers=4,
        num_attention_heads=2,
        num_queries=12,
    )


def _oneformer() -> Any:
    from transformers import OneFormerConfig

    return OneFormerConfig(
        backbone_config=_swin(),
        num_queries=12,
        hidden_dim=32,
        mask_dim=32,
        conv_dim=32,
        encoder_feedforward_dim=16,
        dim_feedforward=16,
        encoder_layers=1,
        decoder_layers=3,
        num_attention_heads=2,
        query_dec_layers=1,
        text_encoder_width=16,
        text_encoder_num_layers=1,
        text_encoder_vocab_size=600,
        task_seq_len=16,
        use_auxiliary_loss=False,
    )


def _eomt() -> Any:
    from transformers import EomtConfig

    return EomtConfig(
        hidden_size=32,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_blocks=1,
        num_queries=12,
        image_size=128,
        patch_size=16,
        num_upscale_blocks=2,
        num_register_tokens=0,
    )


def _detr() -> Any:
    from transformers import DetrConfig

    return DetrConfig(
        backbone_config=_resnet(),
        d_model=64,
        encoder_layers=1,
        decoder_layers=1,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        encoder_attention_heads=8,
        decoder_attention_heads=8,
        num_queries=12,
    )


def _rf_detr() -> Any:
    from transformers import RfDetrConfig, RfDetrDinov2Config

    backbone = RfDetrDinov2Config(
        hidden_size=24,
        num_hidden_layers=4,
        num_attention_heads=2,
        patch_size=12,
        num_windows=2,
        image_size=96,
        out_indices=[2, 4],
    )
    return RfDetrConfig(
        backbone_config=backbone,
        d_model=16,
        decoder_layers=2,
        decoder_ffn_dim=16,
        decoder_self_attention_heads=2,
        decoder_cross_attention_heads=2,
        decoder_n_points=2,
        num_queries=12,
        group_detr=1,
        intermediate_size=16,
    )


MAKERS: Mapping[str, Callable[[], Any]] = {
    "SegformerForSemanticSegmentation": _segformer,
    "UperNetForSemanticSegmentation": _upernet,
    "MaskFormerForInstanceSegmentation": _maskformer,
    "Mask2FormerForUniversalSegmentation": _mask2former,
    "OneFormerForUniversalSegmentation": _oneformer,
    "EomtForUniversalSegmentation": _eomt,
    "DetrForSegmentation": _detr,
    "RfDetrForInstanceSegmentation": _rf_detr,
}


def save(name: str, folder: Path, **processor: object) -> Path:
    """A folder with a random model of the class, its settings and those of its processor. Sure of what it says: the
    weights of its last layers are large, so that queries are decided one way or the other."""
    import transformers

    torch.manual_seed(0)
    config = MAKERS[name]()
    config.id2label = dict(enumerate(NAMES))
    config.label2id = {n: i for i, n in enumerate(NAMES)}
    model = getattr(transformers, name)(config).eval()
    for key, value in model.named_parameters():
        value.data *= next((times for end, times in SURE.items() if key.rpartition(".")[0].endswith(end)), 1)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    table = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25], **processor}
    (folder / "preprocessor_config.json").write_text(json.dumps(table))
    if name.startswith("OneFormer"):
        _words(folder)
    return folder


def _words(folder: Path) -> None:
    """A vocabulary of single letters, as CLIP's tokenizer keeps it."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = [*letters, *(f"{c}</w>" for c in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
