"""The review queue of the topics dialog: unsure records, one decision a key."""

from dataclasses import dataclass, field

import reflex as rx

from rft_app.domain.topic import TopicTree
from rft_app.domain.topic_review import ReviewItem, ReviewPage, TopicChoice
from rft_app.errors import RftError
from rft_app.services.topic_review import assign, list_review, take_back
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.topic_row import spaced
from rft_app.ui.state.topic_tree import TopicTreeView

SHOWN = 4
"""Cards on the screen; the first is the one that keys decide."""
PAGE = 20
MAX_UNDO = 50


@dataclass(frozen=True)
class ReviewChoice:
    """One topic to choose."""

    number: str
    key: str
    name: str
    """With the topics above it."""
    sure: str
    """From 0 to 1, of this topic by itself; those of several topics are no parts of a whole."""

    @classmethod
    def of(cls, number: int, choice: TopicChoice) -> "ReviewChoice":
        """Build it; `number` is its key on the keyboard."""
        return cls(
            number=str(number),
            key=choice.key,
            name=spaced(choice.key),
            sure=f"{choice.confidence:.2f}",
        )


@dataclass(frozen=True)
class ReviewCard:
    """One unsure record."""

    id: str = ""
    title: str = ""
    topic: str = ""
    """Where it is now."""
    choices: list[ReviewChoice] = field(default_factory=list)

    @classmethod
    def of(cls, item: ReviewItem) -> "ReviewCard":
        """Build the card."""
        choices = [ReviewChoice.of(n, choice) for n, choice in enumerate(item.choices, 1)]
        return cls(item.id, item.title or "(no user message)", item.topic, choices)


class TopicReviewing(TopicTreeView, mixin=True):
    """The queue; what was decided or skipped can be taken back one by one."""

    review: list[ReviewCard] = []
    num_left: str = ""
    has_unsure: bool = False
    num_skipped: str = ""
    can_take_back: bool = False
    said: str = ""
    """The last decision in words, for screen readers and the eye."""
    review_fault: str = ""

    _queue: list[ReviewItem] = []
    _queue_cursor: str = ""
    _is_read_up: bool = False
    _done: list[tuple[ReviewItem, bool]] = []
    """Decided and skipped items, the latest last; whether it was decided."""

    @rx.event
    async def decide(self, number: int) -> None:
        """Keys 1 to 3: put the first record into that topic."""
        if self._queue and number <= len(self._queue[0].choices):
            await self._decide(self._queue[0], self._queue[0].choices[number - 1].key)

    @rx.event
    async def decide_on(self, record_id: str, key: str) -> None:
        """A click: put this record into that topic."""
        for item in self._queue:
            if item.id == record_id:
                await self._decide(item, key)
                return

    @rx.event
    async def skip(self) -> None:
        """Leave the first record as it is, for now."""
        if not self._queue:
            return
        item, self._queue = self._queue[0], self._queue[1:]
        self._remember(item, is_decided=False)
        self.said = "Skipped."
        await self._fill_queue()

    @rx.event
    async def take_back(self) -> None:
        """Undo the last decision; the record is the first of the queue again."""
        if not self._done:
            return
        item, is_decided = self._done[-1]
        dataset_id = self._dataset_id
        try:
            if is_decided:
                await tell(lambda session: take_back(session, dataset_id, item))
        except RftError as error:
            self.review_fault = error.message
            return
        self._done, self._queue = self._done[:-1], [item, *self._queue]
        self.said, self.review_fault = "Taken back.", ""
        await self._fill_queue()

    @rx.event
    async def review_again(self) -> None:
        """Show the skipped records again."""
        self._done = [(item, is_decided) for item, is_decided in self._done if is_decided]
        await self._reload_queue()

    async def _decide(self, item: ReviewItem, key: str) -> None:
        dataset_id = self._dataset_id
        try:
            await tell(lambda session: assign(session, dataset_id, item.id, key))
        except RftError as error:
            self.review_fault = error.message
            await self._reload_queue()
            return
        self._queue = [other for other in self._queue if other.id != item.id]
        self._remember(item, is_decided=True)
        self.said, self.review_fault = f"Put into {spaced(key)}.", ""
        await self._fill_queue()

    def _remember(self, item: ReviewItem, *, is_decided: bool) -> None:
        self._done = [*self._done, (item, is_decided)][-MAX_UNDO:]

    async def _show_tree(self, tree: TopicTree) -> None:
        has_changed = tree.version != self._version
        await super()._show_tree(tree)
        if has_changed or not self._queue:
            self._done = [] if has_changed else self._done
            await self._reload_queue()

    async def _reload_queue(self) -> None:
        self._queue, self._queue_cursor, self._is_read_up = [], "", False
        await self._fill_queue()

    async def _fill_queue(self) -> None:
        """Read on until the screen is full, and show the head of the queue."""
        skipped = {item.id for item, is_decided in self._done if not is_decided}
        is_full = False
        try:
            while not is_full:
                is_full = len(self._queue) >= SHOWN or self._is_read_up
                page = await self._read_page(is_count=is_full)
                known = {item.id for item in self._queue} | skipped
                if not is_full:
                    self._queue += [item for item in page.items if item.id not in known]
                self.num_left, self.has_unsure = f"{page.total:,}", page.total > 0
        except RftError as error:
            self.review_fault = error.message
        self.review = [ReviewCard.of(item) for item in self._queue[:SHOWN]]
        self.num_skipped = f"{len(skipped):,}" if skipped else ""
        self.can_take_back = bool(self._done)

    async def _read_page(self, *, is_count: bool) -> ReviewPage:
        """The next page; or only how many records there are."""
        dataset_id, cursor = self._dataset_id, self._queue_cursor or None
        if is_count:
            return await ask(lambda session: list_review(session, dataset_id, limit=1))
        page = await ask(
            lambda session: list_review(session, dataset_id, cursor=cursor, limit=PAGE)
        )
        self._queue_cursor, self._is_read_up = page.next_cursor or "", not page.next_cursor
        return page
