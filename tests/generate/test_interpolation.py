"""Films: how many frames, what the first and the last show, and that nothing jumps."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from contracts import assert_contract

from gan.api import Studio
from gan.core.contract import Result
from gan.core.errors import InputError
from gan.generate.attributes import Sliders
from gan.generate.interpolation import MAX_FRAMES, FilmRequest
from gan.generate.latent import Latent


@pytest.fixture(scope="module")
def studio(tiny_generator: Path) -> Studio:
    return Studio("cpu", weights_dir=tiny_generator)


def _film(studio: Studio, **options: Any) -> Result:
    return studio.run(FilmRequest(**{"frames": 3, "size": 64, **options}))


def test_contract(studio: Studio) -> None:
    result = assert_contract(studio, FilmRequest(seeds=(1, 2), frames=2, size=64))
    assert len(result.pictures) == 4
    assert len(result.details["latents"]) == 2
    assert result.record["request"]["seeds"] == [1, 2]


@pytest.mark.parametrize("frames", [2, 3, 5])
@pytest.mark.parametrize("seeds", [(1, 2), (4, 4, 9)])
def test_a_loop_passes_every_product_and_an_open_film_ends_at_the_last(
    studio: Studio, frames: int, seeds: tuple[int, ...]
) -> None:
    options: dict[str, Any] = {"truncation": 0.6, "sliders": Sliders(hue_deg=40, size=-0.3)}
    alone = [studio.generate(seed=seed, size=64, **options).picture.rgb for seed in seeds]
    loop = _film(studio, seeds=seeds, frames=frames, loop=True, **options).pictures
    open_ = _film(studio, seeds=seeds, frames=frames, loop=False, **options).pictures
    assert len(loop) == frames * len(seeds)
    assert len(open_) == frames * (len(seeds) - 1) + 1
    for film, last in ((loop, len(seeds)), (open_, len(seeds))):
        for stop in range(last):
            assert torch.equal(film[stop * frames].rgb, alone[stop])
    assert torch.equal(open_[-1].rgb, alone[-1])
    shared = len(open_)
    assert all(torch.equal(a.rgb, b.rgb) for a, b in zip(loop[:shared], open_, strict=True))


def test_frames_near_the_products_are_slower_than_those_between(studio: Studio) -> None:
    frames = _film(studio, seeds=(1, 2), frames=8, loop=False).pictures
    ways = [float((a.rgb - b.rgb).abs().mean()) for a, b in itertools.pairwise(frames)]
    assert max(ways) > 0
    assert max(ways[0], ways[-1]) < max(ways[3], ways[4])
    assert max(ways) < 0.5 * float((frames[0].rgb - frames[-1].rgb).abs().mean())


def test_the_way_back_of_a_loop_is_the_way_there_mirrored(studio: Studio) -> None:
    frames = _film(studio, seeds=(1, 2), frames=4).pictures
    for index in range(1, 4):
        assert torch.allclose(frames[4 + index].rgb, frames[4 - index].rgb, atol=1e-3)


def test_latents_come_after_the_seeds_and_are_not_truncated(studio: Studio) -> None:
    made = studio.generate(seed=8, size=64, truncation=1.0)
    latent = made.details["latents"][0]
    film = _film(studio, seeds=(1,), latents=(latent,), truncation=0.3, loop=False).pictures
    assert torch.equal(film[-1].rgb, made.picture.rgb)
    assert torch.equal(film[0].rgb, studio.generate(seed=1, size=64, truncation=0.3).picture.rgb)
    only = _film(studio, latents=(latent, latent)).pictures
    assert all(torch.equal(picture.rgb, made.picture.rgb) for picture in only)


def test_the_base_requests_latent_is_not_used(studio: Studio) -> None:
    latent = studio.generate(seed=8, size=64).details["latents"][0]
    with_it, without = (_film(studio, seeds=(1, 2), frames=2, latent=given).pictures for given in (latent, None))
    assert all(torch.equal(a.rgb, b.rgb) for a, b in zip(with_it, without, strict=True))


def test_another_models_latent_is_refused(studio: Studio) -> None:
    latent = studio.generate(seed=8, size=64).details["latents"][0]
    for other in (dataclasses.replace(latent, sha256="00" * 32), dataclasses.replace(latent, z=(1.0,))):
        with pytest.raises(InputError, match="latent"):
            _film(studio, seeds=(1,), latents=(other,))


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"seeds": ()}, "0 products"),
        ({"seeds": (1,)}, "1 products"),
        ({"seeds": (1, 2), "frames": 1}, "frames"),
        ({"seeds": (1, 2), "frames": 121}, "frames"),
        ({"seeds": tuple(range(6)), "frames": 101}, "606 in all"),
        ({"seeds": tuple(range(7)), "frames": 100, "loop": False}, "601 in all"),
        ({"seeds": (1, 2), "size": 20}, "size"),
    ],
)
def test_values_outside_are_refused(options: dict[str, Any], word: str) -> None:
    with pytest.raises(InputError, match=word):
        FilmRequest(**options)


def test_the_longest_film_is_allowed() -> None:
    assert FilmRequest(seeds=tuple(range(5)), frames=120).total_frames == MAX_FRAMES
    empty = Latent(z=(), attributes=(), category="")
    assert FilmRequest(latents=(empty,) * 2, frames=2, loop=False).total_frames == 3


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_outside_is_refused(seed: int) -> None:
    with pytest.raises(InputError, match="seed"):
        FilmRequest(seeds=(1, seed))
