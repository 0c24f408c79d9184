"""Kernel distance of Generate's samples in the features of a network that was trained on another task than ImageNet's.

    python -m benchmarks.generate_other_features --data ../shared/data/catalogue

Losses look at generated pictures through EfficientNet-Lite0, and `gan evaluate generate` measures with Lite2, which
saw the same photographs with the same labels. Here the same distance is computed in U-2-Net's small version
(`cutout-saliency`), which tells what stands out in a photograph: the outputs of its six encoder blocks, averaged over
positions, each channel divided by its root mean square over the held-out pictures. The scale is its own: compare with
the other lines. "Training pictures" are as many of them, taken for samples; the blurred and the squeezed ones are the
same after a Gaussian of one pixel, and after 64 px and bicubic interpolation.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.transforms.functional import gaussian_blur

from gan.api import Studio
from gan.cutout.saliency import SIDE_PX, SaliencyNet
from gan.generate.pipeline import DEFAULT_MODEL, GenerateRequest
from gan.generate.train.evaluate import SAMPLES
from gan.generate.train.evaluate_distribution import categories_of
from gan.imaging.resize import resize
from gan.metrics.distribution import MEASURED_PX, kernel_distance
from gan.training.data.catalogue import Catalogue, load
from gan.training.evaluation import in_8_bits

SMALL_PX, BLUR_PX = 64, 1.0


def main() -> None:
    """Print one line a model, and those of real pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a catalogue")
    parser.add_argument("--model", nargs="+", default=[DEFAULT_MODEL, "generate-dcgan"], help="names or folders")
    parser.add_argument("--count", type=int, default=SAMPLES, help="samples of each model")
    options = parser.parse_args()
    studio = Studio()
    network = studio.load("cutout-saliency", "cutout").network
    if not isinstance(network, SaliencyNet):
        parser.error("cutout-saliency is another network than U-2-Net")
    training, held_out = load(options.data, MEASURED_PX)
    wanted = _pooled(network, _pictures(held_out, range(len(held_out))))
    scale = wanted.square().mean(0).sqrt().clamp(min=1e-6)
    chosen = torch.randperm(len(training), generator=torch.Generator().manual_seed(0))[: options.count].tolist()
    rows: dict[str, Iterable[Tensor]] = {
        "training pictures": _pictures(training, chosen),
        f"blurred by {BLUR_PX:g} px": (gaussian_blur(x, [7, 7], [BLUR_PX]) for x in _pictures(training, chosen)),
        f"squeezed through {SMALL_PX} px": (_squeezed(x) for x in _pictures(training, chosen)),
    }
    for name in options.model:
        known = studio.load(name, "generate").network.config.categories
        rows[name] = _samples(studio, name, categories_of(options.count, training, held_out, known))
    print(f"KD-saliency of {options.count} pictures to {len(held_out)} held-out ones")
    for name, pictures in rows.items():
        print(f"  {name:<28}{kernel_distance(wanted / scale, _pooled(network, pictures) / scale):8.0f}", flush=True)


@torch.inference_mode()
def _pooled(network: SaliencyNet, pictures: Iterable[Tensor]) -> Tensor:
    """(N, C), float64: the encoder's six outputs, averaged over positions."""
    blocks: list[nn.Module] = [*network.down, network.bottom]
    seen: list[Tensor] = []
    hooks = [
        block.register_forward_hook(lambda _m, _i, output: seen.append(output.mean((2, 3)).double()))
        for block in blocks
    ]
    rows = []
    for picture in pictures:
        seen.clear()
        x = resize(picture, SIDE_PX, SIDE_PX).clamp(0, 1)
        network(torch.cat([x, torch.full_like(x[:, :1], 0.5)], 1))
        rows.append(torch.cat(seen, 1))
    for hook in hooks:
        hook.remove()
    return torch.cat(rows)


def _pictures(catalogue: Catalogue, rows: Iterable[int]) -> Iterator[Tensor]:
    """(1, 3, 256, 256) each."""
    for row in rows:
        yield catalogue.picture(row)[None, :3].clamp(0, 1)


def _squeezed(picture: Tensor) -> Tensor:
    return resize(resize(picture, SMALL_PX, SMALL_PX), MEASURED_PX, MEASURED_PX).clamp(0, 1)


def _samples(studio: Studio, model: str, plan: list[str]) -> Iterator[Tensor]:
    for seed, category in enumerate(plan):
        request = GenerateRequest(seed=seed, category=category, truncation=1.0, model=model, size=MEASURED_PX)
        yield in_8_bits(studio.run(request).pictures[0].rgb)


if __name__ == "__main__":
    main()
