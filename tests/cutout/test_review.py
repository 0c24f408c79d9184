"""What a plain ground gives away: false holes, lost parts, reflections, sides at the frame, colors of the ground."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gan.cutout import review as module
from gan.cutout.keying import keyed
from gan.cutout.outline import with_bites
from gan.cutout.review import LEFT_OUT, NOTICES, REFLECTED, SEVERAL, TOUCHES, review, review_size
from gan.imaging.matting import foreground
from gan.ui.i18n import CATALOGS

SIDE = 200
GRAY = (0.93, 0.93, 0.94)


def disc(y: float, x: float, radius: float) -> Tensor:
    rows, columns = torch.arange(SIDE)[:, None], torch.arange(SIDE)[None]
    return (((rows - y) ** 2 + (columns - x) ** 2) <= radius**2).float()[None, None]


def box(top: int, left: int, bottom: int, right: int) -> Tensor:
    made = torch.zeros(1, 1, SIDE, SIDE)
    made[:, :, top:bottom, left:right] = 1
    return made


def ground(color: tuple[float, float, float] = GRAY, *, slope: float = 0.04, noise: float = 0.004) -> Tensor:
    """A studio's: a little darker below, a little noisy."""
    made = torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, SIDE, SIDE)
    down = slope * torch.linspace(0, 1, SIDE).view(1, 1, SIDE, 1)
    generator = torch.Generator().manual_seed(0)
    return (made - down + noise * torch.randn(1, 3, SIDE, SIDE, generator=generator)).clamp(0, 1)


def paint(rgb: Tensor, where: Tensor, color: tuple[float, float, float]) -> Tensor:
    soft = F.avg_pool2d(where, 3, 1, 1)
    return rgb + soft * (torch.tensor(color).view(1, 3, 1, 1) - rgb)


NAVY, GOLD, RED, WHITE = (0.1, 0.2, 0.45), (0.8, 0.67, 0.3), (0.75, 0.1, 0.15), (1.0, 1.0, 1.0)
NONE = torch.zeros(1, 1, SIDE, SIDE)


def test_a_clasp_is_no_hole() -> None:
    body, clasp = disc(100, 100, 60), disc(100, 100, 9)
    rgb = paint(paint(ground(), body, NAVY), clasp, GOLD)
    made = review(rgb, body - clasp, body)
    assert float(made.cover[clasp > 0].min()) == 1
    assert 0 < made.doubt < 0.2


def test_the_hole_of_a_ring_stays_also_with_a_shadow_in_it() -> None:
    ring = disc(100, 100, 60) - disc(100, 100, 35)
    for shade in (1.0, 0.7):
        rgb = ground()
        rgb = torch.where(disc(100, 100, 35) > 0, rgb * shade, rgb)
        made = review(paint(rgb, ring, NAVY), ring, ring)
        assert float(made.cover[disc(100, 100, 33) > 0].max()) == 0


def test_beads_on_a_string_are_not_filled() -> None:
    beads = NONE
    for k in range(40):
        angle = k * math.pi / 20
        beads = torch.maximum(beads, disc(100 + 70 * math.sin(angle), 100 + 70 * math.cos(angle), 6))
    made = review(paint(ground(), beads, NAVY), beads, beads)
    assert float(made.cover[disc(100, 100, 55) > 0].max()) == 0


def test_a_necklace_that_is_filled_in_part_is_open() -> None:
    beads = NONE
    for k in range(40):
        angle = k * math.pi / 20
        beads = torch.maximum(beads, disc(100 + 70 * math.sin(angle), 100 + 70 * math.cos(angle), 6))
    blob = disc(100, 100, 60) * box(40, 0, 160, 120)
    cover = torch.maximum(beads, blob)
    made = review(paint(ground(), beads, NAVY), cover, cover)
    assert float(made.cover[disc(100, 100, 60) > 0].max()) == 0
    assert float(made.cover[beads > 0].min()) == 1
    assert made.doubt > 0.5


def test_a_white_product_on_white_stays_whole() -> None:
    """Its inside looks like the ground, but nothing of it is open."""
    mug, side = disc(100, 100, 70), disc(100, 100, 70) - disc(100, 100, 64)
    rgb = paint(ground(WHITE, slope=0.0), side, (0.8, 0.8, 0.8))
    made = review(rgb, mug, mug)
    assert float(made.cover[disc(100, 100, 60) > 0].min()) == 1


def test_letters_on_a_box_are_no_holes_even_in_the_grounds_color() -> None:
    carton, letter = box(40, 60, 170, 150), box(80, 90, 130, 96)
    rgb = paint(paint(ground(WHITE, slope=0.0), carton, RED), letter, WHITE)
    made = review(rgb, carton - letter, carton)
    assert float(made.cover[letter > 0].min()) == 1


def test_half_transparent_print_on_a_box_is_solid() -> None:
    cover, photograph = box(40, 60, 170, 150), box(70, 75, 150, 140)
    rgb = paint(paint(ground(), cover, RED), photograph, (0.8, 0.78, 0.7))
    made = review(rgb, cover - 0.45 * photograph, cover)
    assert float(made.cover[photograph > 0].min()) == 1


def test_the_opening_of_a_frame_stays() -> None:
    frame = box(40, 40, 160, 160) - box(60, 60, 140, 140)
    made = review(paint(ground(), frame, NAVY), frame, frame)
    assert float(made.cover[box(64, 64, 136, 136) > 0].max()) == 0


def test_small_parts_that_the_network_saw_come_back() -> None:
    body, earring = disc(100, 100, 50), disc(100, 25, 6)
    rgb = paint(paint(ground(), body, NAVY), earring, RED)
    made = review(rgb, body, torch.maximum(body, earring))
    assert float(made.cover[disc(100, 25, 5) > 0].min()) == 1
    assert made.notices == ()


@pytest.mark.parametrize(
    ("y", "x", "place"),
    [(25, 25, "upper left"), (25, 100, "top"), (100, 178, "right"), (180, 100, "bottom"), (180, 178, "lower right")],
)
def test_parts_that_it_did_not_see_are_said_with_their_place(y: int, x: int, place: str) -> None:
    body, other = disc(100, 100, 45), disc(y, x, 7)
    rgb = paint(paint(ground(), body, NAVY), other, RED)
    made = review(rgb, body, body)
    assert made.notices == (LEFT_OUT[place],)
    assert float(made.cover[other > 0].max()) == 0


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (((25, 25), (180, 178)), (LEFT_OUT["upper left"], LEFT_OUT["lower right"])),
        (((25, 25), (25, 178), (180, 178)), (SEVERAL,)),
    ],
)
def test_two_places_are_named_and_more_are_said_once(at: tuple[tuple[int, int], ...], said: tuple[str, ...]) -> None:
    body, others = disc(100, 100, 45), torch.stack([disc(y, x, 7) for y, x in at]).amax(0)
    made = review(paint(paint(ground(), body, NAVY), others, RED), body, body)
    assert sorted(made.notices) == sorted(said)
    assert float(made.cover[others > 0].max()) == 0


def test_a_soft_shadow_is_neither_part_nor_word() -> None:
    body = disc(90, 100, 45)
    shade = F.avg_pool2d(disc(150, 100, 30), 41, 1, 20)
    rgb = paint(ground() * (1 - 0.4 * shade), body, NAVY)
    made = review(rgb, body, body)
    assert made.notices == ()
    assert float((made.cover - body).abs().max()) < 0.02


def test_a_hard_shadow_is_no_part() -> None:
    body, shade = box(60, 50, 120, 150), box(120, 55, 140, 165)
    made = review(paint(paint(ground(), shade, (0.72, 0.72, 0.73)), body, NAVY), body, body)
    assert made.notices == ()
    assert float((made.cover - body).abs().max()) < 0.02


def test_narrow_gaps_on_black_are_not_filled() -> None:
    body = box(60, 50, 90, 150)
    for left in range(50, 150, 14):
        body = torch.maximum(body, box(90, left, 150, left + 4))
    body = torch.maximum(body, box(150, 50, 156, 150))
    made = review(paint(torch.zeros(1, 3, SIDE, SIDE), body, WHITE), body, body)
    assert float((made.cover - body).abs().max()) < 0.02


@pytest.mark.parametrize(("strength", "fade"), [(0.5, 0.0), (0.5, 0.6), (0.25, 0.2)])
def test_a_reflection_is_left_out_and_said(strength: float, fade: float) -> None:
    body = torch.maximum(disc(80, 100, 40), box(60, 95, 120, 105))
    plain = ground(slope=0.0)
    rgb = paint(plain, body, RED)
    depth = torch.arange(SIDE - 120).view(1, 1, -1, 1) / (SIDE - 120)
    mirrored = rgb[:, :, 40:120].flip(2)
    share = strength * (1 - fade * depth)
    below = plain[:, :, 120:] + share * (mirrored - plain[:, :, 120:])
    rgb = torch.cat([rgb[:, :, :120], below], 2)
    both = body.clone()
    both[:, :, 120:] = body[:, :, 40:120].flip(2)
    made = review(rgb, both, both)
    assert REFLECTED in made.notices
    assert float(made.cover[:, :, 124:].max()) == 0
    assert float((made.cover - body)[:, :, :116].abs().max()) < 0.02


def test_a_symmetrical_product_is_no_reflection() -> None:
    body = torch.maximum(disc(70, 100, 35), disc(130, 100, 35))
    made = review(paint(ground(), body, RED), body, body)
    assert REFLECTED not in made.notices
    assert float((made.cover - body).abs().max()) < 0.02


@pytest.mark.parametrize("rough", [0.0, 0.08])
def test_the_sides_that_it_reaches_are_named_and_an_even_part_that_was_lost_there_comes_back(rough: float) -> None:
    body = disc(120, 60, 80)
    lost = box(130, 0, 200, 40) * body
    noise = torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    made = review((paint(ground(), body, NAVY) + rough * body * noise).clamp(0, 1), body - lost, body - lost)
    assert {TOUCHES["bottom"], TOUCHES["left"]} <= set(made.notices)
    inner = -F.max_pool2d(-lost, 9, 1, 4)
    assert float(made.cover[inner > 0.5].mean()) > 0.98


def test_a_side_is_not_named_where_nothing_touches_it() -> None:
    body = disc(100, 100, 60)
    assert review(paint(ground(), body, NAVY), body, body).notices == ()


def test_a_thin_clip_taken_for_half_transparent_is_solid() -> None:
    body, clip = box(100, 20, 130, 180), box(94, 60, 100, 120)
    rgb = paint(paint(ground(), body, NAVY), clip, GOLD)
    made = review(rgb, body + 0.4 * clip, body)
    assert float(made.cover[box(96, 64, 99, 116) > 0].min()) == 1


def test_a_busy_ground_changes_nothing_but_holes_of_other_colors() -> None:
    noise = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    busy = noise * torch.tensor([1.0, 0.5, 0.2]).view(1, 3, 1, 1)
    body, hole = disc(100, 100, 60), disc(100, 100, 12)
    rgb = torch.where(body > 0, torch.tensor(NAVY).view(1, 3, 1, 1), busy)
    open_hole = torch.where(hole > 0, busy, rgb)
    made = review(open_hole, body - hole, body)
    assert torch.equal(made.cover, body - hole)
    closed = torch.where(hole > 0, torch.tensor((0.1, 0.9, 1.0)).view(1, 3, 1, 1), rgb)
    assert float(review(closed, body - hole, body).cover[hole > 0].min()) == 1


def test_nothing_found_stays_nothing() -> None:
    made = review(ground(), NONE, NONE)
    assert torch.equal(made.cover, NONE)
    assert not made.changed.any()


@pytest.mark.parametrize("size", [(1, 1), (10, 4000), (3000, 4000), (700, 500)])
def test_review_size(size: tuple[int, int]) -> None:
    height, width = review_size(*size)
    assert height * width <= module.PIXELS * 1.02
    assert height <= size[0]
    assert width <= size[1]


def test_notices_are_translated() -> None:
    assert not set(NOTICES) - set(CATALOGS["zh"].sentences)


# colors of the ground


@pytest.mark.parametrize("color", [(0.0, 0.75, 0.25), (0.1, 0.2, 0.85)])
def test_a_saturated_ground_is_keyed_out_of_a_fringe(color: tuple[float, float, float]) -> None:
    """Hair: half of every pixel of a broad rim is ground, and the network took it for product."""
    body = disc(100, 100, 47)
    true = 0.5 * disc(100, 100, 55) + 0.5 * body
    behind = torch.tensor(color).view(1, 3, 1, 1).expand(1, 3, SIDE, SIDE)
    rgb = true * torch.tensor((0.3, 0.28, 0.27)).view(1, 3, 1, 1) + (1 - true) * behind
    network = disc(100, 100, 55)
    made = keyed(rgb, network)
    assert float((made - true).abs()[disc(100, 100, 53) > 0].mean()) < 0.03
    on_white = foreground(rgb, made) * made + (1 - made)
    strongest = max(range(3), key=lambda channel: color[channel])
    others = [channel for channel in range(3) if channel != strongest]
    excess = on_white[:, strongest] - on_white[:, others].amax(1)
    assert float(excess.max()) < 20 / 255


def test_a_product_of_the_grounds_color_keeps_its_own() -> None:
    leaf = disc(100, 100, 50)
    rgb = torch.where(
        leaf > 0, torch.tensor((0.2, 0.5, 0.2)).view(1, 3, 1, 1), torch.tensor((0.0, 0.75, 0.25)).view(1, 3, 1, 1)
    )
    assert torch.equal(keyed(rgb, leaf), leaf)


def test_a_gray_ground_is_not_keyed() -> None:
    body = disc(100, 100, 50)
    rgb = paint(ground(), body, RED)
    assert keyed(rgb, body) is body


def test_the_color_solved_for_gives_the_pixel_that_was_seen() -> None:
    """On an even ground, wherever coverage is more than a trace."""
    clip = box(60, 60, 66, 140)
    cover = 0.4 * clip + disc(130, 100, 30)
    behind = torch.full((1, 3, SIDE, SIDE), 0.97)
    rgb = torch.where(clip > 0, torch.tensor((0.85, 0.8, 0.7)).view(1, 3, 1, 1), behind)
    rgb = torch.where(disc(130, 100, 30) > 0, torch.tensor(NAVY).view(1, 3, 1, 1), rgb)
    again = foreground(rgb, cover) * cover + (1 - cover) * behind
    assert float((again - rgb).abs()[(clip > 0).expand_as(rgb)].max()) < 0.01


def test_what_was_bitten_out_at_the_frame_comes_back() -> None:
    wheel = disc(150, 50, 80)
    bite = box(170, 0, SIDE, 60) * wheel
    made = review(paint(ground(), wheel, NAVY), wheel - bite, wheel - bite)
    assert float(made.cover[bite > 0].min()) > 0.98
    beside = box(120, 124, SIDE, 160) * (1 - wheel)  # a thing of its own, which borders on the product and the frame
    unlike = (torch.maximum(wheel, beside) > 0)[0, 0].numpy()
    assert (with_bites(wheel[0, 0].numpy(), unlike) == wheel[0, 0].numpy()).all()


def test_a_necklace_that_the_network_fills_is_opened_unless_the_ground_is_white_paper() -> None:
    outline, ring = disc(100, 100, 70), disc(100, 100, 70) - disc(100, 100, 60)
    inside = disc(100, 100, 55) > 0
    assert float(review(paint(ground(), ring, RED), outline, outline).cover[inside].max()) == 0
    white = paint(ground(WHITE, slope=0.0), ring, RED)  # a white plate with a red rim looks the same
    assert float(review(white, outline, outline).cover[inside].min()) == 1
