"""What pictures tell of how they came to be: steps that add up over files and tasks, and who made the pixels."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from gan.api import Studio
from gan.core.contract import Context, Model, Output, Request, Result, run
from gan.core.reader import PictureFile
from gan.enhance.adjust import Adjustments
from gan.enhance.pipeline import EnhanceRequest
from gan.generate.attributes import Sliders
from gan.generate.directions import Direction
from gan.generate.latent import Latent
from gan.generate.pipeline import Edit, GenerateRequest, record_of
from gan.generate.projection import ProjectRequest
from gan.imaging.color_grading import identity
from gan.imaging.io.codec import Encoding, decode, encode
from gan.imaging.mask import Mask, encode_mask, rectangle
from gan.imaging.picture import GENERATED, PARTLY_GENERATED, Picture
from gan.imaging.pixel_hash import sha256_of
from gan.inpaint.pipeline import InpaintRequest
from gan.stylize.pipeline import SheetRequest, Style, StylizeRequest
from gan.stylize.presets import preset_path

PNG = Encoding()


@pytest.fixture(scope="module")
def studio(tiny_generator: Path) -> Studio:
    return Studio("cpu", weights_dir=tiny_generator)


def noise(height_px: int = 40, width_px: int = 48, **fields: Any) -> Picture:
    generator = torch.Generator().manual_seed(0)
    return Picture(torch.randint(0, 256, (1, 3, height_px, width_px), generator=generator) / 255, **fields)


def hole(**fields: Any) -> Mask:
    return dataclasses.replace(rectangle(40, 48, left=8, top=6, width=9, height=12), **fields)


def tasks(picture: Picture) -> list[str]:
    return [step["task"] for step in picture.history]


# a step


@pytest.mark.parametrize(
    ("request_", "step"),
    [
        (Request(), {}),
        (Request(seed=3), {"seed": 3}),
        (EnhanceRequest(picture=noise(name="a.png")), {}),
        (EnhanceRequest(picture=noise(), scale=4, strength=0.5), {"scale": 4, "strength": 0.5}),
        (EnhanceRequest(picture=noise(), width=60), {"width": 60}),
        (InpaintRequest(picture=noise(), aspect="4:5", seed=9), {"seed": 9, "aspect": "4:5"}),
        (
            GenerateRequest(category="lamp", mix=("fine",), mix_seed=0),
            {"category": "lamp", "mix": ["fine"], "mix_seed": 0},
        ),
        (ProjectRequest(picture=noise(), steps=7), {"steps": 7}),
    ],
)
def test_a_step_has_what_differs_from_the_defaults(request_: Request, step: dict[str, Any]) -> None:
    assert request_.as_step() == step


def test_what_is_nested_is_told_as_a_whole() -> None:
    step = EnhanceRequest(picture=noise(), adjustments=Adjustments(exposure=0.5)).as_step()
    assert Adjustments(**step["adjustments"]) == Adjustments(exposure=0.5)
    assert len(step["adjustments"]) == len(Adjustments.model_fields)


def test_further_pixels_are_told_by_name_and_hash() -> None:
    mask, style, look = hole(name="m.png"), noise(20, 20, name="s.webp"), identity()
    step = InpaintRequest(picture=noise(), mask=mask).as_step()
    assert step == {"mask": {"file": "m.png", "sha256": sha256_of(mask)}}
    step = StylizeRequest(
        picture=noise(), styles=(Style(style, 0.25), Style(style)), mask=mask, where="product"
    ).as_step()
    told = {"file": "s.webp", "sha256": sha256_of(style)}
    assert step["styles"] == [{"picture": told, "weight": 0.25}, {"picture": told, "weight": 1.0}]
    step = StylizeRequest(picture=noise(), kind="photographic", look=dataclasses.replace(look, name="a.cube")).as_step()
    assert step == {"kind": "photographic", "look": {"file": "a.cube", "sha256": sha256_of(look)}}


def test_a_preset_is_known_again() -> None:
    style = decode(preset_path("neon"))
    step = StylizeRequest(picture=noise(), styles=(Style(style),)).as_step()
    assert step["styles"][0]["picture"] == {"file": "neon.webp", "sha256": sha256_of(decode(preset_path("neon")))}


def test_the_pictures_own_pixels_are_not_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[object] = []
    monkeypatch.setattr("gan.core.request.sha256_of", lambda pixels: hashed.append(pixels) or "ab")
    mask = hole()
    InpaintRequest(picture=noise(), mask=mask).as_step()
    assert hashed == [mask]


# from step to step


def test_steps_add_up_over_files_and_rooms(studio: Studio) -> None:
    drawn = studio.generate(category="lamp", seed=7, size=64).picture
    mask = rectangle(64, 64, left=8, top=6, width=9, height=12)
    mended = studio.inpaint(encode(drawn, PNG), encode_mask(mask)).picture
    styled = studio.run(
        StylizeRequest(picture=decode(encode(mended, Encoding(file_format="webp"))), styles=(Style(noise()),))
    )
    finished = decode(encode(styled.picture, Encoding(file_format="tiff")))
    assert tasks(finished) == ["generate", "inpaint", "stylize"]
    assert finished.history[0]["request"] == {"seed": 7, "category": "lamp", "size": 64}
    assert finished.history[1]["request"] == {"mask": {"file": "", "sha256": sha256_of(mask)}}
    assert list(finished.history[0]["weights"]) == ["generate-catalogue", "enhance-x2"]
    assert finished.history[2]["weights"] == styled.weights
    assert finished.history == styled.picture.history
    assert finished.source_type == GENERATED


def test_an_unchanged_picture_has_its_step_and_its_source_stays_as_it_was(studio: Studio) -> None:
    picture = noise()
    result = studio.run(EnhanceRequest(picture=picture, scale=1, strength=0.0))
    assert torch.equal(result.picture.rgb, picture.rgb)
    assert result.picture.history == ({"task": "enhance", "request": {"scale": 1, "strength": 0.0}, "weights": {}},)
    assert picture.history == ()
    assert result.picture.source_type == ""


def test_the_record_of_a_result_is_what_it_was(studio: Studio) -> None:
    result = studio.run(EnhanceRequest(picture=noise(name="a.png"), scale=1, strength=0.0))
    assert result.record["request"]["picture"] == "a.png"
    assert "history" not in json.dumps(result.record)


def test_the_same_request_gives_the_same_file(studio: Studio) -> None:
    def made() -> bytes:
        return encode(studio.run(InpaintRequest(picture=noise(), mask=hole(), seed=5)).picture, PNG)

    assert made() == made()


class Plain(Request):
    picture: PictureFile


def ran(pictures: tuple[Picture, ...], of: Picture) -> Result:
    context = Context(torch.device("cpu"), lambda _: Model("m", "ab" * 32, torch.nn.Identity()))
    return run(lambda request, context: Output(pictures), Plain(picture=of), context, task="plain")


def test_a_pipeline_that_forgets_loses_nothing() -> None:
    source = noise(history=({"task": "a", "request": {}, "weights": {}},), source_type="digitalCapture")
    result = ran((Picture(source.rgb), source, noise(source_type=PARTLY_GENERATED)), source)
    assert [tasks(picture) for picture in result.pictures] == [["a", "plain"]] * 3
    assert [picture.source_type for picture in result.pictures] == [
        "digitalCapture",
        "digitalCapture",
        PARTLY_GENERATED,
    ]


# drawing again


def test_each_drawn_picture_tells_how_to_draw_it_alone(studio: Studio) -> None:
    batch = studio.generate(seed=2**32 - 1, count=3, size=64, truncation=1.0)
    seeds = [picture.history[0]["request"].get("seed", 0) for picture in batch.pictures]
    assert seeds == [2**32 - 1, 0, 1]
    for picture in batch.pictures:
        (step,) = decode(encode(picture, PNG)).history
        assert "count" not in step["request"]
        assert torch.equal(studio.run(record_of(step["request"])).picture.rgb, picture.rgb)


def test_latents_sliders_and_edits_are_told_in_full(studio: Studio) -> None:
    latent = Latent(z=(0.1,) * 8, attributes=(0.5,) * 10, category="chair", offsets=((0.25,) * 16,))
    direction = Direction(name="mine", kind="saved", vector=(0.5,) * 16, layers=(0, 8))
    request = GenerateRequest(
        latent=latent, sliders=Sliders(lightness=0.5), edits=(Edit(direction=direction, amount=-1.5),), size=64
    )
    assert record_of(json.loads(json.dumps(request.as_step()))) == request


# who made the pixels


def test_all_that_is_drawn_is_marked_in_its_file(studio: Studio) -> None:
    results = [
        studio.generate(seed=1, count=2, size=64),
        studio.generate(seed=1, size=64, transparent=True),
        studio.project(encode(noise(), PNG), steps=0, size=64),
    ]
    for picture in (picture for result in results for picture in result.pictures):
        for file_format in ("png", "jpeg"):
            assert decode(encode(picture, Encoding(file_format=file_format))).source_type == GENERATED


@pytest.mark.parametrize("before", ["", "digitalCapture", PARTLY_GENERATED, GENERATED])
def test_what_a_network_made_a_part_of_is_marked_so(studio: Studio, before: str) -> None:
    picture, after = noise(source_type=before), GENERATED if before == GENERATED else PARTLY_GENERATED
    requests = [
        InpaintRequest(picture=picture, mask=hole()),
        InpaintRequest(picture=picture, right=8),
        StylizeRequest(picture=picture, styles=(Style(noise(16, 16)),)),
        SheetRequest(picture=picture, names=("neon", "mosaic"), cell_px=64),
    ]
    for request in requests:
        assert {made.source_type for made in studio.run(request).pictures} == {after}


@pytest.mark.parametrize("before", ["", "digitalCapture", GENERATED])
def test_what_no_network_made_is_not_marked(studio: Studio, before: str) -> None:
    picture = noise(source_type=before)
    plain = Picture(torch.ones(1, 3, 40, 48), source_type=before)
    requests = [
        InpaintRequest(picture=picture, mask=Mask(torch.zeros(1, 1, 40, 48))),
        InpaintRequest(picture=plain, right=8),
        StylizeRequest(picture=picture, styles=(Style(noise(16, 16)),), strength=0.0),
        StylizeRequest(picture=picture, styles=(Style(noise(16, 16)),), kind="photographic"),
        SheetRequest(picture=picture, names=("neon",), cell_px=64, strength=0.0),
        EnhanceRequest(picture=picture, strength=0.0),
    ]
    for request in requests:
        assert {made.source_type for made in studio.run(request).pictures} == {before}
