"""Photographs of Debian's wallpaper packages become a folder whose licences can be named."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]


def test_what_is_there_is_shrunk_and_named_and_the_rest_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    script = importlib.import_module("debian_wallpapers")
    share = tmp_path / "packages/usr/share"
    for photograph in script.PHOTOGRAPHS[:4]:
        path = share / photograph.path
        path.parent.mkdir(parents=True)
        Image.effect_noise((2080, 1040), 60).convert("RGB").save(path)
    script.main(tmp_path / "packages", tmp_path / "out")
    records = [json.loads(line) for line in (tmp_path / "out/sources.jsonl").read_text().splitlines()]
    assert [r["file"] for r in records] == ["colorfulcups.webp", "eveningglow.webp", "summer_1am.webp", "garden.webp"]
    assert all(record["licence"] and record["author"] for record in records)
    for record in records:
        with Image.open(tmp_path / "out" / record["file"]) as image:
            assert image.size == (2048, 1024)
    said = capsys.readouterr().out
    assert said.count("is left out") == len(script.PHOTOGRAPHS) - 4
    assert "4 photographs" in said
