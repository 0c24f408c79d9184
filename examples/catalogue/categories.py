"""A model's category, told from its name."""

from __future__ import annotations

import re

CATEGORIES: dict[str, str] = {
    "chair": "armchair, bench, chair, ottoman, pool lounge, seat, stool, wheelchair",
    "sofa": "couch, futon, futon couch, puff, sofa",
    "bed": "air mattress, bed, crib, hammock, sleeping bag",
    "table": "desk, table, workbench",
    "storage": (
        "barrel, basket, bookcase, box, bread box, cabinet, chest, clothes rack, crate, cupboard, dresser, dustbin, "
        "locker, mailbox, pallet, rack, recycling bin, safe, shelf, shelves, trash can, trashcan, trunck, tv stand, "
        "vanity, wardrobe"
    ),
    "lamp": "candle, chandelier, flashlight, fluorescent strip, halogen, lamp, lamppost, lantern, light, spotlight",
    "kitchenware": (
        "apple, ashtray, birthday cake, bottle, bowl, bread, butter, cake, chopping board, coffee press, creamer, "
        "cup, cup cake, cutlery, flacon, fork, french fries, glass, hamburger, hashtray, hot dog, jar, kitchen knife, "
        "kitchen tool, knife, knife stand, milk, mug, oil server, pan, paper towel holder, plate, pottery, roasted "
        "chicken, salt shaker, spice tower, spoon, squeezer, steak, sugar, teapot, tray, utensil, utensils pot, vase"
    ),
    "appliance": (
        "air conditioning, blender, boiler, coffee brewer, coffee machine, coffee maker, cooker, cooktop, deep fryer, "
        "dishwasher, dryer machine, electronic scale, fan, fridge, hood, kettle, kitchen scale, microwave, mixer, "
        "oven, radiator, refrigerator, sandwich maker, stone grill, stove, toaster, vacuum cleaner, washing machine, "
        "water cooler, water heater"
    ),
    "bathroom": (
        "basin, bath, bathmat, bathtub, bidet, lavatory, potty, shower, shower door, sink, soap, sponge, toilet, "
        "toilet paper, toilet paper dispenser, towel, urinal, washbasin"
    ),
    "electronics": (
        "camera, cctv, dvd player, headphone, ibook, imac, intercom, iphone, joystick, keyboard, laptop, mobile "
        "phone, mp3 station, phone, playstation, printer, projector, radio, remote control, scanner, screen, speaker, "
        "stereo, tablet, thermometer, tv"
    ),
    "plant": (
        "acacia, bamboo, beech, blossom, bonsai, bush, cactus, cypress, ficus, flower, hedge, lily, maple, orchid, "
        "palm, pine, plant, poplar, rose, spathiphyllum, tree, tulip, yucca"
    ),
    "fashion": (
        "backpack, bootie, briefcase, cap, cosmetics pot, dress, folded clothes, glasses, glove, handbag, hanging "
        "clothes, hat, helmet, jacket, lip stick, mocassin, ring, shoe, short, skirt, slipper, sneaker, suit, "
        "suitcase, sunglasses, trousers, umbrella, watch"
    ),
    "leisure": (
        "basketball, basketball net, beetle, bicycle, bike, biplane, bus, car, chessboard, chevrolet, doll, doll "
        "house, fitness tower, football goal, football table, ford, game, guitar, motorbike, peugeot, piano, pool "
        "table, punching ball, puzzle, renault, rocking horse, rubik's cube, scooter, sedan, skateboard, smart, "
        "soccer ball, stroller, suv, swing, table tennis, table tennis bat, teddy bear, tennis racket, toy, train, "
        "trampoline, treadmill, tricycle, truck, van, xylophone, yamaha"
    ),
}
"""Category -> words of a name, singular, separated by commas. The longest that is found wins, then the one that
stands last: a "table fan" is a fan and a "coffee table" a table. What follows "with", "on", "under" or a number does
not count."""

OTHER = "other"


def category_of(name: str) -> str:
    """The category that `CATEGORIES` gives for a model's name, or "other"."""
    words = re.findall(r"[a-z0-9']+", re.split(r" (?:with|on|under|\d)", name.lower())[0])
    best = (0, 0, False, OTHER)
    for category, phrases in CATEGORIES.items():
        for phrase in phrases.split(", "):
            wanted = phrase.split()
            for start in range(len(words) - len(wanted) + 1):
                if all(map(_same_word, words[start:], wanted)):
                    # "glasses" is nearer to "glasses" than to the plural of "glass"
                    exact = words[start : start + len(wanted)] == wanted
                    best = max(best, (len(wanted), start, exact, category))
    return best[-1]


def _same_word(word: str, singular: str) -> bool:
    return word in (singular, f"{singular}s", f"{singular}es")
