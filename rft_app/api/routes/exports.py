"""Exports: formats, preview, start, list, download."""

from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse

from rft_app.api.schemas.export import Export, ExportFormat, ExportPreview, ExportRequest
from rft_app.api.schemas.job import Job
from rft_app.api.waiting import Wait, start
from rft_app.domain.export import ExportOptions
from rft_app.services import exports as use_cases
from rft_app.services.datasets import get_dataset
from rft_app.services.export_preview import describe_preview
from rft_app.storage.session import reading

_MEDIA_TYPES = {
    ".zip": "application/zip",
    ".jsonl": "application/x-ndjson",
    ".json": "application/json",
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
}

router = APIRouter(prefix="/api/training/exports", tags=["exports"])


@router.get("/formats")
def list_formats() -> list[ExportFormat]:
    """The export formats, in the order of the menu."""
    return [
        ExportFormat(
            name=exporter.name,
            label=exporter.label,
            description=exporter.description,
            suffix=exporter.layout(ExportOptions()).suffix,
            needs=list(exporter.needs),
            family=exporter.family,
            variant=exporter.variant,
            consumer=exporter.consumer,
            unit=exporter.unit,
            max_tokens=exporter.max_tokens,
        )
        for exporter in use_cases.list_formats()
    ]


@router.post("/preview")
def preview_export(
    request: ExportRequest, limit: Annotated[int, Query(ge=1, le=20)] = 3
) -> ExportPreview:
    """The first lines of the file, byte for byte, and what to expect of it."""
    with reading() as session:
        get_dataset(session, request.dataset_id)
        preview = describe_preview(
            session,
            dataset_id=request.dataset_id,
            format=request.format,
            options=request.to_options(),
            selection=request.selection.to_selection(),
            limit=limit,
        )
    return ExportPreview.of(preview)


@router.post("", status_code=202)
async def start_export(response: Response, request: ExportRequest, wait: Wait = 0) -> Job:
    """Make the file; the result is the export, with `fileUrl`."""
    order = await run_in_threadpool(_check, request)
    return await start(response, wait, lambda session: use_cases.start_export(session, order))


def _check(request: ExportRequest) -> use_cases.ExportOrder:
    with reading() as session:
        return use_cases.check_export(
            session,
            dataset_id=request.dataset_id,
            format=request.format,
            options=request.to_options(),
            selection=request.selection.to_selection(),
        )


@router.get("")
def list_exports(
    response: Response,
    dataset_id: Annotated[str | None, Query(alias="datasetId")] = None,
    cursor: Annotated[str | None, Query(description="`X-Next-Cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = use_cases.MAX_LISTED,
) -> list[Export]:
    """The latest exports, newest first."""
    with reading() as session:
        found = use_cases.list_exports(session, dataset_id, limit + 1, cursor)
        if len(found) > limit:
            response.headers["X-Next-Cursor"] = found[limit - 1].id
        return [Export.of(export) for export in found[:limit]]


@router.get("/{export_id}")
def get_export(export_id: str) -> Export:
    """One export."""
    with reading() as session:
        return Export.of(use_cases.get_export(session, export_id))


@router.get("/{export_id}/file")
def download_export(export_id: str) -> FileResponse:
    """The finished file; 409 until it is complete."""
    with reading() as session:
        export = use_cases.get_export(session, export_id)
    return FileResponse(
        use_cases.open_export(export),
        filename=export.file_name,
        media_type=_MEDIA_TYPES[PurePath(export.file_name).suffix],
    )
