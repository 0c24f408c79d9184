"""What tells pixels apart: a hash of a picture's, a mask's or a look's values, whatever file they lie in."""

from __future__ import annotations

import hashlib

import torch
from torch import Tensor

from gan.imaging.color_grading import Look
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture
from gan.imaging.row_chunks import bands


def sha256_of(pixels: Picture | Mask | Look) -> str:
    """SHA-256 over kind, sizes and values, as 64 hexadecimal digits.

    A picture counts with as many bits as it has, a mask with the 8 that `gan.imaging.mask.encode_mask` writes: what
    a file without loss keeps gives the same hash again.
    """
    if isinstance(pixels, Look):
        values = pixels.lattice.contiguous().numpy().astype("<f4", copy=False)
        return hashlib.sha256(f"look {pixels.size} ".encode() + values.tobytes()).hexdigest()
    if isinstance(pixels, Mask):
        kind, bits, parts = "mask", 8, [pixels.coverage]
    else:
        kind, bits = "picture", pixels.bits
        parts = [pixels.rgb] if pixels.alpha is None else [pixels.rgb, pixels.alpha]
    height_px, width_px = parts[0].shape[2:]
    digest = hashlib.sha256(f"{kind} {width_px}x{height_px} {bits} ".encode())
    for plane in (plane for part in parts for plane in part[0]):
        for rows in bands(height_px, width_px):
            digest.update(_numbers(plane[rows], bits))
    return digest.hexdigest()


def _numbers(plane: Tensor, bits: int) -> bytes:
    """k of k / (2**bits - 1), as it is written into files; little-endian."""
    most = 2**bits - 1
    scaled = plane.detach().mul(most).add_(0.5).clamp_(0, most)
    if bits == 8:
        return scaled.to(torch.uint8).numpy().tobytes()
    return scaled.to(torch.int32).numpy().astype("<u2").tobytes()
