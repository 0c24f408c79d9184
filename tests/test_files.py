"""Where results go when several inputs share a name."""

from __future__ import annotations

from pathlib import Path

from gan.core.files import plan_outputs


def test_no_two_results_get_one_name(tmp_path: Path) -> None:
    given = []
    for folder in ("x", "y", "z", "w"):
        (tmp_path / folder).mkdir()
        given.append(tmp_path / folder / "a.png")
        given[-1].touch()
    planned = list(plan_outputs(given, tmp_path / "out", suffix_for={}, suffix=None))
    assert [target.name for _, target in planned] == ["a.png", "a.png.png", "a.png-2.png", "a.png-3.png"]
    assert [source for source, _ in planned] == given
