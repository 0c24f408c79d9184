"""`evaluate generate` as a whole, on a tiny shop: the figures, what is left out, refusals, the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from studies import Studied
from tiny_generator import published_config, tiny_generate_net

import gan.api
from gan.api import Studio
from gan.cli.main import main
from gan.core.errors import InputError
from gan.generate.classical_network import ClassicalConfig, ClassicalNet
from gan.generate.pipeline import GenerateRequest
from gan.generate.train.evaluate import evaluate, measure
from gan.generate.train.evaluate_sliders import (
    SECOND_HUE,
    evaluate_sliders,
)
from gan.models.weights import publish
from gan.training.data.pictures import Entry, split


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


def test_all_of_it_on_a_tiny_shop(shop: Path, model: str, tiny_generator: Path) -> None:
    studio, network = Studio("cpu", tiny_generator), tiny_generate_net()
    steps: list[str] = []
    measured = measure(
        shop,
        studio.run,
        network,
        model=model,
        count=7,
        parts=("distribution", "speed"),
        on_progress=lambda done, total, what: steps.append(what) if done <= total else pytest.fail("beyond the end"),
    )
    result = measured.summed()
    full, default = measured.distributions
    assert (full.truncation, default.truncation) == (1, GenerateRequest().truncation)
    assert (full.summary.n, full.summary.n_held_out) == (7, 10)
    assert full.summary.made.kernel != default.summary.made.kernel
    metrics = result.metrics
    assert {"KD-lite2", "Frechet-lite2", "precision", "recall", "NN ratio", "diversity ratio"} <= set(metrics)
    assert "KD-lite2 at truncation 0.8" in metrics
    assert metrics["KD-lite2"]["baseline"]["real"] < metrics["KD-lite2"]["value"]
    made, real, distance = full.closest[0]
    # 6 of the 10 held-out pictures are chairs, so 4 of the 7 samples are.
    assert made in {f"{'chair' if seed < 4 else 'lamp'}-{seed}.png" for seed in range(7)}
    assert real.startswith("thing")
    assert distance > 0
    assert measured.speed is not None
    assert measured.speed.sample_s > 0
    assert set(steps) == {"Held-out pictures", "Training pictures", "Sampling"}
    assert json.loads(json.dumps(result.record()))["distributions"][0]["n"] == 7
    assert "closest to training pictures" in result.table()
    sliders = evaluate_sliders(studio.run, network, model=model, seeds=2)
    assert set(sliders.steps) == {"hue", SECOND_HUE, "lightness", "size", "aspect"}


def test_parts_that_do_not_apply_are_left_out_and_said(shop: Path) -> None:
    nothing: Any = lambda request: pytest.fail(f"nothing is to be run: {request}")  # noqa: E731
    classical = ClassicalNet(ClassicalConfig(resolution=32, channels=1, filters=4, filters_max=8))
    result = measure(shop, nothing, classical, model="m", parts=("sliders",))
    assert result.sliders is None
    assert result.left_out == ("sliders, since nothing that can be measured is an input of this model.",)
    assert result.summed().metrics == {}
    assert "Left out: sliders" in result.summed().table()
    blind = measure(shop, Studied(), tiny_generate_net(resolution=64, encoder_px=0), model="m", parts=("sliders",))
    assert "no encoder" in blind.left_out[0]
    assert blind.sliders is not None
    assert "azimuth" not in blind.sliders.steps
    unrecorded = measure(shop, Studied(), tiny_generate_net(resolution=64), model="m", parts=("sliders",))
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
    shop: Path, model: str, tiny_generator: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(gan.api, "WEIGHTS_DIR", tiny_generator)
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
