"""Chinese for the sentences of `gan.cutout`; a part of `gan.ui.locale.chinese`."""

from __future__ import annotations

from typing import Final

FIELDS: Final[dict[str, str]] = {
    "keep": "保留笔画",
    "protect": "不换色部分",
    "to": "目标颜色",
    # gan.edit.background, .pipeline
    "drop": "去除笔画",
    "ground": "背景",
    # gan.edit.frame, .shadow
    "angle_deg": "光线方向",
    "baseline": "基线",
    "fill": "填充比例",
    "height_px": "高度",
    "length": "长度",
    "opacity": "不透明度",
    "softness": "柔和度",
    "width_px": "宽度",
}

SENTENCES: Final[dict[str, str]] = {
    # gan.cutout.segment
    "Looking for the product": "正在寻找商品",
    "Looking closer": "正在仔细辨认",
    "Tracing the edge": "正在勾勒边缘",
    "The product is not clearly told from its ground; correct it with the brush": (
        "商品与背景区分不够清晰；请用画笔修正"
    ),
    "no product was found": "未找到商品",
    "a product that stands out from its ground is needed": "需要一件与背景有所区别的商品",
    "Mark it with the brush, or choose another picture": "请用画笔标出商品，或换一张图片",
    "it is empty": "内容为空",
    "the product has to be marked": "需要标出商品",
    "Mark it, or leave the mask out": "请标出商品，或不使用蒙版",
    # gan.edit.background
    "a hex color such as #1F6FEB is allowed": "允许十六进制颜色，例如 #1F6FEB",
    "Write it as # and six digits": "请写成 # 加六位十六进制数",
    "transparent, white, a hex color such as #F2F2F2, or a picture's file is allowed": (
        "允许 transparent（透明）、white（白色）、十六进制颜色（例如 #F2F2F2）或图片文件"
    ),
    # gan.cutout.pipeline
    "Cleaning the edge": "正在净化边缘颜色",
    "nothing of the product is left": "商品已全部被去除",
    "a part of it has to stay": "至少要保留一部分",
    "Take strokes back": "请撤销部分笔画",
    # gan.edit.frame
    "Framing": "正在构图",
    "The picture's edge cuts the product off": "商品被图片边缘截断了",
    "The product was enlarged to fill the canvas; a larger picture keeps it sharp": (
        "为填满画布，商品已被放大；换用更大的图片可保持清晰"
    ),
    "The picture's own ground does not go on plainly; the product stands on white": (
        "原图背景不够均匀，无法自然延伸；已改用白色背景"
    ),
    "a product {high} px high above a line at {line} px": "商品高 {high} 像素，而基线距顶边只有 {line} 像素",
    "it has to fit between that line and the top": "商品须能放进基线与顶边之间",
    "Choose a smaller fill or a lower line": "请减小填充比例或下移基线",
    "Choose a smaller canvas": "请减小画布",
    # gan.edit.shadow
    "Casting the shadow": "正在生成阴影",
    "contact, drop or reflection is allowed": "允许 contact（接触阴影）、drop（投影）或 reflection（倒影）",
    "The shadow is cut off at the picture's edge; frame the product smaller to give it room": (
        "阴影在图片边缘被截断；请缩小商品在画面中的比例，为阴影留出空间"
    ),
    # gan.edit.white
    "Whitening the ground": "正在处理白色背景",
    "The ground is not plain enough to tell a shadow from it; the shadow was left out": (
        "背景不够均匀，无法分辨阴影；已不保留阴影"
    ),
    # gan.cutout's tab
    "at least one color is needed": "至少需要一种颜色",
    "Write one, such as #1F6FEB": "请写一个，例如 #1F6FEB",
    "Choose a file, or another ground": "请选择文件，或改用其他背景",
    "Confidence": "置信度",
    "Product": "商品",
    "{share} of the picture": "占画面 {share}",
    "Colour": "颜色",
    "Fill": "占比",
    "Shadow": "阴影",
    "Off-white ground": "非纯白背景",
    # gan.edit.recolor
    "{count} colors": "{count} 种颜色",
    "1 to {most} are allowed": "允许 1 到 {most} 种",
    "Name as many": "请指定相应数量的颜色",
    "{count} pictures of {width} x {height} px": "{count} 张 {width} x {height} 像素的图片",
    "Name fewer colors or choose a smaller picture": "请减少颜色数量，或选择较小的图片",
    "all of the product is protected": "整件商品都被标记为不换色",
    "a part of it has to change": "至少要有一部分可以换色",
    "Changing the color": "正在换色",
    "A color was not quite met: the product's light and shade leave no room for it": (
        "有一种颜色未能完全达到：商品自身的明暗限制了换色效果"
    ),
    # gan.edit.match
    "nothing that is to be matched": "未选择要匹配的项目",
    "fill, baseline, white balance, exposure or shadow is needed": "需要选择填充比例、基线、白平衡、曝光或阴影",
    "Choose at least one": "请至少选择一项",
    "Matching the light": "正在匹配光线",
    "The grounds are colored or not plain; the white balance was left as it is": (
        "背景带有颜色或不够均匀；白平衡保持不变"
    ),
    "The grounds cannot be compared, nor can the products; the exposure was left as it is": (
        "两张图片的背景和商品都无法比较；曝光保持不变"
    ),
    "The product is too tall for the reference's fill and baseline together; it was made smaller": (
        "商品过高，无法同时达到参考图片的填充比例和基线；已将其缩小"
    ),
    "The reference shows no shadow that could be copied": "参考图片中没有可以沿用的阴影",
}
