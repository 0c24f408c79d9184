"""Chinese for what is said of bounds on input and of files that cannot be written; the English template is the key."""

from __future__ import annotations

from typing import Final

FIELDS: Final[dict[str, str]] = {}

SENTENCES: Final[dict[str, str]] = {
    # gan.ui.mask_editor
    "{got} layers": "{got} 个图层",
    "Draw on one layer": "请只在一个图层上绘制",
    "a layer of more than {most} MB": "图层超过 {most} MB",
    "a layer of more than {most} px on a side": "图层的一边超过 {most} px",
    "a layer that cannot be read": "图层无法读取",
    "a PNG of the editor's own size is expected": "需要与编辑器同尺寸的 PNG",
    "Draw it again": "请重新绘制",
    # gan.batch
    "{count} results of one picture": "一张图片有 {count} 个结果",
    "at most {most} are made": "最多制作 {most} 个",
    "Name fewer colors, or make several recipes of it": "请减少颜色，或拆成几个配方",
    "the files of all steps have more than {most} megapixels together": "所有步骤的文件合计超过 {most} 百万像素",
    "at most that many are read": "最多读取这么多",
    "Make the files smaller, or name fewer": "请缩小文件，或减少文件",
    # gan.export.page.handlers
    "it is no archive of this page": "不是本页面生成的压缩包",
    "the ZIP that Export made is expected": "需要导出生成的 ZIP",
    "Export the pictures again": "请重新导出图片",
    # gan.originals and the commands
    "{path} is read by this command": "本命令要读取 {path}",
    "results never take the place of what they are made of": "结果不会覆盖用来制作它的文件",
    "Choose another name or folder, or add --overwrite where the command has it": (
        "请换一个名称或文件夹；命令有 --overwrite 选项时也可加上它"
    ),
    "Choose another -o, or add --overwrite": "请换一个 -o，或加上 --overwrite",
    "{name} with --format {format}": "{name} 与 --format {format} 不符",
    "a file of this format ends in {suffixes}": "此格式的文件扩展名为 {suffixes}",
    "Give the file this ending, or leave --format out": "请使用该扩展名，或去掉 --format",
    # gan.ui.strict and gan.imaging.io.formats
    "Correct the value": "请改正该值",
    "true or false is expected": "应为 true 或 false",
    # gan.ui.background_job
    "the result": "结果",
    # gan.ui.gate
    "the server is busy with other pictures": "服务器正忙于处理其他图片",
    "so many at a time fit into its memory": "内存一次只能容纳这么多",
    "Try again in a minute, or with a smaller picture": "请稍后再试，或换一张较小的图片",
}
