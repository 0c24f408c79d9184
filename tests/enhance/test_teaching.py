"""The teacher's answers on disk: order, going on where it stopped, bytes, what training reads of them."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from community_models import small_esrgan
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from gan.core.errors import ConfigError, InputError
from gan.enhance.network import EnhanceConfig, EnhanceNet
from gan.enhance.train.judging import judge
from gan.enhance.train.presets import PRESETS
from gan.enhance.train.recipe import RECIPE
from gan.enhance.train.teaching import PLANES, Taught, answer, answered, file_of, fill, item, prepare, whole_items
from gan.metrics.fidelity import psnr_y
from gan.models.blocks import fuse
from gan.training.cli import main
from gan.training.data.degrade import realistic
from gan.training.data.pictures import find
from gan.training.data.stock import Stock, lettered, stock
from gan.training.loop import train
from gan.training.losses.pictures import charbonnier
from gan.training.options import PrepareOptions, RunOptions
from gan.training.recipe import State

SCALE = 2


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight photographs and eight products of 160 px; the products are named in a record."""
    folder = tmp_path_factory.mktemp("pictures")
    for index in range(16):
        generator = torch.Generator().manual_seed(index)
        x = torch.nn.functional.interpolate(torch.rand(1, 3, 9, 9, generator=generator), (160, 160), mode="bicubic")
        pixels = (x[0].clamp(0, 1) * 255).byte().permute(1, 2, 0).numpy()
        Image.fromarray(pixels).save(folder / f"{'product' if index % 2 else 'photo'}-{index}.png")
    records = [f'{{"id": "product-{i}", "product": "p{i}"}}' for i in range(1, 16, 2)]
    (folder / "meta.jsonl").write_text("\n".join(records) + "\n")
    return folder


def _teacher(damaged: Tensor) -> Tensor:
    return _grown(SCALE)(damaged)


def _grown(scale: int) -> Callable[[Tensor], Tensor]:
    return lambda damaged: torch.nn.functional.interpolate(damaged, scale_factor=scale, mode="nearest")


def _stock(pictures: Path) -> Stock:
    return stock(pictures, find(pictures), 64 * SCALE)


def _bytes(folder: Path) -> list[bytes]:
    return [file_of(folder, plane).read_bytes() for plane in PLANES]


def test_a_cache_that_goes_on_is_the_cache_made_at_once(pictures: Path, tmp_path: Path) -> None:
    made = _stock(pictures)
    fill(tmp_path / "once", answered(made, _teacher, scale=SCALE, seed=3), 4, scale=SCALE)
    fill(tmp_path / "twice", answered(made, _teacher, scale=SCALE, seed=3), 2, scale=SCALE)
    # A write that was cut off by a power failure leaves half an item in one file and none in the next.
    with file_of(tmp_path / "twice", "damaged").open("ab") as file:
        file.write(b"\x07" * 5000)
    assert whole_items(tmp_path / "twice", SCALE) == 2
    assert fill(tmp_path / "twice", answered(made, _teacher, scale=SCALE, seed=3), 4, scale=SCALE).items == 4
    assert _bytes(tmp_path / "once") == _bytes(tmp_path / "twice")


def test_items_lie_in_order_and_come_back_as_they_were(pictures: Path, tmp_path: Path) -> None:
    made = _stock(pictures)
    fill(tmp_path, answered(made, _teacher, scale=SCALE, seed=0), 3, scale=SCALE)
    (tmp_path / "about.json").write_text('{"scale": 2}')
    cache = Taught(tmp_path, SCALE, 64, seed=0)
    for index in range(3):
        damaged, sharp = item(made, index, scale=SCALE, seed=0)
        for read, written in zip(cache.whole(index), (damaged, sharp, _teacher(damaged[None])[0]), strict=True):
            torch.testing.assert_close(read, written, atol=1e-6, rtol=0)


def test_training_windows_belong_together_and_every_item_comes_once_a_round(pictures: Path, tmp_path: Path) -> None:
    fill(tmp_path, answered(_stock(pictures), _teacher, scale=SCALE, seed=0), 5, scale=SCALE)
    (tmp_path / "about.json").write_text('{"scale": 2}')
    cache = Taught(tmp_path, SCALE, 32, seed=1)
    for index in range(12):
        damaged, sharp, taught = cache[index]
        assert (damaged.shape, sharp.shape, taught.shape) == ((3, 16, 16), (3, 32, 32), (3, 32, 32))
        assert torch.equal(taught, _teacher(damaged[None])[0])
        again = Taught(tmp_path, SCALE, 32, seed=1)[index]
        assert all(torch.equal(a, b) for a, b in zip(cache[index], again, strict=True))
    rounds = [[cache._place(i) for i in range(start, start + 5)] for start in (0, 5)]
    assert [sorted(places) for places in rounds] == [[0, 1, 2, 3, 4]] * 2


def test_a_signal_ends_it_after_the_item_that_is_being_made(pictures: Path, tmp_path: Path) -> None:
    asked = 0

    def interrupting(damaged: Tensor) -> Tensor:
        nonlocal asked
        asked += 1
        if asked == 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return _teacher(damaged)

    before = signal.getsignal(signal.SIGTERM)
    made = fill(tmp_path, answered(_stock(pictures), interrupting, scale=SCALE, seed=0), 9, scale=SCALE)
    assert (made.items, made.interrupted) == (2, True)
    assert whole_items(tmp_path, SCALE) == 2
    assert signal.getsignal(signal.SIGTERM) == before


def test_prepare_writes_both_parts_and_refuses_other_settings(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gan.enhance.train.teaching.VALIDATION_ITEMS", 1)
    teacher = tmp_path / "teacher.safetensors"
    options = PrepareOptions(data=pictures, out=tmp_path / "out", teacher=teacher, count=2, scale=1)
    with pytest.raises(ConfigError, match="convert-realesrgan"):
        prepare(options)
    save_file(small_esrgan(), teacher)
    assert prepare(options) == f"{tmp_path / 'out'} holds 1 items for validation and 2 items for training."
    assert [whole_items(tmp_path / "out" / part, 1) for part in ("validation", "training")] == [1, 2]
    with pytest.raises(InputError, match="another seed"):
        prepare(PrepareOptions(data=pictures, out=tmp_path / "out", teacher=teacher, count=2, scale=1, seed=5))
    with pytest.raises(InputError, match="made for x1"):
        Taught(tmp_path / "out/training", 4, 64, seed=0)


def test_the_teachers_picture_is_shrunk_to_the_scale() -> None:
    network = torch.nn.Upsample(scale_factor=4, mode="bilinear")
    ramp = torch.linspace(0, 1, 64).expand(1, 3, 64, 64)
    made = {scale: answer(network, ramp, scale) for scale in (1, 2, 4)}
    assert {scale: picture.shape[-1] for scale, picture in made.items()} == {1: 64, 2: 128, 4: 256}
    torch.testing.assert_close(made[1][..., 4:-4], ramp[..., 4:-4], atol=0.01, rtol=0)


@pytest.fixture(scope="module")
def prepared(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `prepare` writes it for x4, two items a part, from pictures that are large enough."""
    large = tmp_path_factory.mktemp("large")
    for path in sorted(pictures.glob("*.png"))[:6]:
        with Image.open(path) as image:
            image.resize((288, 288)).save(large / path.name)
    folder = tmp_path_factory.mktemp("prepared")
    for part in ("validation", "training"):
        fill(folder / part, answered(stock(large, find(large), 256), _grown(4), scale=4, seed=0), 2, scale=4)
        (folder / part / "about.json").write_text(json.dumps({"scale": 4, "data": str(large)}))
    return folder


@pytest.mark.parametrize("preset", ["tiny-taught", "tiny-crisp"])
def test_runs_on_prepared_folders_resume_exactly(prepared: Path, tmp_path: Path, preset: str) -> None:
    recipe = dataclasses.replace(RECIPE, learning_rate=lambda _config, _progress: 1.0)

    def run(out: str, steps: int) -> State:
        options = RunOptions(
            data=prepared, out=tmp_path / out, preset=preset, steps=steps, device="cpu", save_every=3, log_every=1
        )
        return train(recipe, PRESETS[preset], options)

    whole = run("whole", 6).state_dict()
    run("halves", 3)
    halves = run("halves", 6).state_dict()
    for part in ("networks", "ema", "optimizers"):
        torch.testing.assert_close(whole[part], halves[part], rtol=0, atol=0)
    figures = json.loads((tmp_path / "whole/log.jsonl").read_text().splitlines()[-1])
    assert {"psnr_y", "fd_lite2", "bicubic_fd_lite2", "teacher_psnr_y"} <= set(figures)


def test_the_verdict_counts_from_its_step_on(prepared: Path, tmp_path: Path) -> None:
    config = PRESETS["tiny-crisp"]
    options = RunOptions(
        data=prepared, out=tmp_path, preset="tiny-crisp", steps=5, device="cpu", save_every=5, log_every=1
    )
    train(RECIPE, config, options)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    losses = [line for line in lines if line["kind"] == "train"]
    assert ["adversarial" in line for line in losses] == [False, False, False, True, True]
    assert all({"l1", "structure", "flat", "discriminator"} <= set(line) for line in losses)


def test_without_branches_a_published_network_is_gone_on_with(prepared: Path, tmp_path: Path) -> None:
    """Its branches stay at zero, so that a step changes the kernel as much as the rate says and no more."""
    config = dataclasses.replace(PRESETS["tiny-taught"], learning_rate=1e-3)
    torch.manual_seed(1)
    published = fuse(EnhanceNet(config.network)).state_dict()
    recipe = dataclasses.replace(RECIPE, learning_rate=lambda _config, _progress: 1.0)
    warm = dataclasses.replace(recipe, build=lambda c, d: _warm(RECIPE.build(c, d), published))
    options = RunOptions(data=prepared, out=tmp_path, preset="tiny-taught", steps=2, device="cpu", save_every=2)
    network = train(warm, config, options).networks["network"]
    plain = fuse(network).state_dict()
    moved = {key: float((plain[key] - value).abs().max()) for key, value in published.items()}
    assert max(moved.values()) > 0
    assert all(value <= 2.1e-3 for value in moved.values())


def _warm(state: State, published: dict[str, Tensor]) -> State:
    RECIPE.warm_start(state, published)
    return state


def test_the_cosine_rises_first_and_falls_to_a_twentieth() -> None:
    config = PRESETS["x4-keen"]
    rates = [RECIPE.learning_rate(config, progress) for progress in (0.0, 0.02, 0.5, 1.0)]
    assert rates == pytest.approx([0.02, 1.0, 0.525, 0.05], abs=2e-3)


def test_the_pixel_loss_of_taught_crops_is_the_blend_of_two(prepared: Path, tmp_path: Path) -> None:
    """A network at its start is bicubic interpolation, so that its first loss can be worked out beside it."""
    options = RunOptions(
        data=prepared, out=tmp_path, preset="tiny-taught", steps=1, device="cpu", save_every=1, log_every=1
    )
    train(RECIPE, PRESETS["tiny-taught"], options)
    line = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[0])
    cache = Taught(prepared / "training", 4, 32, seed=0)
    damaged, sharp, taught = (torch.stack(parts) for parts in zip(*(cache[i] for i in range(2)), strict=True))
    made = torch.nn.functional.interpolate(damaged, scale_factor=4, mode="bicubic")
    by_hand = 0.8 * charbonnier(made, taught) + 0.2 * charbonnier(made, sharp)
    assert line["charbonnier"] == pytest.approx(float(by_hand), rel=0.02)


def test_the_grid_shows_bicubic_ours_teacher_and_truth(prepared: Path) -> None:
    cache = Taught(prepared / "validation", 4, 256, seed=0)
    network = EnhanceNet(EnhanceConfig(scale=4, channels=8, blocks=1)).eval()
    validation = judge(network, cache, torch.device("cpu"))
    assert validation.grid.shape == (3, 260, 8 * 258 + 2)
    assert validation.pictures == 2
    _, sharp, taught = cache.whole(0)
    damaged = [realistic(cache.whole(i)[1], 4, torch.Generator().manual_seed(i))[None] for i in range(2)]
    with torch.inference_mode():
        made = [network(x).clamp(0, 1) for x in damaged]
    by_hand = sum(float(psnr_y(y, cache.whole(i)[1][None], 4)) for i, y in enumerate(made)) / 2
    assert validation.figures["tested_psnr_y"] == pytest.approx(by_hand, abs=1e-3)
    torch.testing.assert_close(validation.grid[:, 2:258, 3 * 258 + 2 : 4 * 258], sharp)
    torch.testing.assert_close(validation.grid[:, 2:258, 2 * 258 + 2 : 3 * 258], taught)
    figures = validation.figures
    assert figures["psnr_y"] == pytest.approx(figures["bicubic_psnr_y"], abs=0.5)
    assert validation.score == pytest.approx(figures["tested_psnr_y"] - 40 * figures["tested_fd_lite2"])


class _Plain:
    """Pictures of one shade."""

    def __init__(self, shade: float) -> None:
        self.shade = shade

    def crop(self, size_px: int, _generator: torch.Generator) -> Tensor:
        return torch.full((3, size_px, size_px), self.shade)


def test_products_lettering_and_photographs_come_in_proportion() -> None:
    made = Stock(_Plain(0.2), _Plain(0.8))  # type: ignore[arg-type]
    counts = {"products": 0, "photographs": 0, "lettered": 0}
    for seed in range(300):
        crop = made.crop(48, torch.Generator().manual_seed(seed))
        plain = bool((crop == crop[0, 0, 0]).all())
        counts["lettered" if not plain else "products" if crop[0, 0, 0] < 0.5 else "photographs"] += 1
    assert counts["photographs"] == pytest.approx(150, abs=30)
    assert counts["products"] == pytest.approx(96, abs=30)
    assert counts["lettered"] == pytest.approx(54, abs=25)


def test_lettering_is_drawn_from_its_seed_and_leaves_the_rest_alone() -> None:
    white = torch.ones(3, 96, 96)
    first, again = (lettered(white, torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(first, again)
    assert 0 < float((first != 1).float().mean()) < 1
    assert first.shape == white.shape


def test_the_command_says_what_lies_there_and_what_is_wrong(pictures: Path, tmp_path: Path, capsys: Any) -> None:
    recipe = dataclasses.replace(RECIPE, prepare=lambda options: f"{options.count} at x{options.scale}")
    command = ["prepare", "enhance", "--data", str(pictures), "--out", str(tmp_path), "--scale", "2"]
    assert main({"enhance": (recipe,)}, [*command, "--count", "7"]) == 0
    assert capsys.readouterr().out == "7 at x2\n"
    assert main({"enhance": (recipe,)}, [*command, "--count", "0"]) == 2
    assert "count: 0" in capsys.readouterr().err
    run = ["enhance", "--preset", "tiny-taught", "--data", str(pictures), "--out", str(tmp_path / "run")]
    assert main({"enhance": (RECIPE,)}, run) == 2
    assert "prepare enhance" in capsys.readouterr().err


@pytest.mark.parametrize("preset", [name for name, config in PRESETS.items() if config.crops == "taught"])
def test_every_preset_fits_its_cache(preset: str, tmp_path: Path) -> None:
    config = PRESETS[preset]
    scale = config.network.scale
    fill(tmp_path, answered(Stock(_Plain(0.2), _Plain(0.8)), _grown(scale), scale=scale, seed=0), 1, scale=scale)  # type: ignore[arg-type]
    (tmp_path / "about.json").write_text(json.dumps({"scale": scale}))
    damaged, sharp, _ = Taught(tmp_path, scale, config.patch_px, seed=0)[0]
    assert damaged.shape[1] * scale == sharp.shape[1] == config.patch_px
    with pytest.raises(ConfigError, match="patch_px"):
        Taught(tmp_path, scale, 65 * scale, seed=0)


def test_only_taught_crops_hold_the_teachers_pictures() -> None:
    with pytest.raises(ConfigError, match="only taught crops"):
        dataclasses.replace(PRESETS["tiny-x4"], taught=0.5)
