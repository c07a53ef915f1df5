"""OTLP over HTTP: what OpenTelemetry exporters send.

Answers are in the encoding of the request; refusals are a `google.rpc.Status`.  A request is
acknowledged once it is on disk, a worker reads it a moment later.
"""

from contextlib import suppress
from functools import partial
from typing import Final, NamedTuple

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError

from rft_app.api.otlp_body import Received, decompress
from rft_app.domain.intake import OTLP_SIGNALS, Encoding, Outcome, Signal
from rft_app.errors import BusyError, TooLargeError
from rft_app.services import intake as use_cases
from rft_app.services.intake_keys import find_sender
from rft_app.settings import get_settings
from rft_app.storage.group_commit import GroupCommit
from rft_app.storage.session import reading
from rft_app.traces.langfuse_scores import read_scores
from rft_app.traces.otlp.request import check_request, write_answer, write_status
from rft_app.traces.otlp.span import BrokenRequestError

router = APIRouter(prefix="/otlp", include_in_schema=False)

_ENCODINGS: Final = {
    "application/x-protobuf": Encoding.PROTOBUF,
    "application/json": Encoding.JSON,
}
_TYPES: Final = {encoding: name for name, encoding in _ENCODINGS.items()}
_PACKINGS: Final = frozenset({"", "identity", "gzip"})
_FIRST_REFUSAL: Final = 400
_RETRY_AFTER_S: Final = "5"
_AT_ONCE: Final = 4
"""Requests that are unpacked at a time: each may hold the largest body twice."""
_limiter = CapacityLimiter(_AT_ONCE)
_writes = GroupCommit()


class _Refusal(NamedTuple):
    """Why a request was not taken."""

    status_code: int
    outcome: Outcome
    message: str


_WRONG_TYPE: Final = _Refusal(
    415,
    Outcome.WRONG_TYPE,
    "Send application/x-protobuf or application/json, plain or with gzip.",
)
_NO_KEY: Final = _Refusal(
    401, Outcome.NO_KEY, "Send a key of this server, as `Authorization: Bearer KEY`."
)


@router.post("/v1/{signal}")
@router.post("/api/public/otel/v1/{signal}")  # where the Langfuse SDK sends, below its base URL
async def take(request: Request, signal: str) -> Response:
    """Take spans or log records."""
    encoding = _find_encoding(request)
    if signal not in OTLP_SIGNALS:
        message = f"There is no /otlp/v1/{signal}. Traces and logs are taken, metrics are not."
        return _answer(404, encoding or Encoding.JSON, message)
    key_id = await find_sender(request.headers.get)
    if key_id is None:
        return await to_thread.run_sync(_refuse, _NO_KEY, encoding or Encoding.JSON)
    packing = request.headers.get("content-encoding", "").lower()
    if encoding is None or packing not in _PACKINGS:
        return await to_thread.run_sync(_refuse, _WRONG_TYPE, encoding or Encoding.JSON)
    work = partial(_take, Signal(signal), encoding, key_id, is_packed=packing == "gzip")
    with Received() as received:
        try:
            body = await received.read(request)
        except (TooLargeError, BusyError) as error:
            return await to_thread.run_sync(_refuse, _refusal_of(error), encoding)
        return await to_thread.run_sync(work, body, limiter=_limiter)


@router.post("/api/public/ingestion")
async def take_scores(request: Request) -> Response:
    """Take what Langfuse's SDK says of answers; it sends all else over OTLP."""
    key_id = await find_sender(request.headers.get)
    if key_id is None:
        return await to_thread.run_sync(_refuse, _NO_KEY, Encoding.JSON)
    packing = request.headers.get("content-encoding", "").lower()
    with Received() as received:
        try:
            body = await received.read(request)
        except (TooLargeError, BusyError) as error:
            return await to_thread.run_sync(_refuse, _refusal_of(error), Encoding.JSON)
        work = partial(_take_scores, key_id, is_packed=packing == "gzip")
        return await to_thread.run_sync(work, body, limiter=_limiter)


def _take_scores(key_id: str, body: bytes, *, is_packed: bool) -> Response:
    try:
        with reading() as session:
            find = partial(use_cases.find_last_call, session)
            found = read_scores(decompress(body) if is_packed else body, find)
    except BrokenRequestError as error:
        return _refuse(_Refusal(400, Outcome.MALFORMED, str(error)), Encoding.JSON)
    except TooLargeError as error:
        return _refuse(_refusal_of(error), Encoding.JSON)
    except DBAPIError:
        return _answer(503, Encoding.JSON, "The database is busy or gone. Send it again.")
    if found.logs:
        answer = _take(Signal.LOGS, Encoding.JSON, key_id, found.logs, is_packed=False)
        if answer.status_code >= _FIRST_REFUSAL:
            return answer
        _count(Outcome.FEEDBACK, len(found.taken))
    if found.refused:
        _count(Outcome.NO_RESPONSE, len(found.refused))
    told = {
        "successes": [{"id": each, "status": 201} for each in found.taken],
        "errors": [{"id": each, "status": 400, "message": why} for each, why in found.refused],
    }
    return JSONResponse(told, 207)


@router.api_route(
    "/{path:path}", methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
)
def refuse_unknown(path: str) -> Response:
    """Say what there is."""
    message = f"There is nothing at /otlp/{path}. POST to /otlp/v1/traces or /otlp/v1/logs."
    return _answer(
        405 if path in {f"v1/{each}" for each in OTLP_SIGNALS} else 404, Encoding.JSON, message
    )


def _find_encoding(request: Request) -> Encoding | None:
    content_type = request.headers.get("content-type", "").partition(";")[0]
    return _ENCODINGS.get(content_type.strip().lower())


def _take(
    signal: Signal, encoding: Encoding, key_id: str, body: bytes, *, is_packed: bool
) -> Response:
    try:
        plain = decompress(body) if is_packed else body
        found = check_request(signal, encoding, plain, get_settings().max_otlp_records)
        if found.num_taken:
            _writes.write(
                lambda session: use_cases.take_request(
                    session, signal, encoding, plain, found.num_refused, key_id
                )
            )
        elif found.num_refused:
            _count(Outcome.BAD_ID, found.num_refused)
    except BrokenRequestError as error:
        return _refuse(_Refusal(400, Outcome.MALFORMED, str(error)), encoding)
    except (TooLargeError, BusyError) as error:
        return _refuse(_refusal_of(error), encoding)
    except DBAPIError:
        return _answer(503, encoding, "The database is busy or gone. Send it again.")
    return Response(write_answer(signal, encoding, found.num_refused), media_type=_TYPES[encoding])


def _refusal_of(error: TooLargeError | BusyError) -> _Refusal:
    if isinstance(error, TooLargeError):
        return _Refusal(413, Outcome.TOO_LARGE, error.message)
    return _Refusal(503, Outcome.BUSY, error.message)


def _refuse(refusal: _Refusal, encoding: Encoding) -> Response:
    _count(refusal.outcome)
    return _answer(refusal.status_code, encoding, refusal.message)


def _count(outcome: Outcome, number: int = 1) -> None:
    with suppress(DBAPIError):  # the answer matters more
        _writes.write(lambda session: use_cases.count_refused(session, outcome, number))


def _answer(status_code: int, encoding: Encoding, message: str) -> Response:
    busy = {"Retry-After": _RETRY_AFTER_S} if status_code == 503 else None
    return Response(
        write_status(encoding, message), status_code, headers=busy, media_type=_TYPES[encoding]
    )
