r"""The endpoint where a trainer has answers graded by the dataset's own grader.

`POST /grade` with `Authorization: Bearer TOKEN`:

    {"phase": "train", "step": 3, "first": 0, "answers": [{"key": 17, "text": "{\"label\": 1}"}]}
    {"rewards": [0.5], "num_abstained": 0, "message": ""}

A reward is `null` where the grader could not judge or would not: never 0.  How many it would not
is told apart, for that is no fault of it.
"""

import hmac
import logging
import secrets
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, Self

import orjson
from pydantic import Field, ValidationError

from rft_app.domain.entity import Entity
from rft_app.domain.training_run import Phase
from rft_app.errors import NotAvailableError, RftError, is_disk_full

logger = logging.getLogger(__name__)
MAX_BODY_BYTES = 64_000_000


class AnswerText(Entity):
    """One answer to be graded."""

    key: int
    """Of the record."""
    text: str


class GradeRequest(Entity):
    """Answers of one step, or a part of them."""

    phase: Phase
    step: int = Field(ge=0)
    first: int = Field(ge=0)
    """Position of the first answer within step and phase."""
    answers: tuple[AnswerText, ...]


class Graded(Entity):
    """What is answered."""

    rewards: tuple[float | None, ...]
    num_abstained: int = 0
    """Answers that the grader would not judge; the others without a reward it could not."""
    message: str = ""
    """Why the first answer without a reward has none."""


Grade = Callable[[GradeRequest], Graded]
LOOPBACK: Final = "127.0.0.1"


class RewardEndpoint:
    """Listens while the block lasts, at a free port.

    Args:
        grade: What judges.
        host: Name or IPv4 address of this machine under which it listens and is found.

    Raises:
        NotAvailableError: This machine has no such address.
    """

    def __init__(self, grade: Grade, host: str = LOOPBACK) -> None:
        self.token = secrets.token_urlsafe(32)
        self._host = host
        try:
            self._server = ThreadingHTTPServer((host, 0), _make_handler(grade, self.token))
        except OSError as error:
            raise NotAvailableError(describe_unbound(host, error)) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="rewards", daemon=True
        )

    @property
    def url(self) -> str:
        """Where to post."""
        return f"http://{self._host}:{self._server.server_address[1]}/grade"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def find_unbound(host: str) -> str:
    """Why nothing can listen under a host's name; empty where it can."""
    try:
        with socket.create_server((host, 0)):
            return ""
    except OSError as error:
        return describe_unbound(host, error)


def describe_unbound(host: str, error: OSError) -> str:
    """What to do where nothing can listen under a host's name."""
    return (
        f"Answers cannot be graded at {host} ({error.strerror or error}). Set "
        "RFT_RAY_GRADING_HOST to a name or an IPv4 address of this machine."
    )


def _make_handler(grade: Grade, token: str) -> type[BaseHTTPRequestHandler]:
    one_at_a_time = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:  # the library's name
            """Grade."""
            status, body = self._answer()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _answer(self) -> tuple[int, bytes]:
            given = self.headers.get("Authorization", "")
            length = int(self.headers.get("Content-Length") or 0)
            if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
                self.close_connection = True
                return 401, b'{"message": "The token is not this training\'s."}'
            if length > MAX_BODY_BYTES:
                self.close_connection = True
                return 413, b'{"message": "Too many answers at once."}'
            return _grade(grade, self.rfile.read(length), one_at_a_time)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: every step asks."""

    return Handler


def _grade(grade: Grade, raw: bytes, one_at_a_time: threading.Lock) -> tuple[int, bytes]:
    try:
        request = GradeRequest.model_validate_json(raw)
    except ValidationError as error:
        return 422, _say(str(error))
    try:
        with one_at_a_time:
            graded = grade(request)
    except RftError as error:
        return error.status_code, _say(error.message)
    except Exception as error:
        if is_disk_full(error):
            return HTTPStatus.INSUFFICIENT_STORAGE, _say(
                "The disk is full. Free some space, then resume."
            )
        logger.exception("answers of a training could not be graded")
        return 500, _say("rft itself broke; the worker's log has the details.")
    return 200, orjson.dumps(graded.model_dump())


def _say(message: str) -> bytes:
    return orjson.dumps({"message": message})
