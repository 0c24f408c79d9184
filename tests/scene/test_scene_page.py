"""Scene's page: the photograph beside its scene keeps its proportions."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image

from gan.edit.page.results import in_the_middle
from gan.imaging.picture import Picture
from gan.ui.preview import AROUND


def test_a_photograph_is_shown_whole_and_not_stretched(tmp_path: Path) -> None:
    tall = Picture(torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(1, 3, 60, 30).clone())
    made = Picture(torch.zeros(1, 3, 40, 40))
    path = in_the_middle(tall, made, tmp_path, "x")
    assert path is not None
    with Image.open(path) as image:
        assert image.size == (40, 40)
        beside, middle = image.getpixel((2, 20)), image.getpixel((20, 20))
    assert max(abs(a - b) for a, b in zip(beside, AROUND, strict=True)) < 12
    assert middle[0] > 240 > 20 > middle[2]
    assert in_the_middle(made, made, tmp_path, "y") is None
