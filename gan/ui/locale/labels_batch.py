"""Labels of the tab `batch`; a part of `gan.ui.locale.labels`."""

from __future__ import annotations

from typing import Final

LABELS: Final[dict[str, tuple[str, str]]] = {
    "batch": ("Batch", "批量"),
    "batch.files": ("Pictures: as many as you like", "图片：数量不限"),
    "batch.steps": ("Steps", "步骤"),
    "batch.save": ("Save these steps (JSON)", "保存这些步骤（JSON）"),
    "batch.own": ("Steps of your own", "自己的步骤"),
    "batch.own.info": (
        "Upload saved steps, or any picture that was made here: its file carries the steps that made it. "
        "What the steps need besides, such as styles and masks, goes into the second list.",
        "上传保存的步骤，或任意一张在此生成的图片：其文件中带有制作步骤。步骤另需的文件（如风格图和蒙版）请放入第二个列表。",
    ),
    "batch.recipe": ("Steps (JSON), or a finished picture", "步骤（JSON）或一张成品图"),
    "batch.more": ("Files beside the steps: styles, masks", "步骤所需的文件：风格图、蒙版"),
    "batch.run": ("Run on all", "全部运行"),
    "batch.empty": (
        "Drop pictures and choose steps. Every picture goes through the same steps; a bad file is named, and the "
        "others go on.",
        "拖入图片并选择步骤。所有图片依次执行相同的步骤；无法使用的文件会被列出，其余图片继续处理。",
    ),
    "batch.one": ("Download the first", "下载第一张"),
    "batch.sheets": ("Before and after", "前后对比"),
    "batch.report": ("Download the report (JSON)", "下载报告（JSON）"),
    "ready.square": ("White, framed square", "白底方图，统一构图"),
    "ready.transparent": ("Cut out, transparent PNG", "抠图，透明 PNG"),
    "ready.amazon": ("Amazon main image", "亚马逊主图"),
    "ready.restore": ("Restore: twice the size, de-noised", "修复：放大两倍并降噪"),
    "task.generate": ("Generate", "生成"),
    "task.enhance": ("Enhance", "增强"),
    "task.inpaint": ("Inpaint", "修补"),
    "task.stylize": ("Stylize", "风格化"),
    "task.cutout": ("Cut out", "抠图"),
    "task.recolor": ("Recolor", "换色"),
    "task.shadow": ("Shadow", "阴影"),
    "task.frame": ("Frame", "构图"),
    "task.white": ("White ground", "纯白背景"),
    "task.match": ("Match a reference", "匹配参考图"),
    "task.export": ("Export for a channel", "按渠道导出"),
    "send.batch": ("Send to Batch", "发送到批量"),
}
