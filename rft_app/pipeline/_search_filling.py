"""Fill the search index beside the extraction, in a thread, one batch behind."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from rft_app.storage.search import add_texts
from rft_app.storage.session import unit_of_work


class SearchFiller:
    """Stores one batch of texts while the caller prepares the next.

    The database does nearly all of the work, outside of Python's lock, so both cores are used.
    SQLite has one writer: call `wait` before writing anything else.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="search")
        self._running: Future[None] | None = None

    def fill(self, texts: Sequence[tuple[int, str]]) -> None:
        """Begin to store texts by record key; waits for the batch before."""
        self.wait()
        self._running = self._pool.submit(_store, texts)

    def wait(self) -> None:
        """Return when everything given is stored; raises what storing raised."""
        running, self._running = self._running, None
        if running is not None:
            running.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()
        if error is None:
            self.wait()


def _store(texts: Sequence[tuple[int, str]]) -> None:
    with unit_of_work() as session:
        add_texts(session, texts)
