"""Changes of records on the wire."""

from datetime import datetime
from typing import Any

from pydantic import Field

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.api.schemas.export import RecordSelection
from rft_app.api.schemas.record import DatasetRecord, Message
from rft_app.domain import message as messages
from rft_app.domain import record_change as domain
from rft_app.domain.record import Record, RecordId, Selection
from rft_app.domain.record_change import ChangeKind, ChangeState
from rft_app.domain.record_draft import RecordDraft
from rft_app.errors import InvalidInputError


class RecordChange(Wire):
    """One thing done to records; `POST …/changes/{id}/undo` takes it back."""

    id: str
    kind: ChangeKind
    label: str
    target: str
    """Path of the topic, the tag, or the id of the record that an edit made."""
    num_records: int
    state: ChangeState
    job_id: str | None
    """The job that makes it, or takes it back, where the records are many."""
    created_at: datetime

    @classmethod
    def of(cls, change: domain.Change) -> "RecordChange":
        """Convert from the domain."""
        return cls(**change.model_dump(exclude={"dataset_id"}))


class RecordsRequest(WireRequest):
    """Which records: the spec's list of ids, or a selection; exactly one of them."""

    record_ids: list[str] | None = None
    selection: RecordSelection | None = None

    def to_selection(self) -> Selection:
        """Convert to the domain.

        Raises:
            InvalidInputError: Both are given, or neither.
        """
        if (self.record_ids is None) is (self.selection is None):
            raise InvalidInputError("Name the records by either `recordIds` or `selection`.")
        if self.selection is not None:
            return self.selection.to_selection()
        return Selection(only=tuple(map(RecordId, self.record_ids or ())))


class MoveRequest(RecordsRequest):
    """Which records go where."""

    topic: str
    """Slash path of a leaf; the empty text takes them out of their topics."""


class TagRequest(RecordsRequest):
    """Which records get a tag, or lose it."""

    tag: str
    remove: bool = False


class EditedInput(WireRequest):
    """What the model is given; what is left out stays."""

    messages: list[Message] | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None


class EditedOutput(WireRequest):
    """The answer; an empty list takes it away."""

    messages: list[Message] = Field(max_length=1)


class EditedData(WireRequest):
    """Input and output; what is left out stays."""

    input: EditedInput = EditedInput()
    output: EditedOutput | None = None


class EditRequest(WireRequest):
    """A person's version of a record; what is left out stays."""

    data: EditedData = EditedData()
    reference: str | None = None
    """`null` takes the reference away."""
    metadata: dict[str, Any] | None = None

    def to_draft(self, record: Record) -> RecordDraft:
        """The record with the changes in it."""
        given = self.data.input
        changes: dict[str, Any] = {}
        if given.messages is not None:
            changes["messages"] = tuple(map(to_message, given.messages))
        if "tools" in given.model_fields_set:
            changes["tools"] = tuple(given.tools or ())
        if "tool_choice" in given.model_fields_set:
            changes["tool_choice"] = given.tool_choice
        if self.data.output is not None:
            answers = [to_message(message) for message in self.data.output.messages]
            changes["output"] = answers[0] if answers else None
        if "reference" in self.model_fields_set:
            changes["reference"] = self.reference
        if "metadata" in self.model_fields_set:
            changes["metadata"] = self.metadata or {}
        return RecordDraft.of(record, **changes)


class EditedRecord(Wire):
    """The new record, and the change that made it."""

    record: DatasetRecord
    change: RecordChange


def to_message(message: Message) -> messages.Message:
    """A turn as the domain has it; what was not sent is left out."""
    values = message.model_dump(by_alias=False)
    if values["tool_calls"] is not None:
        values["tool_calls"] = [
            {"id": call["id"], "type": call["type"], "function": call["function"]}
            for call in values["tool_calls"]
        ]
    kept = {name: value for name, value in values.items() if value is not None}
    return messages.Message(**({"content": None} if "content" not in kept else {}), **kept)
