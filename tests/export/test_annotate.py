"""Annotate: lengths follow from the outline, pixels beside the overlays stay, every script is drawn, main pictures are
refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import gan
from gan.cli.main import main
from gan.core.contract import Context, Result, run
from gan.core.errors import InputError
from gan.edit.page.marks import opened
from gan.edit.page.tab import Live
from gan.export.annotate import EXTENDED, AnnotateRequest, annotate
from gan.export.channels import CHANNELS
from gan.export.page.annotate import ANNOTATE
from gan.imaging import fonts
from gan.imaging.box import Box
from gan.imaging.io.codec import Encoding, decode, write
from gan.imaging.mask import Mask, encode_mask
from gan.imaging.picture import Picture

BOX = Box(160, 60, 240, 220)


def product(box: Box = BOX, size: tuple[int, int] = (300, 400)) -> tuple[Picture, Mask]:
    cover = torch.zeros(1, 1, *size)
    box.of(cover)[:] = 1
    noise = 0.9 + 0.05 * torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    return Picture(torch.where(cover > 0, 0.3, noise), name="a.png"), Mask(cover)


def made(picture: Picture, **options: Any) -> Result:
    request = AnnotateRequest(picture=picture, **options)
    return run(annotate, request, Context(torch.device("cpu"), None), task="annotate")  # type: ignore[arg-type]


def test_one_known_length_gives_the_other_and_lines_lie_along_the_outline() -> None:
    picture, mask = product()
    result = made(picture, mask=mask, height=80.0)
    assert (result.details["width"], result.details["height"], result.details["unit"]) == (40, 80, "cm")
    boxes = {name: Box(*box) for name, box in result.details["boxes"].items()}
    assert (boxes["width"].left, boxes["width"].right) == (160, 240)
    assert (boxes["height"].top, boxes["height"].bottom) == (60, 220)
    assert boxes["width"].top > 220
    assert boxes["height"].right < 160
    middle = boxes["width"].of(result.picture.rgb)[0, 0, :, 20]
    assert float(middle.min()) < 0.2
    assert made(picture, mask=mask, width=8.5, unit="in", lines="width").details["height"] == 17
    assert "height" not in made(picture, mask=mask, width=8.5, lines="width").details["boxes"]


def test_pixels_beside_the_overlays_are_not_touched_and_the_source_is_not_either() -> None:
    picture, mask = product()
    before = picture.rgb.clone()
    result = made(picture, mask=mask, height=80.0, badge="NEW", text="Steel", logo=Picture(torch.zeros(1, 3, 9, 9)))
    assert result.details["extended_px"] == [0, 0, 0, 0]
    free = torch.ones(1, 1, 300, 400, dtype=torch.bool)
    for box in result.details["boxes"].values():
        Box(*box).of(free)[:] = False
    assert result.picture.rgb[free.expand(1, 3, -1, -1)].equal(before[free.expand(1, 3, -1, -1)])
    assert picture.rgb.equal(before)
    logo = Box(*result.details["boxes"]["logo"])
    assert (logo.width, logo.height, logo.top, 400 - logo.right) == (56, 56, 12, 12)
    assert float(logo.of(result.picture.rgb).max()) < 1e-5


def test_where_there_is_no_room_the_picture_grows_and_nothing_overlaps() -> None:
    picture, mask = product(Box(2, 2, 398, 298))
    result = made(picture, mask=mask, height=10.0, text="A text below", table=("A | B", "1 | 2"), badge="NEW")
    assert EXTENDED in result.notices
    left, top, _, bottom = result.details["extended_px"]
    assert min(left, top, bottom) > 0
    assert result.picture.rgb.shape[2:] == (300 + top + bottom, 400 + left)
    assert result.picture.rgb[..., top : top + 300, left:].equal(picture.rgb)
    names = ("width", "height", "width label", "height label", "text", "table", "badge")
    boxes = [Box(*result.details["boxes"][name]) for name in names]
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = one.right <= other.left or other.right <= one.left or one.bottom <= other.top
            assert apart or other.bottom <= one.top


@pytest.mark.parametrize("text", ["Wool felt", "羊毛毡", "フェルト", "كرسي", "כיסא", "Стул"])
def test_every_script_has_a_font(text: str) -> None:
    font = fonts.font_for(text, 40)
    drawn = fonts.written(text, font)
    assert drawn.getbbox() is not None
    assert fonts.right_to_left(text) == (text in ("كرسي", "כיסא"))


def test_lines_are_wrapped_at_words_and_between_chinese_letters() -> None:
    font = fonts.font_for("one two", 20)
    assert fonts.wrapped("one two", font, round(font.getlength("one t"))) == "one\ntwo"
    chinese = fonts.font_for("羊毛毡软包椅", 20)
    assert fonts.wrapped("羊毛毡软包椅", chinese, 65) == "羊毛毡\n软包椅"


def test_main_pictures_of_channels_that_forbid_text_and_other_mistakes_are_refused() -> None:
    picture, mask = product()
    with pytest.raises(InputError, match="channel: Amazon main image allows no text, logos or marks"):
        made(picture, text="NEW", channel=CHANNELS["amazon"])
    allowed = next(channel for channel in CHANNELS.values() if "text" not in channel.forbid)
    assert made(picture, text="NEW", channel=allowed).picture.width_px == 400
    with pytest.raises(InputError, match="text: no font on this machine has 𒀀"):
        made(picture, text="𒀀")
    with pytest.raises(InputError, match="font: Nobody Sans is not installed here"):
        made(picture, text="a", font="Nobody Sans")
    with pytest.raises(InputError, match="text: nothing to add"):
        made(picture, mask=mask)
    with pytest.raises(InputError, match="color: red"):
        made(picture, text="a", color="red")


def test_the_command_and_python_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    picture, mask = product()
    write(picture, "a.png", Encoding(file_format="png"))
    Path("m.png").write_bytes(encode_mask(mask))
    options = ["--mask", "m.png", "--height", "80", "--badge", "新品", "--table", "S | 42", "--table", "M | 45"]
    assert main(["annotate", "a.png", *options, "-o", "out.png"]) == 0
    assert "40 x 80 cm" in capsys.readouterr().out
    python = gan.Studio("cpu").annotate("a.png", mask="m.png", height=80.0, badge="新品", table=("S | 42", "M | 45"))
    assert decode(python.image).rgb.equal(decode("out.png").rgb)
    assert main(["annotate", "a.png", "--text", "NEW", "--channel", "amazon", "-o", "no.png"]) == 2
    assert "allows no text" in capsys.readouterr().err


def test_the_page_previews_what_the_button_makes_and_finds_the_product_once(tmp_path: Path) -> None:
    picture, mask = product()
    found = Picture(picture.rgb, mask.coverage, name="a.png")
    asked: list[str] = []

    def answer(request: Any, **_: Any) -> Result:
        asked.append(type(request).__name__)
        if isinstance(request, AnnotateRequest):
            return run(annotate, request, Context(torch.device("cpu"), None), task="annotate")  # type: ignore[arg-type]
        return Result("cutout", (found,), 0, 0.0, {}, (), {}, {})

    live, at = Live(answer), opened(picture, tmp_path)
    for height in (80.0, 90.0):
        given = {"height": height, "badge": "NEW"}
        assert live.made(at, ANNOTATE, given).rgb.allclose(made(picture, mask=mask, **given).picture.rgb, atol=0.002)
    assert asked == ["CutoutRequest", "AnnotateRequest", "AnnotateRequest"]
    path, line = live.shown(at, ANNOTATE, {"badge": "NEW"}, "en")
    assert decode(Path(path)).width_px == 400
    assert "Preview at 400 px" in line
    # Nothing to add yet: the photograph, and why.
    path, line = live.shown(at, ANNOTATE, {}, "zh")
    assert path == str(at.preview)
    assert "没有要添加的内容" in line
