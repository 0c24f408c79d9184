"""Nearest training pictures: a known one comes first, near 0, whatever its frame; bad files are told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from gan.__main__ import main
from gan.api import WEIGHTS_DIR, Studio
from gan.core.errors import InputError, WeightsError
from gan.generate.nearest import NearestRequest
from gan.generate.pipeline import GenerateRequest, single_record
from gan.generate.train.training_pictures import prepare, training_pictures
from gan.generate.training_pictures import FILE, SEEN_PX, THUMBNAIL_PX, TrainingPictures, cropped, described
from gan.imaging.picture import Picture
from gan.models.manifest import Manifest
from gan.models.weights import verify
from gan.training.data.catalogue import load
from gan.training.options import PrepareOptions

SHAPES = ("ellipse", "rectangle", "polygon", "cross")
COLORS = ((200, 40, 30), (30, 90, 200), (40, 160, 60))


def image(shape: str, color: tuple[int, int, int], *, size: int = 96, at: tuple[int, int] = (0, 0)) -> Image.Image:
    """A shape of 48 px on white, in a frame of `size` px and shifted by `at`."""
    made = Image.new("RGB", (size, size), "white")
    pen, (left, top) = ImageDraw.Draw(made), (size // 2 - 24 + at[0], size // 2 - 24 + at[1])
    right, bottom = left + 48, top + 48
    if shape == "cross":
        pen.rectangle((left + 18, top, left + 30, bottom), fill=color)
        pen.rectangle((left, top + 18, right, top + 30), fill=color)
    elif shape == "polygon":
        pen.polygon([(left, bottom), (right, bottom), (left + 24, top)], fill=color)
    else:
        getattr(pen, shape)((left, top, right, bottom), fill=color)
    return made


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four products, each in three colors."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "images").mkdir()
    lines = []
    for shape in SHAPES:
        for number, color in enumerate(COLORS):
            name = f"{shape}-{number}"
            image(shape, color).save(folder / "images" / f"{name}.png")
            told = {"name": shape.title(), "creator": f"Maker of {shape}", "licence": "CC0-1.0", "source": "drawn"}
            lines.append(json.dumps({"id": name, "product": shape, "category": "chair", **told}))
    (folder / "meta.jsonl").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def known(data: Path) -> TrainingPictures:
    return training_pictures(load(data, 96, held_out_share=0)[0], data)


@pytest.fixture
def weights(tmp_path: Path, tiny_generator: Path, data: Path) -> Path:
    """A generator that was published with its training pictures, and another one without."""
    folder = tmp_path / "weights"
    shutil.copytree(tiny_generator, folder)
    told = prepare(PrepareOptions(data=data, out=folder / "generate-catalogue", teacher=Path()))
    assert "pictures of" in told
    return folder


def planes(made: Image.Image) -> tuple[Tensor, Tensor]:
    rgb = torch.from_numpy(np.array(made)).permute(2, 0, 1)[None].float() / 255
    return rgb, (rgb < 1).any(1, keepdim=True).float()


@pytest.mark.parametrize(("size", "at"), [(96, (0, 0)), (160, (30, -20)), (60, (0, 0))])
def test_a_training_picture_is_its_own_neighbor_wherever_it_stands(
    known: TrainingPictures, size: int, at: tuple[int, int]
) -> None:
    for shape in SHAPES:
        for number, color in enumerate(COLORS):
            first, second, third = known.nearest(*planes(image(shape, color, size=size, at=at)), 3)
            assert (first.name, first.product.creator) == (f"{shape}-{number}", f"Maker of {shape}")
            assert first.distance < 0.02
            assert first.distance < second.distance <= third.distance
            assert {second.product.name, third.product.name} == {shape.title()}


def test_other_products_are_about_1_apart(known: TrainingPictures) -> None:
    apart = torch.cdist(known.vectors, known.vectors)
    product = torch.tensor(known.product)
    others = apart.masked_fill(product[:, None] == product[None], torch.inf).amin(1)
    assert float(others.median()) == pytest.approx(1)
    assert float(apart[product[:, None] == product[None]].max()) < 0.5


def test_the_file_holds_the_same(known: TrainingPictures) -> None:
    again = TrainingPictures.from_bytes(known.to_bytes())
    assert (again.names, again.product, again.products) == (known.names, known.product, known.products)
    torch.testing.assert_close(again.vectors, known.vectors, atol=1e-2, rtol=1e-2)
    thumbnail = again.thumbnail(4)
    assert thumbnail.shape == (1, 3, THUMBNAIL_PX, THUMBNAIL_PX)
    shape, number = known.names[4].split("-")
    expected = cropped(*planes(image(shape, COLORS[int(number)])), THUMBNAIL_PX)
    assert float((thumbnail - expected).abs().mean()) < 0.03


def test_an_empty_coverage_counts_as_the_whole_picture() -> None:
    rgb = torch.rand(1, 3, 30, 50, generator=torch.Generator().manual_seed(0))
    whole = cropped(rgb, torch.zeros(1, 1, 30, 50), SEEN_PX)
    assert whole.shape == (1, 3, SEEN_PX, SEEN_PX)
    assert bool(described(whole).isfinite().all())
    assert bool(described(torch.ones(1, 3, SEEN_PX, SEEN_PX)).isfinite().all())


def test_a_generated_picture_names_its_neighbors_in_its_record(weights: Path) -> None:
    studio = Studio("cpu", weights_dir=weights)
    result = studio.run(GenerateRequest(count=2, size=64))
    near = result.details["nearest"]
    assert [len(of_picture) for of_picture in near] == [3, 3]
    assert set(near[0][0]) == {"distance", "picture", "name", "creator", "licence", "source"}
    assert single_record(result, 1)["details"]["nearest"] == [near[1]]


def test_the_task_shows_them(weights: Path) -> None:
    rgb, cover = planes(image("cross", COLORS[1]))
    studio = Studio("cpu", weights_dir=weights)
    for picture in (Picture(rgb), Picture(rgb * cover, cover)):
        result = studio.run(NearestRequest(picture=picture, most=5))
        first, *others = result.details["nearest"]
        assert (first["picture"], len(others)) == ("cross-1", 4)
        assert first["distance"] < 0.1  # without a mask the outline is found, which moves the frame by a pixel
        assert result.notices[0] == f"{first['distance']:.2f}: Cross, by Maker of cross, CC0-1.0"
        assert result.picture.width_px > result.picture.height_px


def test_a_model_without_them_says_so(tiny_generator: Path, weights: Path) -> None:
    picture = Picture(torch.ones(1, 3, 32, 32))
    with pytest.raises(WeightsError, match=r"nothing is known of the training pictures of generate-catalogue"):
        Studio("cpu", weights_dir=tiny_generator).run(NearestRequest(picture=picture))
    assert "nearest" not in Studio("cpu", weights_dir=tiny_generator).run(GenerateRequest(size=64)).details


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(b"other")])
def test_a_damaged_file_is_noticed(weights: Path, damage: object) -> None:
    damage(weights / "generate-catalogue" / FILE)  # type: ignore[operator]
    (check,) = (check for check in verify(weights) if check.name == "generate-catalogue")
    assert "is missing or is not the published file" in check.problem
    with pytest.raises(WeightsError, match="Restore the file, or make it again"):
        Studio("cpu", weights_dir=weights).run(NearestRequest(picture=Picture(torch.ones(1, 3, 32, 32))))


def test_what_cannot_be_prepared(tmp_path: Path, data: Path, tiny_generator: Path) -> None:
    with pytest.raises(WeightsError, match="is no published checkpoint"):
        prepare(PrepareOptions(data=data, out=tmp_path / "nothing", teacher=Path()))
    (tmp_path / "single").mkdir()
    for shape in SHAPES:
        image(shape, COLORS[0]).save(tmp_path / "single" / f"{shape}.png")
    with pytest.raises(InputError, match="no two pictures show one product"):
        prepare(PrepareOptions(data=tmp_path / "single", out=tiny_generator / "generate-catalogue", teacher=Path()))


def test_the_shipped_file_is_of_the_training_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A thumbnail of it is found again, first and close, by the command."""
    record = Manifest.read(WEIGHTS_DIR).get("generate-catalogue")
    assert record is not None
    data = (WEIGHTS_DIR / record.path / FILE).read_bytes()
    shipped = TrainingPictures.from_bytes(data)
    assert len(shipped.names) == 2166
    assert all(product.creator and product.licence.startswith("CC") for product in shipped.products)
    rgb = (shipped.thumbnail(100)[0].permute(1, 2, 0) * 255).round().to(torch.uint8).numpy()
    Image.fromarray(rgb).resize((256, 256)).save(tmp_path / "a.png")
    assert main(["nearest", str(tmp_path / "a.png"), "-o", str(tmp_path / "b.png"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[0])
    first = told["details"]["nearest"][0]
    assert first["picture"] == shipped.names[100]
    assert first["distance"] < 0.4
