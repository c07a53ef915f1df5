"""The dialogs over the list of records: where to move the selected ones, how to tag them."""

from typing import Any

import reflex as rx
from sqlmodel import Session

from rft_app.errors import RftError
from rft_app.services import record_changes
from rft_app.services.records import count_tags
from rft_app.services.topics import get_topics
from rft_app.ui.state.asking import ask
from rft_app.ui.state.record_change_view import (
    TagOption,
    TopicOption,
    list_tag_options,
    list_topic_options,
)
from rft_app.ui.state.record_changing import RecordChanging
from rft_app.ui.words import count

MOVE, TAG = "move", "tag"
OUT = "out"
"""Stands for "no topic" among the topics."""


class RecordAsking(RecordChanging, mixin=True):
    """One dialog at a time; what it finds out is about the selection as it is then."""

    asking: str = ""
    """`move`, `tag` or none."""
    asking_fault: str = ""
    leaves: list[TopicOption] = []
    leaf_search: str = ""
    target: str = ""
    """Path of the leaf that was chosen, or `OUT`."""
    move_words: str = ""
    """The button; empty where no selected record can be in a topic."""
    move_note: str = ""
    tag_options: list[TagOption] = []

    @rx.var(deps=["leaves", "leaf_search"], auto_deps=False)
    def found_leaves(self) -> list[TopicOption]:
        """The leaves whose path holds every word of the search."""
        words = self.leaf_search.lower().split()
        return [leaf for leaf in self.leaves if all(word in leaf.key.lower() for word in words)]

    @rx.event
    async def ask_move(self) -> None:
        """Ask for the topic to move the selected records to."""
        dataset_id, selection = self._dataset_id, self._selection()

        def look(session: Session) -> tuple[list[TopicOption], int]:
            leaves = list_topic_options(get_topics(session, dataset_id))
            return leaves, record_changes.count_movable(session, dataset_id, selection)

        try:
            self.leaves, number = await ask(look)
        except RftError as error:
            self.change_fault = error.message
            return
        self.leaf_search, self.target, self.asking_fault = "", "", ""
        self.move_words = f"Move {count(number, 'record')}" if number else ""
        left = self.num_selected - number
        self.move_note = f"{count(left, 'invalid record')} cannot have a topic." if left else ""
        self.asking = MOVE

    @rx.event
    def search_leaves(self, text: str) -> None:
        """Look for a topic by its name."""
        self.leaf_search = text

    @rx.event
    def choose_target(self, key: str) -> None:
        """Choose where the records go."""
        self.target = key

    @rx.event
    async def move_selected(self) -> None:
        """Move them."""
        dataset_id, selection = self._dataset_id, self._selection()
        key = "" if self.target == OUT else self.target
        self._close_unless(
            await self._change(
                lambda s: record_changes.move_to_topic(s, dataset_id, selection, key)
            )
        )

    @rx.event
    async def ask_tag(self) -> None:
        """Show the tags, with how many of the selected records have each."""
        dataset_id, selection = self._dataset_id, self._selection()
        try:
            found = await ask(lambda s: count_tags(s, dataset_id, selection))
        except RftError as error:
            self.change_fault = error.message
            return
        self.tag_options = list_tag_options(found, self.num_selected)
        self.asking, self.asking_fault = TAG, ""

    @rx.event
    async def add_tag(self, name: str) -> None:
        """Put a tag on the selected records."""
        dataset_id, selection = self._dataset_id, self._selection()
        self._close_unless(
            await self._change(
                lambda s: record_changes.add_tag(s, dataset_id, selection, name), keeps=True
            )
        )

    @rx.event
    async def add_new_tag(self, form: dict[str, Any]) -> None:
        """Put the tag that was typed on the selected records."""
        await self.add_tag(str(form.get("tag", "")))

    @rx.event
    async def remove_tag(self, name: str) -> None:
        """Take a tag from those of the selected records that have it."""
        dataset_id, selection = self._dataset_id, self._selection()
        self._close_unless(
            await self._change(
                lambda s: record_changes.remove_tag(s, dataset_id, selection, name), keeps=True
            )
        )

    @rx.event
    def stop_asking(self) -> None:
        """Close the dialog."""
        self.asking = ""

    def _close_unless(self, fault: str) -> None:
        """Close the dialog; a refusal is said in it instead of behind it."""
        self.asking_fault = fault
        if fault:
            self.change_fault = ""
        else:
            self.asking = ""
