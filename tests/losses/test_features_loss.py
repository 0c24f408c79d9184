"""The perceptual loss: zero for equal pictures, larger for worse ones, calm on empty grounds."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from gan.models.features import Features, load_features
from gan.training.losses.pictures import stage_distance


def _product() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    x = torch.ones(1, 3, 64, 64)
    x[:, :, 16:48, 16:48] = F.interpolate(torch.rand(1, 3, 8, 8, generator=generator), (32, 32))
    return x


def _features() -> Features:
    return load_features("lite0", stages=3)


def test_zero_for_equal_pictures_and_growing_with_blur() -> None:
    features, x = _features(), _product()
    assert stage_distance(features(x), features(x)).item() == 0
    light, strong = (F.avg_pool2d(F.pad(x, (k,) * 4, mode="reflect"), 2 * k + 1, stride=1) for k in (1, 3))
    assert (
        0 < stage_distance(features(light), features(x)).item() < stage_distance(features(strong), features(x)).item()
    )


def test_gradient_on_a_white_ground_is_bounded() -> None:
    """Scaled to length 1 without a floor, a white ground's features are noise, and training on them diverges."""
    features, x = _features(), _product()
    made = (x + 0.004 * torch.randn(x.shape, generator=torch.Generator().manual_seed(1))).requires_grad_()
    (gradient,) = torch.autograd.grad(stage_distance(features(made), features(x)), made)
    ground = gradient[:, :, :8].norm() / 8**0.5
    product = gradient[:, :, 24:40].norm() / 16**0.5
    assert bool(torch.isfinite(gradient).all())
    assert ground < 5 * product


def test_pictures_without_any_feature() -> None:
    flat = torch.full((1, 3, 32, 32), 127 / 255)
    loss = stage_distance(_features()(flat.clone().requires_grad_()), _features()(flat))
    loss.backward()
    assert loss.item() == 0
