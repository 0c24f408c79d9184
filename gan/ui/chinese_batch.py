"""Chinese for the sentences of `gan.batch`; a part of `gan.ui.chinese`."""

from __future__ import annotations

from typing import Final

FIELDS: Final[dict[str, str]] = {
    "file": "文件",
    "recipe": "配方",
    "request": "参数",
    "step": "步骤",
    "steps": "步骤",
    "task": "任务",
    "version": "版本",
}

SENTENCES: Final[dict[str, str]] = {
    # Recipes
    "Step {step}: {problem}": "第 {step} 步：{problem}",
    "{count} steps": "{count} 个步骤",
    "Correct the recipe": "请修改配方",
    "{task} is unknown": "没有 {task} 这个任务",
    "{known} are allowed": "允许 {known}",
    "{wanted} is expected": "应为{wanted}",
    "a whole number": "整数",
    "a number": "数字",
    "a text": "文字",
    "a short text": "短文字",
    "true or false": "true 或 false",
    "an object": "对象",
    "a list": "列表",
    "a list of another length": "长度不同的列表",
    "a value": "一个值",
    "the name of a file": "文件名",
    "there is no field {name}": "没有 {name} 这个字段",
    "the fields are {known}": "可用字段为 {known}",
    "Correct the name, or leave it out": "请改正名称，或将其删去",
    "generate after another step": "“生成”排在其他步骤之后",
    "only the first step may make a picture of its own": "只有第一步可以自行生成图片",
    "Move it to the beginning, or leave it out": "请将其移到最前，或删去",
    "{file} has other pixels than the one that the step was made with": "{file} 的像素与保存步骤时所用的不同",
    "the same file is needed": "需要同一个文件",
    "Put the right file beside the recipe, or take the hash out": "请把正确的文件放在配方旁，或删去哈希值",
    "there is no file {file} beside the recipe": "配方旁没有文件 {file}",
    "the files that steps name are needed": "需要步骤中提到的文件",
    "Put it beside the recipe": "请把它放在配方旁",
    "{name} leads out of the recipe's folder": "{name} 指向配方所在文件夹之外",
    "a file beside the recipe is allowed": "只允许使用配方旁的文件",
    "Put it there, and write its name only": "请把文件放到那里，并且只写文件名",
    "{name} has more than {most} MB": "{name} 超过 {most} MB",
    "smaller files are read": "只读取更小的文件",
    "Choose a smaller file": "请选择更小的文件",
    "a JSON file with steps is expected": "应为含有步骤的 JSON 文件",
    "a recipe that Packshot Studio saved is expected": "应为 Packshot Studio 保存的配方",
    "Save the steps again": "请重新保存步骤",
    "more than {most} MB": "超过 {most} MB",
    "no JSON: {reason}": "不是 JSON：{reason}",
    "it is nested too deep": "嵌套过深",
    "a name is there twice": "有重复的名称",
    "no object with steps": "不是含有步骤的对象",
    "there is no list of steps": "没有步骤列表",
    "recipes of version {known} are read": "可读取版本 {known} 的配方",
    "Save the steps again, or update Packshot Studio": "请重新保存步骤，或更新 Packshot Studio",
    # Folders
    "pictures for a recipe that makes its own": "这份配方自行生成图片，却另外给了图片",
    "no picture": "没有图片",
    "a recipe that begins with generate takes none, every other at least one": (
        "以“生成”开头的配方不需要图片，其他配方至少需要一张"
    ),
    "Leave them out, or choose another recipe": "请去掉图片，或选择其他配方",
    "Choose a file or a folder": "请选择文件或文件夹",
    "{path} is a file": "{path} 是文件",
    "a folder is needed for several pictures": "多张图片需要一个文件夹",
    "Choose another -o": "请另选 -o",
    "{path} is the folder of the pictures": "{path} 就是图片所在的文件夹",
    "a folder of its own is needed": "结果需要单独的文件夹",
    "{name} would take the place of a picture that it is made of": "{name} 会覆盖它的原图",
    "another run is writing into {path}": "另一次运行正在写入 {path}",
    "one run at a time is possible": "同一时间只能运行一次",
    "Wait until it has ended, or choose another folder": "请等它结束，或另选文件夹",
    # What becomes of pictures
    "Looking at what is done already": "正在检查已完成的部分",
    "Working through the pictures": "正在逐张处理",
    "there is not enough memory for it": "内存不足",
    "a picture that fits into the memory is needed": "需要内存放得下的图片",
    "Choose a smaller picture, or close other programs": "请选择更小的图片，或关闭其他程序",
    "{name} cannot be written: {reason}": "无法写入 {name}：{reason}",
    "a folder that can be written is needed": "需要可写入的文件夹",
    "Check its permissions and its room, or choose another": "请检查权限和剩余空间，或另选一个",
    "a step failed unexpectedly: {reason}": "某个步骤意外失败：{reason}",
    "a picture that all steps can work on is needed": "需要所有步骤都能处理的图片",
    "Try this picture alone, and report what happens": "请单独处理这张图片，并反馈结果",
    "The recipe was saved with other weights; the picture may differ from the one it was saved with": (
        "保存配方时使用的权重不同，结果可能与当时的图片有差别"
    ),
    "This format has no transparency; the picture was laid on white": "此格式不支持透明，图片已置于白底上",
    "Not every rule of the channel could be met; check the picture to see which": (
        "未能满足该渠道的全部规则；请检查图片查看是哪些"
    ),
}
