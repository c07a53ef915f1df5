"""Changes: what a person did to records, one or a million at once; each can be taken back."""

import re
from datetime import datetime
from enum import StrEnum

from rft_app.domain.entity import Entity
from rft_app.domain.public_id import make_id, parse_id
from rft_app.domain.words import count
from rft_app.errors import InvalidInputError

MAX_TAG_LENGTH = 40
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class ChangeKind(StrEnum):
    """What was done."""

    DELETE = "delete"
    RESTORE = "restore"
    MOVE = "move"
    ADD_TAG = "add_tag"
    REMOVE_TAG = "remove_tag"
    EDIT = "edit"


class ChangeState(StrEnum):
    """Where a change stands."""

    APPLYING = "applying"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class Change(Entity):
    """One thing done to records."""

    id: str
    dataset_id: str
    kind: ChangeKind
    label: str
    """What was done, e.g. `Deleted 284 records`."""
    target: str = ""
    """Path of the topic, the tag, or the id of the record that an edit made."""
    num_records: int
    """Records it is about; while a job works on it, those that it will be about."""
    state: ChangeState
    job_id: str | None = None
    """The job that makes it, or takes it back; `None` where that took no job."""
    created_at: datetime

    @property
    def can_undo(self) -> bool:
        """Whether it is there to be taken back."""
        return self.state is ChangeState.DONE


def change_id(key: int) -> str:
    """The public id of the change with database key `key`.

    Example:
        >>> change_id(255), parse_change_id("chg_ff"), parse_change_id("rec_ff")
        ('chg_ff', 255, None)
    """
    return make_id("chg", key)


def parse_change_id(text: str) -> int | None:
    """The database key behind a public id; `None` when `text` is not one."""
    return parse_id("chg", text)


def clean_tag(text: str) -> str:
    """A tag as it is stored: without space at its ends, other space as one blank each.

    Raises:
        InvalidInputError: It is empty, too long, or holds control characters.

    Example:
        >>> clean_tag("  to   check ")
        'to check'
    """
    tag = " ".join(text.split())
    if not tag:
        raise InvalidInputError("A tag needs at least one character.", field="tag")
    if len(tag) > MAX_TAG_LENGTH:
        raise InvalidInputError(
            f"A tag has at most {MAX_TAG_LENGTH} characters; this one has {len(tag)}.", field="tag"
        )
    if _CONTROL.search(tag):
        raise InvalidInputError("A tag cannot hold control characters.", field="tag")
    return tag


def describe(kind: ChangeKind, num_records: int, target: str) -> str:
    """What a change does, in words.

    Example:
        >>> describe(ChangeKind.DELETE, 1, ""), describe(ChangeKind.MOVE, 2, "Changes/Seat")
        ('Deleted 1 record', 'Moved 2 records to Seat')
    """
    records = count(num_records, "record")
    name = target.rpartition("/")[2]
    return {
        ChangeKind.DELETE: f"Deleted {records}",
        ChangeKind.RESTORE: f"Restored {records}",
        ChangeKind.MOVE: f"Moved {records} to {name}" if name else f"Took {records} out of topics",
        ChangeKind.ADD_TAG: f"Tagged {records} “{target}”",
        ChangeKind.REMOVE_TAG: f"Took the tag “{target}” from {records}",
        ChangeKind.EDIT: "Edited a record",
    }[kind]
