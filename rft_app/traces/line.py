"""From the bytes of one source row to its fields, without decoding the values."""

import re
from dataclasses import dataclass
from math import isinf

import msgspec

from rft_app.domain.validity import Reason

Row = dict[str, msgspec.Raw]
"""The fields of a source row; each value is still JSON."""

MAX_DEPTH = 100
"""Levels of arrays and objects in a row, the row itself being the first."""

_decoder = msgspec.json.Decoder(Row)
_decode_text = msgspec.json.Decoder(str).decode
_NULL = ord("n")
_FOLDED = bytes.maketrans(b"123456789E+{", b"000000000e0[")
_LONG_EXPONENT = b"0e000"
_LONG_NUMBER = b"0" * 99
"""Without either, once every digit and plus is a zero, no number is huge."""
_HUGE_NUMBER = re.compile(
    rb"[0-9]++(?:\.[0-9]++)?[eE]\+?[0-9]{3,}+"
    rb"|[0-9]{200,}+(?:\.[0-9]++)?(?:[eE]\+?[0-9]+)?"
)
_AS_SQUARE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class LineFault:
    """Why a line did not become a trace."""

    reason: Reason
    """`NOT_JSON` or `WRONG_SHAPE`."""
    message: str
    """What is wrong and where, for the person who has the file."""


class WrongShapeError(ValueError):
    """A row is JSON but not what its shape says; the message names the field."""


def decode_row(line: bytes) -> Row | LineFault:
    r"""Cut a line into its fields.

    A surrogate escape without its partner (`"\ud83d"`, an emoji cut in half) is legal JSON that
    no Unicode text can hold; it becomes U+FFFD so that the row survives.
    """
    try:
        return _decode(line)
    except msgspec.ValidationError:
        return LineFault(Reason.WRONG_SHAPE, "The line is JSON but not an object.")
    except msgspec.DecodeError as error:
        return _decode_mended(line, error)
    except UnicodeDecodeError as error:
        where = f"byte {error.start + 1}"
        return LineFault(
            Reason.NOT_JSON, f"The line is not UTF-8 text ({where}). Save it as UTF-8."
        )
    except RecursionError:
        return LineFault(Reason.NOT_JSON, "The line is nested too deeply.")


def _decode(line: bytes) -> Row:
    if not line.isascii():
        line.decode()
    if b"\n" in line or b"\r" in line:  # only between values: JSON strings cannot hold them
        line = line.replace(b"\n", b" ").replace(b"\r", b" ")
    return _decoder.decode(line)


def _decode_mended(line: bytes, error: msgspec.DecodeError) -> Row | LineFault:
    mended = _ESCAPE.sub(lambda found: b"\\ufffd" if found[1] else found[0], line)
    if mended != line:
        return decode_row(mended)
    fault = str(error).removeprefix("JSON is malformed: ")
    return LineFault(Reason.NOT_JSON, f"The line is not valid JSON: {fault}.")


def require_plain(line: bytes) -> None:
    """Check what is legal JSON, but more than most of its readers take.

    Raises:
        WrongShapeError: A number is beyond floating point (`1e999`), or values are nested deeper
            than `MAX_DEPTH`.
    """
    if not _is_suspicious(line):
        return
    if b"\\" in line:  # so that every quote that is left begins or ends a text
        line = line.replace(b"\\\\", b"").replace(b'\\"', b"")
    outside = b"".join(line.split(b'"')[::2])
    if any(map(_is_infinite, _HUGE_NUMBER.findall(outside))):
        raise WrongShapeError("A number is beyond the range of floating point.")
    if outside.count(b"[") + outside.count(b"{") > MAX_DEPTH:
        _require_shallow(outside)


def _is_suspicious(line: bytes) -> bool:
    """Whether a closer look is worth its time; texts count, too, so a yes proves nothing."""
    folded = line.translate(_FOLDED)
    return _LONG_EXPONENT in folded or _LONG_NUMBER in folded or folded.count(b"[") > MAX_DEPTH


def _is_infinite(number: bytes) -> bool:
    return isinf(float(number))


def _require_shallow(outside: bytes) -> None:
    """Take the innermost brackets away, level by level; nothing may be left."""
    brackets = outside.translate(_AS_SQUARE, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        if not brackets:
            return
        brackets = brackets.replace(b"[]", b"")
    if brackets:
        raise WrongShapeError(f"Values are nested more than {MAX_DEPTH} levels deep. Flatten them.")


def is_null(raw: msgspec.Raw | None) -> bool:
    """Whether a field is absent or `null`."""
    return raw is None or memoryview(raw)[0] == _NULL


def starts_with(raw: msgspec.Raw | None, opening: bytes) -> bool:
    """Whether a value is an array (`b"["`), an object (`b"{"`) or a text (`b'"'`)."""
    return raw is not None and memoryview(raw)[0] == opening[0]


def as_text(raw: msgspec.Raw | None) -> str | None:
    """A text as it is, `None` for absent or null, anything else as its JSON text."""
    if raw is None:
        return None
    try:
        return _decode_text(raw)
    except msgspec.ValidationError:
        text = bytes(raw).decode()
        return None if text == "null" else text


def join_arrays(*arrays: bytes) -> bytes:
    """One JSON array of the elements of several."""
    inner = (array.strip()[1:-1].strip() for array in arrays)
    return b"[" + b",".join(part for part in inner if part) + b"]"
