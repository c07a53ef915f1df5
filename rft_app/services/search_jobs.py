"""The jobs that make records and traces findable by their words.

They run after import and extract rather than in them: nothing but search needs the indexes, which
take longer to fill than the rows take to make.  Until they are done, lists say that search is not
complete.
"""

from typing import Any

from sqlmodel import Session

from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import enqueue
from rft_app.storage import trace_search
from rft_app.storage.datasets import has_dataset
from rft_app.storage.extraction import count_records, read_unindexed_texts
from rft_app.storage.jobs import list_active
from rft_app.storage.search import add_texts
from rft_app.storage.session import reading, unit_of_work

SEARCH_INDEX = "search_index"
TRACE_INDEX = "trace_index"
RECORDS_PER_BATCH = 2000
CHARACTERS_PER_BATCH = 4 * 1024**2


class IndexSearch:
    """Adds each record that search cannot find yet; a batch is one transaction."""

    name = SEARCH_INDEX
    label = "Search index"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Index what is missing, oldest record first; a re-run goes on where the last one ended."""
        dataset_id = context.required_dataset_id
        with reading() as session:
            num_records = count_records(session, dataset_id)
        num_done, last_seq = 0, 0
        while texts := _read(dataset_id, last_seq):
            with unit_of_work() as session:
                if not has_dataset(session, dataset_id):
                    break
                add_texts(session, texts)
            last_seq = texts[-1][0]
            num_done += len(texts)
            label = f"{num_done:,} of {num_records:,} records searchable"
            context.progress(num_done, num_records, label)
        with unit_of_work() as session:
            start_trace_index(session)
        return {"num_indexed": num_done}


class IndexTraces:
    """Adds the stored traces of all datasets, and of none, that search cannot find yet."""

    name = TRACE_INDEX
    label = "Search index of traces"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Index what is missing; a batch is one transaction, a re-run goes on where it ended."""
        with reading() as session:
            num_behind = trace_search.count_behind(session)
        num_done = 0
        while (number := index_next_traces()) is not None:
            num_done += number
            label = f"{num_done:,} of {num_behind:,} traces searchable"
            context.progress(num_done, num_behind, label)
        return {"num_indexed": num_done}


def start_trace_index(session: Session) -> None:
    """Let a job index the traces that search cannot find, unless there are none or one does."""
    is_active = any(job.kind == TRACE_INDEX for job in list_active(session))
    if not is_active and trace_search.count_behind(session):
        enqueue(session, TRACE_INDEX, None, {})


def index_next_traces() -> int | None:
    """Make the next traces findable; returns their texts' number, `None` when all are."""
    with reading() as session:
        found = trace_search.read_unindexed(
            session, max_traces=RECORDS_PER_BATCH, max_characters=CHARACTERS_PER_BATCH
        )
    if found is None:
        return None
    with unit_of_work() as session:
        trace_search.add_texts(session, found)
    return len(found.texts)


def _read(dataset_id: str, after_seq: int) -> list[tuple[int, str]]:
    with reading() as session:
        return read_unindexed_texts(
            session,
            dataset_id,
            after_seq,
            max_records=RECORDS_PER_BATCH,
            max_characters=CHARACTERS_PER_BATCH,
        )
