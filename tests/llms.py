"""Prints docs/llms.md, the API for agents, as the declaration has it: `python tests/llms.py > docs/llms.md`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

HEAD = """# Packshot Studio for agents

> Makes, repairs, restyles and checks product pictures, without diffusion. Every task below is a tool of MCP, an HTTP
> endpoint, a command (`python -m gan TASK`) and a call from Python, with the same names and the same pixels.

- MCP (streamable HTTP): `/gradio_api/mcp/`, where the page was started with `python app.py --mcp`, and on a Space.
- HTTP: `gradio_client.Client(URL).predict(..., api_name="/TASK")`, see [python.md](python.md).
- Shell: `python -m gan TASK IN -o OUT --json` prints one JSON object a line, see [use.md](use.md).

A file goes in as the path that `POST /gradio_api/upload` answers (multipart, field `files`), or over MCP as
`data:image/png;base64,...` of at most 6 MB. No address is fetched for you. Files come back as links to this server,
which keeps them for an hour. Limits: 64 MB and 100 megapixels a picture. What cannot be done is answered in one
sentence: what came, what is allowed, what to do.

Channels' rules are the resources `channels://all` and `channels://NAME`, over HTTP `/channels` and `/channel`.

This page is made by `python tests/llms.py`.
"""


def page_of(page: Any) -> str:
    """The page of docs for the public endpoints of a page of the app."""
    parts = [HEAD]
    for name, about in page.get_api_info()["named_endpoints"].items():
        parts.append(f"## {name}\n\n{about['description'].strip()}\n")
        lines = [_line(parameter) for parameter in about["parameters"]]
        if lines:
            parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _line(parameter: dict[str, Any]) -> str:
    kind, label = parameter["type"], parameter["label"]
    said = [_kind(kind)]
    if not parameter["parameter_has_default"]:
        said.append("required")
    elif parameter["parameter_default"] not in (None, "", []):
        said.append(f"default {parameter['parameter_default']}")
    return f"- `{parameter['parameter_name']}` ({', '.join(said)}): {label}"


def _kind(kind: dict[str, Any]) -> str:
    if choices := kind.get("enum") or [each["const"] for each in kind.get("anyOf", ()) if "const" in each]:
        return " or ".join(map(str, choices))
    if kind.get("title") == "FileData" or "path" in kind.get("properties", ()):
        return "file"
    if kind.get("type") == "array":
        return f"list of {_kind(kind['items'])}"
    span = [str(kind[name]) for name in ("minimum", "maximum") if name in kind]
    return " ".join([kind.get("type", "file"), " to ".join(span)]).strip()


if __name__ == "__main__":
    from pages import FakeStudio, within_a_loop

    import app

    print(page_of(within_a_loop(lambda: app.build(FakeStudio()))), end="")  # type: ignore[arg-type]
