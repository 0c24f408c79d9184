"""JSON Schema of recipes, derived from the requests of the tasks that can be steps.

https://json-schema.org/draft/2020-12: an editor that knows it completes and checks a recipe while it is written. What
no schema says, such as which values go together, is said when the recipe is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Union, get_origin

from gan.batch.recipe import MOST_STEPS, VERSION
from gan.batch.steps import LEFT_OUT, REQUESTS
from gan.core.option import Options, Parameter, parameters
from gan.imaging.color_grading import Look
from gan.imaging.io.formats import Encoding
from gan.imaging.mask import Mask
from gan.imaging.picture import Picture
from gan.tasks import TASKS

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_TYPES: Mapping[Any, str] = {bool: "boolean", int: "integer", float: "number", str: "string"}
_FILE = {"$ref": "#/$defs/file"}
_FILES = (Picture, Mask, Look)


def recipe_schema() -> dict[str, Any]:
    """JSON schema of the recipes that `gan.batch.recipe_json.read_recipe` takes."""
    return {
        "$schema": DIALECT,
        "title": "Recipe of Packshot Studio",
        "type": "object",
        "properties": {
            "version": {"const": VERSION},
            "name": {"type": "string"},
            "steps": {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_STEPS,
                "items": {"oneOf": [_step(task) for task in REQUESTS]},
            },
            "output": _object(Encoding, public=True),
        },
        "required": ["version", "steps"],
        "$defs": {
            "file": {
                "description": "a file beside the recipe, by name, with or without the hash of its pixels",
                "anyOf": [
                    {"type": "string", "minLength": 1},
                    {
                        "type": "object",
                        "properties": {"file": {"type": "string"}, "sha256": {"type": "string"}},
                        "required": ["file"],
                        "additionalProperties": False,
                    },
                ],
            }
        },
    }


def _step(task: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "task": {"enum": [task, *TASKS[task].aliases]},
            "request": _object(REQUESTS[task]),
            "weights": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "required": ["task"],
        "additionalProperties": False,
    }


def _object(kind: type[Options], *, public: bool = False) -> dict[str, Any]:
    """The fields of a request; groups are objects within it, and fields that no surface offers may be anything."""
    given = [parameter for parameter in parameters(kind) if parameter.path[0] not in LEFT_OUT]
    made: dict[str, Any] = {
        "type": "object",
        "properties": {name: {} for name in kind.model_fields if name not in LEFT_OUT and not public},
        "additionalProperties": False,
    }
    for parameter in given:
        inner = made["properties"]
        for group in parameter.path[:-1]:
            empty = {"type": "object", "properties": {}, "additionalProperties": False}
            inner[group] = inner[group] or empty
            inner = inner[group]["properties"]
        inner[parameter.public if public else parameter.name] = _value(parameter)
    required = [parameter.name for parameter in given if parameter.required]
    return {**made, "required": required} if required else made


def _value(parameter: Parameter) -> dict[str, Any]:
    option, kind = parameter.option, parameter.kind
    made: dict[str, Any]
    if parameter.choices:
        made = {"enum": list(parameter.choices)}
    elif kind in _TYPES:
        made = {"type": _TYPES[kind]}
        made |= {} if option.ge is None else {"minimum": option.ge}
        made |= {} if option.le is None else {"maximum": option.le}
    elif isinstance(kind, type) and issubclass(kind, _FILES):
        made = dict(_FILE)
    elif get_origin(kind) is Union:  # a word, a color or a picture
        made = {"anyOf": [{"type": "string"}, _FILE]}
    else:  # such as a style, which is a file or an object
        made = {"type": ["string", "object"]}
    if parameter.many:
        made = {"type": "array", "items": made}
    if parameter.optional:
        made = {"anyOf": [made, {"type": "null"}]}
    plain = isinstance(parameter.default, (bool, int, float, str))
    return {**made, **({"default": parameter.default} if plain else {}), "description": option.help}
