"""Vocabulary of `gan.generate.text`, in English and Chinese.

Words of a row are separated by commas. English ones are singular; the last word of each is known in the plural too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CATEGORIES: Final[Mapping[str, str]] = {
    "appliance": (
        "appliance, household appliance, oven, stove, cooker, hob, cooktop, fridge, refrigerator, freezer, microwave, "
        "dishwasher, washing machine, washer, dryer, toaster, kettle, blender, mixer, coffee maker, coffee machine, "
        "fan, table fan, ceiling fan, range hood, heater, water heater, radiator, boiler, air conditioner, "
        "vacuum cleaner, kitchen scale, 电器, 家电, 烤箱, 炉子, 炉灶, 灶, 电磁炉, 冰箱, 微波炉, 洗碗机, 洗衣机, "
        "烘干机, 烤面包机, 水壶, 电水壶, 搅拌机, 咖啡机, 风扇, 电扇, 吊扇, 油烟机, 热水器, 暖气, 空调, 吸尘器"
    ),
    "bathroom": (
        "bathroom, bathtub, bath, tub, toilet, sink, basin, washbasin, shower, bidet, soap, towel, bath mat, bathmat, "
        "faucet, tap, 浴室, 卫浴, 洁具, 浴缸, 马桶, 坐便器, 水槽, 洗手池, 洗手盆, 洗脸盆, 淋浴, 花洒, 肥皂, 毛巾, "
        "浴垫, 水龙头"
    ),
    "bed": (
        "bed, bunk bed, crib, cot, cradle, mattress, hammock, sleeping bag, "
        "床, 双人床, 单人床, 上下铺, 婴儿床, 床垫, 吊床, 睡袋"
    ),
    "chair": (
        "chair, armchair, arm chair, stool, bar stool, bench, seat, rocking chair, high chair, deck chair, wheelchair, "
        "ottoman, footstool, 椅, 椅子, 扶手椅, 单人沙发椅, 摇椅, 餐椅, 办公椅, 躺椅, 轮椅, 高脚椅, 儿童椅, 长椅, "
        "凳, 凳子, 板凳, 长凳, 高脚凳, 脚凳, 座椅"
    ),
    "electronics": (
        "electronics, electronic device, tv, television, screen, monitor, computer, laptop, tablet computer, keyboard, "
        "phone, telephone, mobile phone, smartphone, camera, radio, stereo, speaker, loudspeaker, headphone, printer, "
        "scanner, projector, game console, remote control, 电子产品, 数码产品, 电视, 电视机, 屏幕, 显示器, 电脑, "
        "笔记本电脑, 平板电脑, 键盘, 电话, 手机, 相机, 照相机, 摄像头, 收音机, 音响, 音箱, 耳机, 打印机, 扫描仪, "
        "投影仪, 游戏机, 遥控器"
    ),
    "fashion": (
        "fashion, clothing, clothes, garment, hat, cap, helmet, bag, handbag, backpack, suitcase, briefcase, shoe, "
        "boot, sneaker, slipper, sandal, dress, skirt, suit, coat, jacket, shirt, trousers, pants, glove, scarf, "
        "glasses, sunglasses, watch, wristwatch, umbrella, 服饰, 时装, 衣服, 服装, 帽子, 头盔, 包, 手提包, 手袋, "
        "背包, 双肩包, 行李箱, 公文包, 鞋, 鞋子, 靴子, 运动鞋, 拖鞋, 凉鞋, 高跟鞋, 连衣裙, 裙子, 西装, 大衣, 外套, "
        "夹克, 衬衫, 裤子, 手套, 围巾, 眼镜, 太阳镜, 墨镜, 手表, 雨伞, 伞"
    ),
    "kitchenware": (
        "kitchenware, tableware, crockery, cutlery, utensil, cup, coffee cup, mug, glass, wine glass, beer glass, "
        "bowl, plate, dish, tray, bottle, wine bottle, jar, jug, teapot, pan, frying pan, cooking pot, saucepan, "
        "knife, fork, spoon, chopping board, vase, 厨具, 餐具, 炊具, 杯, 杯子, 咖啡杯, 马克杯, 玻璃杯, 酒杯, 碗, "
        "盘子, 碟子, 托盘, 瓶, 瓶子, 酒瓶, 罐子, 茶壶, 锅, 平底锅, 刀, 菜刀, 叉子, 勺子, 砧板, 菜板, 花瓶"
    ),
    "lamp": (
        "lamp, lights, lighting, desk lamp, table lamp, floor lamp, bedside lamp, street lamp, lampshade, "
        "ceiling light, wall light, floor light, desk light, pendant light, hanging light, night light, spotlight, "
        "lantern, chandelier, candle, flashlight, torch, 灯, 灯具, 台灯, 落地灯, 吊灯, 壁灯, 床头灯, 吸顶灯, 路灯, "
        "射灯, 夜灯, 灯笼, 枝形吊灯, 蜡烛, 手电筒"
    ),
    "leisure": (
        "leisure, toy, game, sport, doll, doll house, ball, football, bicycle, bike, motorbike, motorcycle, scooter, "
        "skateboard, car, truck, van, bus, train, piano, grand piano, guitar, treadmill, trampoline, swing, "
        "rocking horse, stroller, pool table, football table, table tennis, 休闲, 玩具, 游戏, 运动器材, 娃娃, 球, "
        "足球, 自行车, 摩托车, 滑板车, 滑板, 汽车, 轿车, 小汽车, 玩具车, 卡车, 货车, 公交车, 火车, 钢琴, 三角钢琴, "
        "吉他, 跑步机, 蹦床, 秋千, 木马, 摇摇马, 婴儿车, 台球桌, 桌上足球, 乒乓球"
    ),
    "other": "other, miscellaneous, rug, carpet, clock, tool, book, 其他, 其它, 杂项, 地毯, 时钟, 钟, 工具, 书",
    "plant": (
        "plant, potted plant, house plant, flower, flower pot, pot, plant pot, tree, palm, palm tree, christmas tree, "
        "bonsai, bush, shrub, hedge, cactus, cacti, succulent, orchid, rose, tulip, bamboo, bouquet, 植物, 盆栽, 绿植, "
        "花, 花盆, 花卉, 鲜花, 树, 棕榈, 圣诞树, 盆景, 灌木, 仙人掌, 多肉, 兰花, 玫瑰, 郁金香, 竹子"
    ),
    "sofa": (
        "sofa, couch, settee, loveseat, love seat, futon, sofa bed, corner sofa, pouffe, "
        "沙发, 双人沙发, 三人沙发, 单人沙发, 转角沙发, 沙发床, 懒人沙发"
    ),
    "storage": (
        "storage, cupboard, cabinet, shelf, bookshelf, bookcase, wardrobe, closet, chest, chest of drawers, dresser, "
        "drawer, sideboard, locker, rack, box, crate, basket, bin, trash can, dustbin, mailbox, safe, tv stand, "
        "tv cabinet, 收纳, 储物, 储物柜, 柜, 柜子, 橱柜, 衣柜, 书柜, 书架, 架子, 置物架, 电视柜, 五斗柜, 鞋柜, 抽屉, "
        "抽屉柜, 斗柜, 餐边柜, 箱子, 盒子, 篮子, 垃圾桶, 信箱, 保险箱, 衣架"
    ),
    "table": (
        "table, desk, coffee table, dining table, side table, bedside table, nightstand, night stand, dressing table, "
        "workbench, counter, 桌, 桌子, 书桌, 餐桌, 茶几, 办公桌, 写字台, 边桌, 床头柜, 床头桌, 梳妆台, 工作台, 圆桌, "
        "方桌"
    ),
}
"""Category -> what it is called; the model's own names are known besides. A vase is kitchenware in the catalogue."""

COLOR_TABLE: Final[Mapping[str, tuple[tuple[int, int, int], str]]] = {
    "red": ((180, 44, 40), "red, scarlet, crimson, 红, 朱红"),
    "orange": ((222, 126, 44), "orange, 橙, 橘, 橘黄, 橘红"),
    "yellow": ((224, 192, 64), "yellow, gold, golden, mustard, 黄, 金, 金黄"),
    "green": ((72, 138, 74), "green, olive, lime, mint, 绿"),
    "cyan": ((48, 148, 150), "cyan, teal, turquoise, 青, 青绿, 蓝绿"),
    "blue": ((48, 92, 170), "blue, navy, azure, 蓝, 天蓝, 藏青, 海军蓝"),
    "purple": ((116, 70, 146), "purple, violet, lilac, lavender, 紫, 紫罗兰"),
    "pink": ((222, 142, 168), "pink, rose pink, magenta, 粉, 粉红"),
    "brown": (
        (122, 82, 50),
        "brown, wooden, wood, walnut, oak, chocolate, tan, 棕, 褐, 咖啡, 木, 木头, 木质, 木制, 原木, 胡桃木, 橡木",
    ),
    "beige": ((212, 194, 164), "beige, cream, ivory, sand, 米, 米白, 米黄, 奶油, 象牙"),
    "white": ((232, 232, 230), "white, marble, 白, 纯白, 大理石"),
    "grey": ((132, 132, 132), "grey, gray, silver, 灰, 银"),
    "black": ((38, 38, 40), "black, 黑, 纯黑"),
}
"""Name -> sRGB of a product of that color (painted wood or cloth, no pure light), and what the color is called."""

AMOUNTS: Final[tuple[tuple[str, float, str], ...]] = (
    ("lightness", 0.5, "light, lighter, bright, brighter, 亮, 明亮, 浅"),
    ("lightness", 0.7, "pale, paler, pastel, 淡"),
    ("lightness", -0.5, "dark, darker, deep, deeper, navy, 深, 暗, 藏青"),
    ("size", 0.6, "big, bigger, large, larger, 大"),
    ("size", 1.0, "huge, giant, biggest, largest, 巨大, 超大, 最大"),
    ("size", -0.6, "small, smaller, little, 小"),
    ("size", -1.0, "tiny, mini, miniature, smallest, 迷你, 微型, 超小, 最小"),
    ("aspect", 0.6, "wide, wider, broad, broader, long, longer, low, lower, flat, flatter, short, shorter"),
    ("aspect", 0.6, "宽, 宽大, 长, 矮, 低, 扁"),
    ("aspect", -0.6, "narrow, narrower, slim, slimmer, thin, thinner, slender, tall, taller, high, higher"),
    ("aspect", -0.6, "窄, 细, 细长, 瘦, 瘦高, 高, 高大"),
)
"""Field, amount in [-1, 1], words."""

# The catalogue's azimuth_deg is the camera's: negative stands on the left of somebody who looks at the product's
# front, and shows the side that is on his left. The front then points to the right of the picture. So what is seen
# "from the left" (-35) is turned to the right, and what faces left, 朝左, is seen from the right (+35).
VIEWS: Final[tuple[tuple[float, str], ...]] = (
    (0.0, "front, front view, frontal, head on, straight on, facing forward, 正面, 正前方, 前面, 正视, 朝前, 面向前"),
    (-35.0, "left, left side, left view, front left, left front, facing right, right facing, facing the right"),
    (-35.0, "turned right, turned to the right, to the right, pointing right, looking right"),
    (-35.0, "左, 左侧, 左边, 左面, 左侧面, 左前方, 左视, 朝右, 朝右边, 朝向右, 面朝右, 面向右, 向右, 右转, 转向右"),
    (35.0, "right, right side, right view, front right, right front, facing left, left facing, facing the left"),
    (35.0, "turned left, turned to the left, to the left, pointing left, looking left"),
    (35.0, "右, 右侧, 右边, 右面, 右侧面, 右前方, 右视, 朝左, 朝左边, 朝向左, 面朝左, 面向左, 向左, 左转, 转向左"),
)
"""azimuth_deg, words."""

AZIMUTH_LIMIT_DEG: Final = 45.0

# What is said behind an amount (大一点) scales the one before it; the others wait for the next.
SCALES: Final[tuple[tuple[float, bool, str], ...]] = (
    (0.5, False, "slightly, somewhat, a bit, a little bit, bit, 略, 略微, 稍, 稍微, 稍稍, 有点, 微微, 微"),
    (0.5, True, "一点, 一点点, 一点儿, 点儿, 一些, 些"),
    (1.5, False, "very, extremely, really, much, far, 很, 非常, 极, 极其, 特别, 十分, 超, 最"),
)
"""Factor, whether it stands behind, words."""

STOP_WORDS: Final = (
    "a, an, the, of, in, on, at, to, from, with, and, or, is, it, its, as, for, please, show, make, give, want, me, i, "
    "some, one, more, colour, color, coloured, colored, tone, view, viewed, seen, look, looking, product, picture, "
    "photo, image, style, 的, 地, 得, 色, 颜色, 色调, 从, 由, 自, 往, 看, 看去, 拍, 拍摄, 请, 给, 我, 要, 想要, 来, "
    "显示, 生成, 一, 一个, 一把, 一张, 一只, 一件, 一台, 一盏, 一辆, 一款, 一双, 个, 把, 张, 只, 件, 款, 和, 与, 并, "
    "带, 更, 较, 比较, 视角, 角度, 方向, 图, 图片, 照片, 产品, 商品, 是, 在, 式, 型"
)
