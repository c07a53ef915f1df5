"""The records that a person is asked about: filter, what comes next, what was before."""

from collections.abc import Callable
from typing import Any, TypeVar

import reflex as rx
from sqlmodel import Session

from rft_app.domain.feedback import clean_reviewer
from rft_app.domain.record import RecordFilter, SourceType
from rft_app.errors import InvalidInputError, RftError
from rft_app.services.datasets import list_choices
from rft_app.services.feedback_queue import (
    QueueProgress,
    count_progress,
    get_queue_item,
    list_queue,
)
from rft_app.services.records import list_filter_options
from rft_app.ui.state.asking import ask
from rft_app.ui.state.choice import Choice
from rft_app.ui.state.feedback_people import FeedbackPeople
from rft_app.ui.state.feedback_view import ItemView, ProgressView, view_item

AHEAD = 3
"""Records that are read before they are asked for."""
KEPT = 500
"""Records that one can go back to."""
NOTHING = ""
FILTERS = ("search", "topic", "source", "reward")
REWARDS = {
    "": RecordFilter(),
    "any": RecordFilter(min_reward=0),
    "low": RecordFilter(min_reward=0, max_reward=0.5),
    "high": RecordFilter(min_reward=0.5),
}
AnswerT = TypeVar("AnswerT")


class FeedbackQueue(FeedbackPeople, mixin=True):
    """One visitor's way through a dataset."""

    reviewer: str = rx.LocalStorage("", name="rft-reviewer")
    is_naming: bool = False
    name_fault: str = ""
    datasets: list[Choice] = []
    search: str = ""
    topic: str = ""
    source: str = ""
    reward: str = ""
    topics: list[Choice] = []
    sources: list[Choice] = []
    num_clears: int = 0
    """Makes a fresh, empty search box."""
    item: ItemView = ItemView()
    mode: str = NOTHING
    """What is open beside the record: `edit`, `note`, `tags`, `compare`, or nothing."""
    mode_fault: str = ""
    progress: ProgressView = ProgressView()
    num_skipped: int = 0
    said: str = ""
    """What was said last, in words; empty where nothing can be undone."""
    fault: str = ""
    is_loading: bool = True
    can_go_back: bool = False

    _progress: QueueProgress = QueueProgress(num_done=0, num_matching=0, is_exact=True)
    _ahead: list[ItemView] = []
    _last_id: str = ""
    """The last record that was read ahead."""
    _trail: list[str] = []
    _at: int = 0
    _skipped: set[str] = set()

    @rx.var
    def has_filter(self) -> bool:
        """Whether only some records are asked about."""
        return bool(self.search or self.topic or self.source or self.reward)

    @rx.event
    async def open(self) -> Any:  # noqa: ANN401  # an event
        """Fill the tab; its `on_mount`."""
        self._is_open, self.fault = True, ""
        wanted = self.router.url.query_parameters.get("dataset", "")
        found = await self._ask(lambda session: list_choices(session, wanted or self.dataset_id))
        if found is None:
            self.is_loading = False
            return None
        filled = [dataset for dataset in found if dataset.num_records]
        self.datasets = list(map(Choice.of_name, filled))
        ids = [dataset.id for dataset in filled]
        kept = self.dataset_id if self.dataset_id in ids else ids[0] if ids else ""
        await self._choose(wanted if wanted in ids else kept)
        return type(self).watch_people

    @rx.event
    def leave(self) -> None:
        """The tab closed; its `on_unmount`."""
        self._is_open = False

    @rx.event
    async def set_reviewer(self, form: dict[str, str]) -> None:
        """Say who reviews; the browser remembers it."""
        try:
            name = clean_reviewer(form.get("reviewer", ""))
        except InvalidInputError as error:
            self.name_fault = error.message
            return
        self.reviewer, self.is_naming, self.name_fault = name, False, ""
        await self._restart()

    @rx.event
    def rename(self) -> None:
        """Somebody else reviews now."""
        self.is_naming, self.name_fault = True, ""

    @rx.event
    def keep_name(self) -> None:
        """The same person goes on."""
        self.is_naming = False

    @rx.event
    async def choose_dataset(self, dataset_id: str) -> None:
        """Ask about another dataset."""
        self._clear_filter()
        await self._choose(dataset_id)

    @rx.event
    async def set_filter(self, name: str, value: str) -> None:
        """Ask only about some records; `name` is one of `FILTERS`."""
        if name not in FILTERS:
            return
        setattr(self, name, value)
        await self._restart()

    @rx.event
    async def clear_filter(self) -> None:
        """Ask about everything again."""
        self._clear_filter()
        await self._restart()

    @rx.event
    async def restart(self) -> None:
        """Begin at the first record that nothing was said of."""
        await self._restart()

    @rx.event
    async def skip(self) -> None:
        """Show the next record."""
        await self._move(1)

    @rx.event
    async def back(self) -> None:
        """Show the record of before."""
        await self._move(-1)

    def _clear_filter(self) -> None:
        self.search = self.topic = self.source = self.reward = ""
        self.num_clears += 1

    def _filter(self) -> RecordFilter:
        return REWARDS.get(self.reward, RecordFilter()).model_copy(
            update={
                "search": self.search,
                "topic": self.topic or None,
                "source_types": (SourceType(self.source),) if self.source else (),
            }
        )

    async def _choose(self, dataset_id: str) -> None:
        self.dataset_id = dataset_id
        self.topics, self.sources = [], []
        if dataset_id:
            options = await self._ask(lambda session: list_filter_options(session, dataset_id))
            if options is not None:
                self.topics = [Choice.of(one) for one in options.topics if one.value]
                self.sources = list(map(Choice.of, options.source_types))
        await self._read_people()
        await self._restart()

    async def _restart(self) -> None:
        """Read the queue from its beginning."""
        self._ahead, self._trail, self._last_id, self._at = [], [], "", 0
        self._skipped = set()
        self.item, self.said, self.num_skipped = ItemView(), "", 0
        self.mode, self.mode_fault, self.can_go_back = NOTHING, "", False
        if self.dataset_id and self.reviewer:
            self.fault = ""
            await self._count()
            await self._read_ahead()
            self._advance()
            await self._read_ahead()
        self.is_loading = False

    async def _count(self) -> None:
        dataset_id, name, wanted = self.dataset_id, self.reviewer, self._filter()
        found = await self._ask(lambda s: count_progress(s, dataset_id, name, wanted))
        self._note_progress(found or self._progress, 0)

    def _note_progress(self, progress: QueueProgress, by: int) -> None:
        done = progress.num_done + by
        self._progress = progress.model_copy(update={"num_done": done})
        self.progress = ProgressView.of(self._progress)

    async def _read_ahead(self) -> None:
        if len(self._ahead) >= AHEAD:
            return
        dataset_id, name, wanted = self.dataset_id, self.reviewer, self._filter()
        after, limit = self._last_id or None, AHEAD - len(self._ahead)
        items = await self._ask(
            lambda s: list_queue(s, dataset_id, name, wanted, after=after, limit=limit)
        )
        if items:
            self._ahead = [*self._ahead, *map(view_item, items)]
            self._last_id = items[-1].record.id

    def _advance(self) -> None:
        """Show the next record, which is here already; nothing where there is none."""
        self.mode, self.mode_fault = NOTHING, ""
        self.item = self._ahead[0] if self._ahead else ItemView()
        self._ahead = self._ahead[1:]
        if self.item.id:
            self._trail = [*self._trail, self.item.id][-KEPT:]
        self._at = len(self._trail) - (1 if self.item.id else 0)
        self.can_go_back = self._at > 0

    async def _move(self, by: int) -> None:
        """Go along the records that were shown, and on behind the last."""
        self.fault = ""
        if self._at + by < 0 or (by > 0 and not self.item.id):
            return
        if by > 0:
            self._note_skipped(self.item.id, is_skipped=self.item.is_untouched)
        await self._go(self._at + by)
        await self._read_ahead()

    def _note_skipped(self, record_id: str, *, is_skipped: bool) -> None:
        others = self._skipped - {record_id}
        self._skipped = others | {record_id} if is_skipped else others
        self.num_skipped = len(self._skipped)

    async def _go(self, at: int) -> None:
        if at < len(self._trail):
            await self._show(self._trail[at])
        else:
            self._advance()

    async def _show(self, record_id: str) -> None:
        """Show a record that was shown before, as it is now."""
        dataset_id, name = self.dataset_id, self.reviewer
        found = await self._ask(lambda s: get_queue_item(s, dataset_id, record_id, name))
        if found is None:
            return
        self.item, self.mode, self.mode_fault = view_item(found), NOTHING, ""
        self._at = self._trail.index(record_id) if record_id in self._trail else 0
        self.can_go_back = self._at > 0

    async def _ask(self, question: Callable[[Session], AnswerT]) -> AnswerT | None:
        """An answer; nothing where there is none, and the page says why."""
        try:
            return await ask(question)
        except RftError as error:
            self.fault = error.message
            return None
