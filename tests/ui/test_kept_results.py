"""Stored results: they answer their own request and no other, and the shipped ones are of the published weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from gan.api import WEIGHTS_DIR
from gan.core.contract import Result
from gan.enhance.adjust import Adjustments
from gan.enhance.pipeline import EnhanceRequest
from gan.imaging.io.codec import decode
from gan.imaging.picture import Picture
from gan.models.manifest import Manifest
from gan.ui.form import read
from gan.ui.kept_results import KeptResults, keep
from gan.ui.widgets import _pictures

EXAMPLES = Path(__file__).parents[2] / "examples"
UPLOADS = EXAMPLES / "uploads"
SHA256 = "5" * 64


def picture(seed: int = 0, alpha: bool = False) -> Picture:
    levels = torch.randint(0, 256, (1, 4, 12, 16), generator=torch.Generator().manual_seed(seed)) / 255
    cover = levels[:, 3:].clamp(min=1 / 255) if alpha else None
    return Picture(levels[:, :3], cover, name="shoe.png", exif=b"Exif", notices=("Seen",))


def result(request: EnhanceRequest) -> Result:
    source = request.picture
    alpha = None if source.alpha is None else source.alpha.repeat_interleave(2, 2).repeat_interleave(2, 3)
    made = source.with_pixels(source.rgb.flip(1).repeat_interleave(2, 2).repeat_interleave(2, 3), alpha)
    return Result(
        task="enhance",
        pictures=(made,),
        seed=0,
        seconds=1.5,
        weights={"enhance-x2": SHA256},
        notices=("Seen",),
        details={"adjustments": {}},
        request=request.record(),
        licences={"enhance-x2": "apache-2.0"},
    )


@pytest.mark.parametrize("alpha", [False, True])
def test_a_stored_result_has_the_same_pixels_and_the_pictures_own_data(tmp_path: Path, alpha: bool) -> None:
    request = EnhanceRequest(picture=picture(alpha=alpha))
    computed = result(request)
    keep(request, computed, tmp_path / "kept" / "enhance-shoe")
    kept = KeptResults(tmp_path / "kept", {"enhance-x2": SHA256, "other": ""}).of(request)
    assert kept is not None
    assert torch.equal(kept.picture.rgb, computed.picture.rgb)
    assert (kept.picture.alpha is not None) is alpha
    assert alpha is False or torch.equal(kept.picture.alpha, computed.picture.alpha)  # type: ignore[arg-type]
    assert (kept.picture.name, kept.picture.exif, kept.seconds) == ("shoe.png", b"Exif", 1.5)
    told = kept.record
    assert told.pop("notices")[:-1] == ["Seen"]
    assert told == {name: value for name, value in computed.record.items() if name != "notices"}


def test_any_other_request_is_run(tmp_path: Path) -> None:
    asked: list[Any] = []

    def run(request: Any, **_: Any) -> Result:
        asked.append(request)
        return result(request)

    request = EnhanceRequest(picture=picture())
    keep(request, result(request), tmp_path / "enhance-shoe")
    answer = KeptResults(tmp_path, {"enhance-x2": SHA256}).before(run)
    answer(request)
    answer(read(EnhanceRequest, {"image": picture(), "width": 0, "strength": 1.0, "model": "auto"}))
    assert asked == []
    others = [
        EnhanceRequest(picture=picture(1)),
        EnhanceRequest(picture=picture(alpha=True)),
        EnhanceRequest(picture=replace(picture(), bits=16)),
        EnhanceRequest(picture=picture(), scale=4),
        EnhanceRequest(picture=picture(), strength=0.9),
        EnhanceRequest(picture=picture(), seed=1),
        EnhanceRequest(picture=picture(), adjustments=Adjustments(auto=True)),
        EnhanceRequest(picture=picture().with_pixels(torch.zeros(1, 3, 30, 30), None)),
    ]
    for other in others:
        answer(other)
    assert asked == others


@pytest.mark.parametrize("weights", [{}, {"enhance-x2": "6" * 64}, {"enhance-x1": SHA256}])
def test_a_result_of_other_weights_is_passed_over(tmp_path: Path, weights: dict[str, str]) -> None:
    request = EnhanceRequest(picture=picture())
    keep(request, result(request), tmp_path / "enhance-shoe")
    assert KeptResults(tmp_path, weights).of(request) is None
    assert len(KeptResults(tmp_path / "nowhere", weights)) == 0


def test_every_example_has_one_of_the_published_weights() -> None:
    published = {record.name: record.sha256 for record in Manifest.read(WEIGHTS_DIR).records}
    kept = KeptResults(EXAMPLES / "kept", published)
    without = [path.name for path in _pictures(UPLOADS) if kept.of(EnhanceRequest(picture=decode(path))) is None]
    assert not without, "run: python examples/keep.py"
    stored = [path.stat().st_size for path in (EXAMPLES / "kept").iterdir()]
    assert sum(stored) < 2 * 2**20
