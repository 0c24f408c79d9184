"""Pictures of 16 bits a channel, by our own hand and by readers and writers that are not ours."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import tifffile
import torch

from gan.imaging.picture import Picture

Words = npt.NDArray[np.uint16]
DEEP_FORMATS = ("png", "tiff")


def noise(height: int = 13, width: int = 17, channels: int = 3) -> Words:
    return np.random.default_rng(0).integers(0, 65536, (height, width, channels), dtype=np.uint16)


def pictured(values: Words) -> Picture:
    planes = torch.from_numpy(values.astype(np.float32) / np.float32(65535)).permute(2, 0, 1)[None].contiguous()
    return Picture(planes[:, :3], planes[:, 3:] if planes.shape[1] == 4 else None, bits=16)


def words(picture: Picture) -> Words:
    planes = picture.rgb if picture.alpha is None else torch.cat([picture.rgb, picture.alpha], 1)
    return (planes[0].permute(1, 2, 0).double() * 65535).round().numpy().astype(np.uint16)


def by_cv2(values: Words, suffix: str, *options: int) -> bytes:
    done, data = cv2.imencode(suffix, values[..., [2, 1, 0, 3][: values.shape[2]]], options)
    assert done
    return data.tobytes()


def by_tifffile(values: Words, **options: Any) -> bytes:
    buffer = io.BytesIO()
    if values.shape[2] == 4:
        options = {"extrasamples": ["unassalpha"], **options}
    tifffile.imwrite(buffer, values, photometric="rgb", metadata=None, **options)
    return buffer.getvalue()


def seen_by_cv2(data: bytes) -> Words:
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert values is not None
    return values[..., [2, 1, 0, 3][: values.shape[2]]]
