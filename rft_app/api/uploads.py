"""Multipart uploads, streamed to disk as they arrive.

FastAPI's own parser keeps the whole file in a temporary place before a handler sees it, and knows
no limit.  This one writes straight into the uploads folder and stops at the limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from rft_app.domain import words
from rft_app.domain.imports import GivenFile
from rft_app.errors import InvalidInputError, TooLargeError
from rft_app.settings import get_settings
from rft_app.storage.ids import new_id

WRITE_BYTES: Final = 1 << 20
MAX_FIELD_BYTES: Final = 64_000
OVERHEAD_BYTES: Final = 1 << 20
"""What boundaries and fields may add to the size of the file."""


@dataclass(slots=True)
class Upload:
    """A received form."""

    fields: dict[str, str]
    files: list[GivenFile]
    """One at least."""

    @property
    def path(self) -> Path:
        """Where the only file is."""
        return self.files[0].path

    @property
    def file_name(self) -> str:
        """What the sender calls it."""
        return self.files[0].name

    def discard(self) -> None:
        """Delete what was received."""
        for file in self.files:
            file.path.unlink(missing_ok=True)

    def require(self, name: str) -> str:
        """A text field.

        Raises:
            InvalidInputError: The form has no such field.
        """
        if name not in self.fields:
            raise InvalidInputError(f"The form has no field {name!r}.", field=name)
        return self.fields[name]


async def receive_upload(request: Request, max_files: int = 1) -> Upload:
    """Read a form with a file; the file lies in the uploads folder, its import deletes it.

    Args:
        request: Of which the body was not read.
        max_files: As many may be in the form.

    Raises:
        InvalidInputError: It is no multipart form, it has no file, or too many.
        TooLargeError: The files are larger than the limit.
    """
    limit = get_settings().max_file_bytes
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit + OVERHEAD_BYTES:
        raise _too_large(limit)
    receiver = _Receiver(limit, max_files)
    try:
        parser = MultipartParser(_boundary(request), receiver.callbacks())
        async for chunk in request.stream():
            parser.write(chunk)
            if receiver.num_waiting >= WRITE_BYTES:
                await run_in_threadpool(receiver.flush)
        parser.finalize()
        await run_in_threadpool(receiver.flush)
        return receiver.finish()
    except MultipartParseError as error:
        raise InvalidInputError(f"The multipart form is broken: {error}.") from error
    finally:
        await run_in_threadpool(receiver.close)


def _boundary(request: Request) -> bytes:
    content_type, options = parse_options_header(request.headers.get("content-type"))
    if content_type != b"multipart/form-data" or b"boundary" not in options:
        raise InvalidInputError("Send a multipart form with the file in the field 'file'.")
    return options[b"boundary"]


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(
        f"The file is larger than {limit:,} bytes, which RFT_MAX_FILE_BYTES allows. "
        "Split it or raise the limit.",
        limit_bytes=limit,
    )


@dataclass(slots=True)
class _Receiver:
    """Takes the parser's events; one part at a time is open."""

    limit: int
    max_files: int
    fields: dict[str, str] = field(default_factory=dict[str, str])
    files: list[GivenFile] = field(default_factory=list[GivenFile])
    num_waiting: int = 0
    _file: IO[bytes] | None = None
    _is_finished: bool = False
    _num_bytes: int = 0
    _waiting: list[bytes] = field(default_factory=list[bytes])
    _header: list[bytes] = field(default_factory=lambda: [b"", b""])
    _headers: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    _name: str = ""
    _is_file: bool = False
    _text: bytearray = field(default_factory=bytearray)

    def callbacks(self) -> Any:  # noqa: ANN401  # a private typed dictionary of the parser
        """What the parser calls."""
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": self._add_header_name,
            "on_header_value": self._add_header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin_content,
            "on_part_data": self._take,
            "on_part_end": self._end_part,
        }

    def flush(self) -> None:
        """Write what is waiting."""
        if self._file is not None:
            self._file.write(b"".join(self._waiting))
        self._waiting.clear()
        self.num_waiting = 0

    def finish(self) -> Upload:
        """The received form."""
        if not self.files:
            raise InvalidInputError("The form has no file in the field 'file'.", field="file")
        self._is_finished = True
        return Upload(self.fields, self.files)

    def close(self) -> None:
        """Close the file, and delete all unless the form came through whole."""
        if self._file is not None:
            self._file.close()
        if not self._is_finished:
            Upload(self.fields, self.files).discard()

    def _begin_part(self) -> None:
        self._headers.clear()
        self._text.clear()

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header[0] += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1] += data[start:end]

    def _end_header(self) -> None:
        name, value = self._header
        self._headers[name.lower()] = value
        self._header = [b"", b""]

    def _begin_content(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._name = _text_of(options, b"name")
        self._is_file = b"filename" in options
        if not self._is_file:
            return
        if len(self.files) == self.max_files:
            raise InvalidInputError(
                f"The form has more than {words.count(self.max_files, 'file')}. Send fewer."
            )
        name = _text_of(options, b"filename").replace("\\", "/").rpartition("/")[2]
        path = get_settings().folder("uploads") / new_id("up")
        self.files.append(GivenFile(path, name))
        self._file = path.open("wb")

    def _take(self, data: bytes, start: int, end: int) -> None:
        piece = bytes(data[start:end])
        if not self._is_file:
            self._text += piece
            if len(self._text) > MAX_FIELD_BYTES:
                raise TooLargeError(f"The field {self._name!r} is longer than 64 kB.")
            return
        self._num_bytes += len(piece)
        if self._num_bytes > self.limit:
            raise _too_large(self.limit)
        self._waiting.append(piece)
        self.num_waiting += len(piece)

    def _end_part(self) -> None:
        if not self._is_file:
            self.fields[self._name] = self._text.decode("utf-8", "replace")
            return
        self.flush()
        if self._file is not None:
            self._file.close()
            self._file = None


def _text_of(options: Mapping[bytes, bytes], name: bytes) -> str:
    return options.get(name, b"").decode("utf-8", "replace")
