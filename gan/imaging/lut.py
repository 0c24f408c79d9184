"""Maps of colours given at the nodes of a lattice: interpolated between them, and turned round."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

_STEPS = 30
_DAMPING = 1e-5
_NEAR = 1e-6
_STRIDE = 0.1
_COARSEST = 9
_AT_ONCE = 2**14


def nodes(size: int) -> Tensor:
    """The colours of the nodes themselves: float32, shape (size, size, size, 3), indexed [blue, green, red]."""
    at = torch.linspace(0, 1, size)
    blue, green, red = torch.meshgrid(at, at, at, indexing="ij")
    return torch.stack((red, green, blue), 3)


def sample(lattice: Tensor, rgb: Tensor) -> Tensor:
    """The lattice's map at colours, trilinearly interpolated.

    Args:
        lattice: (S, S, S, 3), indexed [blue, green, red].
        rgb: (1, 3, H, W), in [0, 1]; what is outside counts as the nearest within.

    Returns:
        (1, 3, H, W).
    """
    threads = min(torch.get_num_threads(), rgb.shape[2])
    # Over the batch alone grid_sample runs in parallel.
    parts = [part.permute(0, 2, 3, 1)[:, None] * 2 - 1 for part in rgb.chunk(threads, 2)]
    table = lattice.permute(3, 0, 1, 2)[None]
    made = [
        F.grid_sample(table, part, mode="bilinear", padding_mode="border", align_corners=True)[:, :, 0]
        for part in parts
    ]
    return torch.cat(made, 2)


def jacobian(lattice: Tensor) -> Tensor:
    """The map's derivatives: (S, S, S, 3) to (S - 1, S - 1, S - 1, 3, 3), the last index counting red, green, blue."""
    corner = lattice[:-1, :-1, :-1]
    steps = (lattice[:-1, :-1, 1:] - corner, lattice[:-1, 1:, :-1] - corner, lattice[1:, :-1, :-1] - corner)
    return torch.stack(steps, -1) * (len(lattice) - 1)


def inverse(lattice: Tensor, size: int) -> Tensor:
    """The lattice of the inverse map, by damped Newton steps (Levenberg-Marquardt) at every node.

    Beyond the cube of colours the map is continued by steps of its own length, so that a colour that it does not reach
    has an inverse as well, below 0 or above 1.

    Args:
        lattice: (S, S, S, 3) of a map that is invertible.
        size: nodes along each side of the result.

    Returns:
        (size, size, size, 3), float32.
    """
    table, wanted = lattice.double(), nodes(size).double().reshape(-1, 3)
    start = wanted
    if size > _COARSEST:  # a coarser inverse is near already
        coarser = inverse(lattice, size // 2 + 1).double()
        start = sample(coarser, wanted.T[None, :, None])[0, :, 0].T.contiguous()
    parts = zip(torch.split(wanted, _AT_ONCE), torch.split(start, _AT_ONCE), strict=True)
    found = torch.cat([_searched(table, part, near) for part, near in parts])
    return found.reshape(size, size, size, 3).float()


def _searched(table: Tensor, wanted: Tensor, start: Tensor) -> Tensor:
    """(N, 3) to (N, 3): what the map takes to `wanted`, or closest to it of all that was tried."""
    found, best = start.clone(), start.clone()
    least = torch.full_like(wanted[:, 0], torch.inf)
    todo = torch.arange(len(wanted))
    step = 0.25 / (len(table) - 1)
    offsets = torch.cat((torch.zeros(1, 3), torch.eye(3) * step, torch.eye(3) * -step)).double()
    for _ in range(_STEPS):
        values = _continued(table, found[todo] + offsets[:, None])  # (7, n, 3)
        error = wanted[todo] - values[0]
        distance = error.square().sum(1)
        better = distance < least[todo]
        best[todo[better]], least[todo[better]] = found[todo[better]], distance[better]
        far = distance > _NEAR**2
        if not bool(far.any()):
            break
        todo, error = todo[far], error[far]
        slopes = ((values[1:4, far] - values[4:, far]) / (2 * step)).permute(1, 2, 0)  # (n, out, in)
        squares = slopes.transpose(1, 2) @ slopes + _DAMPING * torch.eye(3, dtype=torch.float64)
        moved = torch.linalg.solve(squares, slopes.transpose(1, 2) @ error[:, :, None])[..., 0]
        found[todo] = (found[todo] + moved.clamp(-_STRIDE, _STRIDE)).clamp(-0.5, 1.5)
    return best


def _continued(table: Tensor, points: Tensor) -> Tensor:
    """(7, N, 3) to the same: the map, beyond the cube continued with slope 1."""
    within = points.clamp(0, 1)
    values = sample(table, within.permute(2, 0, 1)[None])[0].permute(1, 2, 0)
    return values + points - within
