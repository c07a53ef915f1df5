"""Every error as `{"error": {"code", "message", "details"}}`."""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from rft_app.api.schemas._base import Wire
from rft_app.errors import InvalidInputError, NotFoundError, RftError

_CODES = {403: "forbidden", 404: NotFoundError.code, 405: "method_not_allowed"}


class ErrorBody(Wire):
    """What went wrong."""

    code: str
    message: str
    details: dict[str, Any] = {}


class ErrorEnvelope(Wire):
    """The body of every answer that is not a success."""

    error: ErrorBody


def add_error_handlers(app: FastAPI) -> None:
    """Answer with the envelope, whatever is raised."""

    async def on_rft_error(_request: Request, error: Exception) -> Response:
        if not isinstance(error, RftError):
            raise error
        return envelope(error.status_code, error.code, error.message, error.details)

    async def on_invalid_request(_request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        message, faults = _describe_invalid(error)
        return envelope(422, InvalidInputError.code, message, {"errors": faults})

    async def on_http_error(_request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        code = _CODES.get(error.status_code, "invalid_input")
        answer = envelope(error.status_code, code, str(error.detail))
        answer.headers.update(error.headers or {})
        return answer

    async def on_defect(_request: Request, _error: Exception) -> Response:
        return envelope(500, RftError.code, "rft itself broke. The server's log has the details.")

    app.add_exception_handler(RftError, on_rft_error)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_exception_handler(HTTPException, on_http_error)
    app.add_exception_handler(Exception, on_defect)


def _describe_invalid(error: RequestValidationError) -> tuple[str, list[dict[str, str]]]:
    """A sentence, and the fields with their faults."""
    if (message := _describe_no_json(error)) is not None:
        return message, [{"field": "", "message": message}]
    faults = [
        {"field": ".".join(map(str, fault["loc"][1:])), "message": fault["msg"]}
        for fault in error.errors()
    ]
    told = "; ".join(f"{fault['field'] or 'body'}: {fault['message']}" for fault in faults)
    return f"The request is unusable. {told}.", faults


def _describe_no_json(error: RequestValidationError) -> str | None:
    """What is wrong with a body that is no JSON, and where; `None` for other faults."""
    first = error.errors()[0]
    if first["type"] != "json_invalid":
        return None
    position = len(error.body[: first["loc"][1]].encode()) + 1
    return f"The body is not JSON: {first['ctx']['error']} at byte {position:,}."


def envelope(
    status_code: int, code: str, message: str, details: dict[str, object] | None = None
) -> Response:
    """One error as a response."""
    body = ErrorEnvelope(error=ErrorBody(code=code, message=message, details=details or {}))
    return JSONResponse(body.to_json(), status_code=status_code)
