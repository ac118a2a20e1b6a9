"""OpenMMLab's Mask2Former files in the names of the transformers library, so that their free weights run in its class.

Beside the names three things differ: the library keeps query, key and value apart where OpenMMLab has one matrix, it
takes the four pixels of a Swin patch merge in another order, and it keeps parameters that its answers do not use."""

from __future__ import annotations

import re

import torch

from segdesk.engines.safeload import State

CLASS_NAME = "Mask2FormerForUniversalSegmentation"

_ENCODER = "model.pixel_level_module.encoder"
_PIXELS = "model.pixel_level_module.decoder"
_QUERIES = "model.transformer_module"
# (their name, the library's); a name that contains QKV is split in three.
_NAMES: tuple[tuple[str, str], ...] = (
    # ResNet
    (r"backbone\.conv1\.", rf"{_ENCODER}.embedder.embedder.convolution."),
    (r"backbone\.bn1\.", rf"{_ENCODER}.embedder.embedder.normalization."),
    (r"backbone\.layer(\d)\.(\d+)\.conv(\d)\.", rf"{_ENCODER}.encoder.stages.<\1>.layers.\2.layer.<\3>.convolution."),
    (r"backbone\.layer(\d)\.(\d+)\.bn(\d)\.", rf"{_ENCODER}.encoder.stages.<\1>.layers.\2.layer.<\3>.normalization."),
    (
        r"backbone\.layer(\d)\.(\d+)\.downsample\.0\.",
        rf"{_ENCODER}.encoder.stages.<\1>.layers.\2.shortcut.convolution.",
    ),
    (
        r"backbone\.layer(\d)\.(\d+)\.downsample\.1\.",
        rf"{_ENCODER}.encoder.stages.<\1>.layers.\2.shortcut.normalization.",
    ),
    # Swin
    (r"backbone\.patch_embed\.projection\.", rf"{_ENCODER}.swin.embeddings.patch_embeddings.projection."),
    (r"backbone\.patch_embed\.norm\.", rf"{_ENCODER}.swin.embeddings.norm."),
    (r"backbone\.norm(\d)\.", rf"{_ENCODER}.hidden_states_norms.stage>\1<."),
    (r"backbone\.stages\.(\d)\.downsample\.", rf"{_ENCODER}.swin.encoder.layers.\1.downsample."),
    (
        r"backbone\.stages\.(\d)\.blocks\.(\d+)\.attn\.w_msa\.qkv\.",
        rf"{_ENCODER}.swin.encoder.layers.\1.blocks.\2.attention.QKV.",
    ),
    (
        r"backbone\.stages\.(\d)\.blocks\.(\d+)\.attn\.w_msa\.proj\.",
        rf"{_ENCODER}.swin.encoder.layers.\1.blocks.\2.attention.o_proj.",
    ),
    (
        r"backbone\.stages\.(\d)\.blocks\.(\d+)\.attn\.w_msa\.relative_position_bias_table",
        rf"{_ENCODER}.swin.encoder.layers.\1.blocks.\2.attention.relative_position_bias.relative_position_bias_table",
    ),
    (
        r"backbone\.stages\.(\d)\.blocks\.(\d+)\.norm1\.",
        rf"{_ENCODER}.swin.encoder.layers.\1.blocks.\2.layernorm_before.",
    ),
    (
        r"backbone\.stages\.(\d)\.blocks\.(\d+)\.norm2\.",
        rf"{_ENCODER}.swin.encoder.layers.\1.blocks.\2.layernorm_after.",
    ),
    (
        r"backbone\.stages\.(\d)\.blocks\.(\d+)\.ffn\.layers\.0\.0\.",
        rf"{_ENCODER}.swin.encoder.layers.\1.blocks.\2.mlp.fc1.",
    ),
    (
        r"backbone\.stages\.(\d)\.blocks\.(\d+)\.ffn\.layers\.1\.",
        rf"{_ENCODER}.swin.encoder.layers.\1.blocks.\2.mlp.fc2.",
    ),
    # the pixel decoder
    (r"head\.pixel_decoder\.input_convs\.(\d)\.conv\.", rf"{_PIXELS}.input_projections.\1.0."),
    (r"head\.pixel_decoder\.input_convs\.(\d)\.gn\.", rf"{_PIXELS}.input_projections.\1.1."),
    (r"head\.pixel_decoder\.encoder\.layers\.(\d)\.self_attn\.", rf"{_PIXELS}.encoder.layers.\1.self_attn."),
    (r"head\.pixel_decoder\.encoder\.layers\.(\d)\.ffn\.layers\.0\.0\.", rf"{_PIXELS}.encoder.layers.\1.fc1."),
    (r"head\.pixel_decoder\.encoder\.layers\.(\d)\.ffn\.layers\.1\.", rf"{_PIXELS}.encoder.layers.\1.fc2."),
    (r"head\.pixel_decoder\.encoder\.layers\.(\d)\.norms\.0\.", rf"{_PIXELS}.encoder.layers.\1.self_attn_layer_norm."),
    (r"head\.pixel_decoder\.encoder\.layers\.(\d)\.norms\.1\.", rf"{_PIXELS}.encoder.layers.\1.final_layer_norm."),
    (r"head\.pixel_decoder\.level_encoding\.weight", rf"{_PIXELS}.level_embed"),
    (r"head\.pixel_decoder\.lateral_convs\.0\.conv\.", rf"{_PIXELS}.adapter_1.0."),
    (r"head\.pixel_decoder\.lateral_convs\.0\.gn\.", rf"{_PIXELS}.adapter_1.1."),
    (r"head\.pixel_decoder\.output_convs\.0\.conv\.", rf"{_PIXELS}.layer_1.0."),
    (r"head\.pixel_decoder\.output_convs\.0\.gn\.", rf"{_PIXELS}.layer_1.1."),
    (r"head\.pixel_decoder\.mask_feature\.", rf"{_PIXELS}.mask_projection."),
    # the queries; cross attention comes before self attention
    (r"head\.query_embed\.", rf"{_QUERIES}.queries_embedder."),
    (r"head\.query_feat\.", rf"{_QUERIES}.queries_features."),
    (r"head\.level_embed\.", rf"{_QUERIES}.level_embed."),
    (r"head\.transformer_decoder\.post_norm\.", rf"{_QUERIES}.decoder.layernorm."),
    (
        r"head\.transformer_decoder\.layers\.(\d)\.self_attn\.attn\.in_proj_",
        rf"{_QUERIES}.decoder.layers.\1.self_attn.QKV.",
    ),
    (r"head\.transformer_decoder\.layers\.(\d)\.self_attn\.attn\.", rf"{_QUERIES}.decoder.layers.\1.self_attn."),
    (r"head\.transformer_decoder\.layers\.(\d)\.cross_attn\.attn\.", rf"{_QUERIES}.decoder.layers.\1.cross_attn."),
    (r"head\.transformer_decoder\.layers\.(\d)\.ffn\.layers\.0\.0\.", rf"{_QUERIES}.decoder.layers.\1.fc1."),
    (r"head\.transformer_decoder\.layers\.(\d)\.ffn\.layers\.1\.", rf"{_QUERIES}.decoder.layers.\1.fc2."),
    (r"head\.transformer_decoder\.layers\.(\d)\.norms\.0\.", rf"{_QUERIES}.decoder.layers.\1.cross_attn_layer_norm."),
    (r"head\.transformer_decoder\.layers\.(\d)\.norms\.1\.", rf"{_QUERIES}.decoder.layers.\1.self_attn_layer_norm."),
    (r"head\.transformer_decoder\.layers\.(\d)\.norms\.2\.", rf"{_QUERIES}.decoder.layers.\1.final_layer_norm."),
    (r"head\.mask_embed\.0\.", rf"{_QUERIES}.decoder.mask_predictor.mask_embedder.0.0."),
    (r"head\.mask_embed\.2\.", rf"{_QUERIES}.decoder.mask_predictor.mask_embedder.1.0."),
    (r"head\.mask_embed\.4\.", rf"{_QUERIES}.decoder.mask_predictor.mask_embedder.2.0."),
    (r"head\.cls_embed\.", "class_predictor."),
)
_RULES = tuple((re.compile(theirs), ours) for theirs, ours in _NAMES)
_UNUSED = re.compile(r".*relative_position_index|.*loss_cls\..*|data_preprocessor\..*")


def renamed(state: State, class_name: str) -> State:
    """The parameters of an OpenMMLab file (mmdet's or mmseg's) as the library's class wants them; what it has no place
    for keeps its name. Raises ValueError for another class than Mask2Former's."""
    if class_name != CLASS_NAME:
        raise ValueError(f"there is no table of OpenMMLab's names for {class_name}")
    result: dict[str, torch.Tensor] = {}
    for name, value in state.items():
        if not _UNUSED.fullmatch(name):
            result.update(_placed(_name(name), value))
    if "class_predictor.bias" in result:
        result["criterion.empty_weight"] = torch.ones(result["class_predictor.bias"].shape[0])
    last = result.get(f"{_ENCODER}.hidden_states_norms.stage4.weight")
    if last is not None:  # a norm of the library's Swin that its backbone never asks
        result[f"{_ENCODER}.swin.layernorm.weight"] = torch.ones(last.shape)
        result[f"{_ENCODER}.swin.layernorm.bias"] = torch.zeros(last.shape)
    return result


def _name(name: str) -> str:
    """The library's name; "<n>" in a rule is n - 1, ">n<" is n + 1."""
    plain = re.sub(r"^(panoptic_head|decode_head)\.", "head.", name)
    for theirs, ours in _RULES:
        found, count = theirs.subn(ours, plain, count=1) if theirs.match(plain) else (plain, 0)
        if count:
            found = re.sub(r"<(\d+)>", lambda m: str(int(m[1]) - 1), found)
            return re.sub(r">(\d+)<", lambda m: str(int(m[1]) + 1), found)
    return name


def _placed(name: str, value: torch.Tensor) -> dict[str, torch.Tensor]:
    if "QKV." in name:
        parts = zip(("q_proj.", "k_proj.", "v_proj."), value.chunk(3), strict=True)
        return {name.replace("QKV.", part): each.clone() for part, each in parts}
    if ".downsample." in name and ".swin." in name:
        return {name: _merged_in_order(value)}
    return {name: value}


def _merged_in_order(value: torch.Tensor) -> torch.Tensor:
    """Weights over four pixels x channels: OpenMMLab has a channel's pixels side by side, row by row; the library has
    all channels of a pixel side by side, the pixels column by column."""
    shape = value.shape
    return value.view(*shape[:-1], shape[-1] // 4, 4)[..., [0, 2, 1, 3]].transpose(-1, -2).reshape(shape).contiguous()
