"""All records of a filter as JSON lines, for the download of records."""

from collections.abc import Iterator

from rft_app.api.schemas.record import DatasetRecord
from rft_app.domain.record import RecordFilter
from rft_app.services import records as use_cases
from rft_app.storage.record_scores import map_scores
from rft_app.storage.session import reading

PAGE = 200


def iterate_record_lines(dataset_id: str, record_filter: RecordFilter) -> Iterator[bytes]:
    """One line per record, newest first; each page in a transaction of its own.

    A slow reader therefore never holds a view of the database open.
    """
    cursor: str | None = None
    while True:
        lines, cursor = _read_page(dataset_id, record_filter, cursor)
        yield from lines
        if cursor is None:
            return


def _read_page(
    dataset_id: str, record_filter: RecordFilter, cursor: str | None
) -> tuple[list[bytes], str | None]:
    with reading() as session:
        page = use_cases.list_records(session, dataset_id, record_filter, cursor=cursor, limit=PAGE)
        ids = [row.id for row in page.rows]
        scores = map_scores(session, dataset_id, ids)
        lines = [
            DatasetRecord.of(
                use_cases.get_record(session, dataset_id, record_id),
                dataset_id,
                scores.get(record_id),
            )
            .model_dump_json()
            .encode()
            + b"\n"
            for record_id in ids
        ]
    return lines, page.next_cursor
