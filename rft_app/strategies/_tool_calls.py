"""Whether a tool call fits the tool's definition."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json

from rft_app.llm.schemas import Schema, fields, list_of, text
from rft_app.llm.structured import BadReplyError


class Parameters(BaseModel):
    """The part of JSON Schema that tool definitions use."""

    model_config = ConfigDict(extra="ignore")

    type: str | list[str] | None = None
    properties: dict[str, "Parameters"] = {}
    required: list[str] = []
    enum: list[Any] | None = None
    items: "Parameters | None" = None
    additionalProperties: Any = None  # noqa: N815  # as JSON Schema spells it


class _Function(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: str
    parameters: Parameters | None = None


class _Tool(BaseModel):
    model_config = ConfigDict(extra="ignore")

    function: _Function


NARROW_TEXT = 60
"""Characters of a text among the arguments that a small model writes."""
_NARROW: Mapping[str, Schema] = {name: {"type": name} for name in ("integer", "number", "boolean")}


def narrow_arguments(schema: Parameters) -> Schema:
    """Arguments that fit the definition, with bounds; each declared one is given."""
    names = [schema.type] if isinstance(schema.type, str) else schema.type or []
    if schema.enum:
        return {"enum": list(schema.enum)}
    if schema.properties or "object" in names:
        parts = {name: narrow_arguments(part) for name, part in schema.properties.items()}
        return fields(**parts)
    if "array" in names:
        return list_of(narrow_arguments(schema.items or Parameters()), 1, 2)
    return next((_NARROW[name] for name in names if name in _NARROW), text(NARROW_TEXT))


_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def read_tools(tools: Sequence[Mapping[str, Any]]) -> dict[str, Parameters]:
    """Parameters by name of the tools that can be called; those of other shapes are left out."""
    found: dict[str, Parameters] = {}
    for tool in tools:
        try:
            function = _Tool.model_validate(tool).function
        except ValidationError:
            continue
        found[function.name] = function.parameters or Parameters()
    return found


def require_call(tools: Mapping[str, Parameters], name: str, arguments: str) -> None:
    """Check a call against the definitions.

    Raises:
        BadReplyError: The tool is not defined, or the arguments do not fit it.
    """
    if name not in tools:
        raise BadReplyError(f"There is no tool {name!r}; there are: {', '.join(tools)}.")
    try:
        value = from_json(arguments, allow_inf_nan=False)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise BadReplyError(f"The arguments of {name} are not a JSON object in a string.")
    if fault := _find_fault(tools[name].model_copy(update={"type": "object"}), value, name):
        raise BadReplyError(fault)


def _find_fault(schema: Parameters, value: Any, where: str) -> str | None:  # noqa: ANN401  # JSON
    if not _has_type(schema, value):
        return f"{where} must be of type {schema.type}."
    if schema.enum is not None and value not in schema.enum:
        return f"{where} must be one of {schema.enum}."
    if _is(value, dict):
        return _find_object_fault(schema, value, where)
    if _is(value, list) and schema.items is not None:
        faults = (_find_fault(schema.items, item, f"{where}[]") for item in value)
        return next(filter(None, faults), None)
    return None


def _is(value: Any, kind: type) -> bool:  # noqa: ANN401  # JSON
    return isinstance(value, kind)


def _find_object_fault(schema: Parameters, value: dict[str, Any], where: str) -> str | None:
    """Names that are not declared are refused, unless the definition says it takes any."""
    if missing := [name for name in schema.required if name not in value]:
        return f"{where} lacks {', '.join(missing)}."
    is_closed = bool(schema.properties) and not schema.additionalProperties
    if is_closed and (unknown := [name for name in value if name not in schema.properties]):
        return f"{where} has no {', '.join(unknown)}."
    faults = (
        _find_fault(schema.properties[name], item, f"{where}.{name}")
        for name, item in value.items()
        if name in schema.properties
    )
    return next(filter(None, faults), None)


def _has_type(schema: Parameters, value: Any) -> bool:  # noqa: ANN401  # JSON
    names = [schema.type] if isinstance(schema.type, str) else schema.type
    if not names:
        return True
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES.get(name, (object,))) for name in names)
