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
        "Product photographs: made up, larger, cleaner. Your pictures stay on this machine.",
        "商品图片：凭空生成、放大、清理。图片不会离开这台机器。",
    ),
    "enhance": ("Enhance", "增强"),
    "generate": ("Generate", "生成"),
    "generate.run": ("Generate", "开始生成"),
    "generate.unavailable": (
        "Generate is switched off, because it has no usable model.",
        "没有可用的模型，生成功能已停用。",
    ),
    "text": ("In words", "用文字描述"),
    "text.example": ("red armchair from the left", "红色扶手椅 朝左"),
    "category": ("Category", "品类"),
    "category.any": ("Any", "任意"),
    "category.appliance": ("Appliance", "电器"),
    "category.bathroom": ("Bathroom", "卫浴"),
    "category.bed": ("Bed", "床"),
    "category.chair": ("Chair", "椅子"),
    "category.electronics": ("Electronics", "数码"),
    "category.fashion": ("Fashion", "服饰"),
    "category.kitchenware": ("Kitchenware", "厨具"),
    "category.lamp": ("Lamp", "灯具"),
    "category.leisure": ("Leisure", "休闲"),
    "category.other": ("Other", "其他"),
    "category.plant": ("Plant", "植物"),
    "category.sofa": ("Sofa", "沙发"),
    "category.storage": ("Storage", "收纳"),
    "category.table": ("Table", "桌子"),
    "count": ("Pictures", "图片数量"),
    "seed": ("Seed", "随机种子"),
    "dice": ("Dice", "掷骰子"),
    "preview": ("Preview", "预览"),
    "keep": ("Keep this one", "保留此款"),
    "release": ("Back to the seed", "回到随机种子"),
    "slider.hue": ("Hue (degrees)", "色相（度）"),
    "slider.lightness": ("Lightness", "明暗"),
    "slider.fill": ("Size in the frame", "画面中的大小"),
    "slider.aspect": ("Width to height", "宽高比"),
    "slider.view": ("View (degrees)", "视角（度）"),
    "as_drawn": ("View as drawn", "视角随机"),
    "colour": ("Colour", "颜色"),
    "colour.own": ("Its own", "原本的颜色"),
    "colour.red": ("Red", "红色"),
    "colour.orange": ("Orange", "橙色"),
    "colour.yellow": ("Yellow", "黄色"),
    "colour.green": ("Green", "绿色"),
    "colour.cyan": ("Cyan", "青色"),
    "colour.blue": ("Blue", "蓝色"),
    "colour.purple": ("Purple", "紫色"),
    "colour.pink": ("Pink", "粉色"),
    "colour.brown": ("Brown", "棕色"),
    "colour.beige": ("Beige", "米色"),
    "colour.white": ("White", "白色"),
    "colour.grey": ("Grey", "灰色"),
    "colour.black": ("Black", "黑色"),
    "more": ("More options", "更多选项"),
    "side": ("Side of the pictures", "图片边长"),
    "transparent": ("Transparent background", "透明背景"),
    "truncation": ("Truncation", "截断"),
    "truncation.info": (
        "Lower is more usual and safer, higher is more varied",
        "越低越常规、越稳妥，越高越多样",
    ),
    "mixing": ("Mix two products", "混合两件商品"),
    "mixing.info": (
        "The second seed's product lends what is ticked.",
        "勾选的部分取自第二个种子的商品。",
    ),
    "mix_seed": ("Second seed", "第二个种子"),
    "mix": ("From the second", "取自第二件"),
    "mix.coarse": ("Shape (coarse)", "外形（粗）"),
    "mix.middle": ("Parts (middle)", "部件（中）"),
    "mix.fine": ("Surface (fine)", "表面（细）"),
    "directions": ("Other directions", "其他方向"),
    "directions.info": (
        "What the network itself found to vary. Move the amount, then add it to the list.",
        "网络自行发现的变化方向。先调整幅度，再加入列表。",
    ),
    "direction": ("Direction", "方向"),
    "amount": ("Amount", "幅度"),
    "layers": ("Layers", "作用层"),
    "layers.own": ("Its own", "自带"),
    "layers.all": ("All", "全部"),
    "layers.range": ("From … to", "自定义"),
    "layers.first": ("From layer", "从第几层"),
    "layers.last": ("To layer", "到第几层"),
    "edits": ("Edits", "已加入的修改"),
    "edits.add": ("Add to the list", "加入列表"),
    "direction.name": ("Name for this direction", "为该方向命名"),
    "direction.keep": ("Keep", "保存名称"),
    "directions.save": ("Save directions", "下载方向"),
    "directions.load": ("Load directions", "载入方向"),
    "photo": ("Start from a photograph", "从照片开始"),
    "photo.info": (
        "Finds your product in the network, so that the sliders edit it. Best: one product on a plain ground.",
        "在网络中找到您的商品，之后即可用滑块编辑。最好是纯色背景上的单件商品。",
    ),
    "photo.pair": ("Your photograph, and as the network draws it", "您的照片与网络所画"),
    "project": ("Project", "开始匹配"),
    "steps": ("Steps", "步数"),
    "film": ("Film", "动画"),
    "film.info": (
        "From one product to the next; the sliders hold for all of them.",
        "从一件商品过渡到下一件，滑块对每一件都有效。",
    ),
    "film.seeds": ("Seeds", "随机种子"),
    "film.seeds.info": ("In order: 1, 5, 9-12", "按顺序：1, 5, 9-12"),
    "film.add": ("Add the current seed", "加入当前种子"),
    "film.held": ("With the photograph or saved product that is being edited", "包含正在编辑的照片或已存商品"),
    "film.frames": ("Frames from one to the next", "每段帧数"),
    "film.loop": ("Back to the first", "回到第一件"),
    "film.run": ("Make the film", "制作动画"),
    "film.download": ("Download the film", "下载动画"),
    "generated": ("Generated", "生成结果"),
    "generated.info": (
        "Choose a picture, and the sliders edit it.",
        "选中一张图片，即可用滑块编辑它。",
    ),
    "download.chosen": ("This picture (PNG)", "下载此图（PNG）"),
    "download.all": ("All of them (ZIP)", "全部下载（ZIP）"),
    "latents.save": ("Latents (JSON)", "潜变量（JSON）"),
    "saved": ("Open a record or latents", "打开记录或潜变量文件"),
    "send.enhance": ("Send to Enhance", "发送到增强"),
    "send.generate": ("Send to Generate", "发送到生成"),
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
