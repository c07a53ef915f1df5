"""The Feedback tab: what a person says of the record that shows."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Any

import reflex as rx
from pydantic import ValidationError
from sqlmodel import Session

from rft_app.domain.feedback import FeedbackChange, FeedbackKey, Thumb
from rft_app.domain.message import Message
from rft_app.domain.record import RecordId, Selection
from rft_app.domain.record_change import Change
from rft_app.errors import InvalidInputError, RftError
from rft_app.services.feedback import answer_of, put_feedback, undo_feedback
from rft_app.services.record_changes import add_tag, remove_tag, select_only, undo_change
from rft_app.ui.state.asking import tell
from rft_app.ui.state.feedback_queue import KEPT, NOTHING, FeedbackQueue
from rft_app.ui.state.feedback_view import AnswerView

EDIT, NOTE, TAGS, COMPARE = "edit", "note", "tags", "compare"
MODES = {"e": EDIT, "n": NOTE, "t": TAGS, "p": COMPARE}
THUMBS = {"u": Thumb.UP, "+": Thumb.UP, "d": Thumb.DOWN, "-": Thumb.DOWN}
KEYS = "ud+-12345epntsjkz"


@dataclass(frozen=True)
class Said:
    """One thing that can be undone."""

    record_id: str
    words: str
    change: FeedbackChange | Change


class FeedbackState(FeedbackQueue, rx.State):
    """One visitor's feedback."""

    goes_on: bool = True
    """Whether the next record shows once a verdict was given."""
    left: AnswerView = AnswerView()
    right: AnswerView = AnswerView()

    _said: list[Said] = []

    @rx.event
    def toggle_going_on(self, is_on: bool) -> None:
        """Whether the next record shows once a verdict was given."""
        self.goes_on = is_on

    @rx.event
    async def press(self, key: str, record_id: str) -> AsyncGenerator[None]:
        """A key, about the record that showed when it was pressed."""
        if key == "z":
            await self._undo()
        elif key == "k":
            await self._move(-1)
        elif record_id and record_id == self.item.id:
            async for _ in self._act(key):
                yield

    async def _act(self, key: str) -> AsyncGenerator[None]:
        if key in "sj":
            await self._move(1)
        elif key in MODES:
            self._open_mode(MODES[key])
        elif key in "12" and self.mode == COMPARE:
            async for _ in self._prefer(int(key)):
                yield
        else:
            rating = int(key) if key in "12345" else 0
            async for _ in self._rate(rating) if rating else self._give_thumb(THUMBS[key]):
                yield

    @rx.event
    async def give_thumb(self, name: str) -> AsyncGenerator[None]:
        """Up or down; the same again takes it away."""
        async for _ in self._give_thumb(Thumb(name)):
            yield

    @rx.event
    async def rate(self, rating: int) -> AsyncGenerator[None]:
        """1 to 5; the same again takes it away."""
        async for _ in self._rate(rating):
            yield

    @rx.event
    async def prefer(self, side: int) -> AsyncGenerator[None]:
        """Choose the left (1) or the right (2) one of two answers."""
        async for _ in self._prefer(side):
            yield

    @rx.event
    async def save_note(self, form: dict[str, str]) -> AsyncGenerator[None]:
        """Keep what was written."""
        note = form.get("note", "").strip()
        words = "Noted" if note else "No note any more"
        async for _ in self._say(words, goes_on=False, note=note):
            yield

    @rx.event
    async def save_correction(self, form: dict[str, str]) -> AsyncGenerator[None]:
        """Put the person's answer in the place of the recorded one."""
        text = form.get("answer", "")
        try:
            corrected = _read_message(text) if self.item.is_json else answer_of(text)
        except InvalidInputError as error:
            self.mode_fault = error.message
            return
        async for _ in self._say("Corrected", corrected=corrected):
            yield

    @rx.event
    async def add_tag(self, form: dict[str, str]) -> None:
        """Put a tag on the record."""
        await self._tag(add_tag, form.get("tag", ""), "Tagged")

    @rx.event
    async def remove_tag(self, tag: str) -> None:
        """Take a tag from it."""
        await self._tag(remove_tag, tag, "Tag taken away")

    @rx.event
    def open_mode(self, mode: str) -> None:
        """Open the editor, the note, the tags or the comparison; the open one closes."""
        self._open_mode(mode)

    @rx.event
    def close_mode(self) -> None:
        """Close what is open; what was written is not kept."""
        self.mode, self.mode_fault = NOTHING, ""

    @rx.event
    def show_answer(self, side: int, answer_id: str) -> None:
        """Put another answer on the left (1) or on the right (2)."""
        found = next((one for one in self.item.answers if one.id == answer_id), AnswerView())
        if side == 1:
            self.left = found
        else:
            self.right = found

    @rx.event
    async def undo(self) -> None:
        """Take back what was said last."""
        await self._undo()

    def _open_mode(self, mode: str) -> None:
        is_possible = len(self.item.answers) > 1 if mode == COMPARE else not self.item.correction
        is_open = mode == self.mode
        self.mode_fault, self.mode = "", NOTHING if is_open or not is_possible else mode
        if self.mode == COMPARE:
            self.left, self.right = self.item.answers[:2]

    def _give_thumb(self, thumb: Thumb) -> AsyncGenerator[None]:
        if self.item.thumb == thumb:
            return self._say("No thumb any more", goes_on=False, thumb=None)
        return self._say(f"Thumb {thumb.value}", thumb=thumb)

    def _rate(self, rating: int) -> AsyncGenerator[None]:
        if self.item.rating == rating:
            return self._say("No rating any more", goes_on=False, rating=None)
        return self._say(f"Rated {rating}", rating=rating)

    def _prefer(self, side: int) -> AsyncGenerator[None]:
        better, worse = (self.left, self.right) if side == 1 else (self.right, self.left)
        return self._say(f"Preferred “{better.title}”", chosen=better.id, rejected=worse.id)

    async def _say(
        self,
        words: str,
        *,
        goes_on: bool = True,
        corrected: Message | None = None,
        **changes: Any,  # noqa: ANN401  # fields of the draft
    ) -> AsyncGenerator[None]:
        """Store what is said, and go on: the next record shows before it is stored.

        A correction is stored first, so that a text that is refused stays in the editor.
        """
        item, goes_on = self.item, goes_on and self.goes_on
        key = FeedbackKey(self.dataset_id, item.id, self.reviewer)
        draft = item.draft.model_copy(update=changes)
        self.fault = self.mode_fault = ""
        is_ahead = goes_on and corrected is None
        if is_ahead:
            await self._go(self._at + 1)
            yield
        try:
            change = await tell(lambda s: put_feedback(s, key, draft, corrected=corrected))
        except RftError as error:
            await self._refuse(item.id, error.message, is_editing=corrected is not None)
            return
        self._note(Said(item.id, words, change))
        self._note_progress(self._progress, _difference(change))
        self._note_skipped(item.id, is_skipped=False)
        if not goes_on:
            await self._show(item.id)
        elif not is_ahead:
            await self._go(self._at + 1)
        await self._read_ahead()

    async def _refuse(self, record_id: str, reason: str, *, is_editing: bool) -> None:
        if is_editing:
            self.mode_fault = reason
            return
        await self._show(record_id)
        self.fault = reason

    async def _tag(
        self, action: Callable[[Session, str, Selection, str], Change], tag: str, words: str
    ) -> None:
        record_id, dataset_id = self.item.id, self.dataset_id
        selection = select_only([RecordId(record_id)])
        try:
            change = await tell(lambda s: action(s, dataset_id, selection, tag))
        except RftError as error:
            self.mode_fault = error.message
            return
        self._note(Said(record_id, f"{words}: {change.target}", change))
        await self._show(record_id)
        self.mode = TAGS

    def _note(self, said: Said) -> None:
        self._said = [*self._said, said][-KEPT:]
        self.said = f"{said.words} · {said.record_id}"

    async def _undo(self) -> None:
        """Take back what was said last, and show its record."""
        if not self.said:
            return
        *rest, last = self._said
        change = last.change
        self.fault = ""
        try:
            await tell(lambda session: _take_back(session, change))
        except RftError as error:
            self.fault = error.message
        else:
            by = -_difference(change) if isinstance(change, FeedbackChange) else 0
            self._note_progress(self._progress, by)
        self._said = rest
        self.said = f"{rest[-1].words} · {rest[-1].record_id}" if rest else ""
        await self._show(last.record_id)

    async def _restart(self) -> None:
        self._said = []
        await super()._restart()


def _difference(change: FeedbackChange) -> int:
    """How many more records are done."""
    return (change.now is not None) - (change.before is not None)


def _take_back(session: Session, change: FeedbackChange | Change) -> None:
    if isinstance(change, FeedbackChange):
        undo_feedback(session, change)
    else:
        undo_change(session, change.id)


def _read_message(text: str) -> Message:
    """A corrected answer that was edited as JSON.

    Raises:
        InvalidInputError: It is no message.
    """
    try:
        return Message.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InvalidInputError(
            f"The answer is no message: {place + ': ' if place else ''}{first['msg']}. Mend it, or "
            "leave the editor with Esc.",
            field="answer",
        ) from error
