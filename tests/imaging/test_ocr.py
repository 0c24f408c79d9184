"""Text in pictures: what a reader finds is marked and named with its place; without one the present way stays."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont

from gan.export.channels import CHANNELS
from gan.export.measures import Measures
from gan.export.rules import judged
from gan.imaging import ocr
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture
from gan.inpaint.defects import suggest

FOUND = [
    [[[40.0, 10.0], [90.0, 10.0], [90.0, 30.0], [40.0, 30.0]], "SALE 50 %", 0.97],
    [[[5.0, 60.0], [45.0, 60.0], [45.0, 70.0], [5.0, 70.0]], "新品", 0.65],
    [[[70.0, 70.0], [80.0, 70.0], [80.0, 80.0], [70.0, 80.0]], "I", 0.99],
    [[[0.0, 80.0], [20.0, 80.0], [20.0, 90.0], [0.0, 90.0]], "maybe", 0.5],
]
"""Of a picture of 100 x 100 pixels."""


class Reader:
    """Answers what was found, whatever it sees, and remembers that."""

    seen: ClassVar[list[tuple[int, ...]]] = []

    def __call__(self, image: np.ndarray, **options: Any) -> tuple[Any, Any]:
        assert options == {"use_cls": False}
        assert image.flags.c_contiguous
        self.seen.append(image.shape)
        scale = image.shape[0] / 100
        return [[[[scale * x, scale * y] for x, y in corners], *said] for corners, *said in FOUND], None


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Reader]]:
    module = ModuleType(ocr.PACKAGE)
    module.RapidOCR = Reader  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, ocr.PACKAGE, module)
    monkeypatch.setattr(ocr, "installed", lambda: True)
    Reader.seen.clear()
    ocr._engine.cache_clear()
    yield Reader
    ocr._engine.cache_clear()


@pytest.fixture
def no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "installed", lambda: False)
    monkeypatch.setattr(ocr, "read_lines", lambda *_, **__: pytest.fail("it was asked"))


def blank(side: int = 100) -> Picture:
    return Picture(torch.ones(1, 3, side, side))


def test_lines_come_from_the_top_in_the_pictures_pixels(reader: type[Reader]) -> None:
    lines = ocr.read_lines(blank())
    assert [(line.text, line.box) for line in lines] == [("SALE 50 %", (40, 10, 90, 30)), ("新品", (5, 60, 45, 70))]
    (large, _) = ocr.read_lines(blank(4096))
    assert reader.seen == [(100, 100, 3), (2048, 2048, 3)]
    assert large.box == (1638, 409, 3686, 1229)
    assert [line.text for line in ocr.read_lines(blank(), least=0.4)] == ["SALE 50 %", "新品", "maybe"]


@pytest.mark.usefixtures("reader")
def test_inpaint_marks_what_was_read(tmp_path: Any) -> None:
    mask = suggest(blank(), kinds=("text",)).coverage[0, 0]
    assert mask[10:30, 40:90].all()
    assert mask[60:70, 5:45].all()
    assert not mask[35:55].any()
    assert not mask[75:].any()
    assert suggest(blank(), kinds=("text",), sensitivity=1).coverage[0, 0, 85, 10] == 1
    assert not suggest(blank(), kinds=("dust",)).coverage.any()


@pytest.mark.usefixtures("reader")
def test_the_rule_says_which_text_is_where_and_leaves_the_products_own_print() -> None:
    alpha = torch.zeros(1, 1, 100, 100)
    alpha[:, :, 50:90, :60] = 1  # the second line is printed on the product
    seen = Measures(blank(), None, alpha)
    (finding,) = (each for each in judged(seen, CHANNELS["amazon"]) if each.rule == "text")
    if seen.beside is None or not seen.beside.things:
        assert str(finding.value) == "text that is not printed on the product: “SALE 50 %” 40,10-90,30 px"
    assert (seen.text_lines, seen.texts) == (1, [["SALE 50 %", 40, 10, 90, 30]])
    again = Measures.of_record(seen.record())
    assert (again.text_lines, again.texts) == (seen.text_lines, seen.texts)
    older = {name: value for name, value in seen.record().items() if name != "texts"}
    assert Measures.of_record(older).texts == []
    assert Measures(blank(), None, None).texts == []


@pytest.mark.usefixtures("no_reader")
def test_without_the_extra_letters_are_found_as_before() -> None:
    image = Image.new("RGB", (300, 100), (230, 230, 230))
    ImageDraw.Draw(image).text((30, 40), "SAMPLE SHOP", fill=(20, 20, 60), font=ImageFont.load_default(20))
    picture = decode(image)
    assert suggest(picture, kinds=("text",)).coverage.any()
    alpha = torch.zeros(1, 1, 100, 300)
    alpha[:, :, 80:, 280:] = 1
    seen = Measures(picture, None, alpha)
    assert (seen.text_lines, seen.texts) == (1, [])


def test_the_real_reader_reads_both_languages() -> None:
    pytest.importorskip(ocr.PACKAGE)
    image = Image.new("RGB", (400, 120), "white")
    ImageDraw.Draw(image).text((30, 40), "BIG SALE 2026", fill="black", font=ImageFont.load_default(24))
    (line,) = ocr.read_lines(decode(image))
    assert line.text.replace(" ", "") == "BIGSALE2026"
    assert line.box.left in range(20, 36)
