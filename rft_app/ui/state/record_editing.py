"""The open record under edit, in fields or as JSON, until it is saved or discarded."""

from collections.abc import Callable
from dataclasses import replace

import reflex as rx
from sqlmodel import Session

from rft_app.domain.record_draft import RecordDraft
from rft_app.errors import InvalidInputError, RftError
from rft_app.services.record_saving import SavedRecord, find_fault_words, save_record
from rft_app.services.records import get_record
from rft_app.services.topics import get_topics
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.modal import NOTHING, RECORDS, ModalState
from rft_app.ui.state.record_change_view import (
    TopicOption,
    describe_outdated,
    list_topic_options,
)
from rft_app.ui.state.record_form import (
    ASSISTANT,
    CallForm,
    RecordForm,
    TurnForm,
    read_form,
    write_form,
)
from rft_app.ui.state.record_json import read_json, write_json
from rft_app.ui.state.record_reading import RecordReading

FORM, JSON = "form", "json"
_UNSAVED = "Save or discard what you changed here first."


class RecordEditing(RecordReading, mixin=True):
    """A form that is filled from the stored record and checked when it is saved."""

    is_changed: bool = False
    edit_mode: str = FORM
    form: RecordForm = RecordForm()
    form_topics: list[TopicOption] = []
    json_text: str = ""
    edit_fault: str = ""
    fault_line: int = 0
    fault_column: int = 0
    edit_warning: str = ""
    """Why the version would be invalid; saving once more stores it."""

    _base: str = ""
    """The draft that the fields were filled from, as JSON."""
    _edited_id: str = ""
    _num_new: int = 0

    @rx.event
    async def edit_record(self, record_id: str) -> None:
        """Put a record into fields."""
        if not self._may_leave():
            return
        dataset_id = self._dataset_id

        def look(session: Session) -> tuple[RecordDraft, list[TopicOption]]:
            draft = RecordDraft.of(get_record(session, dataset_id, record_id))
            return draft, list_topic_options(get_topics(session, dataset_id))

        if record_id != self.open_id:
            await self._open(record_id)
        try:
            draft, self.form_topics = await ask(look)
        except RftError as error:
            self.record_fault = error.message
            return
        self._edited_id, self.edit_mode = record_id, FORM
        self._fill(draft, draft.topic_key or "")
        self.is_editing = True
        await self._mark_changed(is_changed=False)

    @rx.event
    async def stop_editing(self) -> None:
        """Discard what was changed."""
        self.is_editing = False
        await self._mark_changed(is_changed=False)

    @rx.event
    async def set_field(self, name: str, value: str) -> None:
        """Set tools, reference or topic."""
        await self._edit(replace(self.form, **{name: value}))

    @rx.event
    async def toggle_answer(self) -> None:
        """Take the last turn as the answer, or as part of the input."""
        await self._edit(replace(self.form, has_answer=not self.form.has_answer))

    @rx.event
    async def set_turn(self, key: str, name: str, value: str) -> None:
        """Set role, text or answered call of a turn."""
        await self._edit_turn(key, lambda turn: replace(turn, **{name: value}))

    @rx.event
    async def add_turn(self) -> None:
        """Add a turn at the end; user and assistant take turns."""
        self._num_new += 1
        last = self.form.turns[-1].role if self.form.turns else ASSISTANT
        role = "user" if last == ASSISTANT else ASSISTANT
        turn = TurnForm(f"new{self._num_new}", role, "")
        await self._edit(replace(self.form, turns=[*self.form.turns, turn]))

    @rx.event
    async def remove_turn(self, key: str) -> None:
        """Take a turn away."""
        turns = [turn for turn in self.form.turns if turn.key != key]
        await self._edit(replace(self.form, turns=turns))

    @rx.event
    async def move_turn(self, key: str, by: int) -> None:
        """Move a turn up or down."""
        turns = list(self.form.turns)
        at = next((n for n, turn in enumerate(turns) if turn.key == key), -1)
        if at >= 0 and 0 <= at + by < len(turns):
            turns[at], turns[at + by] = turns[at + by], turns[at]
            await self._edit(replace(self.form, turns=turns))

    @rx.event
    async def add_call(self, key: str) -> None:
        """Add a tool call to a turn."""
        self._num_new += 1
        call = CallForm(f"call_new{self._num_new}", "", "{}")
        await self._edit_turn(key, lambda turn: replace(turn, calls=[*turn.calls, call]))

    @rx.event
    async def remove_call(self, key: str, call_id: str) -> None:
        """Take a tool call away."""
        await self._edit_turn(
            key,
            lambda turn: replace(turn, calls=[call for call in turn.calls if call.id != call_id]),
        )

    @rx.event
    async def set_call(self, key: str, call_id: str, name: str, value: str) -> None:
        """Set name or arguments of a tool call."""

        def change(turn: TurnForm) -> TurnForm:
            calls = [
                replace(call, **{name: value}) if call.id == call_id else call
                for call in turn.calls
            ]
            return replace(turn, calls=calls)

        await self._edit_turn(key, change)

    @rx.event
    async def set_json(self, text: str) -> None:
        """The JSON was edited."""
        if self.is_editing and text != self.json_text:
            self.json_text = text
            await self._mark_changed(is_changed=True)

    @rx.event
    def choose_mode(self, mode: str) -> None:
        """Go on in fields or as JSON, with what was changed so far."""
        try:
            draft = self._draft()
        except InvalidInputError as error:
            self._show_fault(error)
            return
        self._clear_fault()
        self.edit_mode = mode
        if mode == JSON:
            self.json_text = write_json(draft)
        else:
            self._fill(draft, self.form.topic)

    @rx.event
    async def save_edit(self) -> None:
        """Store the version; one that would be invalid only when asked again."""
        dataset_id, record_id, topic = self._dataset_id, self._edited_id, self.form.topic
        warned = self.edit_warning
        try:
            draft = self._draft()
            words = await ask(lambda session: find_fault_words(session, dataset_id, draft))
            if words and words != warned:
                self._clear_fault()
                self.edit_warning = words
                return
            saved = await tell(lambda s: save_record(s, dataset_id, record_id, draft, topic))
        except RftError as error:
            self._show_fault(error)
            return
        await self._show_saved(saved)

    async def _show_saved(self, saved: SavedRecord) -> None:
        was = self._edited_id
        self.named = [saved.record_id if name == was else name for name in self.named]
        await self.stop_editing()
        self._close()
        await self._show_change(saved.change)
        self.change_note = describe_outdated(saved.outdated)
        await self._open(saved.record_id)

    def _fill(self, draft: RecordDraft, topic: str) -> None:
        self._base = draft.model_dump_json(exclude_unset=True)
        self.form = read_form(draft, topic)

    async def _edit_turn(self, key: str, change: Callable[[TurnForm], TurnForm]) -> None:
        turns = [change(turn) if turn.key == key else turn for turn in self.form.turns]
        await self._edit(replace(self.form, turns=turns))

    async def _edit(self, form: RecordForm) -> None:
        if self.is_editing and form != self.form:
            self.form = form
            await self._mark_changed(is_changed=True)

    async def _mark_changed(self, *, is_changed: bool) -> None:
        self.is_changed = is_changed
        self._clear_fault()
        (await self.get_state(ModalState)).unsaved = RECORDS if is_changed else NOTHING

    def _base_draft(self) -> RecordDraft:
        return RecordDraft.model_validate_json(self._base)

    def _draft(self) -> RecordDraft:
        """What the fields or the JSON say now."""
        base = self._base_draft()
        if self.edit_mode == JSON:
            return read_json(self.json_text, base)
        return write_form(self.form, base)

    def _clear_fault(self) -> None:
        self.edit_fault, self.edit_warning = "", ""
        self.fault_line = self.fault_column = 0

    def _show_fault(self, error: RftError) -> None:
        self._clear_fault()
        self.edit_fault = error.message
        line, column = error.details.get("line"), error.details.get("column")
        self.fault_line = line if isinstance(line, int) else 0
        self.fault_column = column if isinstance(column, int) else 0

    def _may_leave(self) -> bool:
        if self.is_editing and self.is_changed:
            self.edit_fault = _UNSAVED
            return False
        self.is_editing = False
        return True
