"""The evaluator of Generate: figures on constructed cases whose answer is known, refusals, JSON, and the comparison."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from studies import SIDE, Studied
from tiny_generator import tiny_generate_net
from torch import Tensor

from gan.core.contract import Request, Result
from gan.generate.classical_network import ClassicalConfig, ClassicalNet
from gan.generate.projection import ProjectRequest
from gan.generate.train.evaluate import Measured, Speed
from gan.generate.train.evaluate_distribution import categories_of
from gan.generate.train.evaluate_projection import Projection, ProjectionFigures, evaluate_projection, evenly
from gan.generate.train.evaluate_sliders import (
    SECOND_HUE,
    SliderFigures,
    Step,
    ViewError,
    evaluate_sliders,
    view_error,
    view_estimator,
)
from gan.imaging.picture import Picture
from gan.imaging.product import MEASURES, measure
from gan.imaging.resize import resize
from gan.training.data.catalogue import ATTRIBUTES, Catalogue
from gan.training.evaluation import Evaluation

VIEW = ViewError(n=8, correlation=0.9, error_deg=5.0, constant_deg=20.0)


def told(x: Tensor) -> Tensor:
    """Reads the angle off the place, where `Studied` puts it."""
    return measure(x[:, :3], x[:, 3:])[:, MEASURES.index("across")] / 0.2 * 45


def sliders_of(run: Callable[[Request], Result], attributes: tuple[str, ...] = ATTRIBUTES) -> SliderFigures:
    network: Any = SimpleNamespace(config=SimpleNamespace(resolution=SIDE, attributes=attributes))
    return evaluate_sliders(run, network, model="studied", view=(told, VIEW), seeds=8)


def test_sliders_that_obey_are_measured_as_they_were_asked() -> None:
    figures = sliders_of(Studied())
    assert (figures.n, figures.grey, figures.empty) == (8, 0, 0)
    assert set(figures.steps) == {"hue", SECOND_HUE, "lightness", "size", "aspect", "azimuth"}
    for name, step in figures.steps.items():
        assert step.change == pytest.approx(step.asked, rel=0.12), name
        assert step.right_way == 1, name
    assert figures.steps["hue"].change == pytest.approx(30, abs=0.1)
    assert figures.steps["lightness"].change == pytest.approx(7.5, abs=0.1)
    assert figures.steps["azimuth"].change == pytest.approx(15, abs=0.5)
    assert figures.steps["hue"].iou == figures.steps["lightness"].iou == 1
    for name in ("lightness", "size", "aspect", "azimuth"):
        assert figures.steps[name].hue_moved_deg == pytest.approx(0, abs=0.1), name
    assert [name for name, step in figures.steps.items() if step.iou is None] == ["size", "aspect", "azimuth"]


def test_sliders_that_do_nothing_move_nothing() -> None:
    for name, step in sliders_of(Studied(0)).steps.items():
        assert step.change == pytest.approx(0, abs=1e-4), name
        assert step.right_way == 0, name


def test_a_hue_that_turns_the_other_way_shows_in_the_share() -> None:
    steps = sliders_of(Studied(-1)).steps
    assert steps["hue"].change == pytest.approx(30, abs=0.1)
    assert steps["hue"].right_way == 0
    assert steps["lightness"].change == pytest.approx(-7.5, abs=0.1)


def test_a_silhouette_that_a_hue_moves_loses_its_overlap() -> None:
    steps = sliders_of(Studied(hue_shifts=0.25)).steps
    assert steps["hue"].iou is not None
    assert 0.3 < steps["hue"].iou < 0.6
    assert steps[SECOND_HUE].iou == 1  # both ends of the second step are moved alike
    assert steps["lightness"].iou == 1


def test_grey_and_empty_samples_are_counted() -> None:
    some = sliders_of(Studied(grey=3, empty=2))
    assert (some.grey, some.empty) == (3, 2)
    assert some.steps["lightness"].hue_moved_deg == pytest.approx(0, abs=0.1)
    every = sliders_of(Studied(grey=8))
    assert every.steps["lightness"].hue_moved_deg is None
    gone = sliders_of(Studied(empty=8))
    assert gone.steps["hue"].iou == 0


def test_only_sliders_that_the_model_has_are_measured() -> None:
    assert set(sliders_of(Studied(), ("size", "aspect")).steps) == {"size", "aspect"}


def catalogue(azimuths: list[float | None], categories: list[int] | None = None, views: int = 1) -> Catalogue:
    """Random pictures of 16 px; `views` pictures a product."""
    count = len(azimuths)
    rows = torch.zeros(count, len(ATTRIBUTES))
    for row, azimuth in zip(rows, azimuths, strict=True):
        if azimuth is not None:
            row[ATTRIBUTES.index("azimuth")], row[-1] = azimuth / 45, 1
    category = torch.tensor(categories or [0] * count)
    generator = torch.Generator().manual_seed(0)
    return Catalogue(
        pixels=torch.randint(256, (count, 4, 16, 16), generator=generator, dtype=torch.uint8),
        category=category,
        product=torch.arange(count) // views,
        attributes=rows,
        categories=tuple("abcdefg"[: int(category.max()) + 1]),
        names=tuple(f"picture-{index}" for index in range(count)),
    )


def test_the_angles_estimate_is_worth_what_the_records_say() -> None:
    truth = [-30.0, None, 0.0, 10.0, 20.0]
    known = torch.tensor([angle for angle in truth if angle is not None])
    off = view_error(lambda x: known + 5, catalogue(truth), 16)
    assert off is not None
    assert off.n == 4
    assert off.error_deg == pytest.approx(5, abs=1e-4)
    assert off.correlation == pytest.approx(1, abs=1e-4)
    assert off.constant_deg == pytest.approx((30 + 0 + 10 + 20) / 4, abs=1e-4)  # their lower median is 0
    constant = view_error(lambda x: torch.zeros(len(x)), catalogue(truth), 16)
    assert constant is not None
    assert constant.correlation == 0
    assert view_error(lambda x: known, catalogue([None, 3.0]), 16) is None


def test_the_encoder_is_asked_in_degrees() -> None:
    network = tiny_generate_net()
    estimate = view_estimator(network)
    assert estimate is not None
    x = torch.rand(3, 4, 64, 64)
    column = ATTRIBUTES.index("azimuth")
    raw = network.encoder(resize(x, 32, 32))
    wanted = 45 * (raw.attributes[:, column] * network.attribute_scale[column] + network.attribute_mean[column])
    assert torch.allclose(estimate(x), wanted.detach(), atol=1e-3)
    assert view_estimator(tiny_generate_net(encoder_px=0)) is None
    assert view_estimator(ClassicalNet(ClassicalConfig(resolution=32, filters=4, filters_max=8))) is None


def test_projection_compares_with_the_photograph_and_without_its_mask() -> None:
    def run(request: Request) -> Result:
        assert isinstance(request, ProjectRequest)
        assert request.picture.alpha is None
        assert request.category == ""
        index = int(request.picture.name.removesuffix(".png").rpartition("-")[2])
        rgb = resize(request.picture.rgb, 128, 128)
        made = rgb if index == 0 else rgb + torch.where(rgb > 0.5, -0.1, 0.1)
        details = {"psnr": 15.0 + index, "category": "b" if index == 1 else "any"}
        return Result("project", (Picture(made),), 0, 1.0 + index, {}, (), details, {})

    figures = evaluate_projection(run, catalogue([None] * 3, [0, 1, 1]), model="m", resolution_px=64)
    assert [row.psnr_128 for row in figures.rows] == pytest.approx([100, 20, 20], abs=0.01)
    assert [(row.category, row.found) for row in figures.rows] == [("a", ""), ("b", "b"), ("b", "")]
    assert figures.psnr == 16
    assert figures.seconds == 2
    assert figures.steps == 100
    metric = figures.metrics("things, held-out")["projection PSNR"]
    assert metric["n"] == 3
    assert metric["value"] == pytest.approx(20, abs=0.01)
    assert metric["baseline"]["at 64 px"] == 16


def test_products_are_chosen_evenly_over_the_categories() -> None:
    # Two views each: products 0 to 3 of a, 4 of b, 5 of c.
    given = catalogue([None] * 12, [0] * 8 + [1] * 2 + [2] * 2, views=2)
    assert evenly(given, 3) == [0, 8, 10]
    assert evenly(given, 2) == [0, 10]
    assert sorted(evenly(given, 99)) == [0, 2, 4, 6, 8, 10]


def test_samples_have_the_held_out_pictures_proportions() -> None:
    training, held_out = catalogue([None] * 4, [0, 1, 2, 3]), catalogue([None] * 10, [0] * 6 + [1] * 3 + [3])
    assert categories_of(10, training, held_out, ("a", "b", "c", "d")) == ["a"] * 6 + ["b"] * 3 + ["d"]
    assert categories_of(3, training, held_out, ("a", "b", "c", "d")) == ["a", "a", "b"]  # of 1.8, 0.9 and 0.3
    unlearned = catalogue([None] * 3, [0, 2, 3])
    assert "b" not in categories_of(10, unlearned, held_out, ("a", "b", "c", "d"))
    assert categories_of(3, training, held_out, ("any",)) == ["", "", ""]


def sample_evaluation() -> Evaluation:
    hue = Step(30, 29, 1, "degrees", iou=0.9)
    light = Step(7.5, 7, 0.9, "%", iou=0.8, hue_moved_deg=2.0)
    azimuth = Step(15, 12, 1, "degrees", hue_moved_deg=None)
    steps = {"hue": hue, SECOND_HUE: Step(30, 31, 1, "degrees", iou=0.9), "lightness": light, "azimuth": azimuth}
    row = Projection("picture-0", "a", "b", 22, 21, 9)
    return Measured(
        "ours",
        "things, held-out",
        sliders=SliderFigures(64, 5, 0, steps, VIEW),
        projection=ProjectionFigures(100, 64, (row,)),
        speed=Speed(0.3, 0.1),
        left_out=("something, since it is not there.",),
    ).summed()


def test_bars_are_kept_or_missed() -> None:
    found = sample_evaluation()
    assert list(found.reached) == [
        "hue step",
        "IoU under hue",
        "IoU under lightness",
        "projection PSNR",
        "seconds a sample",
        "seconds a preview",
    ]
    assert found.missed() == ["IoU under lightness", "seconds a sample"]


def test_what_a_card_and_a_terminal_are_told() -> None:
    evaluation = sample_evaluation()
    metrics = evaluation.metrics
    assert metrics["hue step"]["value"] == 29
    assert metrics["hue step"]["baseline"]["second step"] == 31
    assert metrics["hue step"]["baseline"]["grey seeds"] == 5
    assert "own estimate" in metrics["azimuth step"]["dataset"]
    assert metrics["error of the azimuth's estimate"]["baseline"]["correlation"] == 0.9
    assert not {"seconds a sample", f"{SECOND_HUE} step"} & set(metrics)
    table = evaluation.table()
    for said in ("29.0 of 30.0 degrees", "own estimate", "found as b", "MISSED", "Left out: something", "5 grey"):
        assert said in table
    assert json.loads(json.dumps(evaluation.record()))["sliders"]["steps"]["lightness"]["iou"] == 0.8
