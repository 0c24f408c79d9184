"""The command line of `train.py` beside training: the doctor and refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tiny_gan import RECIPES

from gan.training.cli import main


def test_the_doctor_reads_a_folder_and_writes_json(tmp_path: Path, capsys: Any) -> None:
    for index in range(3):
        picture = Image.linear_gradient("L").rotate(90 * index).convert("RGB").resize((64, 64))
        picture.save(tmp_path / f"product-{index}.png")
    file = tmp_path / "out/report.json"
    assert main(RECIPES, ["doctor", "--data", str(tmp_path), "--json", str(file)]) == 0
    assert "3" in capsys.readouterr().out
    assert isinstance(json.loads(file.read_text()), dict)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["doctor", "--data", "/nowhere"], "/nowhere"),
        (["tiny", "--data", ".", "--out", "run", "--push-to-hub", "nonsense"], "owner/name is expected"),
        (["tiny", "--data", ".", "--out", "run", "--push-every", "0"], "push_every: 0"),
        (["tiny", "--data", ".", "--out", "run", "--workers", "-1"], "workers: -1; 0 or more is allowed"),
        (["tiny", "--data", ".", "--out", "run", "--from", "no/such/run"], "no/such/run"),
    ],
)
def test_bad_input_is_one_line_and_exit_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any, command: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(RECIPES, command) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert "Traceback" not in error


@pytest.mark.parametrize("command", [["doctor"], ["nonsense", "--data", ".", "--out", "run"], []])
def test_unknown_words_are_refused_by_the_parser(command: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(RECIPES, command)
    assert refused.value.code == 2
