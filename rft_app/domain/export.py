"""Exports: what was asked for, what a record may lack, what came out."""

import math
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from rft_app.domain.entity import Entity
from rft_app.domain.job import JobStatus
from rft_app.domain.record import Selection
from rft_app.domain.split import Split, SplitRule


class Need(StrEnum):
    """What a format takes from a record beyond its input."""

    OUTPUT = "output"
    REFERENCE = "reference"
    QUESTION = "question"
    """The input ends with a user or tool turn, so that a model can answer it."""
    ANSWER = "answer"
    """A reference or a recorded answer."""
    PAIR = "pair"
    """Two answers of which one is better."""
    LABEL = "label"
    """An answer that is known to be good or bad."""


class ToolArguments(StrEnum):
    """How a tool call's arguments are written."""

    DEFAULT = "default"
    """As the consumer reads them."""
    OBJECT = "object"
    TEXT = "text"
    """As JSON text."""


class Lack(StrEnum):
    """Why one record cannot be written in a format; it is counted and left out of the file."""

    NO_OUTPUT = "no_output"
    NO_REFERENCE = "no_reference"
    NO_QUESTION = "no_question"
    UNSUPPORTED_CONTENT = "unsupported_content"
    NO_ANSWER = "no_answer"
    NO_PAIR = "no_pair"
    NO_LABEL = "no_label"
    ABSTAINED = "abstained"
    FAILED = "failed"
    SEVERAL_TURNS = "several_turns"
    NOT_ALTERNATING = "not_alternating"
    TOOLS_IN_PROMPT = "tools_in_prompt"
    CALLS_LEFT_OPEN = "calls_left_open"
    TEXT_BESIDE_CALLS = "text_beside_calls"

    @property
    def message(self) -> str:
        """What is missing, and the remedy, for any number of records."""
        return _MESSAGES[self]


_MESSAGES = {
    Lack.NO_OUTPUT: "no recorded answer. Choose a format for prompts, such as trl_grpo",
    Lack.NO_REFERENCE: (
        "no reference answer. Import rows that have one, or choose a format that needs none"
    ),
    Lack.NO_QUESTION: "an input that does not end with a user or tool turn",
    Lack.UNSUPPORTED_CONTENT: "content that the format cannot hold, such as audio",
    Lack.NO_ANSWER: "neither a reference nor a recorded answer in text",
    Lack.NO_PAIR: (
        "no second answer that is better or worse. Give feedback, correct answers, import several "
        "rollouts with rewards, or make a dry run"
    ),
    Lack.NO_LABEL: (
        "no answer that is known to be good or bad. Give feedback, import rewards, or make a dry "
        "run"
    ),
    Lack.ABSTAINED: (
        "answers that the grader abstained from judging, and nothing else that judges them. Give "
        "feedback, or change the grader and make another dry run"
    ),
    Lack.FAILED: (
        "answers that the grader failed to judge, and nothing else that judges them. Mend the "
        "grader by the failures in the report and make another dry run, or give feedback"
    ),
    Lack.SEVERAL_TURNS: "an answer of several turns; the format takes one",
    Lack.NOT_ALTERNATING: "turns that do not alternate between the two sides",
    Lack.TOOLS_IN_PROMPT: "tool calls in the prompt, which the format cannot hold",
    Lack.TEXT_BESIDE_CALLS: (
        "a turn that both says something and calls tools, which the format cannot hold. Choose one "
        "that can, such as trl_sft"
    ),
    Lack.CALLS_LEFT_OPEN: (
        "tool calls without a result before the next turn, for which services refuse the whole file"
    ),
}


class ExportOptions(Entity):
    """How the file is made."""

    include_test: bool = True
    """Put the test side into a file of its own; otherwise it is left out."""
    include_metadata: bool = True
    """Add `metadata.json`: where the data comes from and how to load it."""
    train_ratio: float = Field(default=0.8, gt=0.0, le=1.0)
    """Wanted share of training records; 1 puts every record on the training side."""
    seed: int = Field(default=0, ge=-(2**31), lt=2**31)
    test_generated: bool = False
    """Whether generated records may be on the test side."""
    dry_run_id: str | None = None
    """The dry run whose grades are scores and rewards; the last finished one unless named."""
    snapshot_id: str | None = None
    """Export the records and sides of this snapshot instead of a selection of today's."""
    shuffle: bool = False
    """Write the rows in an order drawn with `seed`."""
    balance: bool = False
    """Leave out records of topics above their target share, drawn with `seed`."""
    tool_arguments: ToolArguments = ToolArguments.DEFAULT
    as_completion: bool = False
    """TRL SFT: prompt and completion instead of one list of messages."""
    margin: float = Field(default=0.1, gt=0.0, le=1.0)
    """Pairs from rewards: how much the best answer is above the worst at least."""
    threshold: float = Field(default=0.5, ge=0.0, le=1.0)
    """Labels from rewards: an answer is good from here."""
    template: str = Field(default="", max_length=20_000)
    """Custom format; empty for the one it starts with."""
    is_array: bool = False
    """Custom format: one JSON array instead of lines."""
    compression_level: int = Field(default=1, ge=0, le=9)
    """Of the zip: 0 stores, 1 is fast, 9 is small."""

    @property
    def is_archive(self) -> bool:
        """Whether the result is a zip rather than one data file."""
        return self.include_test or self.include_metadata

    @property
    def splits(self) -> tuple[Split, ...]:
        """The sides that are written, each to its own file."""
        return tuple(Split) if self.include_test else (Split.TRAIN,)

    @property
    def rule(self) -> SplitRule:
        """The split."""
        return SplitRule(
            seed=self.seed, train_ratio=self.train_ratio, test_generated=self.test_generated
        )


KEPT_FOR = timedelta(days=30)
"""How long the file of an export stays on disk."""


class Export(Entity):
    """One export of a dataset."""

    id: str
    dataset_id: str
    snapshot_id: str | None = None
    """Frozen when the job starts."""
    format: str
    options: ExportOptions
    selection: Selection
    file_name: str
    size_bytes: int | None = None
    """`None` until the file is complete."""
    sha256: str | None = None
    num_train: int = 0
    num_test: int = 0
    skipped: dict[str, int] | None = None
    """Selected records that are not in the file, by reason: `invalid`, `duplicate` and the names of
    `Lack`; `None` until the file is complete."""
    num_zero_reward: int | None = None
    """Rows that teach an answer recorded with a reward of 0; `None` until the file is complete."""
    status: JobStatus = JobStatus.QUEUED
    is_done: bool = False
    failure: str | None = None
    """Why there is no file; `None` where there is one, and while it may still come."""
    job_id: str | None = None
    created_at: datetime
    finished_at: datetime | None = None
    """When it ended; `None` while a file may still come."""

    @property
    def expires_at(self) -> datetime:
        """When the file is removed; while there is none yet, as if it were written at once."""
        return (self.finished_at or self.created_at) + KEPT_FOR

    def days_left(self, now: datetime) -> int:
        """How many days the file is still kept, the last one counted whole."""
        return math.ceil((self.expires_at - now) / timedelta(days=1))
