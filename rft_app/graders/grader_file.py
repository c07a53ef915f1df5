"""Graders in files: a Python file, or as JSON our settings, an OpenAI grader, a judge's prompt."""

from contextlib import suppress
from pathlib import PurePath
from typing import Final

import orjson
from pydantic import JsonValue

from rft_app.domain.grader import GraderSpec, parse_spec
from rft_app.errors import InvalidInputError
from rft_app.graders.mt_bench import from_mt_bench, is_mt_bench
from rft_app.graders.openai_json import TYPES, from_openai, is_openai
from rft_app.graders.python_file import from_python

SUFFIXES: Final = (".py", ".json", ".jsonl")


def parse_grader(name: str, raw: bytes) -> GraderSpec:
    """The settings that a file holds; whether they can work is not checked.

    Raises:
        InvalidInputError: It is no such file, or has what no grader here has; the message names
            the line or the field.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise InvalidInputError("A grader is a .py script or a .json file; .jsonl holds one, too.")
    if not raw.strip():
        raise InvalidInputError("The file is empty.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"It is not text in UTF-8 (byte {error.start + 1:,}). Save it as UTF-8."
        ) from error
    if suffix == ".py":
        return from_python(text)
    return _parse_json(text) if suffix == ".json" else _parse_lines(text)


def _parse_lines(text: str) -> GraderSpec:
    """The grader of a file of one line; of several nobody could tell which is meant."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1:
        return _parse_json(lines[0])
    names = [_find_name(line) or f"line {number}" for number, line in enumerate(lines, 1)]
    raise InvalidInputError(
        f"It holds {len(lines)} graders or prompts, and one is needed: {', '.join(names)}. Save "
        "the line of the one that you want as a .json file, and load that."
    )


def _find_name(line: str) -> str:
    with suppress(orjson.JSONDecodeError):
        raw: JsonValue = orjson.loads(line)
        return str(raw.get("name", "")) if isinstance(raw, dict) else ""
    return ""


def _parse_json(text: str) -> GraderSpec:
    try:
        raw: JsonValue = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidInputError(
            f"It is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        ) from error
    if isinstance(raw, dict) and is_mt_bench(raw) and "kind" not in raw:
        return from_mt_bench(raw)
    if isinstance(raw, dict) and "kind" not in raw and "type" in raw and not is_openai(raw):
        raise InvalidInputError(
            f"There is no grader here for OpenAI's type {str(raw['type'])!r}; there are "
            f"{', '.join(TYPES)}."
        )
    if not isinstance(raw, dict) or not {"kind", "type"} & raw.keys():
        raise InvalidInputError(
            "It holds no grader: settings have a `kind`, OpenAI's graders a `type`."
        )
    return from_openai(raw) if is_openai(raw) else parse_spec(raw)
