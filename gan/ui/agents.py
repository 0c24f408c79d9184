"""Tools for agents over MCP: Gradio's server for the public endpoints, with this page's limits and sentences.

Gradio 6.31 calls each endpoint through a client of its own in this process, which reads files of this machine for
whoever describes one, and fetches addresses. Here a file is what was uploaded, or comes as `data:`; all values go to
the request as they are, so that its sentences answer and not a schema's. Results go out as links, and a small picture
of the first one that a model can look at.
"""

from __future__ import annotations

import base64
import binascii
import html
import mimetypes
import re
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import gradio.mcp
from gradio import processing_utils
from gradio.utils import get_upload_folder
from gradio_client import handle_file

from gan.core.errors import InputError
from gan.imaging.io.codec import MAX_BYTES
from gan.limits import MAX_JSON_BYTES, MAX_SESSION_S, MAX_SESSIONS

MOST_SHOWN_BYTES: Final = 2**19
"""Of a picture that goes into an answer itself; others are links."""

FILE_ROUTE: Final = "/gradio_api/file="

FILES: Final = (
    "A file is the path that POST /gradio_api/upload answers (multipart, field files), or data:image/png;base64,... of "
    "at most 6 MB; no address is fetched."
)
"""How an agent hands in a picture; part of every tool's description that takes one."""

_AGAIN_S: Final = 0.1
_TRIES: Final = 3

TEXT: Final = "text/plain"
"""Type of a resource; Gradio 6.31 decodes every other one from base64."""


def serve_agents() -> None:
    """Let Gradio's next launch with `mcp_server=True` serve agents this way; once is enough.

    Raises:
        ImportError: the package `mcp` is missing.
    """
    gradio.mcp.GradioMCPServer = _server()  # type: ignore[misc]


def resource(uri: str) -> Callable[[Any], Any]:
    """Mark an endpoint's handler as a resource of MCP; what stands in braces in its address is a parameter."""
    return gradio.mcp.resource(uri, mime_type=TEXT)  # type: ignore[no-any-return]


def former(handler: Any) -> None:
    """Leave an endpoint's former name out of the list of tools; it can still be called."""
    handler._mcp_type = "former"  # Gradio 6.31 lists what is "tool", "resource" or "prompt"


def check_names(values: Mapping[str, Any], known: Sequence[str], required: Sequence[str]) -> None:
    """Raise `InputError` for a parameter that a tool does not have, or one without default that is missing."""
    for name in values:
        if name not in known:
            names = ", ".join(known)
            raise InputError(
                str(name)[:60], "an unknown parameter", "{known} are known", "Choose one of these", known=names
            )
    for name in required:
        if name not in values:
            raise InputError(name, "it is missing", "a value is needed", "Add it")


def files_of(values: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    """A tool's arguments with uploads in place of the texts that stand for files.

    Args:
        names: of the parameters that take files.

    Raises:
        InputError: one is an address, no upload, or too large; or another value describes a file.
    """
    made: dict[str, Any] = {}
    for name, value in values.items():
        if name not in names:
            _refuse_files(name, value)
            made[name] = value
        elif isinstance(value, list):
            made[name] = [_file(name, one) for one in value]
        else:
            made[name] = None if value in (None, "") else _file(name, value)
    return made


def contents_of(outputs: Sequence[Any]) -> list[Any]:
    """An endpoint's outputs as contents of MCP: a small picture to look at, texts, and every file as a link."""
    from mcp import types

    texts: list[str] = []
    shown: list[Any] = []
    links: dict[str, Any] = {}
    for output in outputs:
        previews = []
        for value in _flat(output):
            if not _is_file(value):
                texts.append(_plain(value))
                continue
            path = Path(value["path"])
            name, address = value.get("orig_name") or path.name, value.get("url") or value["path"]
            size = path.stat().st_size if path.is_file() else 0
            if path.suffix == ".jpg" and 0 < size <= MOST_SHOWN_BYTES:
                previews.append(path)
            kind = mimetypes.guess_type(name)[0]
            links[address] = types.ResourceLink(
                type="resource_link", uri=address, name=name, mimeType=kind, size=size or None
            )
        if previews and not shown:  # of before and after, after
            data = base64.b64encode(previews[-1].read_bytes()).decode("ascii")
            shown.append(types.ImageContent(type="image", data=data, mimeType="image/jpeg"))
    # Some clients show no links; a text with the same addresses reaches every model.
    texts += [f"{link.name}: {address}" for address, link in links.items()]
    said = "\n".join(text for text in texts if text)
    return [*shown, *links.values(), types.TextContent(type="text", text=said)]


def _server() -> type[Any]:
    import anyio
    from mcp.server import Server
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    class Unchecked(Server):  # type: ignore[misc,type-arg,unused-ignore]
        """Leaves the check of arguments to the requests."""

        def call_tool(self, *, validate_input: bool = False) -> Any:
            return super().call_tool(validate_input=False)

        def read_resource(self) -> Any:
            register = super().read_resource()  # type: ignore[no-untyped-call,unused-ignore]

            def registered(read: Callable[[Any], Any]) -> Any:
                async def told(uri: Any) -> Any:
                    for _ in range(_TRIES):
                        with suppress(UnboundLocalError):  # Gradio 6.31 may miss the end of a call
                            try:
                                return await read(uri)
                            except KeyError:  # Gradio's, of a call that was refused
                                break
                    raise InputError("uri", "{uri}", "it is no resource", "Read channels://all", uri=uri)

                return register(told)

            return registered

    def manager(**options: Any) -> StreamableHTTPSessionManager:
        """Sessions, which Gradio 6.31 does without: a call's cancellation comes as a request of its own."""
        limits = {
            "session_idle_timeout": MAX_SESSION_S,
            "max_sessions": MAX_SESSIONS,
            "max_request_body_size": MAX_JSON_BYTES,
        }
        return StreamableHTTPSessionManager(**{**options, "stateless": False, **limits})

    @asynccontextmanager
    async def stopping(job: Any, blocks: Any) -> AsyncIterator[None]:
        """End the work of a call that is canceled, or whose session ends."""
        try:
            yield
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                # Gradio 6.31 forgets the work, and does not end it, before it has its number and its first report.
                while not job.future.done() and not _can_be_ended(job.communicator.event_id, blocks):
                    await anyio.sleep(_AGAIN_S)
                await anyio.to_thread.run_sync(job.cancel)
            raise

    class AgentServer(gradio.mcp.GradioMCPServer):
        Server = Unchecked
        StreamableHTTPSessionManager = staticmethod(manager)  # type: ignore[assignment]

        async def _execute_tool_without_progress(self, job: Any) -> list[Any]:
            async with stopping(job, self.blocks):
                return [await anyio.to_thread.run_sync(job.result, abandon_on_cancel=True)]

        async def _execute_tool_with_progress(self, job: Any, progress_token: str | int) -> Any:
            async with stopping(job, self.blocks):
                with suppress(UnboundLocalError):  # Gradio 6.31 may miss the end of a call
                    return await super()._execute_tool_with_progress(job, progress_token)
                return await self._execute_tool_without_progress(job)

        _file_data_tool_description = f" {FILES}"

        def simplify_filedata_schema(self, schema: dict[str, Any]) -> tuple[dict[str, Any], list[list[str | int]]]:
            simple, positions = super().simplify_filedata_schema(schema)
            for position in positions:
                within: Any = simple["properties"]
                for part in position:
                    within = within[part]
                within.pop("required", None)
                within.pop("title", None)
                within["format"] = "the path of an upload, or data:TYPE;base64,..."
            return simple, positions

        def _prepare_tool_call_args(self, name: str, arguments: dict[str, Any]) -> Any:
            schema, _ = self.get_input_schema(name)
            check_names(arguments, tuple(schema["properties"]), tuple(schema.get("required", ())))
            return super()._prepare_tool_call_args(name, arguments)

        def convert_strings_to_filedata(self, value: Any, filedata_positions: Any) -> Any:
            return files_of(value, {str(position[0]) for position in filedata_positions})

        def postprocess_output_data(self, data: Any, root_url: str) -> list[Any]:
            return contents_of(processing_utils.add_root_url(data, root_url, None))

    return AgentServer


def _can_be_ended(number: str | None, blocks: Any) -> bool:
    """True if an event of that number waits in the queue, or has reported once."""
    running = {event._id for events in blocks._queue.active_jobs for event in events or ()}
    return number is not None and (number not in running or number in blocks.app.iterators)


def _file(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, str):
        raise _no_upload(name, value)
    text = value.strip()
    if text[:5].lower() == "data:":
        return dict(handle_file(_written(name, text)))
    given = urlsplit(text)
    if given.scheme in ("http", "https"):
        _, route, text = unquote(text).partition(FILE_ROUTE)
        if not route:
            raise InputError(
                name,
                "a file's address",
                "only uploaded files are read",
                "Download it, and upload the file to /gradio_api/upload, or send it as data:",
            )
    folder = Path(get_upload_folder()).resolve()
    try:
        path = Path(text).resolve()
        there = path.is_relative_to(folder) and path.is_file()
    except (OSError, ValueError):
        there = False
    if not there:
        raise _no_upload(name, value)
    return dict(handle_file(str(path)))


def _written(name: str, text: str) -> str:
    """Path of the file that a data: address holds."""
    head, _, content = text.partition(",")
    try:
        if not head.lower().endswith(";base64"):
            raise ValueError
        data = base64.b64decode(content, validate=True)
    except (ValueError, binascii.Error) as error:
        raise InputError(name, "a data: address", "data:image/png;base64,... is expected", "Encode it so") from error
    if len(data) > MAX_BYTES:
        most = MAX_BYTES // 2**20
        raise InputError(
            name, "the file has more than {most} MB", "at most {most} are allowed", "Compress it first", most=most
        )
    folder = Path(get_upload_folder())
    folder.mkdir(parents=True, exist_ok=True)
    suffix = mimetypes.guess_extension(head[5:].partition(";")[0]) or ""
    path = Path(tempfile.mkdtemp(dir=folder)) / f"picture{suffix}"
    path.write_bytes(data)
    return str(path)


def _refuse_files(name: str, value: Any) -> None:
    """Raise `InputError` for an object anywhere in a value that is no file's: the client would read what it names."""
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, Mapping):
            raise _no_upload(name, "an object")
        if isinstance(one, list):
            pending += one


def _no_upload(name: str, value: Any) -> InputError:
    return InputError(
        name,
        "{value}",
        "a file that was uploaded to this page is expected",
        "Upload it to /gradio_api/upload, or send it as data:image/png;base64,...",
        value=str(value)[:60],
    )


def _flat(value: Any) -> list[Any]:
    """The outputs one after the other: values of updates, items of lists and galleries."""
    if isinstance(value, Mapping):
        if _is_file(value):
            return [value]
        if value.get("__type__") == "update":
            return _flat(value.get("value"))
        if "image" in value and "caption" in value:
            return _flat(value["image"])
        return [value]
    if isinstance(value, (list, tuple)):
        return [each for item in value for each in _flat(item)]
    return [value]


def _plain(value: Any) -> str:
    """A value as text: of HTML what it says, a line for each row of a table or list."""
    if value in (None, "", [], {}):
        return ""
    text = re.sub(r"</dt>|</th>|</td>", ": ", str(value))
    text = re.sub(r"<[^<>]*>", "", re.sub(r"</(?:dd|tr|p|li|h\d)>", "\n", text))
    return "\n".join(line.strip(" :") for line in html.unescape(text).splitlines() if line.strip(" :"))


def _is_file(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("path"), str) and "meta" in value
