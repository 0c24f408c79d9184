"""Makes the README's picture of scenes: products set into drawn sets, from the examples as they are.

python examples/tour_scene.py [--model NAME_OR_PATH]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from gan import Studio
from gan.imaging.contact_sheet import contact_sheet
from gan.imaging.io.codec import decode, to_pil

EXAMPLES = Path(__file__).parent
SHOWN = (("sneakers", "concrete-table"), ("carton", "kitchen-tile"), ("coffee", "walnut-linen"))
COLUMNS, SHOWN_PX = 3, 512


def main(arguments: Sequence[str] | None = None) -> None:
    """Write `tour/scene.jpg`: as they came above, in their sets below."""
    parser = argparse.ArgumentParser(description="Make the README's picture of scenes.")
    parser.add_argument("--model", default="auto")
    model = parser.parse_args(arguments).model
    studio = Studio("cpu")
    came = [decode(EXAMPLES / f"{name}.jpg") for name, _ in SHOWN]
    made = [studio.scene(EXAMPLES / f"{name}.jpg", set=chosen, model=model).picture for name, chosen in SHOWN]
    captions = [*("As it came" for _ in SHOWN), *(chosen for _, chosen in SHOWN)]
    sheet = contact_sheet([*came, *made], captions, columns=COLUMNS, cell_px=SHOWN_PX)
    to_pil(sheet).save(EXAMPLES / "tour/scene.jpg", quality=88)


if __name__ == "__main__":
    main()
