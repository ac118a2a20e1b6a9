"""The data sets of OpenMMLab's checkpoints: their classes and licences, and how pictures are brought to the net."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Data:
    """A data set. `fit`: how the reference brings pictures to the net; `tested`: what its scores were taken on."""

    key: str
    name: str
    group: str
    preset: str
    channels: int
    fit: str
    tested: str
    licence: str
    commercial: str


DATA = {
    data.key: data
    for data in (
        Data("cityscapes", "Cityscapes", "Streets", "cityscapes19", 19, "native", "Cityscapes val",
             "Cityscapes terms: not for commercial use", "no"),
        Data("ade20k", "ADE20K", "Scenes", "ade150", 150, "short:512", "ADE20K val",
             "ADE20K terms: pictures for research and education", "no"),
        Data("voc", "PASCAL VOC 2012", "Photographs", "voc21", 21, "short:512", "PASCAL VOC 2012 val",
             "PASCAL VOC terms (Flickr pictures)", "check"),
        Data("context60", "PASCAL Context 60", "Photographs", "context60", 60, "long:520 slide:480/320",
             "PASCAL Context val, with background", "PASCAL VOC terms (Flickr pictures)", "check"),
        Data("context59", "PASCAL Context 59", "Photographs", "context59", 59, "long:520 slide:480/320",
             "PASCAL Context val, 59 classes", "PASCAL VOC terms (Flickr pictures)", "check"),
        Data("stuff164k", "COCO-Stuff 164k", "Photographs", "cocostuff171", 171, "short:512", "COCO-Stuff 164k val",
             "COCO terms of use", "check"),
        Data("stuff10k", "COCO-Stuff 10k", "Photographs", "cocostuff171", 171, "short:512", "COCO-Stuff 10k test",
             "COCO terms of use", "check"),
        Data("loveda", "LoveDA", "From above", "loveda", 7, "native", "LoveDA val", "CC BY-NC-SA 4.0", "no"),
        Data("potsdam", "ISPRS Potsdam", "From above", "potsdam", 6, "native", "ISPRS Potsdam test",
             "ISPRS benchmark terms", "check"),
        Data("vaihingen", "ISPRS Vaihingen", "From above", "vaihingen", 6, "native", "ISPRS Vaihingen test",
             "ISPRS benchmark terms", "check"),
        Data("isaid", "iSAID", "From above", "isaid", 16, "native", "iSAID val",
             "iSAID terms: academic use only", "no"),
        Data("mapillary", "Mapillary Vistas 1.2", "Streets", "mapillary65", 65, "short:1024",
             "Mapillary Vistas 1.2 val", "CC BY-NC-SA 4.0", "no"),
        Data("drive", "DRIVE", "Medicine", "vessel", 2, "slide:64/42", "DRIVE test", "DRIVE terms", "check"),
        Data("stare", "STARE", "Medicine", "vessel", 2, "slide:128/85", "STARE test", "STARE terms", "check"),
        Data("chase", "CHASE_DB1", "Medicine", "vessel", 2, "slide:128/85", "CHASE_DB1 test",
             "CHASE_DB1 terms", "check"),
        Data("hrf", "HRF", "Medicine", "vessel", 2, "slide:256/170", "HRF test", "HRF terms", "check"),
    )
}  # fmt: skip
# The data set that a name stands for; the first pattern that is found counts.
DATA_WORDS = (
    (r"context.?59", "context59"), (r"context", "context60"), (r"164k", "stuff164k"), (r"stuff.?10k", "stuff10k"),
    (r"voc12", "voc"), (r"ade20k", "ade20k"), (r"loveda", "loveda"), (r"potsdam", "potsdam"),
    (r"vaihingen", "vaihingen"),
    (r"isaid", "isaid"), (r"mapilla", "mapillary"), (r"drive", "drive"), (r"stare", "stare"), (r"chase", "chase"),
    (r"hrf", "hrf"), (r"cityscapes", "cityscapes"),
)  # fmt: skip
# What a name says of the training beyond its schedule, for the card's name.
PRETRAINED = (
    (r"in1k-pre", "ImageNet start"), (r"rsb", "RSB start"), (r"22K", "ImageNet-22k start"),
    (r"scratch", "from scratch"), (r"ohem", "OHEM"),
    (r"fp16|amp", "half precision"), (r"ce-1\.0-dice-3\.0", "Dice loss"), (r"_b8_", "batch 8"), (r"_b16_", "batch 16"),
    (r"4x8_", "batch 32"), (r"jpu_[a-z]+_4x4", "batch 16"), (r"adamw", "AdamW"),
)  # fmt: skip
