"""One odd value for every parameter of every endpoint; `fuzz.py` sends all of them."""

from __future__ import annotations

from pathlib import Path

from fuzz import ask, of_endpoints, sample, tiny_picture, wrong_with
from stranger import Stranger, file_of


def test_every_parameter_answers_an_odd_value_in_a_sentence(studio_page: str, tmp_path: Path) -> None:
    visitor = Stranger(studio_page)
    picture = file_of(visitor.upload(tiny_picture(tmp_path)))
    calls = sample(of_endpoints(visitor, picture), 1, seed=0)
    assert len(calls) > 200
    answers = {str(call): ask(visitor, call) for call in calls}
    visitor.http.close()
    assert not {call: answer for call, answer in answers.items() if wrong_with(answer)}


def test_wrong_answers_are_told_from_good_ones() -> None:
    assert wrong_with("None") == "no sentence"
    assert wrong_with("Something went wrong on the server. Your pictures are not lost.") == "failed on our side"
    assert wrong_with("Value: '2' (type: <class 'str'>) is not in the list of choices: [1]") == "somebody else's words"
    assert wrong_with("scale: 3; 1, 2 or 4 is allowed. Choose one of these.") == ""
    assert wrong_with("done") == ""
