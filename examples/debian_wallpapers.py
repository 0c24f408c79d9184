"""Photographs for training Enhance, from Debian's wallpaper packages, beside those of the project's own data.

    apt-get download plasma-workspace-wallpapers mate-backgrounds lomiri-wallpapers-16.04 lomiri-wallpapers-20.04
    for file in *.deb; do dpkg -x "$file" packages; done
    python examples/debian_wallpapers.py packages DATA/wallpapers

Only photographs, chosen by looking at all 111 pictures of these and of three more packages, and none that the data has
already. What is written lies in `sources.jsonl` with package and licence, so that a card can name them.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image

LONGEST_PX = 2048


@dataclass(frozen=True)
class Photograph:
    """A wallpaper's place below `usr/share`, who took it, and under which licence the package carries it."""

    path: str
    author: str
    licence: str


def _plasma(name: str, author: str) -> Photograph:
    return Photograph(f"wallpapers/{name}/contents/images/2560x1600.jpg", author, "LGPL-3.0")


PHOTOGRAPHS = (
    _plasma("ColorfulCups", "Dmitri Popov"),
    _plasma("EveningGlow", "Ian Hex"),
    _plasma("summer_1am", "Risto Saukonpää"),
    Photograph("backgrounds/mate/nature/Garden.jpg", "Charles Barbin", "GPL-2+"),
    Photograph("backgrounds/mate/nature/FreshFlower.jpg", "Jens Ansorg", "GPL-2+"),
    Photograph("backgrounds/greentock_by_Peter_Nerlich.jpg", "Peter Nerlich", "CC-BY-SA-4.0"),
    Photograph("backgrounds/life_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0"),
    Photograph("backgrounds/picosdeeuropa_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0"),
    Photograph("backgrounds/Picture_0B_by_freespace.jpg", "Trevor Freespace", "CC-BY-4.0"),
    Photograph("backgrounds/Picture_1A_by_freespace.jpg", "Trevor Freespace", "CC-BY-4.0"),
    Photograph("backgrounds/Wine_by_Jakkub_Mede.jpg", "Jakub Mede", "CC-BY-4.0"),
    Photograph("backgrounds/Infinite-Sea_by_Aury88.jpg", "Aury88", "CC-BY-SA-3.0"),
)


def main(packages: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    records = []
    for photograph in PHOTOGRAPHS:
        source = packages / "usr/share" / photograph.path
        if not source.is_file():
            print(f"{photograph.path} is in none of the packages; it is left out")
            continue
        name = f"{source.parts[-4] if 'contents' in source.parts else source.stem}.webp".lower()
        with Image.open(source) as image:
            picture = image.convert("RGB")
        picture.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
        picture.save(out / name, quality=95)
        records.append(asdict(photograph) | {"file": name})
    (out / "sources.jsonl").write_text(
        "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8"
    )
    print(f"{len(records)} photographs are in {out}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
