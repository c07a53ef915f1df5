"""What the users of some records want, as text."""

from collections.abc import Sequence

from rft_app.jobs.context import JobContext
from rft_app.storage.session import reading
from rft_app.storage.topics import read_user_texts
from rft_app.text.intent import extract_intent

READ_AT_ONCE = 2048


def read_intents(context: JobContext, dataset_id: str, seqs: Sequence[int]) -> list[str]:
    """One text per record, given by ascending keys; a record that is gone wants nothing.

    Raises:
        JobCancelledError: Somebody asked to stop.
    """
    texts: list[str] = []
    for start in range(0, len(seqs), READ_AT_ONCE):
        with reading() as session:
            said = read_user_texts(session, dataset_id, seqs[start : start + READ_AT_ONCE])
        texts.extend(map(extract_intent, said))
        context.check_cancelled()
    return texts
