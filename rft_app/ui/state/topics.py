"""The dialog of step 2: the topics, their records, the review queue, and all that changes them."""

from typing import Any

import reflex as rx

from rft_app.domain.job import Job, JobStatus
from rft_app.services.pipeline import StepView
from rft_app.ui.state.step_modal import read_whole
from rft_app.ui.state.topic_editing import TopicEditing
from rft_app.ui.state.topic_making import TopicMaking
from rft_app.ui.state.topic_placing import TopicPlacing
from rft_app.ui.state.topic_reviewing import TopicReviewing

TREE, TOPIC, REVIEW = "tree", "topic", "review"


class TopicsState(TopicEditing, TopicReviewing, TopicMaking, TopicPlacing, rx.State):
    """The whole dialog."""

    pane: str = TREE
    """The part that a phone shows."""

    @rx.event
    def choose_pane(self, name: str) -> None:
        """Switch the part that a phone shows."""
        self.pane = name

    @rx.event
    async def open_topic(self, key: str) -> None:
        """Choose a topic; a phone goes to its records."""
        self.pane = TOPIC
        await self.choose(key)

    def _enter(self) -> None:
        super()._enter()
        self.is_making = self.is_placing = False

    async def _end_work(self, job: Job) -> None:
        if job.kind == "generate_topics":
            await self._end_making(job)
        elif job.kind == "categorize":
            await self._end_placing(job)
        elif job.status is JobStatus.DONE:
            self.work_tone, self.work_note = "ok", "The topic was split. Ctrl Z takes it back."
        else:
            why = job.error.message if job.error else "It was cancelled."
            self.work_tone, self.work_note = "bad", f"The split was not made. {why}"

    async def _show(self, step: StepView) -> None:
        settings = step.settings
        if settings and not self.is_making:
            wanted = settings.get("num_topics")
            self._refill(
                {
                    "is_auto": wanted is None,
                    "is_chosen": wanted is not None,
                    "wanted_topics": str(wanted or 12),
                    "seed": str(settings.get("seed", 0)),
                    "max_depth": str(settings.get("max_depth", 1)),
                }
            )

    def _settings(self) -> dict[str, Any]:
        number = None if self.is_auto else read_whole(self.wanted_topics, "number of topics")
        return {
            "num_topics": number,
            "seed": read_whole(self.seed, "seed"),
            "max_depth": int(self.max_depth),
        }
