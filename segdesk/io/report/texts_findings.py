"""The texts of the report page's further measures: average precision, objects, outlines, intervals, plots."""

from __future__ import annotations

# key: (English, Simplified Chinese)
FINDINGS_TEXTS: dict[str, tuple[str, str]] = {
    "about.compared with": ("Compared with", "比较对象"),
    "about.classes left out": ("Classes left out", "未计入的类别"),
    "recall": ("Recall", "召回率"),
    "f1": ("F1", "F1"),
    "span": ("[{low}, {high}]", "[{low}, {high}]"),
    "interval.note": (
        "In brackets: 95 % interval, bootstrap over {n} pictures.",
        "方括号内为 95 % 置信区间，对 {n} 张图片做自助法（bootstrap）重抽样。",
    ),
    "interval.few": (
        "No intervals: they need two pictures or more.",
        "没有置信区间：至少需要两张图片。",
    ),
    "ap": ("Average precision AP", "平均精确率 AP"),
    "boundary_iou": ("Boundary IoU", "边界交并比"),
    "boundary_f": ("Boundary F", "边界 F 值"),
    "dsb": ("Data Science Bowl 2018 score", "Data Science Bowl 2018 得分"),
    "object_f1": ("Objects, F1 at IoU 0.5", "物体 F1（IoU 0.5）"),
    "mpq": ("mPQ, mean over pictures (PanNuke)", "mPQ，按图片平均（PanNuke）"),
    "mpq_plus": ("mPQ+, pictures pooled (CoNIC)", "mPQ+，图片合并（CoNIC）"),
    "coco.rule": ("COCO, IoU 0.50:0.95, at most 100 objects", "COCO，IoU 0.50:0.95，每图每类最多 100 个物体"),
    "coco.at_most": ("at most 100 objects (COCO)", "最多 100 个物体（COCO）"),
    "coco.any": ("any number of objects", "物体数不限"),
    "card.objects": ("{n} reference objects", "{n} 个参考物体"),
    "card.objects.1": ("one reference object", "1 个参考物体"),
    "class_bars": ("IoU of each class", "各类别交并比"),
    "class_bars.note": (
        "Whiskers: 95 % interval over pictures; {rule}.",
        "须线为按图片计算的 95 % 置信区间；{rule}。",
    ),
    "precision_recall": ("Precision and recall", "精确率与召回率"),
    "precision_recall.note": (
        "Objects in the order of their scores, at most 100 of a class in a picture; the classes with the most reference"
        " objects. Labels without scores (drawn or imported) give a single step.",
        "按得分从高到低排列物体，每图每类最多 100 个；仅画参考物体最多的类别。"
        "没有得分的标注（手绘或导入）只有一级台阶。",
    ),
    "curve.mean": ("mean of all, IoU {iou}", "全部平均，IoU {iou}"),
    "curve.class": ("{name}, IoU 0.5", "{name}，IoU 0.5"),
    "sizes": ("Sizes of objects", "物体大小"),
    "sizes.note": (
        "Area in pixels, by powers of two (k = 1,024). Found: reference objects matched over an IoU of 0.5; {rule}.",
        "面积（像素），按 2 的幂分组（k = 1,024）。“已找到”指以 IoU 大于 0.5 匹配的参考物体；{rule}。",
    ),
    "sizes.reference": ("reference", "参考"),
    "sizes.found": ("of them found", "其中已找到"),
    "sizes.predicted": ("predicted", "预测"),
    "objects": ("Objects", "物体"),
    "objects.note": (
        "All countable classes together: an object is found if a prediction of its class has an IoU over the"
        " threshold; {rule}.",
        "全部可数类合计：若同类预测与物体的 IoU 大于阈值，则视为找到；{rule}。",
    ),
    "objects.iou": ("IoU over", "IoU 大于"),
    "objects.tp": ("Found", "找到"),
    "objects.fp": ("False", "误检"),
    "objects.fn": ("Missed", "漏检"),
    "objects.score": ("TP / (TP + FP + FN)", "TP / (TP + FP + FN)"),
    "precision.table": ("Average precision (COCO)", "平均精确率（COCO）"),
    "area.s": ("small, to 32²", "小，至 32²"),
    "area.m": ("medium, to 96²", "中，至 96²"),
    "area.l": ("large", "大"),
    "measures.boundaries": ("Outlines", "轮廓"),
    "more_classes": ("Classes: outlines and objects", "各类别：轮廓与物体"),
    "more_classes.note": (
        "Outlines: {pixels}. Precision, recall and F1 of objects at IoU 0.5: {segments}. AP as COCO's.",
        "轮廓：{pixels}。物体的精确率、召回率和 F1 取 IoU 0.5：{segments}。AP 同 COCO。",
    ),
    "objects.counted": ("Objects: reference / predicted", "物体 参考/预测"),
    "pairs": ("Most frequent confusions", "最常见的混淆"),
    "pairs.note": (
        "Pairs of classes with the most wrong pixels, and the pictures that have the most of them.",
        "错误像素最多的类别对，以及含有最多此类像素的图片。",
    ),
    "pairs.reference": ("Reference", "参考"),
    "pairs.predicted": ("Predicted", "预测"),
    "pairs.pixels": ("Pixels", "像素"),
    "pairs.share": ("Of the reference class", "占参考类别"),
    "pairs.pictures": ("Most in", "主要出现于"),
    "best": ("The best pictures", "得分最高的图片"),
    "best.note": ("The highest {measure} ({rule}), best first.", "按 {measure}（{rule}）从高到低排列。"),
    "define.dsb": (
        "Score of the 2018 Data Science Bowl: per picture TP / (TP + FP + FN), averaged over the IoU thresholds 0.5,"
        " 0.55 ... 0.95, then over pictures with an object in either map.",
        "2018 Data Science Bowl 得分：每张图片的 TP / (TP + FP + FN)，先对 IoU 阈值 0.5、0.55……0.95 取平均，"
        "再对任一方含有物体的图片取平均。",
    ),
    "define.boundary_iou": (
        "Boundary IoU (Cheng et al. 2021): IoU of the bands of 2 % of the picture's diagonal inside each class's edge,"
        " the picture's border included; pixels of all pictures together, mean over classes.",
        "边界交并比（Cheng 等，2021）：各类别边缘内侧宽度为图片对角线 2 % 的带状区域（含图片边框）的 IoU；"
        "全部图片的像素合并计算，再对类别取平均。",
    ),
    "define.boundary_f": (
        "Boundary F (as DAVIS): F of each class's outline within a disc of 0.8 % of the diagonal, in each picture where"
        " the class occurs; mean over pictures, then over classes.",
        "边界 F 值（同 DAVIS）：在对角线 0.8 % 的圆盘容差内，各类别轮廓的 F 值；先对该类别出现的图片取平均，"
        "再对类别取平均。",
    ),
    "define.ap": (
        "AP as COCO's: precision at 101 recalls, mean over IoU 0.5, 0.55 ... 0.95 and classes, crowds neither found nor"
        " missed. A label map holds no overlapping objects, and the area is that of the pixels.",
        "AP 同 COCO：在 101 个召回率处的精确率，对 IoU 0.5、0.55……0.95 和类别取平均，"
        "群体区域既不算找到也不算漏检。标注图中物体互不重叠，面积为像素数。",
    ),
    "define.mpq": (
        "mPQ (PanNuke): mean over pictures of the mean PQ of the countable classes that the reference has there; mPQ+"
        " (CoNIC): mean over countable classes of PQ with all pictures together.",
        "mPQ（PanNuke）：每张图片中参考所含可数类 PQ 的平均，再对图片取平均；mPQ+（CoNIC）："
        "全部图片合并计算 PQ，再对可数类取平均。",
    ),
    "define.intervals": (
        "Intervals: 95 % percentile intervals of a bootstrap over pictures (1,000 draws, fixed seed), in the leading"
        " conventions: how far a figure would differ with other pictures of the same kind.",
        "置信区间：对图片做自助法重抽样（1,000 次，固定种子）得到的 95 % 百分位区间，采用主要约定："
        "表示换成同类的其他图片时，数值可能变化的范围。",
    ),
}
