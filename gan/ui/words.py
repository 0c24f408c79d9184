"""The interface's words in English and Chinese.

Two kinds, told apart by who translates them. Labels are keys that the browser looks up by its own language
(`label`); everything that is made while serving (errors, notices, progress) is translated here, by the language that
the request asks for (`say`, `sentence`, `notice`). Of the latter the English template is the key, as in gettext, so
that code below the interface needs to know nothing of languages.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final, Literal

import gradio as gr
from gradio.i18n import I18nData

from gan.errors import PackshotError
from gan.ui.chinese import FIELDS, SENTENCES

Language = Literal["en", "zh"]

CHINESE_LOCALES: Final = ("zh", "zh-CN", "zh-SG", "zh-HK", "zh-MO", "zh-TW", "zh-Hans", "zh-Hant")
"""Of these Gradio 6.31's page takes zh-CN and zh-TW from a browser, and shows English labels for the others."""

LABELS: Final[dict[str, tuple[str, str]]] = {
    "tagline": (
        "Product photographs, larger and cleaner. Your pictures stay on this machine.",
        "让商品照片更大、更干净。图片不会离开这台机器。",
    ),
    "enhance": ("Enhance", "增强"),
    "picture": ("Photograph", "照片"),
    "picture.preview": ("Your photograph", "您的照片"),
    "examples": ("Or try one of these", "或者试试这些示例"),
    "scale": ("Enlarge", "放大"),
    "scale.1": ("1× clean only", "1× 仅清理"),
    "scale.2": ("2×", "2×"),
    "scale.4": ("4×", "4×"),
    "strength": ("Strength", "强度"),
    "model": ("Model", "模型"),
    "model.auto": ("Automatic", "自动"),
    "size": ("Exact size", "精确尺寸"),
    "width": ("Width in pixels", "宽度（像素）"),
    "height": ("Height in pixels", "高度（像素）"),
    "size.info": (
        "Give one of the two; the other follows, and Enlarge is ignored. 0 is off.",
        "填写其中一项即可，另一项按比例计算，此时忽略“放大”。0 表示不使用。",
    ),
    "adjust": ("Light and colour", "光线与色彩"),
    "auto": ("Choose for me", "自动选择"),
    "auto.info": ("What was chosen is shown with the result", "所选的数值会随结果一起显示"),
    "white_balance": ("White balance", "白平衡"),
    "exposure": ("Exposure", "曝光"),
    "local_contrast": ("Local contrast", "局部对比度"),
    "saturation": ("Saturation", "饱和度"),
    "sharpness": ("Sharpness", "锐度"),
    "output": ("File format", "文件格式"),
    "format": ("Format", "格式"),
    "quality": ("Quality", "质量"),
    "lossless": ("Lossless WebP", "无损 WebP"),
    "keep_exif": ("Keep camera data (EXIF)", "保留相机信息（EXIF）"),
    "keep_location": ("Keep the location too", "同时保留拍摄地点"),
    "reference": ("Measure against a reference", "与参考图片比较"),
    "reference.file": ("Reference, as large as the result", "参考图片（须与结果尺寸相同）"),
    "run": ("Enhance", "开始增强"),
    "stop": ("Stop", "停止"),
    "result": ("Before and after", "前后对比"),
    "view": ("View", "查看方式"),
    "view.swipe": ("Slider", "滑块"),
    "view.before": ("Before", "处理前"),
    "view.after": ("After", "处理后"),
    "view.both": ("Side by side", "并排"),
    "download": ("Download", "下载图片"),
    "record": ("Record (JSON)", "处理记录（JSON）"),
    "summary": ("What was done", "处理摘要"),
    "unavailable": ("Enhance is switched off, because it has no usable model.", "没有可用的模型，增强功能已停用。"),
}


def label(key: str) -> Any:
    """A label that the browser translates; not every component's annotation admits it.

    Raises:
        KeyError: no such label.
    """
    LABELS[key]
    return I18nData(key)


def translations() -> gr.I18n:
    """What `launch(i18n=...)` takes."""
    english = {key: pair[0] for key, pair in LABELS.items()}
    chinese = {key: pair[1] for key, pair in LABELS.items()}
    return gr.I18n(en=english, **dict.fromkeys(CHINESE_LOCALES, chinese))


def language(request: gr.Request | None) -> Language:
    """The language that the request prefers: Chinese if its accept-language names Chinese before English."""
    wanted = request.headers.get("accept-language", "") if request is not None else ""
    for tag in wanted.lower().split(","):
        if tag.strip().startswith("zh"):
            return "zh"
        if tag.strip().startswith("en"):
            return "en"
    return "en"


def say(template: str, to: Language, **values: object) -> str:
    """The template in that language, filled; in English where there is no translation."""
    chosen = SENTENCES.get(template, template) if to == "zh" else template
    return chosen.format(**values)


def word(key: str, to: Language) -> str:
    """A label's text where the server itself writes the sentence."""
    return LABELS[key][to == "zh"]


def sentence(error: PackshotError, to: Language) -> str:
    """What came, what is allowed, what to do, in that language."""
    if to == "en":
        return str(error)
    values = {name: notice(value, to) if isinstance(value, str) else value for name, value in error.values.items()}
    got, allowed, remedy = (say(part, to, **values) for part in error.templates())
    return f"{FIELDS.get(error.field, error.field)}：{got}；{allowed}。{remedy}。"


def notice(text: str, to: Language) -> str:
    """A notice or the name of a step in that language, whether it still is a template or already is filled."""
    if to == "en":
        return text
    if text in SENTENCES:
        return SENTENCES[text]
    for pattern, chinese in _filled():
        if found := pattern.fullmatch(text):
            return chinese.format(**found.groupdict())
    return text


@lru_cache(maxsize=1)
def _filled() -> list[tuple[re.Pattern[str], str]]:
    """For every template with placeholders, a pattern that recognises it once it is filled."""
    return [(_pattern(english), chinese) for english, chinese in SENTENCES.items() if "{" in english]


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)[^}]*\}", template)
    return re.compile(
        "".join(f"(?P<{part}>.+?)" if number % 2 else re.escape(part) for number, part in enumerate(parts)), re.DOTALL
    )
