"""Places of the product and of the camera."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from furniture import Model
    from views import View

LENS_MM = 85.0
SENSOR_MM = 36.0


def stand_up(points: NDArray[np.float64], model: Model) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """From the file's coordinates to the studio's: turned as the library says, stretched to its size, on the ground.

    Args:
        points: (N, 3), y up, the front facing z.

    Returns:
        The (4, 4) matrix, and the points in the studio: z up, the front facing -y, the largest side 1.
    """
    turn = np.array(model.rotation).reshape(3, 3)
    turned = points @ turn.T
    extent = np.ptp(turned, axis=0)
    size = np.array(model.size_cm)
    stretch = np.where(extent > 1e-6 * extent.max(), size / np.maximum(extent, 1e-12), 0.0)
    stretch[stretch == 0.0] = stretch.max()
    linear = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]]) @ np.diag(stretch / size.max()) @ turn
    standing = points @ linear.T
    low, high = standing.min(axis=0), standing.max(axis=0)
    offset = -np.array([(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, low[2]])
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = linear, offset
    return matrix, standing + offset


def place_camera(points: NDArray[np.float64], view: View, lens_mm: float = LENS_MM) -> NDArray[np.float64]:
    """The camera from which the product is centred and fills the frame as the view asks.

    Found by iteration, since perspective moves the outline: a few steps suffice at this focal length.

    Args:
        points: (N, 3), the product's corners; z is up and its front faces -y.
        lens_mm: of the camera, whose sensor is `SENSOR_MM` wide and high.

    Returns:
        (4, 4), camera to world; the camera looks along its -z, as Blender's do.
    """
    azimuth, elevation = math.radians(view.azimuth_deg), math.radians(view.elevation_deg)
    back = np.array(
        [
            math.sin(azimuth) * math.cos(elevation),
            -math.cos(azimuth) * math.cos(elevation),
            math.sin(elevation),
        ]
    )
    right = np.array([math.cos(azimuth), math.sin(azimuth), 0.0])
    axes = np.stack([right, np.cross(back, right), back], axis=1)  # (3, 3), columns right, up, back
    local = points @ axes
    radius = float(np.linalg.norm(np.ptp(local, axis=0))) / 2
    middle = (local.max(axis=0) + local.min(axis=0)) / 2
    wanted = view.fill * SENSOR_MM / lens_mm
    distance = 2 * radius / wanted
    for _ in range(12):
        depth = distance + middle[2] - local[:, 2]  # (N,)
        seen = (local[:, :2] - middle[:2]) / depth[:, None]  # (N, 2)
        low, high = seen.min(axis=0), seen.max(axis=0)
        middle[:2] += (low + high) / 2 * distance
        distance = max(distance * float((high - low).max()) / wanted, 1.1 * radius)
    matrix = np.eye(4)
    matrix[:3, :3] = axes
    matrix[:3, 3] = axes @ (middle + np.array([0.0, 0.0, distance]))
    return matrix
