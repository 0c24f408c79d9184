"""The evaluator of Generate: figures on constructed cases whose answer is known, refusals, JSON, and the comparison."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image, ImageDraw
from tiny_generator import published_config, tiny_generate_net
from torch import Tensor

import gan.studio
from benchmarks.generate_compare import history
from benchmarks.generate_compare import main as compare_runs
from gan.__main__ import main
from gan.contract import Request, Result
from gan.data.catalogue import ATTRIBUTES, Catalogue
from gan.data.pictures import Entry, split
from gan.errors import InputError
from gan.generate.classical_network import ClassicalConfig, ClassicalNet
from gan.generate.evaluate import Evaluation, Speed, evaluate
from gan.generate.evaluate_distribution import categories_of
from gan.generate.evaluate_projection import Projection, ProjectionFigures, evaluate_projection, evenly
from gan.generate.evaluate_sliders import (
    SECOND_HUE,
    SliderFigures,
    Step,
    ViewError,
    evaluate_sliders,
    view_error,
    view_estimator,
)
from gan.generate.pipeline import GenerateRequest
from gan.generate.projection import ProjectRequest
from gan.imaging.picture import Picture
from gan.imaging.product import MEASURES, from_ycc, measure, rotation
from gan.imaging.resize import resize
from gan.studio import Studio
from gan.weights import publish

SIDE = 64
VIEW = ViewError(n=8, correlation=0.9, error_deg=5.0, constant_deg=20.0)


def drawn(
    plane: Tensor, *, light: float = 0.5, size: float = 0.5, aspect: float = 1.0, across: float = 0.0
) -> tuple[Tensor, Tensor]:
    """An ellipse of one colour (Cb, Cr) on white, and its coverage; `size` is its longer side over the frame's."""
    axis = (torch.arange(SIDE) + 0.5) / SIDE * 2 - 1
    wide, high = size * min(aspect, 1.0), size * min(1 / aspect, 1.0)
    distance = (((axis[None] - across) / wide).square() + (axis[:, None] / high).square()).sqrt()
    alpha = ((1 - distance) * SIDE / 2 * size + 0.5).clamp(0, 1)[None, None]
    rgb = from_ycc(torch.cat([torch.tensor([light]), plane])[None, :, None, None]).expand(-1, -1, SIDE, SIDE)
    return rgb.contiguous(), alpha


class Studied:
    """Stands for a studio whose sliders obey by the share given: 1 as asked, 0 not at all, -1 the other way."""

    def __init__(self, obeys: float = 1.0, *, grey: int = 0, hue_shifts: float = 0.0, empty: int = 0) -> None:
        self.obeys, self.grey, self.hue_shifts, self.empty = obeys, grey, hue_shifts, empty

    def __call__(self, request: Request) -> Result:
        assert isinstance(request, GenerateRequest)
        generator = torch.Generator().manual_seed(request.seed)
        start, azimuth = (torch.rand(2, generator=generator) * 2 - 1).tolist()
        sliders, share = request.sliders, self.obeys
        plane = rotation(torch.tensor([start * math.pi + math.radians(share * sliders.hue_deg)]))[0, :, 0] * 0.15
        if request.seed < self.grey:
            plane = plane * 0
        seen = azimuth if sliders.azimuth_deg is None or not share else share * sliders.azimuth_deg / 45
        rgb, alpha = drawn(
            plane,
            light=0.5 + share * 0.3 * sliders.lightness,
            size=0.5 * math.exp(share * 0.3 * sliders.size),
            aspect=0.8 * math.exp(share * 0.35 * sliders.aspect),
            across=0.2 * seen + self.hue_shifts * (sliders.hue_deg != 0),
        )
        if request.seed < self.empty:
            alpha = alpha * 0
        picture = Picture(rgb, alpha) if request.transparent else Picture(rgb * alpha + 1 - alpha)
        latent = SimpleNamespace(attributes=tuple(azimuth if name == "azimuth" else 0.0 for name in ATTRIBUTES))
        return Result("generate", (picture,), request.seed, 0.25, {}, (), {"latents": [latent]}, {})


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
    return Evaluation(
        "ours",
        "things, held-out",
        sliders=SliderFigures(64, 5, 0, steps, VIEW),
        projection=ProjectionFigures(100, 64, (row,)),
        speed=Speed(0.3, 0.1),
        left_out=("something, since it is not there.",),
    )


def test_bars_are_kept_or_missed() -> None:
    bars = {name: kept for name, (*_, kept) in sample_evaluation().bars().items()}
    assert bars == {
        "hue step": True,
        "IoU under hue": True,
        "IoU under lightness": False,
        "projection PSNR": True,
        "seconds a sample": False,
        "seconds a preview": True,
    }


def test_what_a_card_and_a_terminal_are_told() -> None:
    evaluation = sample_evaluation()
    metrics = evaluation.metrics()
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


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shapes in colours, two views a product: 8 products to train on and 5 held out, in two categories."""
    folder = tmp_path_factory.mktemp("shop")
    wanted, count, records = {False: 8, True: 5}, 0, []
    while any(wanted.values()):
        product, count = f"thing{count}", count + 1
        held_out = not split([Entry(folder, product)])[0]
        if not wanted[held_out]:
            continue
        wanted[held_out] -= 1
        category = ("chair", "lamp")[wanted[held_out] % 2]
        for view in range(2):
            picture = Image.new("RGB", (48, 48), "white")
            draw = ImageDraw.Draw(picture)
            box = (8 + 4 * view, 10, 34 + wanted[held_out], 38 - count % 5)
            shape = draw.rectangle if category == "chair" else draw.ellipse
            shape(box, fill=(40 * wanted[held_out] % 256, 60, 90 * view + 20))
            (folder / category).mkdir(exist_ok=True)
            picture.save(folder / category / f"{product}-{view}.png")
            records.append({"id": f"{product}-{view}", "product": product, "category": category})
    (folder / "meta.jsonl").write_text("\n".join(json.dumps(record) for record in records), "utf-8")
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a tiny published generator."""
    network = tiny_generate_net()
    folder = tmp_path_factory.mktemp("generator")
    state = network.state_dict()
    publish(folder, name="tiny", task="generate", config=published_config(network), state=state, card="For tests.")
    return str(folder / "tiny")


def test_all_of_it_on_a_tiny_shop(shop: Path, model: str, tiny_weights: Path) -> None:
    studio, network = Studio("cpu", tiny_weights), tiny_generate_net()
    steps: list[str] = []
    result = evaluate(
        shop,
        studio.run,
        network,
        model=model,
        count=7,
        parts=("distribution", "speed"),
        on_progress=lambda done, total, what: steps.append(what) if done <= total else pytest.fail("beyond the end"),
    )
    full, default = result.distributions
    assert (full.truncation, default.truncation) == (1, GenerateRequest().truncation)
    assert (full.summary.n, full.summary.n_held_out) == (7, 10)
    assert full.summary.made.kernel != default.summary.made.kernel
    metrics = result.metrics()
    assert {"KD-lite2", "Frechet-lite2", "precision", "recall", "NN ratio", "diversity ratio"} <= set(metrics)
    assert "KD-lite2 at truncation 0.8" in metrics
    assert metrics["KD-lite2"]["baseline"]["real"] < metrics["KD-lite2"]["value"]
    made, real, distance = full.closest[0]
    # 6 of the 10 held-out pictures are chairs, so 4 of the 7 samples are.
    assert made in {f"{'chair' if seed < 4 else 'lamp'}-{seed}.png" for seed in range(7)}
    assert real.startswith("thing")
    assert distance > 0
    assert result.speed is not None
    assert result.speed.sample_s > 0
    assert set(steps) == {"Held-out pictures", "Training pictures", "Sampling"}
    assert json.loads(json.dumps(result.record()))["distributions"][0]["n"] == 7
    assert "closest to training pictures" in result.table()
    sliders = evaluate_sliders(studio.run, network, model=model, seeds=2)
    assert set(sliders.steps) == {"hue", SECOND_HUE, "lightness", "size", "aspect"}


def test_parts_that_do_not_apply_are_left_out_and_said(shop: Path) -> None:
    nothing: Any = lambda request: pytest.fail(f"nothing is to be run: {request}")  # noqa: E731
    classical = ClassicalNet(ClassicalConfig(resolution=32, channels=1, filters=4, filters_max=8))
    result = evaluate(shop, nothing, classical, model="m", parts=("sliders",))
    assert result.sliders is None
    assert result.left_out == ("sliders, since nothing that can be measured is an input of this model.",)
    assert result.metrics() == {}
    assert "Left out: sliders" in result.table()
    blind = evaluate(shop, Studied(), tiny_generate_net(resolution=64, encoder_px=0), model="m", parts=("sliders",))
    assert "no encoder" in blind.left_out[0]
    assert blind.sliders is not None
    assert "azimuth" not in blind.sliders.steps
    unrecorded = evaluate(shop, Studied(), tiny_generate_net(resolution=64), model="m", parts=("sliders",))
    assert "no held-out picture's angle of view is on record" in unrecorded.left_out[0]


def test_refusals(shop: Path, tmp_path: Path) -> None:
    network = tiny_generate_net()
    with pytest.raises(InputError, match="count: 5; 6 or more is allowed"):
        evaluate(shop, Studied(), network, model="m", count=5)
    with pytest.raises(InputError, match="no picture of sofa"):
        evaluate(shop, Studied(), tiny_generate_net(categories=("sofa",)), model="m")
    alone = tmp_path / "alone" / "chair"
    alone.mkdir(parents=True)
    Image.new("RGB", (16, 16), "white").save(alone / "a.png")
    with pytest.raises(InputError, match="is held out"):
        evaluate(alone.parent, Studied(), network, model="m")
    few = tmp_path / "few" / "chair"
    few.mkdir(parents=True)
    names = [f"{index}" for index in range(99)]
    training, held_out = split([Entry(few / f"{name}.png", name) for name in names])
    for entry in training[:6] + held_out[:3]:
        Image.new("RGB", (16, 16), "white").save(entry.path)
    with pytest.raises(InputError, match="pictures or products to measure"):
        evaluate(few.parent, Studied(), network, model="m", parts=("distribution",))


def test_the_command(
    shop: Path, model: str, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(gan.studio, "WEIGHTS_DIR", tiny_weights)
    target = tmp_path / "figures.json"
    command = ["evaluate", "generate", "--data", str(shop), "--quiet", "--device", "cpu"]
    assert main([*command, "--model", model, "--part", "speed", "--json", str(target)]) == 0
    assert "seconds a preview" in capsys.readouterr().out
    (record,) = json.loads(target.read_text("utf-8"))
    assert record["metrics"] == {}
    assert record["speed"]["sample_s"] > 0
    assert main([*command, "--model", "enhance-x2"]) == 2
    assert "enhance-x2 does not generate" in capsys.readouterr().err
    assert main([*command, "--model", model, "--count", "2"]) == 2
    assert "count: 2" in capsys.readouterr().err


@pytest.mark.parametrize("option", [["--scale", "2"], ["--peer", "x"], ["--held-out"], ["--reference", "."]])
def test_options_of_the_other_task_are_refused(option: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["evaluate", "generate", "--data", ".", *option])
    assert "unrecognized arguments" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["evaluate", "enhance", "--data", ".", "--count", "9"])


def write_run(folder: Path, lines: list[dict[str, Any]], batch: int = 10) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"config": {"batch": batch}}), "utf-8")
    (folder / "log.jsonl").write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    return folder


def train(step: int, time_s: float) -> dict[str, Any]:
    return {"kind": "train", "step": step, "time_s": time_s, "images_per_s": 10.0}  # a second a step


def validation(step: int, time_s: float, kd: float) -> dict[str, Any]:
    return {"kind": "validation", "step": step, "time_s": time_s, "kd_lite2": kd, "diversity_ratio": kd / 1000}


def test_minutes_leave_pauses_out_and_pictures_leave_repeats_out(tmp_path: Path) -> None:
    lines = [
        train(60, 1000),
        validation(60, 1060, 900),  # a minute of looking
        {"kind": "stopped", "step": 90, "time_s": 1090},
        train(120, 9000),  # hours later, 30 steps
        validation(120, 9060, 800),
        train(180, 9120),
        validation(180, 9180, 1),
        train(180, 20000),  # after a crash: resumed from step 120
        validation(180, 20060, 700),
    ]
    found = history(write_run(tmp_path / "run", lines))
    assert [v.pictures for v in found] == [600, 1200, 1800]
    assert [v.figures["kd_lite2"] for v in found] == [900, 800, 700]
    assert [v.minutes for v in found] == pytest.approx([2, 4, 6])


def test_two_runs_side_by_side(tmp_path: Path, capsys: Any) -> None:
    slow = write_run(
        tmp_path / "slow", [train(60, 60), validation(60, 60, 500), train(120, 120), validation(120, 120, 400)]
    )
    fast = write_run(tmp_path / "fast", [train(240, 240), validation(240, 240, 300)], batch=5)
    compare_runs([str(slow), str(fast)])
    rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["after", "slow: KD-lite2", "slow: diversity", "fast: KD-lite2", "fast: diversity"]
    assert rows[3] == ["0.6k pictures", "500", "0.50", "–", "–"]
    assert rows[5] == ["1.2k pictures", "400", "0.40", "300", "0.30"]
    assert rows[9] == ["2.0 minutes", "400", "0.40", "300", "0.30"]
    empty = write_run(tmp_path / "empty", [train(60, 60)])
    with pytest.raises(SystemExit):
        compare_runs([str(slow), str(empty)])
    assert "no validation in the log of empty" in capsys.readouterr().err
