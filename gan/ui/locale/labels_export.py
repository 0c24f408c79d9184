"""Labels of the tab `export`; a part of `gan.ui.locale.labels`."""

from __future__ import annotations

from typing import Final

LABELS: Final[dict[str, tuple[str, str]]] = {
    "export": ("Check & export", "检查与导出"),
    "export.files": ("Pictures: one or many", "图片：一张或多张"),
    "export.unavailable": (
        "No usable model finds products here. Pictures with transparency still work.",
        "没有可用的商品识别模型。带透明背景的图片仍可处理。",
    ),
    "export.run": ("Repair and export", "修复并导出"),
    "export.empty": (
        "Drop pictures and choose a channel. Every rule is measured and shown here, with what a repair would do.",
        "拖入图片并选择渠道。此处会显示每条规则的实测结果，以及修复时会做什么。",
    ),
    "export.one": ("Download this one", "下载此图"),
    "export.gallery": ("Before and after; choose a picture to download it alone", "前后对比；选中一张可单独下载"),
    "export.fill": ("Fill: the product's share of every frame", "占比：商品在每张画面中所占的比例"),
    "export.fill.info": (
        "0 frames only what breaks a rule; from 0.1 on every product is framed alike.",
        "0 表示只调整不合规的图片；0.1 起所有商品统一构图。",
    ),
    "export.model": ("What finds the product", "商品识别模型"),
    "export.model.info": (
        "Pictures with transparency need none.",
        "带透明背景的图片不需要模型。",
    ),
    "check.run": ("Check", "检查"),
    "check.report": ("Download the report (JSON)", "下载报告（JSON）"),
    "channel": ("Channel", "销售渠道"),
    "channel.own": ("Rules of your own", "自定义规则"),
    "channel.own.info": (
        "Download the chosen channel's rules as a file, change what you like in any text editor, and upload it.",
        "下载所选渠道的规则文件，用任意文本编辑器修改后再上传。",
    ),
    "channel.download": ("Download these rules (TOML)", "下载这些规则（TOML）"),
    "channel.file": ("Your rules (TOML)", "您的规则（TOML）"),
    "rule.format": ("File format", "文件格式"),
    "rule.bytes": ("File size", "文件大小"),
    "rule.quality": ("JPEG quality", "JPEG 质量"),
    "rule.frames": ("Frames", "帧数"),
    "rule.srgb": ("Colour space", "色彩空间"),
    "rule.mark": ("Generated mark", "AI 生成标记"),
    "rule.longest": ("Longer side", "长边"),
    "rule.shortest": ("Shorter side", "短边"),
    "rule.megapixels": ("Pixels in all", "总像素"),
    "rule.aspect": ("Width to height", "宽高比"),
    "rule.enlarged": ("Enlarged", "放大"),
    "rule.transparency": ("Transparency", "透明"),
    "rule.ground": ("White ground", "纯白背景"),
    "rule.fill": ("Fill", "商品占比"),
    "rule.cut-off": ("Cut off", "商品被截断"),
    "rule.borders": ("Borders", "边框"),
    "rule.text": ("Text and logos", "文字与标志"),
    "rule.shadow": ("Shadow", "阴影"),
    "send.export": ("Send to Check & export", "发送到检查与导出"),
}
