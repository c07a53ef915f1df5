"""What is taken out of traces before they are stored, and what that would do."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool

from rft_app.api.forms import form
from rft_app.api.importing import read_mapping, read_number, read_scrub
from rft_app.api.schemas.scrub_preview import ScrubPreview, ScrubPreviewRequest
from rft_app.api.schemas.scrubbing import Scrubbing, ScrubRules
from rft_app.api.uploads import Upload, receive_upload
from rft_app.domain.trace_page import TraceSelection
from rft_app.services import scrubbing
from rft_app.services.scrub_preview import MAX_PREVIEWED, preview_file, preview_selection
from rft_app.services.trace_sampling import draw_sample
from rft_app.storage.session import reading, unit_of_work

router = APIRouter(prefix="/api/traces/scrub", tags=["traces"])


@router.get("")
def get_scrubbing(days: Annotated[int, Query(ge=1, le=366)] = 30) -> Scrubbing:
    """What is replaced in traces that arrive, and what was in the last days."""
    with reading() as session:
        rules = scrubbing.get_rules(session)
        return Scrubbing.of(rules, days, scrubbing.count_replaced(session, days))


@router.put("")
def set_scrubbing(wanted: ScrubRules) -> ScrubRules:
    """Choose it; traces that are stored stay as they are."""
    with unit_of_work() as session:
        scrubbing.set_rules(session, wanted.to_domain())
    return wanted


@router.post("/preview")
def preview_scrubbing(wanted: ScrubPreviewRequest) -> ScrubPreview:
    """What rules would do to the newest stored traces, or those of a selection.

    Nothing is changed.
    """
    chosen = TraceSelection() if wanted.selection is None else wanted.selection.to_selection()
    with reading() as session:
        drawn = draw_sample(session, chosen)
        found = preview_selection(session, wanted.to_domain(), drawn, wanted.traces)
    return ScrubPreview.of(found)


@router.post(
    "/preview-file",
    openapi_extra=form(
        scrub="What would be taken out, e.g. `email,phone`; or rules as JSON",
        rows=f"How many of the first rows to look at; 100 unless given, at most {MAX_PREVIEWED:,}?",
        mapping="JSON object, target to column, for rows of no known shape?",
    ),
)
async def preview_scrubbing_of_file(request: Request) -> ScrubPreview:
    """What rules would do to the first rows of a file; nothing is stored."""
    upload = await receive_upload(request)
    try:
        return await run_in_threadpool(_preview, upload)
    finally:
        await run_in_threadpool(upload.discard)


def _preview(upload: Upload) -> ScrubPreview:
    upload.require("scrub")
    found = preview_file(
        upload.path,
        read_scrub(upload),
        file_name=upload.file_name,
        mapping=read_mapping(upload),
        num_rows=read_number(upload, "rows", 100, MAX_PREVIEWED),
    )
    return ScrubPreview.of(found)
