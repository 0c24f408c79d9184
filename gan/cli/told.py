"""Output of the commands: lines for people, or with --json one JSON object a line on standard output.

Every command says what it has to say here, once, as a line and as the values behind it. Standard output holds results
and nothing else: messages about what cannot be done go to standard error, with --json too.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from gan.core.errors import PackshotError


@dataclass
class _Form:
    """Form of the running command's output.

    Attributes:
        as_json: one object a line.
        quiet: no lines of results; JSON is never left out.
        reserved: whether standard output holds a picture and lines of results go to standard error.
        names: {temporary path: what the user wrote for it}.
    """

    as_json: bool = False
    quiet: bool = False
    reserved: bool = False
    names: dict[str, str] = field(default_factory=dict)


_form = _Form()


@contextmanager
def telling(
    *, as_json: bool = False, quiet: bool = False, reserved: bool = False, names: dict[str, str] | None = None
) -> Iterator[None]:
    """Within, output has this form; see its attributes above. What is added to `names` meanwhile counts too."""
    global _form
    before, _form = _form, _Form(as_json, quiet, reserved, {} if names is None else names)
    try:
        yield
    finally:
        _form = before


def tell(*words: object, event: str = "result", always: bool = False, **values: Any) -> None:
    """Print a result: its words on one line, empty ones left out, or with --json its event and values.

    Args:
        always: print the line with --quiet too.
    """
    if _form.as_json:
        _line({"event": event, **values})
    elif words and (always or not _form.quiet):
        text = "  ".join(text for text in map(str, words) if text)
        print(_named(text), file=sys.stderr if _form.reserved else None, flush=True)


def complain(source: object, problem: object, **values: Any) -> None:
    """Print why something could not be done: a line on standard error, and with --json an object of event "error".

    Args:
        source: what it is about; None for the command as a whole.
        problem: an error, or a sentence.
        values: besides the problem's own.
    """
    said = f"{problem}" if source is None else f"{source}: {problem}"
    print(_named(said), file=sys.stderr)
    if _form.as_json:
        of_source = {} if source is None else {"source": source}
        _line({"event": "error", **of_source, **values, "error": error_record(problem)})


def error_record(problem: object) -> dict[str, Any]:
    """An error as JSON-ready values: the sentence, and the parts that it was made of."""
    if not isinstance(problem, PackshotError):
        return {"message": str(problem)}
    got, allowed, remedy = (part.format(**problem.values) for part in problem.templates())
    return {"message": str(problem), "field": problem.field, "got": got, "allowed": allowed, "remedy": remedy}


def _line(record: Mapping[str, Any]) -> None:
    # Escaped, so that names of files with broken characters come through a pipe of any encoding.
    print(json.dumps(_plain(record)), flush=True)


def _plain(value: Any) -> Any:
    """JSON-ready; temporary paths as the user wrote them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None  # JSON knows no others
    if value is None or isinstance(value, int):
        return value
    return _named(str(value))


def _named(text: str) -> str:
    for path, given in _form.names.items():
        text = text.replace(path, given)
    return text
