"""Graders in files: a Python file, our settings or an OpenAI grader as JSON."""

from pathlib import PurePath
from typing import Final

import orjson
from pydantic import JsonValue

from rft_app.domain.grader import GraderSpec, parse_spec
from rft_app.errors import InvalidInputError
from rft_app.graders.openai_json import from_openai, is_openai
from rft_app.graders.python_file import from_python

SUFFIXES: Final = (".py", ".json")


def parse_grader(name: str, raw: bytes) -> GraderSpec:
    """The settings that a file holds; whether they can work is not checked.

    Raises:
        InvalidInputError: It is no such file, or has what no grader here has; the message names
            the line or the field.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise InvalidInputError("A grader is a .py script or a .json file.")
    if not raw.strip():
        raise InvalidInputError("The file is empty.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"It is not text in UTF-8 (byte {error.start + 1:,}). Save it as UTF-8."
        ) from error
    return from_python(text) if suffix == ".py" else _parse_json(text)


def _parse_json(text: str) -> GraderSpec:
    try:
        raw: JsonValue = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidInputError(
            f"It is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        ) from error
    if isinstance(raw, dict) and "kind" not in raw and "type" in raw and not is_openai(raw):
        raise InvalidInputError(
            f"There is no grader here for OpenAI's type {str(raw['type'])!r}; there are "
            "string_check, text_similarity, python, score_model and multi."
        )
    if not isinstance(raw, dict) or not {"kind", "type"} & raw.keys():
        raise InvalidInputError(
            "It holds no grader: settings have a `kind`, OpenAI's graders a `type`."
        )
    return from_openai(raw) if is_openai(raw) else parse_spec(raw)
