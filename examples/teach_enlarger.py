"""Pairs for training the enlarger of Generate: a product as the generator draws it at 64 px, and its picture at 256 px.

    python examples/teach_enlarger.py MODEL CATALOGUE OUT --count N
    python train.py enhance --preset x4-drawn --data OUT --out RUN --from enhance-rendered-x4

What is drawn is softer than what it was drawn from, and an enlarger that knows this draws the edges that the generator
leaves out. Training pictures are drawn from the model's own table of encodings, in the first round as they are, in
further ones with a little of a neighbor in them, as samples have; held-out ones go through the encoder. OUT holds
`training` and `validation` in the format of `python train.py prepare enhance`; the third plane is what the present
enlarger makes of the drawing, and the validation prints its figures as the teacher's.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gan.api import Studio
from gan.enhance.train.teaching import INPUT_PX, VALIDATION_ITEMS, claim, fill, whole_items
from gan.generate.network import GenerateNet
from gan.generate.pipeline import ENLARGERS
from gan.generate.prior import neighbors
from gan.imaging.resize import resize
from gan.training.data.catalogue import Catalogue, load
from gan.training.data.dice import Dice, of_item

SCALE = 4
MOST_OF_A_NEIGHBOR = 0.15


def main() -> None:
    """Write both caches, or go on with them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="of Generate, 64 px: a name or a folder")
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=4000, help="items for training")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    studio = Studio()
    model = studio.load(options.model, "generate")
    network = model.network
    if not isinstance(network, GenerateNet) or network.encoder is None or network.config.resolution != INPUT_PX:
        parser.error(f"{options.model} is no generator of {INPUT_PX} px with an encoder")
    present = studio.load(ENLARGERS[SCALE], "enhance").network
    training, held_out = load(options.catalogue, SCALE * INPUT_PX)
    if (training.categories, training.attribute_names) != (network.config.categories, network.config.attributes):
        parser.error(f"{options.model} was trained on other categories or measures than {options.catalogue} has")
    if not torch.equal(network.member_product.cpu(), training.product):
        parser.error(f"{options.model} was trained on other products than {options.catalogue} has")
    for name, catalogue, count in (("validation", held_out, VALIDATION_ITEMS), ("training", training, options.count)):
        folder = options.out / name
        claim(folder, {"scale": SCALE, "seed": options.seed, "model": model.sha256, "data": str(options.catalogue)})

        encoded = network.member_z if name == "training" else None

        def make(
            index: int, catalogue: Catalogue = catalogue, encoded: Tensor | None = encoded
        ) -> tuple[Tensor, Tensor, Tensor]:
            further, row = divmod(index, len(catalogue))
            real = catalogue.picture(row)[None]
            with torch.inference_mode():
                z = network.encode(resize(real, INPUT_PX, INPUT_PX)) if encoded is None else encoded[[row]]
                if further and encoded is not None:
                    z = _mixed(network, row, Dice(of_item(options.seed, index)))
                made = network.draw_from(z, catalogue.attributes[[row]], catalogue.category[[row]])
                drawn = made[:, :3].float().clamp(0, 1)
                return drawn[0], real[0, :3].clamp(0, 1), present(drawn).float().clamp(0, 1)[0]

        fill(folder, make, count, scale=SCALE)
        print(f"{folder} holds {whole_items(folder, SCALE):,} items.")


def _mixed(network: GenerateNet, row: int, dice: Dice) -> Tensor:
    """(1, latent): a member with a little of one of its neighbors."""
    near = neighbors(network.members, torch.tensor(row))
    other = near[int(dice.uniform(0, 1) * len(near)) % len(near)]
    return torch.lerp(network.member_z[row], network.member_z[other], dice.uniform(0, MOST_OF_A_NEIGHBOR))[None]


if __name__ == "__main__":
    main()
