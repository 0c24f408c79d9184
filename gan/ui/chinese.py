"""Chinese for the sentences of errors, notices and progress; the English template is the key.

A test collects every template in `gan` and fails where one is missing here.
"""

from __future__ import annotations

from typing import Final

FIELDS: Final[dict[str, str]] = {
    "alpha": "透明通道",
    "height": "高度",
    "image": "图片",
    "model": "模型",
    "reference": "参考图片",
    "scale": "放大倍数",
    "seed": "随机种子",
    "strength": "强度",
    "width": "宽度",
}

SENTENCES: Final[dict[str, str]] = {
    # gan.ui and the tabs
    "Reading the picture": "正在读取图片",
    "Writing the files": "正在写入文件",
    "Waiting for its turn": "正在排队",
    "Enhancing": "正在增强",
    "Enhancing transparency": "正在处理透明部分",
    "Size": "尺寸",
    "File": "文件",
    "Time": "用时",
    "Model": "模型",
    "Adjusted": "调整",
    "Measured": "比较",
    "about {left} left": "约剩 {left}",
    "{seconds} s": "{seconds} 秒",
    "{minutes} min": "{minutes} 分钟",
    "Stopped. Your photograph and the last result are still here.": "已停止。您的照片和上一次的结果都还在。",
    "Stopped": "已停止",
    "Something failed on our side; nothing of yours is lost. The server's log has the details.": (
        "程序出错了，您的图片和设置都没有丢失。详细信息见服务器日志。"
    ),
    "none was given": "没有提供",
    "a picture is needed": "需要一张图片",
    "Choose a file or one of the examples first": "请先选择文件或示例",
}
