"""Files as channels want them: format, bytes, quality, a ground that is 255 in the file, and what came out measured."""

from __future__ import annotations

import dataclasses
import io

import pytest
import torch
from PIL import Image
from shots import cut, shot

from gan.export.channels import CHANNELS, Channel
from gan.export.file_metadata import facts_of
from gan.export.output import BEST_QUALITY, LEAST_QUALITY, Written, written
from gan.export.rule_result import passed
from gan.imaging.io.codec import decode
from gan.imaging.picture import GENERATED, Picture


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def noisy(side: int) -> Picture:
    return Picture(torch.rand(1, 3, side, side))


def channel(bytes_most: int | None = None, **values: object) -> Channel:
    return Channel(name="a", bytes_most=bytes_most, formats=("jpeg",), **values)  # type: ignore[arg-type]


def quality_of(made: Written) -> int | None:
    return facts_of(made.data).quality


def test_the_best_quality_where_it_fits() -> None:
    made = written(noisy(64), None, channel())
    assert (quality_of(made), made.suffix, made.width_px) == (BEST_QUALITY, ".jpg", 64)


def test_the_quality_is_as_high_as_the_bytes_allow() -> None:
    picture = noisy(128)
    most = (len(written(picture, None, channel()).data) * 3) // 4
    made = written(picture, None, channel(most))
    quality = quality_of(made)
    assert quality is not None
    assert LEAST_QUALITY < quality < BEST_QUALITY
    assert len(made.data) <= most
    assert (made.width_px, made.height_px) == (128, 128)
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(made.data)) as opened:
        opened.save(buffer, "JPEG", quality=quality + 2, subsampling="4:4:4")
    assert len(buffer.getvalue()) > most - 1000


def test_bytes_at_their_limit() -> None:
    picture = noisy(128)
    size = len(written(picture, None, channel()).data)
    assert quality_of(written(picture, None, channel(size))) == BEST_QUALITY
    assert quality_of(written(picture, None, channel(size - 1))) == BEST_QUALITY - 1


@pytest.mark.parametrize(("least", "expected"), [(None, LEAST_QUALITY), (90, 90)])
def test_below_the_least_quality_the_picture_becomes_smaller(least: int | None, expected: int) -> None:
    picture = noisy(256)
    most = len(written(picture, None, channel()).data) // 6
    made = written(picture, None, channel(most, quality_least=least))
    quality = quality_of(made)
    assert quality is not None
    assert quality >= expected
    assert len(made.data) <= most
    assert 64 <= made.width_px < 256
    assert decode(made.data).width_px == made.width_px


def test_what_cannot_fit_ends_small_and_says_so() -> None:
    made = written(noisy(128), None, channel(100))
    assert made.width_px == 64
    assert not passed(made.findings)


def test_a_lossless_file_that_is_too_large_becomes_smaller() -> None:
    made = written(noisy(128), None, Channel(name="a", bytes_most=20_000, formats=("png",)))
    assert made.suffix == ".png"
    assert len(made.data) <= 20_000


@pytest.mark.parametrize("name", list(CHANNELS))
def test_every_channel_takes_what_is_written_for_it(name: str) -> None:
    rules = CHANNELS[name]
    # Enlarging and framing come before writing.
    width = max(640, rules.longest_least_px or 0, rules.shortest_least_px or 0)
    across, down = (rules.aspect_ratio if rules.aspect_required else None) or (1, 1)
    height = round(width * down / across)
    picture, alpha = shot(width, height, (38, 38, width - 38, height - 38), ground=254)
    made = written(picture, alpha, rules)
    assert passed(made.findings)
    assert facts_of(made.data).color == "srgb"
    seen = decode(made.data)
    if CHANNELS[name].ground == "white":
        corner = seen.rgb[:, :, :24, :24]
        assert bool((corner == 1).all())


def test_a_white_ground_survives_jpeg_up_to_the_blocks_of_the_product() -> None:
    picture, alpha = shot(640, 640, (101, 97, 541, 543), ground=253)
    seen = decode(written(picture, alpha, CHANNELS["amazon"]).data).rgb
    far = torch.ones(1, 1, 640, 640, dtype=torch.bool)
    far[:, :, 96:544, 96:544] = False
    assert bool((seen[far.expand_as(seen)] == 1).all())


def test_transparency_is_kept_where_the_channel_takes_it() -> None:
    picture, alpha = shot(700, 700)
    made = written(cut(picture, alpha), alpha, CHANNELS["shopify"])
    assert made.suffix == ".png"
    assert decode(made.data).alpha is not None
    flat = written(cut(picture, alpha), alpha, channel())
    assert flat.suffix == ".jpg"


def test_the_mark_is_in_the_file() -> None:
    picture, alpha = shot(300, 300)
    made = written(dataclasses.replace(picture, source_type=GENERATED), alpha, CHANNELS["google"])
    assert b"trainedAlgorithmicMedia" in made.data
    assert facts_of(made.data).digital_source_type == GENERATED


def test_a_deep_picture_becomes_one_of_eight_bits() -> None:
    made = written(dataclasses.replace(noisy(32), bits=16), None, Channel(name="a", formats=("png",)))
    with Image.open(io.BytesIO(made.data)) as opened:
        assert opened.mode == "RGB"
    assert decode(made.data).bits == 8


def test_the_same_picture_gives_the_same_file() -> None:
    picture, alpha = shot(200, 200)
    assert written(picture, alpha, CHANNELS["ebay"]).data == written(picture, alpha, CHANNELS["ebay"]).data


def test_a_channel_without_formats_gets_jpeg() -> None:
    assert written(noisy(16), None, Channel(name="a")).suffix == ".jpg"
    assert written(noisy(16), None, Channel(name="a", formats=("gif",))).suffix == ".jpg"
