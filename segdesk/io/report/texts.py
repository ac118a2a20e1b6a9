"""Every text of the report page, in its languages. Files for programs (JSON, CSV) use none of them."""

from __future__ import annotations

from segdesk.domain.errors import SegDeskError, fill
from segdesk.domain.metrics.bootstrap import Interval
from segdesk.io.report.texts_findings import FINDINGS_TEXTS

# key: (English, Simplified Chinese)
TEXTS: dict[str, tuple[str, str]] = {
    "title": ("Segmentation quality report", "分割质量报告"),
    "compared": ("{layer} compared with {against}", "{layer}与{against}的比较"),
    "layer.prediction": ("Model prediction", "模型预测"),
    "layer.annotation": ("Corrected annotation", "人工标注"),
    "layer.reference": ("reference labels", "参考标注"),
    "layer.other": ("{name}", "{name}"),
    "made": ("Made by SegDesk {version} on {date}", "由 SegDesk {version} 生成于 {date}"),
    "about.project": ("Project", "项目"),
    "about.model": ("Model", "模型"),
    "about.refinements": ("Refinements", "后处理步骤"),
    "sample.pictures": ("pictures judged", "参评图片"),
    "sample.pixels": ("pixels", "像素"),
    "sample.labelled": ("of them labelled in the reference", "其中参考已标注"),
    "sample.reference": ("reference segments", "参考区域"),
    "sample.predicted": ("predicted segments", "预测区域"),
    "sample.classes": ("classes that occur, of {total}", "出现的类别（共 {total} 类）"),
    "summary": ("Summary", "概要"),
    "miou": ("Mean IoU", "平均交并比 mIoU"),
    "pixel_accuracy": ("Pixel accuracy", "像素准确率"),
    "mean_accuracy": ("Mean class accuracy", "平均类别准确率"),
    "mean_dice": ("Mean Dice", "平均 Dice"),
    "fwiou": ("Frequency-weighted IoU", "频率加权交并比 FWIoU"),
    "pq": ("Panoptic quality PQ", "全景质量 PQ"),
    "sq": ("Segmentation quality SQ", "分割质量 SQ"),
    "rq": ("Recognition quality RQ", "识别质量 RQ"),
    "all": ("all", "全部"),
    "things": ("things", "可数类"),
    "stuff": ("stuff", "不可数类"),
    "thing": ("thing", "可数"),
    "stuff.one": ("stuff", "不可数"),
    "over_classes": ("over {n} classes", "对 {n} 个类别取平均"),
    "over_classes.1": ("over one class", "仅一个类别"),
    "rule.void_ignored": ("void ignored", "忽略未标注"),
    "rule.void_counted": ("void counted", "计入未标注"),
    "rule.void_background": ("void is background", "未标注即背景"),
    "leading": ("leading", "主要"),
    "reading.unlabelled": (
        "The references label surfaces (stuff), so what they leave void is unlabelled: nobody knows what is there, and"
        " the leading figures do not judge it.",
        "参考标注包含不可数类，因此其中的空白视为未标注：内容未知，主要指标不对其评判。",
    ),
    "reading.instances": (
        "The references label objects only (no stuff), so what they leave void is background: an object predicted there"
        " is a false alarm, and the leading figures count it.",
        "参考标注仅包含物体（没有不可数类），因此其中的空白视为背景：预测在背景上的物体属于误检，并计入主要指标。",
    ),
    "failed": (
        "{n} pictures could not be compared and are in no figure of this report:",
        "{n} 张图片无法比较，未计入本报告的任何数字：",
    ),
    "failed.1": (
        "One picture could not be compared and is in no figure of this report:",
        "1 张图片无法比较，未计入本报告的任何数字：",
    ),
    "failed.more": ("and {n} more, all in report.json", "以及另外 {n} 张，完整列表见 report.json"),
    "measures": ("All measures, by convention", "全部指标（按约定）"),
    "measures.pixels": ("Pixels", "像素"),
    "measures.segments": ("Segments", "区域"),
    "measure": ("Measure", "指标"),
    "classes": ("Classes", "各类别"),
    "classes.note": (
        "Pixel measures: {pixels}. Panoptic measures: {segments}. Every class in every convention is in per_class.csv.",
        "像素指标约定：{pixels}。全景指标约定：{segments}。各类别在所有约定下的数值见 per_class.csv。",
    ),
    "absent": (
        "Found in neither map and therefore in no mean: {names}.",
        "两方均未出现、因而不计入平均的类别：{names}。",
    ),
    "class": ("Class", "类别"),
    "kind": ("Kind", "类型"),
    "iou": ("IoU", "交并比"),
    "accuracy": ("Accuracy", "准确率"),
    "precision": ("Precision", "精确率"),
    "dice": ("Dice", "Dice"),
    "pixels.reference": ("Reference pixels", "参考像素"),
    "segments.counts": ("Segments matched / false / missed", "区域 匹配/误检/漏检"),
    "confusion": ("Confusion matrix", "混淆矩阵"),
    "confusion.note": (
        "Rows are the reference, columns the prediction. Each row is divided by its pixels, in percent; mistakes are"
        " coloured by the square root of their share. Point at a cell for the count. Void is shown,"
        " whatever the convention; counts are in confusion.csv.",
        "行为参考，列为预测。每行按其像素数归一化（百分比）；错误格按占比的平方根着色；将鼠标移到单元格上可查看像素数。"
        "无论采用何种约定，均显示未标注；计数见 confusion.csv。",
    ),
    "confusion.largest": (
        "The {n} classes with the most pixels of {total}.",
        "显示像素最多的 {n} 类（共 {total} 类）。",
    ),
    "confusion.corner": ("reference \\ predicted", "参考 \\ 预测"),
    "confusion.cell": (
        "reference {reference}, predicted {predicted}: {count} pixels, {share} of the row",
        "参考 {reference}，预测 {predicted}：{count} 像素，占该行 {share}",
    ),
    "void": ("void", "未标注"),
    "spread": ("Pictures by score", "图片得分分布"),
    "spread.note": (
        "{measure} of each picture by itself ({rule}); median {median} over {n} pictures.",
        "每张图片单独的 {measure}（{rule}）；{n} 张图片的中位数为 {median}。",
    ),
    "spread.bar": ("{low} to {high}: {n} pictures", "{low} 至 {high}：{n} 张图片"),
    "worst": ("Pictures to look at first", "建议优先查看的图片"),
    "worst.note": (
        "The lowest {measure} ({rule}), worst first. Thumbnails show every n-th pixel of the maps.",
        "按 {measure}（{rule}）从低到高排列。缩略图按固定间隔抽取像素。",
    ),
    "worst.none": ("Every picture is perfect by this measure.", "按此指标，所有图片均完全正确。"),
    "panel.reference": ("Reference", "参考"),
    "panel.prediction": ("Prediction", "预测"),
    "panel.annotation": ("Annotation", "标注"),
    "panel.errors": ("Differences", "差异"),
    "no_picture": ("The picture itself could not be read.", "图片本身无法读取。"),
    "error.missed": ("missed (labelled, predicted void)", "漏检（参考有，预测无）"),
    "error.false": ("false alarm (predicted on void)", "误检（预测有，参考无）"),
    "error.class": ("wrong class", "类别错误"),
    "error.object": ("right class, object not matched", "类别正确，物体未匹配"),
    "picture.counts": (
        "{tp} segments matched, {fp} false, {fn} missed",
        "区域：匹配 {tp}，误检 {fp}，漏检 {fn}",
    ),
    "effort": ("Cost of correction", "修正成本"),
    "effort.share": ("The model did {share} of the work.", "模型完成了 {share} 的工作。"),
    "effort.pictures": ("pictures worked on or verified", "已修改或已确认的图片"),
    "effort.changed": ("pixels changed by hand", "手动修改的像素"),
    "effort.median": ("of work on a picture, median", "每张图片的用时（中位数）"),
    "effort.seconds": ("of work in all", "总用时"),
    "effort.note": (
        "The share of pixels whose final label is the model's own, over the pictures that a model answered for and a"
        " person worked on or verified. An object that was cut or joined counts with its largest shared part. Time runs"
        " from input to input and stands still after 30 seconds without any.",
        "在模型已作答且经人工修改或确认的图片中，最终标注与模型结果一致的像素所占比例。被切分或合并的物体只计其最大的共同部分。"
        "计时在两次操作之间进行，超过 30 秒无操作即暂停。",
    ),
    "minutes": ("{minutes} min {seconds} s", "{minutes} 分 {seconds} 秒"),
    "hours": ("{hours} h {minutes} min", "{hours} 小时 {minutes} 分"),
    "seconds": ("{seconds} s", "{seconds} 秒"),
    "conventions": ("What the figures mean", "指标说明"),
    "define.miou": (
        "IoU = TP / (TP + FP + FN) over the pixels of all pictures together; the mean is over classes that occur in"
        " either map. A labelled pixel that is predicted as void or as another class is a miss in every convention.",
        "IoU = TP / (TP + FP + FN)，对全部图片的像素合并计算；平均只含两方至少一方出现的类别。"
        "已标注像素若被预测为空白或其他类别，在任何约定下都算漏检。",
    ),
    "define.pixels.void_ignored": (
        "Pixel measures, void ignored: pixels that the reference leaves void are left out altogether.",
        "像素指标，忽略未标注：参考中未标注的像素完全不参与计算。",
    ),
    "define.pixels.void_counted": (
        "Pixel measures, void counted: a class predicted on void is a false alarm (FP) of that class. Pixel accuracy is"
        " over all pixels, and void in both maps is right; void is no class in the means.",
        "像素指标，计入未标注：在未标注处预测的类别算该类误检（FP）。像素准确率对全部像素计算，双方均为空白视为正确；未标注不作为类别参与平均。",
    ),
    "define.pq": (
        "PQ = sum of IoU of the matches / (TP + FP/2 + FN/2) = SQ x RQ for a class; a match has the same class and IoU"
        " over 0.5, strictly. A mean is over classes that occur in either map. All stuff of a class in a picture is one"
        " segment. Crowd regions of the reference are never missed, and excuse predictions of their class mostly on"
        " them.",
        "单个类别的 PQ = 匹配区域 IoU 之和 / (TP + FP/2 + FN/2) = SQ × RQ；匹配要求类别相同且 IoU 严格大于 0.5。"
        "平均只含两方至少一方出现的类别。同一图片中同一不可数类的全部像素算一个区域。参考中的群体区域（crowd）不算漏检，大部分落在其上的同类预测不算误检。",
    ),
    "define.segments.void_ignored": (
        "Panoptic measures, void ignored: void pixels are taken out of the union, and an unmatched segment mostly on"
        " void is no false alarm (as panopticapi and deeplab2).",
        "全景指标，忽略未标注：未标注像素从并集中去除；"
        "大部分落在未标注处的未匹配区域不算误检（同 panopticapi、deeplab2）。",
    ),
    "define.segments.void_counted": (
        "Panoptic measures, void counted: void pixels stay in the union; an unmatched segment mostly on void is no"
        " false alarm (as BDD100K).",
        "全景指标，计入未标注：未标注像素保留在并集中；大部分落在未标注处的未匹配区域不算误检（同 BDD100K）。",
    ),
    "define.segments.void_background": (
        "Panoptic measures, void is background: void pixels stay in the union, and every unmatched segment is a false"
        " alarm.",
        "全景指标，未标注即背景：未标注像素保留在并集中，所有未匹配区域均算误检。",
    ),
    **FINDINGS_TEXTS,
}

# The errors that a report may list, by their template.
ERRORS_ZH: dict[str, str] = {
    "The two label maps of {name} differ in size: {width} x {height} against {other_width} x {other_height} pixels.": (
        "{name} 的两张标注图尺寸不同：{width} x {height} 与 {other_width} x {other_height} 像素。"
    ),
}


class Texts:
    """The texts in one language: `texts("key", name=value)`. An unknown language is English."""

    def __init__(self, language: str) -> None:
        self.chinese = language.lower().startswith("zh")
        self.code = "zh-CN" if self.chinese else "en"

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, filled in."""
        return fill(TEXTS[key][self.chinese], values)

    def counted(self, key: str, n: int) -> str:
        """The text for n things; `KEY.1` for one of them."""
        return self(f"{key}.1" if n == 1 and f"{key}.1" in TEXTS else key, n=self.integer(n))

    def layer(self, name: str) -> str:
        """A layer's name for people."""
        return self(f"layer.{name}") if f"layer.{name}" in TEXTS else self("layer.other", name=name)

    def about(self, name: str) -> str:
        """The name of a fact of `Report.about`; as it is where the table does not know it."""
        key = f"about.{name.casefold()}"
        return self(key) if key in TEXTS else name

    def error(self, error: SegDeskError) -> str:
        """The sentence of an error; English where the table has no other."""
        return fill(ERRORS_ZH[error.message], error.values) if self.shows(error) else error.text()

    def shows(self, error: SegDeskError) -> bool:
        """Whether the error's sentence has a translation into this language."""
        return self.chinese and error.message in ERRORS_ZH

    def percent(self, value: float | None) -> str:
        """A share with one decimal, "–" for none. Only a true 1 prints as 100.0 %, only a true 0 as 0.0 %."""
        if value is None:
            return "–"
        shown = value * 100
        if 99.95 <= shown < 100:
            return ">99.9 %"
        return "<0.1 %" if 0 < shown < 0.05 else f"{shown:.1f} %"

    def span(self, span: Interval) -> str:
        """An interval of a share, in brackets."""
        return self("span", low=self.percent(span.low), high=self.percent(span.high))

    def seconds(self, value: float) -> str:
        """A time span in the two largest units that it needs."""
        whole = round(value)
        if whole >= 3600:
            return self("hours", hours=self.integer(whole // 3600), minutes=whole % 3600 // 60)
        if whole >= 60:
            return self("minutes", minutes=whole // 60, seconds=whole % 60)
        return self("seconds", seconds=f"{value:.1f}" if value < 10 else whole)

    def integer(self, value: int) -> str:
        """An integer in groups of three."""
        return f"{value:,}".replace(",", "\u202f")
