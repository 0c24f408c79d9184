"""The complete recipes of Enhance, one a row: what is trained, on what, against which losses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from gan.core.errors import ConfigError
from gan.enhance.network import EnhanceConfig
from gan.training.data.degrade import DegradationMix


@dataclass(frozen=True, kw_only=True)
class EnhanceRecipe:
    """A complete recipe; a row of `PRESETS`.

    Attributes:
        network: what is trained.
        patch_px: side of the sharp patches.
        batch: pictures a step.
        learning_rate: of Adam (0.9, 0.99).
        falling: "late": constant, then down to a tenth of it over the last 30% of the steps; "cosine": up over the
            first 2%, then along half a cosine down to a twentieth.
        branches: whether the branches of `RepConv` learn. A published network has none: begun anew at zero effect they
            make Adam's first steps ten times as large as its rate says, which cost the published x4 half a decibel
            that it took thousands of pictures to win back. Without them a run goes on where the network stood.
        crops: where pairs come from. "pictures": any part of a folder is equally likely; "stock": products, lettering,
            photographs and textures in the proportions of `gan.training.data.stock`; "taught": the teacher's answers.
            The last
            two want a folder that `python train.py prepare enhance` wrote.
        pixels: weight of the pixel distance: L1, or with taught crops Charbonnier's.
        taught: share of the teacher's picture in the target; the rest is the truth.
        structure: weight of 1 - MS-SSIM.
        flat: weight of what stirs where the truth is flat.
        features: weight of the feature loss (Lite0); its gradient on a picture is some 500 times that of L1.
        feature_stages: how many of Lite0's five stages it looks at.
        features_from: first step that knows features and the discriminator; before it, pixels alone.
        adversarial: weight of the generator's loss; 0 trains no discriminator.
        adversarial_from: first step that knows the generator's loss; the discriminator learns from `features_from` on.
        judge: what the discriminator looks at: "pixels", a U-Net of its own; "features", Lite0's stages, which the
            feature loss computes anyway. The latter tells sharp from soft after tens of steps, the former after
            thousands.
        verdicts: of the U-Net: channels, and pixels per verdict in each direction.
        verdict_rate: its learning rate as a multiple of the network's.
        distil: weight of the L1 distance to the teacher's output; 0 loads no teacher.
        teacher: a checkpoint that spandrel reads; `python -m gan weights convert-realesrgan` writes x4plus.
        mix: how often each kind of degradation is drawn.
        ema_half_life_kimg: of the published average, thousands of pictures.
    """

    network: EnhanceConfig
    patch_px: int = 128
    batch: int = 8
    learning_rate: float = 2e-4
    falling: Literal["late", "cosine"] = "late"
    branches: bool = True
    crops: Literal["pictures", "stock", "taught"] = "pictures"
    pixels: float = 1.0
    taught: float = 0.0
    structure: float = 0.0
    flat: float = 0.0
    features: float = 0.0
    feature_stages: int = 5
    features_from: int = 600
    adversarial: float = 0.0
    adversarial_from: int = 0
    judge: Literal["pixels", "features"] = "pixels"
    verdicts: tuple[int, int] = (32, 1)
    verdict_rate: float = 1.0
    distil: float = 0.0
    teacher: str = "models/realesrgan-x4plus.safetensors"
    mix: DegradationMix = field(default_factory=DegradationMix)
    ema_half_life_kimg: float = 4.0

    def __post_init__(self) -> None:
        if self.patch_px % (self.network.scale * self.network.unshuffle):
            raise ConfigError(
                "patch_px",
                "{patch}",
                "a multiple of {unit} is allowed at scale {scale}",
                "Change the preset",
                patch=self.patch_px,
                unit=self.network.scale * self.network.unshuffle,
                scale=self.network.scale,
            )
        if self.taught and self.crops != "taught":
            raise ConfigError(
                "taught",
                "{share} with {crops} crops",
                "only taught crops hold the teacher's pictures",
                "Change the preset",
                share=self.taught,
                crops=self.crops,
            )
        if self.adversarial and self.judge == "features" and not self.features:
            raise ConfigError(
                "judge",
                "features without a feature loss",
                "a judge of features needs them",
                "Set features above 0, or judge to pixels",
            )
        if self.distil and self.network.scale != 4:
            raise ConfigError(
                "distil", "scale {scale}", "the teacher works at x4", "Set distil to 0", scale=self.network.scale
            )


def _row(scale: int, **changes: Any) -> EnhanceRecipe:
    network = EnhanceConfig(scale=scale, **changes.pop("network", {}))
    return EnhanceRecipe(network=network, **changes)


RESTORE = DegradationMix(clean=0.25, light=0.55, heavy=0.20)
TINY = {"channels": 8, "blocks": 1}
SPAN = {"trunk": "span", "channels": 48, "blocks": 6, "unshuffle": 1}
TAUGHT: dict[str, Any] = {
    "patch_px": 96,
    "batch": 8,
    "falling": "cosine",
    "branches": False,
    "crops": "taught",
    "taught": 0.8,
    "features": 0.1,
    "feature_stages": 4,
    "features_from": 0,
    "ema_half_life_kimg": 1.0,
}
KEEN: dict[str, Any] = {
    "patch_px": 96,
    "batch": 8,
    "falling": "cosine",
    "branches": False,
    "crops": "stock",
    "mix": DegradationMix(clean=0.1, light=0.7, heavy=0.2, again=0.5, soft=0.2),
    "structure": 0.3,
    "flat": 1.0,
    "features": 0.15,
    "feature_stages": 4,
    "features_from": 0,
    "ema_half_life_kimg": 1.0,
}
CRISP = KEEN | {
    "patch_px": 128,
    "learning_rate": 1e-4,
    "features": 0.08,
    "adversarial": 0.005,
    "adversarial_from": 100,
    "judge": "features",
    "verdict_rate": 10.0,
}
"""Gradients on a picture, measured after 60 steps of the discriminator: L1 0.0016, MS-SSIM 0.014, flat 0.003, features
0.55, a judge of features 3 to 11. At 0.015 the adversary raised FD-lite2 by 0.025 in 100 steps where features alone
lowered it by 0.005: it finds what Lite0 likes before it finds what is sharp. It belongs at the end of a long run."""

CATALOGUE: dict[str, Any] = {"crops": "pictures", "mix": DegradationMix(clean=0.5, light=0.5, heavy=0.0)}

# fmt: off
PRESETS: dict[str, EnhanceRecipe] = {
    # two CPU cores: a few hours
    "x4":        _row(4, patch_px=160, batch=8,  features=0.03),
    "x2":        _row(2, patch_px=96,  batch=8,  features=0.01),
    "x1":        _row(1, patch_px=64,  batch=8,  features=0.01, mix=RESTORE),
    # two CPU cores, from published weights: the teacher's answers; features; an adversary; each --from what was before
    "x4-taught": _row(4, **TAUGHT),
    "x2-taught": _row(2, **TAUGHT),
    "x1-taught": _row(1, **TAUGHT | {"patch_px": 48, "batch": 16}),
    "x4-keen":   _row(4, **KEEN),
    "x2-keen":   _row(2, **KEEN),
    "x1-keen":   _row(1, **KEEN),
    "x4-crisp":  _row(4, **CRISP),
    "x2-crisp":  _row(2, **CRISP),
    "x1-crisp":  _row(1, **CRISP | {"patch_px": 96}),
    # the same with the trunk of SPAN, from its authors' weights: python -m gan weights convert-span
    "x4-span-keen": _row(4, network=SPAN, **KEEN),
    "x2-span-keen": _row(2, network=SPAN, **KEEN),  # --from an x4 of this trunk, and x1 from either
    "x1-span-keen": _row(1, network=SPAN, **KEEN | {"patch_px": 64}),
    "x4-span-taught": _row(4, network=SPAN, **TAUGHT),
    "x2-span-taught": _row(2, network=SPAN, **TAUGHT),
    "x1-span-taught": _row(1, network=SPAN, **TAUGHT | {"patch_px": 48, "batch": 16}),
    # one CPU core, from published weights: small clean pictures of one catalogue, such as Generate's own; each --from
    # what was before
    "x4-catalogue": _row(4, network=SPAN, **KEEN | CATALOGUE),
    "x4-catalogue-crisp": _row(4, network=SPAN, **CRISP | CATALOGUE | {"features": 0.15}),
    # what Generate draws beside what it was to draw, as examples/teach_enlarger.py writes them
    "x4-drawn": _row(4, network=SPAN, **CRISP | {"crops": "taught", "features": 0.15, "adversarial": 0.05}),
    # a GPU: half an hour
    "x4-gan":    _row(4, patch_px=256, batch=48, features=0.01, adversarial=0.01),
    "x2-gan":    _row(2, patch_px=192, batch=48, features=0.01, adversarial=0.01),
    "x4-distil": _row(4, patch_px=192, batch=32, features=0.01, distil=1.0, pixels=0.2),
    # seconds: for tests and for trying things out
    "tiny-x4":   _row(4, patch_px=32,  batch=2,  network=TINY),
    "tiny-x2":   _row(2, patch_px=32,  batch=2,  network=TINY),
    "tiny-x1":   _row(1, patch_px=32,  batch=2,  network=TINY, mix=RESTORE),
    "tiny-taught": _row(4, network=TINY, **TAUGHT | {"patch_px": 32, "batch": 2, "features": 0.0}),
    "tiny-crisp": _row(4, network=TINY, **CRISP | {"patch_px": 96, "batch": 2, "adversarial_from": 3}),
    "tiny-gan":  _row(2, patch_px=32,  batch=2,  network=TINY, features=0.01, features_from=0, adversarial=0.01),
}
# fmt: on
