"""What every route that receives a file does with it."""

from collections.abc import Callable

from fastapi import Response
from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter, ValidationError
from sqlmodel import Session

from rft_app.api.schemas.job import Job
from rft_app.api.uploads import Upload
from rft_app.api.waiting import start
from rft_app.domain import job as domain
from rft_app.errors import InvalidInputError, RftError

_MAPPING = TypeAdapter(dict[str, str])


async def start_upload(
    response: Response,
    wait: float,
    upload: Upload,
    begin: Callable[[Session, Upload], domain.Job],
) -> Job:
    """Start a job on a received file; when it is refused the file is deleted."""
    try:
        return await start(response, wait, lambda session: begin(session, upload))
    except RftError:
        await run_in_threadpool(upload.path.unlink, missing_ok=True)
        raise


def read_mapping(upload: Upload) -> dict[str, str]:
    """The form's column mapping; empty where it has none.

    Raises:
        InvalidInputError: It is not a JSON object of texts.
    """
    try:
        return _MAPPING.validate_json(upload.fields.get("mapping") or "{}")
    except ValidationError as error:
        raise InvalidInputError(
            "The field 'mapping' is a JSON object of texts, target to column, e.g. "
            '{"input": "question", "reference": "answer"}.',
            field="mapping",
        ) from error
