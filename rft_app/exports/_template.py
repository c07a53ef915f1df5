"""Templates of the custom format: a JSON object with `{{variables}}` in the place of values.

A variable that stands alone, quoted or not, keeps its type; inside a longer text it is written as
text.  A template is parsed once and then joins bytes.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import orjson
from pydantic import JsonValue

from rft_app.errors import InvalidInputError

_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_NAME = re.compile(r"[A-Za-z_]\w*(\.[^\s{}.][^{}]*)?\Z")
_NULL = b"null"


class Hole(NamedTuple):
    """A variable's place in a row."""

    name: str
    is_text: bool
    """Whether it is part of a longer text."""


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template."""

    pieces: tuple[bytes | Hole, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The variables in the order of their first use."""
        holes = (piece.name for piece in self.pieces if isinstance(piece, Hole))
        return tuple(dict.fromkeys(holes))

    def render(self, value_of: Callable[[str], bytes]) -> bytes:
        """One row, without a line end.

        Args:
            value_of: A variable's value as JSON.
        """
        return b"".join(
            piece if isinstance(piece, bytes) else _fill(piece, value_of(piece.name))
            for piece in self.pieces
        )


def _fill(hole: Hole, value: bytes) -> bytes:
    if not hole.is_text:
        return value
    if value.startswith(b'"'):
        return value[1:-1]
    return b"" if value == _NULL else orjson.dumps(value.decode())[1:-1]


def parse_template(text: str) -> Template:
    """Read a template.

    Raises:
        InvalidInputError: It is no JSON object with variables; names line and column, from 1.

    Example:
        >>> template = parse_template('{"ask": {{input}}, "note": "by {{agent_name}}"}')
        >>> template.render({"input": b'"Hi"', "agent_name": b'"bot"'}.__getitem__)
        b'{"ask":"Hi","note":"by bot"}'
    """
    quoted, shifts = _quote_variables(text)
    try:
        value: JsonValue = orjson.loads(quoted)
    except orjson.JSONDecodeError as error:
        position = error.pos - sum(1 for shift in shifts if shift < error.pos)
        raise _fault(text, position, f"This is no JSON: {error.msg}.") from None
    if not isinstance(value, dict):
        raise _fault(text, 0, "A template is a JSON object, in braces.")
    return Template(tuple(_merge(_compile(value))))


def _quote_variables(text: str) -> tuple[str, list[int]]:
    """Put bare variables into quotes; also the positions of the quotes in the result."""
    pieces: list[str] = []
    shifts: list[int] = []
    is_inside, position = False, 0
    while position < len(text):
        step = text[position]
        if text.startswith("{{", position):
            step = _read_variable(text, position)
            if not is_inside:
                start = sum(map(len, pieces))
                shifts += (start, start + len(step) + 1)
                pieces.append(f'"{step}"')
                position += len(step)
                continue
        elif step == "\\" and is_inside:
            step = text[position : position + 2]
        elif step == '"':
            is_inside = not is_inside
        pieces.append(step)
        position += len(step)
    return "".join(pieces), shifts


def _read_variable(text: str, position: int) -> str:
    found = _VARIABLE.match(text, position)
    if found is None:
        raise _fault(text, position, "This variable has no end: write {{name}}.")
    if not _NAME.match(found[1]):
        raise _fault(
            text, position, f"{found[0]} is no variable: write one name, like {{{{input}}}}."
        )
    return found[0]


def _fault(text: str, position: int, message: str) -> InvalidInputError:
    line = text.count("\n", 0, position) + 1
    column = position - (text.rfind("\n", 0, position) + 1) + 1
    return InvalidInputError(f"Line {line}, column {column}: {message}", line=line, column=column)


def _compile(value: JsonValue) -> Iterator[bytes | Hole]:
    if isinstance(value, str):
        yield from _compile_text(value)
    elif isinstance(value, dict):
        for number, (key, item) in enumerate(value.items()):
            yield (b"," if number else b"{") + orjson.dumps(key) + b":"
            yield from _compile(item)
        yield b"}" if value else b"{}"
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield b"," if number else b"["
            yield from _compile(item)
        yield b"]" if value else b"[]"
    else:
        yield orjson.dumps(value)


def _compile_text(text: str) -> Iterator[bytes | Hole]:
    parts = _VARIABLE.split(text)
    if len(parts) == 3 and not parts[0] and not parts[2]:
        yield Hole(parts[1], is_text=False)
        return
    yield b'"'
    for number, part in enumerate(parts):
        yield Hole(part, is_text=True) if number % 2 else orjson.dumps(part)[1:-1]
    yield b'"'


def _merge(pieces: Iterator[bytes | Hole]) -> Iterator[bytes | Hole]:
    for is_fixed, run in groupby(pieces, lambda piece: isinstance(piece, bytes)):
        if is_fixed:
            yield b"".join(piece for piece in run if isinstance(piece, bytes))
        else:
            yield from run
