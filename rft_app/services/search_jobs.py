"""The job that makes records findable by their words.

It runs after extract rather than in it: nothing but search needs the index, which takes longer to
fill than the records take to make.  Until it is done, lists say that search is not complete.
"""

from typing import Any

from rft_app.jobs.context import JobContext
from rft_app.storage.datasets import has_dataset
from rft_app.storage.extraction import count_records, read_unindexed_texts
from rft_app.storage.search import add_texts
from rft_app.storage.session import reading, unit_of_work

SEARCH_INDEX = "search_index"
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
        return {"num_indexed": num_done}


def _read(dataset_id: str, after_seq: int) -> list[tuple[int, str]]:
    with reading() as session:
        return read_unindexed_texts(
            session,
            dataset_id,
            after_seq,
            max_records=RECORDS_PER_BATCH,
            max_characters=CHARACTERS_PER_BATCH,
        )
