"""The doctor on a folder with every defect, on a clean one, and on none at all."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from gan.core.errors import InputError
from gan.imaging.io.codec import decode
from gan.training.data.dataset_expectation import expect
from gan.training.data.dataset_facts import Examined
from gan.training.data.dataset_findings import Finding
from gan.training.data.dataset_inspection import Look, look_at
from gan.training.data.dataset_report import Report, examine
from gan.training.data.duplicates import groups, is_blank, near_copies, thumbnail
from gan.training.data.pictures import Entry, split
from gan.training.data.records import Records


def drawn(seed: int, size: int = 128, ground: tuple[int, int, int] = (255, 255, 255)) -> Image.Image:
    """A product: some coloured boxes in the middle of a plain ground, four times finer than the result."""
    rng = random.Random(seed)
    image = Image.new("RGB", (512, 512), ground)
    draw = ImageDraw.Draw(image)
    for _ in range(7):
        x, y = rng.randrange(70, 360), rng.randrange(70, 360)
        colour = tuple(rng.randrange(20, 230) for _ in range(3))
        draw.rectangle((x, y, x + rng.randrange(30, 90), y + rng.randrange(30, 90)), fill=colour)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def hue_turned(image: Image.Image, degrees: float) -> Image.Image:
    channels = np.array(image.convert("HSV"))
    channels[..., 0] += np.uint8(degrees / 360 * 256)
    return Image.fromarray(channels, "HSV").convert("RGB")


def saved(image: Image.Image, path: Path, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)  # type: ignore[arg-type]
    return path


def of(report: Report, subject: str) -> Finding:
    found = [finding for finding in report.findings if finding.subject == subject]
    assert len(found) == 1, f"{subject}: {found}"
    return found[0]


def sides(count: int) -> tuple[str, str]:
    """Names of a product for training and of a held-out one."""
    training, held_out = split([Entry(Path(f"p{i}"), f"p{i}") for i in range(count)])
    return training[0].product, held_out[0].product


@pytest.fixture(scope="module")
def sick(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sick")
    chairs, tables = folder / "chairs", folder / "tables"
    for i in range(6):
        saved(drawn(i), chairs / f"c{i}.png")
    for i in range(6, 9):
        saved(drawn(i), tables / f"t{i}.png")
    whole = (chairs / "c0.png").read_bytes()
    (chairs / "cut-off.png").write_bytes(whole[: len(whole) // 2])
    (chairs / "empty.jpg").touch()
    (chairs / "text.jpg").write_text("no picture at all")
    (folder / "prices.xlsx").write_bytes(b"PK")
    (folder / ".hidden.png").write_bytes(b"")
    saved(Image.new("RGB", (128, 128), "white"), chairs / "blank.png")
    saved(drawn(20, 48), chairs / "tiny.png")
    saved(drawn(21).resize((300, 100)), chairs / "long.png")
    saved(drawn(22).convert("L"), chairs / "grey.png")
    clear = drawn(23).convert("RGBA")
    clear.putalpha(Image.fromarray(np.where(np.array(drawn(23)).min(2) > 250, 0, 255).astype(np.uint8)))
    saved(clear, chairs / "clear.png")
    saved(drawn(24).convert("P"), chairs / "moving.gif", save_all=True, append_images=[drawn(25).convert("P")])
    saved(drawn(26).convert("CMYK"), chairs / "print.jpg")
    deep = np.asarray(drawn(27).convert("L")).astype(np.uint16) * 257
    saved(Image.fromarray(deep), chairs / "deep.png")
    saved(drawn(28), chairs / "profile.png", icc_profile=b"not a profile")
    noise = np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    saved(Image.fromarray(noise), chairs / "room.png")

    training, held_out = sides(100)
    saved(drawn(30), chairs / f"{training}.png")
    shutil.copy(chairs / f"{training}.png", chairs / f"{held_out}.png")
    saved(drawn(31, 256), chairs / "large.png")
    saved(drawn(31, 128), tables / "small.jpg", quality=60)
    saved(drawn(32, 256), chairs / "series-1.png")
    saved(drawn(32, 256).crop((6, 4, 250, 251)), chairs / "series-2.webp")
    saved(drawn(33), chairs / "twice.png")
    saved(drawn(34), tables / "twice.png")

    lines = [
        json.dumps({"id": "c1", "product": "c1", "category": "chairs"}),
        "{broken",
        json.dumps({"id": "c2"}),
        json.dumps(["c3"]),
        json.dumps({"id": "nowhere", "product": "x"}),
        json.dumps({"id": "series-1", "product": "series"}),
        json.dumps({"id": "series-2", "product": "series"}),
    ]
    (folder / "meta.jsonl").write_text("\n".join(lines))
    for name in ("c0", "c1", "t6"):
        saved(Image.new("L", (128, 128), 255), folder / "masks" / f"{name}.png")
    saved(Image.new("L", (64, 128), 255), folder / "masks/c3.png")
    (folder / "masks/c4.png").write_bytes(b"broken")
    saved(Image.new("L", (8, 8)), folder / "masks/nobody.png")
    return folder


@pytest.fixture(scope="module")
def report(sick: Path) -> Report:
    return examine(sick)


def test_broken_files_are_named_with_the_reason(report: Report) -> None:
    found = of(report, "unreadable files")
    assert found.severity == "problem"
    assert found.names == (
        "chairs/cut-off.png: a damaged or incomplete picture",
        "chairs/empty.jpg: an empty file",
        "chairs/text.jpg: not a picture",
    )


def test_what_is_no_picture_is_named(report: Report) -> None:
    assert of(report, "other files").names == ("prices.xlsx",)
    assert of(report, "blank pictures").names == ("chairs/blank.png",)


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("small pictures", "chairs/tiny.png: 48 x 48"),
        ("shapes", "chairs/long.png: 300 x 100"),
        ("transparent", "chairs/clear.png"),
        ("animated", "chairs/moving.gif"),
        ("CMYK", "chairs/print.jpg"),
        ("deep", "chairs/deep.png"),
        ("damaged profile", "chairs/profile.png"),
    ],
)
def test_each_kind_of_picture_is_named(report: Report, subject: str, name: str) -> None:
    assert of(report, subject).names == (name,)


def test_grey_files_are_named(report: Report) -> None:
    assert of(report, "greyscale").names == ("chairs/deep.png", "chairs/grey.png")


def test_sizes_and_formats(report: Report) -> None:
    assert of(report, "sizes").found == "48 x 48 to 256 x 256 px, the middle one 128 x 128."
    assert "1 below 64 px" in of(report, "small pictures").found
    assert "1 GIF" in of(report, "formats").found


def test_copies_are_found_and_told_apart(report: Report) -> None:
    training, held_out = sides(100)
    copies = " = ".join(sorted((f"chairs/{training}.png", f"chairs/{held_out}.png")))
    assert of(report, "equal files").names == (copies,)
    assert of(report, "copies on both sides").severity == "problem"
    assert of(report, "copies on both sides").names[0] == copies
    assert of(report, "near-copies").names == ("chairs/large.png = tables/small.jpg",)
    assert of(report, "copies in two categories").names == ("chairs/large.png = tables/small.jpg",)
    assert of(report, "views alike").names == ("chairs/series-1.png = chairs/series-2.webp",)


def test_records_and_files_that_do_not_match(report: Report) -> None:
    assert of(report, "records").names == (
        "meta.jsonl, line 2: no JSON",
        "meta.jsonl, line 3: no product",
        "meta.jsonl, line 4: no JSON object",
    )
    assert of(report, "records without a file").names == ("nowhere",)
    strays = of(report, "files without a record").names
    assert "chairs/c0.png" in strays
    assert "chairs/c1.png" not in strays
    assert of(report, "names in several places").names == ("chairs/twice.png", "tables/twice.png")


def test_masks_that_do_not_match(report: Report) -> None:
    faults = of(report, "masks").names
    assert "masks/c3.png: 64 x 128 px, the picture 128 x 128" in faults
    assert "masks/c4.png: not a picture" in faults
    assert "masks/c5.png: missing" in faults
    assert not any("c0.png" in fault or "t6.png" in fault for fault in faults)
    assert of(report, "masks without a picture").names == ("masks/nobody.png",)


def test_balance_and_background(report: Report) -> None:
    assert of(report, "categories").names == ("tables: 5", "chairs: 22")
    assert report.categories == {"chairs": 22, "tables": 5}
    assert of(report, "backgrounds").names == ("chairs/room.png",)


def test_products_are_counted_once(report: Report) -> None:
    """27 pictures: two names twice, a series of two; then a blank one, and two pairs of copies."""
    assert (report.pictures, report.products) == (30, 25)
    assert report.expectation.products == 22


def test_the_text_is_for_people_and_the_record_for_programs(report: Report) -> None:
    text = report.text()
    first, *others = text.splitlines()
    assert "; looked at in " in first
    assert max(map(len, others)) <= 100  # the first names the folder, however long
    assert text.index("PROBLEM") < text.index("advice   ") < text.index("What to expect")
    assert "chairs/cut-off.png: a damaged or incomplete picture" in text
    assert "more" in text
    record = json.loads(json.dumps(report.record()))
    assert record["problems"] == report.count("problem") == 7
    names = {finding["subject"]: finding["names"] for finding in record["findings"]}
    assert names["animated"] == ["chairs/moving.gif"]
    assert record["expectation"]["sentences"]


def test_nothing_is_changed(sick: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in sick.rglob("*")}
    examine(sick)
    assert {path: path.stat().st_mtime_ns for path in sick.rglob("*")} == before


def test_a_clean_folder_has_no_problem_and_needs_no_advice(tmp_path: Path) -> None:
    lines = []
    for i in range(64):
        saved(drawn(i, 256), tmp_path / f"images/a{i}.png")
        saved(Image.new("L", (256, 256), 255), tmp_path / f"masks/a{i}.png")
        lines.append(json.dumps({"id": f"a{i}", "product": f"q{i // 2}", "category": ("chair", "lamp")[i % 4 // 2]}))
    (tmp_path / "meta.jsonl").write_text("\n".join(lines) + "\n")
    steps: set[tuple[int, str]] = set()
    report = examine(tmp_path, on_progress=lambda done, total, what: steps.add((total, what)))
    assert {finding.severity for finding in report.findings} == {"ok"}
    assert report.text().splitlines()[1] == "No problems, no pieces of advice."
    assert (report.pictures, report.products, report.categories) == (64, 32, {"chair": 32, "lamp": 32})
    assert (report.expectation.products, report.expectation.views) == (32, 2.0)
    assert steps == {(64, "Looking at pictures"), (64, "Comparing pictures"), (64, "Looking at masks")}


def test_views_are_recognised_by_their_names(tmp_path: Path) -> None:
    for i in range(8):
        saved(drawn(i), tmp_path / f"{('chair', 'red lamp')[i // 4]}_{i % 4 + 1:02d}.png")
    found = of(examine(tmp_path), "views by name")
    assert "8 files look by their names like views of 2 products" in found.found
    assert '{"id": "chair_01", "product": "chair"}' in found.remedy


def test_a_camera_s_numbers_are_no_views(tmp_path: Path) -> None:
    for i in range(4):
        saved(drawn(i), tmp_path / f"IMG_{i:04d}.png")
        saved(drawn(i + 4), tmp_path / f"DSC_{i:04d}.png")
    assert "views by name" not in {finding.subject for finding in examine(tmp_path).findings}


def test_nothing_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"nothing")
    report = examine(tmp_path)
    assert (report.pictures, report.products) == (1, 0)
    assert report.expectation.resolution_px == 0
    assert "a.png: not a picture" in report.text()


@pytest.mark.parametrize("missing", [True, False])
def test_missing_and_empty_folders_are_refused(tmp_path: Path, missing: bool) -> None:
    (tmp_path / "meta.jsonl").write_text("{broken")
    with pytest.raises(InputError, match="is no folder" if missing else "no picture below") as caught:
        examine(tmp_path / "nowhere" if missing else tmp_path)
    assert caught.value.field == "data"


@pytest.mark.parametrize(
    ("ground", "kind"), [((255,) * 3, "white"), ((250,) * 3, "off-white"), ((90, 120, 160), "plain")]
)
def test_backgrounds(tmp_path: Path, ground: tuple[int, int, int], kind: str) -> None:
    look = look_at(saved(drawn(1, ground=ground), tmp_path / "a.png"))
    assert isinstance(look, Look)
    assert (look.background, look.white) == (kind, float(kind == "white"))


def test_transparency_counts_as_white(tmp_path: Path) -> None:
    look = look_at(saved(Image.new("RGBA", (64, 64), (9, 9, 9, 0)), tmp_path / "a.png"))
    assert isinstance(look, Look)
    assert (look.background, look.blank) == ("white", True)


def thumbnails(images: list[Image.Image]) -> torch.Tensor:
    return torch.stack([thumbnail(decode(image).rgb) for image in images])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    "window", [(0, 0, 256, 256), (8, 8, 248, 248), (0, 10, 250, 256), (16, 0, 256, 250), (13, 13, 243, 243)]
)
def test_a_resized_crop_is_a_copy(seed: int, window: tuple[int, int, int, int]) -> None:
    copy = drawn(seed, 256).crop(window).resize((150, 150), Image.Resampling.BICUBIC)
    pairs = near_copies(thumbnails([drawn(100), copy, drawn(101), drawn(seed, 256)]))
    assert [(pair.first, pair.second) for pair in pairs] == [(1, 3)]
    assert pairs[0].similarity > 0.985


@pytest.mark.parametrize("seed", range(4))
def test_other_colours_views_and_crops_are_no_copies(seed: int) -> None:
    image = drawn(seed, 256)
    others = [
        hue_turned(image, 40),
        hue_turned(image, 180),
        image.resize((200, 256)).transform((256, 256), Image.Transform.AFFINE, (1, 0.2, -40, 0, 1, 0)),
        image.crop((50, 50, 206, 206)),
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    ]
    pairs = near_copies(thumbnails([image, *others]))
    assert not [pair for pair in pairs if pair.first == 0]


def test_blank_pictures_equal_nothing() -> None:
    blank = thumbnails([Image.new("RGB", (40, 40), colour) for colour in ("white", "white", "black")])
    assert all(is_blank(small) for small in blank)
    assert not is_blank(thumbnails([drawn(0)])[0])
    assert near_copies(blank) == []
    assert near_copies(blank[:1]) == near_copies(blank[:0]) == []


def test_groups_are_what_is_connected() -> None:
    assert groups([(4, 7), (1, 2), (7, 9), (0, 2)]) == [[0, 1, 2], [4, 7, 9]]
    assert groups([]) == []


def examined(products: int, size_px: int) -> Examined:
    """A folder of so many different products, of which only this is known."""
    looks = tuple(
        Look(Path(f"/x/n{i}.png"), "PNG", size_px, size_px, frozenset(), "white", 1.0, False, b"", torch.zeros(0))
        for i in range(products)
    )
    return Examined(Path("/x"), looks, (), (), (), frozenset(), {}, Records({}), (), (), True)


@pytest.mark.parametrize(
    ("products", "resolution", "transfer"),
    [(19, 0, True), (20, 64, True), (100, 128, True), (500, 128, True), (2000, 256, False), (10_000, 256, False)],
)
def test_expectations_grow_with_products_and_never_exceed_the_pictures(
    products: int, resolution: int, transfer: bool
) -> None:
    expectation = expect(examined(products, 256))
    assert (expectation.products, expectation.resolution_px, expectation.transfer) == (products, resolution, transfer)
    assert any("--from" in sentence for sentence in expectation.sentences) == (transfer and resolution > 0)
    smaller = expect(examined(products, 100))
    assert smaller.resolution_px == min(resolution, 64)
    assert any("the pictures are smaller" in sentence for sentence in smaller.sentences) == (resolution > 64)
