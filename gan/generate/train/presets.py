"""The strong recipe's config and the table of its presets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from gan.core.errors import ConfigError
from gan.training.data.catalogue import Variation


@dataclass(frozen=True, kw_only=True)
class GenerateRecipe:
    """A complete recipe; a row of `PRESETS`.

    Attributes:
        resolution: of the pictures, pixels.
        channels_base, channels_max, channels_min, shuffle, latent, style, encoder_blocks: as in `GenerateConfig`.
        start: "encoder" trains an auto-encoder and a GAN together, which shows shapes after thousands of pictures;
            "noise" is a StyleGAN2 from N(0, I), which needs hundreds of thousands.
        batch: pictures a step.
        samples: sampled pictures for each reconstructed one, once the discriminator takes part ("encoder").
        learning_rate: of Adam (0.5, 0.99) for "encoder", (0, 0.99) for "noise"; see `learning_rate`.
        discriminator_rate: of Adam (0, 0.99).
        pixels: weight of the L1 distance.
        features: weight of the feature distance (Lite0).
        kl: weight of the encodings' divergence from N(0, I), in nats a picture.
        labels: weight of what the encoder says of category and attributes.
        adversarial: weight of the generator's loss; 0 trains no discriminator.
        adversarial_from_kimg: when it begins; it reaches its weight after as many pictures again ("encoder").
        seen_px: side to which pictures are enlarged before Lite0 looks at them, for losses and for the projected
            discriminator; 0 leaves them as they are. Lite0 knows objects of 224 px: at 64 px it has four values left
            of a picture in its last stage.
        judge: what the discriminator looks at: "projected", frozen Lite0 features; "pixels", the pictures.
        loss: "hinge", "logistic" (non-saturating) or "relativistic" (with penalties on both sides: R3GAN's).
        gamma: weight of the gradient penalties, for "pixels"; they are lazy, every 16th step, for "logistic", and
            taken at every step for "relativistic".
        mixing: how often two z share a picture's layers ("noise").
        augment: whether the discriminator's pictures are augmented (`gan.generate.train.adversary`), for "pixels".
        freeze: blocks of the "pixels" discriminator, from the pictures on, that stay as they are: FreezeD (arXiv
            2002.10964), for transfer with --from RUN.
        categories: those to train on; all by default.
        variation: how pictures are varied.
        ema_half_life_kimg: of the published average, thousands of pictures.

    Raises:
        ConfigError: values that contradict each other.
    """

    resolution: int = 128
    channels_base: int = 3072
    channels_max: int = 256
    channels_min: int = 32
    shuffle: int = 1
    latent: int = 1024
    style: int = 256
    encoder_blocks: int = 3
    start: Literal["encoder", "noise"] = "encoder"
    batch: int = 8
    samples: float = 0.5
    learning_rate: float = 6e-4
    discriminator_rate: float = 4e-4
    pixels: float = 10.0
    features: float = 2.0
    kl: float = 0.00005
    labels: float = 0.1
    adversarial: float = 0.1
    adversarial_from_kimg: float = 20.0
    seen_px: int = 0
    judge: Literal["projected", "pixels"] = "projected"
    loss: Literal["hinge", "logistic", "relativistic"] = "hinge"
    gamma: float = 1.0
    mixing: float = 0.9
    augment: bool = True
    freeze: int = 0
    categories: tuple[str, ...] | None = None
    variation: Variation = field(default_factory=lambda: Variation(other_view=0.1, frame=0.0))
    ema_half_life_kimg: float = 4.0

    def __post_init__(self) -> None:
        problems = (
            (self.judge == "projected" and self.loss != "hinge", "the projected discriminator with another loss"),
            (self.judge == "pixels" and self.loss == "hinge", "the pixel discriminator with the hinge loss"),
            (self.start == "noise" and not self.adversarial, "noise without an adversarial loss"),
            (self.freeze > 0 and self.judge != "pixels", "frozen blocks in the projected discriminator"),
        )
        for wrong, what in problems:
            if wrong:
                raise ConfigError(
                    "recipe", "{what}", "the combinations of PRESETS are allowed", "Change the preset", what=what
                )


STYLEGAN: dict[str, Any] = {
    "start": "noise",
    "judge": "pixels",
    "loss": "logistic",
    "shuffle": 1,
    "channels_base": 8192,
    "channels_max": 256,
    "learning_rate": 2e-3,
    "discriminator_rate": 2e-3,
    "adversarial": 1.0,
    "latent": 256,
    "variation": Variation(),  # it is told the frame and has to learn what that means
}
SMALL: dict[str, Any] = {
    "resolution": 32,
    "channels_base": 256,
    "channels_max": 16,
    "channels_min": 8,
    "latent": 64,
    "style": 16,
    "encoder_blocks": 0,
    "batch": 4,
}

# fmt: off
PRESETS: dict[str, GenerateRecipe] = {
    # one CPU core, an hour in all: cpu-64 first, then cpu-64-crisp with --from RUN/weights of the first, then, where
    # there are hours, cpu-128 from that
    "cpu-64":        GenerateRecipe(resolution=64, adversarial=0.0),
    "cpu-64-crisp":  GenerateRecipe(resolution=64, batch=16, learning_rate=3e-4, adversarial=0.6,
                                    adversarial_from_kimg=1.0, seen_px=128),
    "cpu-128":       GenerateRecipe(resolution=128, shuffle=2, adversarial_from_kimg=1.0),
    # a GPU, half an hour
    "gpu-128":       GenerateRecipe(resolution=128, channels_base=8192, channels_max=256, batch=64,
                                    learning_rate=1e-3, adversarial_from_kimg=100.0, ema_half_life_kimg=20.0),
    "gpu-256":       GenerateRecipe(resolution=256, shuffle=2, channels_base=8192, channels_max=256, batch=64,
                                    learning_rate=1e-3, adversarial_from_kimg=100.0, ema_half_life_kimg=20.0),
    # StyleGAN2-lite from noise; gamma = 0.0002 resolution^2 / batch is the rule of arXiv 2006.06676
    "stylegan-64":   GenerateRecipe(resolution=64,  batch=32, gamma=0.4, ema_half_life_kimg=10.0, **STYLEGAN),
    "stylegan-128":  GenerateRecipe(resolution=128, batch=32, gamma=1.0, ema_half_life_kimg=10.0, **STYLEGAN),
    "stylegan-256":  GenerateRecipe(resolution=256, batch=32, gamma=4.0, ema_half_life_kimg=10.0, **STYLEGAN),
    "r3gan-128":     GenerateRecipe(resolution=128, batch=32, gamma=1.0, ema_half_life_kimg=10.0,
                                    **STYLEGAN | {"loss": "relativistic"}),
    # seconds: for tests and for trying things out
    "tiny":          GenerateRecipe(adversarial_from_kimg=0.008, **SMALL),
    "tiny-stylegan": GenerateRecipe(**SMALL | STYLEGAN | {"channels_base": 256, "channels_max": 16, "latent": 8}),
    "tiny-r3gan":    GenerateRecipe(**SMALL | STYLEGAN | {"channels_base": 256, "channels_max": 16, "latent": 8,
                                                          "loss": "relativistic"}),
}
# fmt: on
