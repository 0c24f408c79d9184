"""Labels of the tab `batch`; a part of `gan.ui.labels`."""

from __future__ import annotations

from typing import Final

LABELS: Final[dict[str, tuple[str, str]]] = {}
