"""U-2-Net (Qin et al., arXiv 2005.09007; Apache-2.0) as rembg runs it: a peer of Cut-out, and a teacher.

onnxruntime is needed only here, and is imported where a file is loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan.cutout import rembg_models
from gan.imaging.resize import resize

SIDE_PX = 320
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class U2Net:
    """Cuts out what stands out.

    Args:
        session: of onnxruntime, with a network of the family.
    """

    def __init__(self, session: Any) -> None:
        self._session = session
        self._mean, self._std = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (MEAN, STD))

    @classmethod
    def load(cls, path: Path, threads: int) -> U2Net:
        """The network in a file.

        Raises:
            ImportError: onnxruntime is not installed.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = threads
        return cls(onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]))

    @classmethod
    def find(cls) -> U2Net | None:
        """The network where rembg keeps it; None without it or without onnxruntime."""
        path = rembg_models.found("u2net")
        try:
            return None if path is None else cls.load(path, torch.get_num_threads())
        except ImportError:
            return None

    def __call__(self, rgb: Tensor) -> Tensor:
        """Coverage (1, 1, H, W) of a picture (1, 3, H, W), both in [0, 1].

        The picture's brightest value counts as 1, and the answer is stretched over its range.
        """
        small = resize(rgb, SIDE_PX, SIDE_PX).clamp(0, 1)
        given = (small / small.amax().clamp(min=1e-6) - self._mean) / self._std
        name = self._session.get_inputs()[0].name
        made = torch.from_numpy(self._session.run(None, {name: given.numpy()})[0])[:, :1]
        stretched = (made - made.amin()) / (made.amax() - made.amin()).clamp(min=1e-6)
        return resize(stretched, *rgb.shape[2:]).clamp(0, 1)
