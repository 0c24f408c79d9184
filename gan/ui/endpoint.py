"""Public endpoints from request types: parameters, types, defaults and documentation follow from the fields."""

from __future__ import annotations

import inspect
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

import gradio as gr
from gradio.components.base import Component

from gan.core.contract import Progress, Request, Result
from gan.core.errors import Cancelled
from gan.core.option import PICTURE, Options, Parameter, parameters
from gan.imaging.io.formats import Encoding
from gan.ui.agents import resource
from gan.ui.background_job import follow
from gan.ui.form import FILE_SUFFIX, IMAGE, holds_pixels, read, takes_file
from gan.ui.hidden import Entry, Handle, apart, component_of, hidden, plain, with_signature
from gan.ui.i18n import Language, language
from gan.ui.protocols import Run
from gan.ui.widgets import COMPUTING

R = TypeVar("R", bound=Request)

LATE: Final = ("seed", "bits", "protect_text")
"""Parameters behind all others, since programs that name none rely on the order."""


@dataclass(frozen=True)
class Asked(Generic[R]):
    """Parsed input of one call.

    Attributes:
        request: to be carried out.
        encoding: of the file.
        beside: further options, which the page looks at and the request does not have.
    """

    request: R
    encoding: Encoding
    beside: Any = None


@dataclass(frozen=True)
class Done(Generic[R]):
    """Result of one call.

    Attributes:
        folder: takes the files; it goes once they were handed over.
        to: the language of what is said.
    """

    asked: Asked[R]
    result: Result
    folder: Path
    to: Language


Finish = Callable[[Done[Any]], Sequence[Any]]
"""Writes the files of a result and gives the outputs before the status."""

Work = Callable[[Path, Progress, threading.Event], Sequence[Any]]
"""Gives the outputs before the status; its files go into the folder, which is emptied once they were handed over."""


def carry_out(
    run: Run, ask: Callable[[], Asked[Any]], finish: Finish, to: Language, *, outputs: int
) -> Iterator[tuple[Any, ...]]:
    """One request from its values to its files: what every button and endpoint that makes one picture yields.

    Args:
        run: carries out the request.
        ask: reads what is wanted, pictures too, in the job's own thread.
        outputs: how many come before the status.

    Raises:
        gr.Error: in place of any error, as of `gan.ui.background_job.follow`.
    """

    def work(folder: Path, progress: Progress, cancel: threading.Event) -> Sequence[Any]:
        asked = ask()
        result = run(asked.request, progress=progress, cancel=cancel)
        if cancel.is_set():
            raise Cancelled
        progress(0, 0, "Writing the files")
        return finish(Done(asked, result, folder, to))

    return followed(work, to, outputs=outputs)


def followed(
    work: Work, to: Language, *, outputs: int, meanwhile: Callable[[], Sequence[Any]] | None = None
) -> Iterator[tuple[Any, ...]]:
    """Work in a thread of its own, with its report in the last output and files that are gone afterwards.

    Args:
        outputs: how many come before the status.
        meanwhile: gives them while the work is going on; by default they stay as they are.

    Raises:
        gr.Error: in place of any error, as of `gan.ui.background_job.follow`.
    """
    # Stop leaves the worker behind for one more step, which may still write here.
    with tempfile.TemporaryDirectory(prefix="packshot-", ignore_cleanup_errors=True) as folder:
        values = yield from follow(
            lambda progress, cancel: work(Path(folder), progress, cancel),
            to,
            lambda line: (*(meanwhile() if meanwhile else (gr.skip() for _ in range(outputs))), line),
        )
        yield *values, ""


class Endpoints:
    """The hidden components of one tab's endpoints, which they share where a parameter is the same.

    Args:
        tab: prefix of the element ids.
    """

    def __init__(self, tab: str) -> None:
        self._tab = tab
        self._known: dict[tuple[Any, ...], Entry] = {}

    def expose(
        self,
        api_name: str,
        kind: type[R],
        run: Run,
        finish: Finish,
        outputs: Sequence[Component],
        status: Component,
        *,
        returns: str,
        beside: type[Options] | None = None,
        also: Sequence[Entry] = (),
        first: Sequence[str] = (),
        adapt: Callable[[dict[str, Any], Language], dict[str, Any]] = lambda values, _: values,
        without: Collection[str] = (),
        encoded: bool = True,
    ) -> Callable[..., Iterator[tuple[Any, ...]]]:
        """Let programs call a task under a name.

        Args:
            kind: the task's request, whose fields are the parameters.
            finish: gives the outputs.
            outputs, status: what the call fills.
            returns: a sentence on the outputs.
            beside: options beside the request's, for `Asked.beside`.
            also: parameters that `adapt` turns into fields, behind the picture.
            first: names of parameters in the order of an older version, on which programs that name none rely.
            adapt: changes the values before the request reads them; is told the caller's language.
            without: fields that are no parameters.
            encoded: whether the options of the file are parameters too.
        """
        image, *own = self.entries(kind, without=without)
        output = self.entries(Encoding, named_by_field=True) if encoded else []
        further = [] if beside is None else self.entries(beside)
        entries = [image, *also, *own, *output, *further]
        of_file, of_page = ({entry.name for entry in some} for some in (output, further))

        def ask(values: dict[str, Any], to: Language) -> Asked[R]:
            # First the file's options: what contradicts itself costs no reading of pictures.
            encoding = read(Encoding, {_public(name): value for name, value in values.items() if name in of_file})
            seen = None if beside is None else read(beside, {name: values[name] for name in of_page})
            fields = {name: value for name, value in values.items() if name not in of_file | of_page}
            return Asked(read(kind, adapt(fields, to)), encoding, seen)

        def handle(values: dict[str, Any], request: gr.Request | None) -> Iterator[tuple[Any, ...]]:
            to = language(request)
            return carry_out(run, lambda: ask(values, to), finish, to, outputs=len(outputs))

        docs = f"{described(kind)}\n\n{returns}"
        return self.serve(api_name, handle, entries, [*outputs, status], docs=docs, first=first)

    def serve(
        self,
        api_name: str,
        handle: Handle,
        entries: Sequence[Entry],
        outputs: Sequence[Component],
        *,
        docs: str,
        first: Sequence[str] = (),
        uri: str = "",
    ) -> Callable[..., Iterator[tuple[Any, ...]]]:
        """Let programs call what is no single request under a name; nothing that the page only suggests holds for them.

        Args:
            handle: called with the parameters' values by name and the visitor's request; yields the outputs.
            first: as of `expose`.
            uri: for agents it is a resource at this address and no tool; names in braces are its parameters.

        Returns:
            The handler, a function of the parameters.
        """
        known = {name: number for number, name in enumerate(first)}
        ordered = sorted(entries, key=lambda entry: (known.get(entry.name, len(known)), entry.name in LATE))
        about = [f"    {entry.name}: {entry.component.label}" for entry in ordered]
        docs = "\n".join([docs, "", "Args:", *about] if about else [docs])
        # Gradio 6.31 takes every parameter of a resource for one of its address.
        handler = with_signature(handle, api_name, ordered, docs, asks=not uri)
        if uri:
            resource(uri)(handler)
        components = [entry.component for entry in ordered]
        with apart():
            gr.on([], handler, components, list(outputs), api_name=api_name, **COMPUTING)
        return handler

    def entries(
        self,
        kind: type[Options],
        *,
        without: Collection[str] = (),
        named_by_field: bool = False,
        names: Mapping[str, str] = MappingProxyType({}),
    ) -> list[Entry]:
        """The parameters of a group of options, in the order of its fields.

        Args:
            named_by_field: whether HTTP knows them by the fields' own names.
            names: those that HTTP knows by another name than the public one.
        """
        made = []
        for parameter in parameters(kind):
            name = parameter.name if named_by_field else parameter.public
            name = IMAGE if name == PICTURE else name
            if name in without:
                continue
            name = names.get(name, name)
            made.append(self._entry(name, parameter))
            if takes_file(parameter):
                made.append(self.file(f"{name}{FILE_SUFFIX}", parameter.option.help))
        made.sort(key=lambda entry: entry.name in LATE)
        return made

    def file(self, name: str, about: str, *, many: bool = False, required: bool = False) -> Entry:
        """A parameter that takes an uploaded file, or several, or none."""
        several: dict[str, Any] = {"file_count": "multiple"} if many else {}
        return self._kept(
            (name, "file", many),
            lambda: Entry(name, hidden(gr.File(type="filepath", **several, **self._of(name, about))), None, required),
        )

    def text(self, name: str, about: str, default: str = "") -> Entry:
        """A parameter of no request that takes a text."""
        return replace(self._text(name, about, default), is_text=True)

    def _text(self, name: str, about: str, default: str) -> Entry:
        return self._kept(
            (name, "text", default),
            lambda: Entry(name, hidden(gr.Textbox(default, **self._of(name, about))), default),
        )

    def _entry(self, name: str, parameter: Parameter) -> Entry:
        about, default, option = parameter.option.help, parameter.default, parameter.option
        if holds_pixels(parameter):
            entry = self.file(name, about, many=parameter.many)
            # The picture that a request is about has no default; without any other one the request says what it lacks.
            return Entry(name, entry.component, None, required=name == IMAGE)
        if takes_file(parameter) or ((parameter.kind is str or parameter.many) and not parameter.choices):
            return self._text(name, about, default or "")
        key = (name, parameter.kind, parameter.choices, parameter.many, repr(default), option.ge, option.le)
        return self._kept(key, lambda: Entry(name, component_of(parameter, self._of(name, about)), plain(default)))

    def _kept(self, key: tuple[Any, ...], make: Callable[[], Entry]) -> Entry:
        if key not in self._known:
            with apart():
                self._known[key] = make()
        return self._known[key]

    def _of(self, name: str, about: str) -> dict[str, Any]:
        number = sum(known[0] == name for known in self._known)
        suffix = f"-{number + 1}" if number else ""
        return {
            "label": about or name,
            "visible": False,
            "elem_id": f"{self._tab}-api-{name.replace('_', '-')}{suffix}",
        }


def _public(field: str) -> str:
    return next(parameter.public for parameter in parameters(Encoding) if parameter.name == field)


def described(kind: type[Options]) -> str:
    """A request's docstring without what it raises."""
    return inspect.cleandoc(kind.__doc__ or "").split("\nRaises:")[0].strip()
