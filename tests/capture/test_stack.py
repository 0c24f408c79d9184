"""Stack: a known sharp picture comes back from defocused frames, noise goes, shifts are found, drizzle adds detail."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor

import gan
from gan.capture.registration import affine_between
from gan.capture.stack import MOVED, StackRequest, stack
from gan.cli.main import main
from gan.core.contract import Context, Result, run
from gan.core.errors import InputError
from gan.core.reader import LatePicture
from gan.imaging.io.codec import Encoding, decode, write
from gan.imaging.picture import Picture
from gan.imaging.resize import resize

H, W = 120, 160


def texture(height: int = H, width: int = W, seed: int = 0) -> Tensor:
    """(1, 3, H, W): detail at all scales, in [0.1, 0.9]."""
    noise = torch.randn(3, height, width, generator=torch.Generator().manual_seed(seed)).numpy()
    made = sum(ndimage.gaussian_filter(noise, (0, sigma, sigma), mode="wrap") * sigma**1.3 for sigma in (0.9, 2, 5, 12))
    return torch.from_numpy(0.5 + 0.4 * np.tanh(made / made.std() / 1.5)).float()[None]


def blurred(rgb: Tensor, sigma: float) -> Tensor:
    return torch.from_numpy(ndimage.gaussian_filter(rgb.numpy(), (0, 0, sigma, sigma), mode="nearest"))


def focused(sharp: Tensor, depth: float) -> Tensor:
    """The picture of a plane that leads away from left to right, 0 to 1, focused at a depth."""
    x = torch.linspace(0, 1, sharp.shape[3])
    away = (6 * (x - depth).abs()).view(1, 1, 1, -1)
    made = torch.zeros_like(sharp)
    steps = torch.arange(0, 6.5, 0.5).tolist()
    for near, far in pairwise(steps):
        share = (1 - (away - near).abs() / 0.5).clamp(0, 1) if near else (1 - away / 0.5).clamp(0, 1)
        made += share * (blurred(sharp, near) if near else sharp)
        if far == steps[-1]:
            made += (away > near).float() * ((away - near) / 0.5).clamp(0, 1) * blurred(sharp, far)
    return made.clamp(0, 1)


def psnr(a: Tensor, b: Tensor, margin: int = 4) -> float:
    inner = (..., slice(margin, -margin), slice(margin, -margin))
    return -10 * math.log10(float((a[inner] - b[inner]).square().mean()))


def made(frames: list[Tensor], **options: Any) -> Result:
    late = tuple(LatePicture(Picture(rgb, name=f"{index}.png")) for index, rgb in enumerate(frames))
    request = StackRequest(frames=late, **options)
    return run(stack, request, Context(torch.device("cpu"), None), task="stack")  # type: ignore[arg-type]


def moved(rgb: Tensor, down: float, right: float, grow: float = 1.0) -> Tensor:
    """Content moved and enlarged about the center, by a spline."""
    center = np.array([(rgb.shape[2] - 1) / 2, (rgb.shape[3] - 1) / 2])
    offset = center - (center + np.array([down, right])) / grow
    planes = [
        ndimage.affine_transform(plane.numpy(), np.eye(2) / grow, offset, order=5, mode="nearest") for plane in rgb[0]
    ]
    return torch.from_numpy(np.stack(planes))[None].float().clamp(0, 1)


def test_a_sharp_picture_comes_back_from_frames_focused_from_front_to_back() -> None:
    sharp = texture()
    frames = [focused(sharp, depth) for depth in (0, 0.25, 0.5, 0.75, 1)]
    alone = max(psnr(frame, sharp) for frame in frames)
    mean = psnr(torch.stack(frames).mean(0), sharp)
    together = psnr(made(frames, align=False).picture.rgb, sharp)
    assert together > 34
    assert together > alone + 9
    assert together > mean + 9


def test_refocusing_that_changes_scale_and_shift_is_undone() -> None:
    sharp = texture()
    frames = [
        moved(focused(sharp, depth), shift, -shift, grow)
        for depth, shift, grow in ((0, 1.3, 1.012), (0.5, 0, 1), (1, -0.8, 0.99))
    ]
    result = made(frames)
    assert psnr(result.picture.rgb, sharp, 8) > psnr(made(frames, align=False).picture.rgb, sharp, 8) + 5
    assert psnr(result.picture.rgb, sharp, 8) > 29
    assert result.details["moved_px"][1] == 0
    assert 1.5 < result.details["moved_px"][0] < 5


@pytest.mark.parametrize(("down", "right", "grow"), [(2.3, -1.6, 1.0), (0.4, 0.7, 1.01), (-14.0, 9.5, 0.985)])
def test_a_known_map_is_found_to_a_fraction_of_a_pixel(down: float, right: float, grow: float) -> None:
    sharp = texture()
    place = affine_between(sharp, moved(sharp, down, right, grow))
    assert place.matrix == pytest.approx(grow * np.eye(2), abs=1.5e-3)
    center = np.array([H / 2, W / 2])
    assert place.matrix @ center + place.offset - center == pytest.approx([down, right], abs=0.05)


def test_the_average_of_nine_frames_has_a_third_of_the_noise() -> None:
    sharp = texture()
    noise = [0.03 * torch.randn(sharp.shape, generator=torch.Generator().manual_seed(seed)) for seed in range(9)]
    result = made([(sharp + each).clamp(0, 1) for each in noise], kind="burst", align=False)
    left = (result.picture.rgb - sharp)[..., 4:-4, 4:-4].std()
    assert float(left) == pytest.approx(0.01, rel=0.15)
    assert result.details["noise"] == pytest.approx(0.03 * math.sqrt(2), rel=0.15)
    assert result.details["weight"] > 8


def test_what_moved_between_the_frames_is_left_out_of_the_average() -> None:
    sharp = texture()
    frames = [sharp + 0.01 * torch.randn(sharp.shape, generator=torch.Generator().manual_seed(n)) for n in range(5)]
    frames[4] = frames[4].clone()
    frames[4][:, :, 40:60, 40:60] = 0.95
    result = made([frame.clamp(0, 1) for frame in frames], kind="burst", align=False)
    assert psnr(result.picture.rgb[..., 36:64, 36:64], sharp[..., 36:64, 36:64], 1) > 38


def test_drizzle_fills_twice_the_pixels_with_detail_that_no_frame_has() -> None:
    fine = texture(4 * H, 4 * W, 3)
    wanted = F.avg_pool2d(fine, 2)
    shifts = [(i, j) for i in range(4) for j in range(4)]
    frames = [F.avg_pool2d(torch.roll(fine, (i, j), (2, 3)), 4) for i, j in shifts]
    enlarged = resize(frames[len(frames) // 2], 2 * H, 2 * W)
    middle = shifts[len(frames) // 2]
    wanted = F.avg_pool2d(torch.roll(fine, middle, (2, 3)), 2)
    result = made(frames, kind="burst", scale=2, drop=0.6)
    assert result.picture.rgb.shape == wanted.shape
    assert psnr(result.picture.rgb, wanted, 8) > psnr(enlarged, wanted, 8) + 1.5


def test_drizzle_of_equal_frames_keeps_a_plain_color_and_a_frame_far_away_is_left_out() -> None:
    plain = torch.full((1, 3, 40, 50), 0.3)
    same = made([plain, plain, plain], kind="burst", scale=2, align=False).picture.rgb
    assert torch.allclose(same, torch.full((1, 3, 80, 100), 0.3), atol=1e-5)
    sharp = texture()
    result = made([sharp, sharp, moved(sharp, 40, 50)])
    assert MOVED in result.notices
    assert result.details["left_out"] == [3]
    assert psnr(result.picture.rgb, sharp) > 60


def test_what_cannot_be_is_refused_in_one_sentence() -> None:
    sharp = texture(40, 40)
    for count in (1, 2, 31):
        with pytest.raises(InputError, match=f"frames: {count} frames; 3 to 30 are allowed"):
            made([sharp] * count)
    for count in (3, 30):
        assert made([sharp] * count, align=False).details["frames"] == count
    with pytest.raises(InputError, match="scale: 2 for a focus stack"):
        made([sharp] * 3, scale=2)
    with pytest.raises(InputError, match="40 x 20 px in frame 1, 40 x 40 px in the others"):
        made([sharp[:, :, :20], sharp, sharp])


def test_the_command_takes_a_folder_and_python_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    sharp = texture()
    for index, depth in enumerate((0, 0.5, 1)):
        write(Picture(focused(sharp, depth)), f"in/{index}.png", Encoding(file_format="png"))
    assert main(["stack", "in", "-o", "out.png", "--kind", "focus", "--record"]) == 0
    assert "3 frames" in capsys.readouterr().out
    python = gan.Studio("cpu").stack([f"in/{index}.png" for index in range(3)]).image
    assert decode(python).rgb.equal(decode("out.png").rgb)
    assert '"0.png"' in Path("out.png.json").read_text()
    Path("in/1.png").write_bytes(b"\x89PNG and then nothing")
    assert main(["stack", "in", "-o", "out.png", "--overwrite"]) == 2
    assert "1.png" in capsys.readouterr().err
