"""The dialog of step 2: the topics found, and the records of each."""

from dataclasses import dataclass
from typing import Any, ClassVar

import reflex as rx

from rft_app.domain.pipeline import StepName
from rft_app.domain.record import RecordFilter
from rft_app.domain.topic import SURE, TopicNode, TopicTree
from rft_app.errors import RftError
from rft_app.services.pipeline import StepView
from rft_app.services.records import list_records
from rft_app.services.topics import get_topics
from rft_app.ui.state.asking import ask
from rft_app.ui.state.record_row import RecordRow
from rft_app.ui.state.step_modal import StepModal, read_whole
from rft_app.ui.words import count, share

PAGE_SIZE = 20
METHODS = {
    "minilm": "MiniLM sentence vectors, k-means",
    "tfidf": "TF-IDF of letter groups, k-means",
}


@dataclass(frozen=True)
class TopicRow:
    """One topic of the list."""

    key: str
    name: str
    depth: int
    is_leaf: bool
    num_records: str
    share: str
    sure: str
    """How many of its records are sure, e.g. `94% sure`."""
    is_unsure: bool
    keywords: list[str]
    description: str

    @classmethod
    def of(cls, node: TopicNode, tree: TopicTree, num_sure: int | None) -> "TopicRow":
        """Build the row; `num_sure` counts its records with a confidence of at least `SURE`."""
        total = tree.num_records
        sure = None
        if num_sure is not None and node.num_records:
            sure = num_sure / node.num_records
        return cls(
            key=node.key,
            name=node.name,
            depth=node.key.count("/"),
            is_leaf=any(leaf.key == node.key for leaf in tree.leaves),
            num_records=f"{node.num_records:,}",
            share=share(node.num_records / total) if total else "–",
            sure="–" if sure is None else f"{share(sure)} sure",
            is_unsure=sure is not None and sure < SURE,
            keywords=list(node.keywords),
            description=node.description,
        )


class TopicsState(StepModal, rx.State):
    """The topics, and the records of the chosen one."""

    step: ClassVar[StepName] = StepName.TOPICS

    search: str = ""
    rows: list[TopicRow] = []
    num_topics: str = ""
    num_records: str = ""
    share_sure: str = ""
    num_unsure: str = ""
    has_unsure: bool = False
    mean_confidence: str = ""
    method: str = ""
    used_seed: str = ""
    num_without_topic: str = ""
    chosen: str = ""
    chosen_topic: TopicRow = TopicRow("", "", 0, True, "", "", "", False, [], "")
    records: list[RecordRow] = []
    position: str = ""
    total: str = ""
    has_next: bool = False
    has_previous: bool = False

    is_rerun_open: bool = False
    is_auto: bool = True
    is_chosen: bool = False
    """The opposite of `is_auto`."""
    wanted_topics: str = "12"
    seed: str = "0"
    _all_rows: list[TopicRow] = []
    _cursors: list[str] = []
    _next_cursor: str = ""

    @rx.event
    def search_for(self, text: str) -> None:
        """Filter the list of topics."""
        self.search = text
        self._show_rows()

    @rx.event
    async def choose(self, key: str) -> None:
        """Show the records of a topic."""
        self.chosen = key
        self.chosen_topic = next(row for row in self._all_rows if row.key == key)
        await self._turn_to([])

    @rx.event
    async def next_page(self) -> None:
        """Turn the topic's records forward."""
        if self._next_cursor:
            await self._turn_to([*self._cursors, self._next_cursor])

    @rx.event
    async def previous_page(self) -> None:
        """Turn them back."""
        if self._cursors:
            await self._turn_to(self._cursors[:-1])

    @rx.event
    def toggle_rerun(self) -> None:
        """Show or hide the settings of the next run."""
        self.is_rerun_open = not self.is_rerun_open

    @rx.event
    def choose_auto(self, is_auto: bool) -> None:
        """Find the number of topics, or take the one given."""
        self.is_auto, self.is_chosen = is_auto, not is_auto

    @rx.event
    def set_wanted_topics(self, text: str) -> None:
        """Change the number of topics."""
        self.wanted_topics = text

    @rx.event
    def set_seed(self, text: str) -> None:
        """Change the seed."""
        self.seed = text

    async def _turn_to(self, cursors: list[str]) -> None:
        dataset_id = self._dataset_id
        wanted = RecordFilter(topic=self.chosen, is_valid=True)
        cursor = cursors[-1] if cursors else None
        try:
            page = await ask(
                lambda session: list_records(
                    session, dataset_id, wanted, cursor=cursor, limit=PAGE_SIZE
                )
            )
        except RftError as error:
            self.fault = error.message
            return
        self._cursors, self._next_cursor = cursors, page.next_cursor or ""
        first = len(cursors) * PAGE_SIZE
        self.records = [RecordRow.of(summary) for summary in page.rows]
        self.position = f"{first + 1:,}–{first + len(page.rows):,}" if page.rows else ""
        self.total = page.total_text
        self.has_next, self.has_previous = bool(page.next_cursor), bool(cursors)

    async def _show(self, step: StepView) -> None:
        self._show_settings(step.settings)
        if not step.facts:
            return
        facts, dataset_id = step.facts, self._dataset_id
        tree = await ask(lambda session: get_topics(session, dataset_id))
        self.num_topics = count(facts["num_topics"], "topic")
        self.num_records = count(tree.num_records, "record")
        self.share_sure = share(facts["share_sure"])
        self.num_unsure = count(facts["num_unsure"], "record")
        self.has_unsure = facts["num_unsure"] > 0
        self.mean_confidence = f"{facts['mean_confidence']:.2f}"
        self.method = METHODS.get(facts["method"]) or str(facts["method"])
        self.used_seed = str(facts["seed"])
        missing = tree.num_without_topic
        self.num_without_topic = count(missing, "record") if missing else ""
        num_sure = {topic["key"]: topic["num_sure"] for topic in facts.get("topics", ())}
        self._all_rows = [TopicRow.of(node, tree, num_sure.get(node.key)) for node in tree.nodes]
        self._show_rows()
        leaves = [row.key for row in self._all_rows if row.is_leaf]
        if leaves:
            await self.choose(self.chosen if self.chosen in leaves else leaves[0])
        self.is_rerun_open = self.is_rerun_open and not self.is_running

    def _show_settings(self, settings: dict[str, Any]) -> None:
        if not settings:
            return
        wanted = settings.get("num_topics")
        self.is_auto, self.is_chosen = wanted is None, wanted is not None
        self.wanted_topics = str(wanted or 12)
        self.seed = str(settings.get("seed", 0))

    def _show_rows(self) -> None:
        words = self.search.casefold().split()
        self.rows = [
            row
            for row in self._all_rows
            if all(word in f"{row.key} {' '.join(row.keywords)}".casefold() for word in words)
        ]

    def _settings(self) -> dict[str, Any]:
        number = None if self.is_auto else read_whole(self.wanted_topics, "number of topics")
        return {"num_topics": number, "seed": read_whole(self.seed, "seed")}
