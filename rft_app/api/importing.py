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
from rft_app.domain.scrubbing import ScrubKind, ScrubRules
from rft_app.errors import InvalidInputError, RftError
from rft_app.services.trace_imports import join_files

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
        await run_in_threadpool(upload.discard)
        raise


async def join_upload(upload: Upload) -> Upload:
    """The form with its files as one, which the import deletes.

    Raises:
        InvalidInputError: One of them is empty, binary or damaged; all are deleted.
        TooLargeError: One of them is larger than the limit.
    """
    if len(upload.files) == 1:
        return upload
    try:
        joined = await run_in_threadpool(join_files, upload.files)
    finally:
        await run_in_threadpool(upload.discard)
    return Upload(upload.fields, [joined])


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


def read_number(upload: Upload, name: str, default: int, largest: int) -> int:
    """A number of the form, 1 at least.

    Raises:
        InvalidInputError: It is none, or larger than the largest.
    """
    text = upload.fields.get(name) or str(default)
    if not (text.isdecimal() and 1 <= int(text[:12]) <= largest):
        raise InvalidInputError(
            f"The field {name!r} is a number from 1 to {largest:,}.", field=name
        )
    return int(text)


def read_scrub(upload: Upload) -> ScrubRules:
    """What the form wants to be taken out: `email,phone`, or rules as JSON.

    Raises:
        InvalidInputError: It is neither.
    """
    text = upload.fields.get("scrub", "").strip()
    names = [name.strip() for name in text.split(",") if name.strip()]
    try:
        if text.startswith("{"):
            return ScrubRules.model_validate_json(text)
        return ScrubRules.model_validate({"kinds": names})
    except ValidationError as error:
        known = ", ".join(ScrubKind)
        raise InvalidInputError(
            f"The field 'scrub' names some of {known}, or is a JSON object with kinds, patterns "
            "and region.",
            field="scrub",
        ) from error
