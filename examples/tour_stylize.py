"""Makes the README's restyled pictures: a product in several presets, and one in the mood of a photograph.

python examples/tour_stylize.py [--model NAME_OR_PATH]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from gan import Studio
from gan.imaging.contact_sheet import contact_sheet
from gan.imaging.io.codec import decode, to_pil
from gan.imaging.picture import Picture
from gan.stylize.presets import PRESETS

EXAMPLES = Path(__file__).parent
FOLDER = EXAMPLES / "tour"
PRODUCT = "bowl.jpg"
SHOWN = ("watercolor", "oil-impasto", "ink-wash", "woodcut", "stained-glass", "mosaic")
MATCHED, MOOD = "chair.jpg", "dandelions.jpg"
PRODUCT_ONLY = "oil-impasto"
"""Of the chair, which is found whole on its ground."""

COLUMNS, SHOWN_PX = 4, 400


def main(arguments: Sequence[str] | None = None) -> None:
    """Write `tour/stylize.jpg`."""
    parser = argparse.ArgumentParser(description="Make the README's restyled pictures.")
    parser.add_argument("--model", default="auto")
    options = parser.parse_args(arguments)
    studio = Studio("cpu")
    cells: list[tuple[Picture, str]] = [(decode(EXAMPLES / PRODUCT), "As it came")]
    cells += [
        (studio.stylize(EXAMPLES / PRODUCT, name, model=options.model).picture, PRESETS[name].title) for name in SHOWN
    ]
    alone = studio.stylize(EXAMPLES / MATCHED, PRODUCT_ONLY, where="product", model=options.model)
    cells.append((alone.picture, "Oil, product only"))
    matched, apart = (
        studio.stylize(EXAMPLES / MATCHED, EXAMPLES / MOOD, kind="photographic", where=where)
        for where in ("everywhere", "product")
    )
    cells += [
        (decode(EXAMPLES / MATCHED), "As it came"),
        (decode(EXAMPLES / MOOD), "A mood"),
        (matched.picture, "In that mood"),
        (apart.picture, "Product only"),
    ]
    pictures, captions = zip(*cells, strict=True)
    sheet = contact_sheet(pictures, captions, columns=COLUMNS, cell_px=SHOWN_PX)
    to_pil(sheet).save(FOLDER / "stylize.jpg", quality=88)


if __name__ == "__main__":
    main()
