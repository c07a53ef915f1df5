"""One prompt to two models: who can be asked, with which record's prompt, and what it is worth."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field
from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.grader import GraderVersion, list_asking, reads_reference
from rft_app.domain.grading import FailureKind, GradingFailure, Outcome
from rft_app.domain.record import RecordFilter, RecordId, parse_record_id
from rft_app.domain.rollout import Item, Rollout, RolloutKey, make_item, make_sample
from rft_app.domain.split import Split
from rft_app.errors import ConflictError, InvalidInputError
from rft_app.llm.catalogue import Catalogue, Endpoint
from rft_app.llm.chat import ChatRequest, StreamedReply
from rft_app.services.grader_trial import grade_now
from rft_app.services.graders import current_grader
from rft_app.services.tuned_models import find_tuned_pair
from rft_app.storage.record_seeks import select_seqs
from rft_app.storage.records import get_record
from rft_app.storage.rollouts import load_rollouts, parse_output
from rft_app.storage.session import reading
from rft_app.storage.snapshots import load_members
from rft_app.storage.training_runs import list_runs

MAX_TOKENS = 4_096
MAX_TEXT = 100_000
"""Characters of a prompt."""


class Prompt(Entity):
    """What both models are asked."""

    system: str = ""
    user: str
    before: tuple[dict[str, Any], ...] = ()
    """Turns of a record between the two, as they were recorded."""
    tools: tuple[dict[str, Any], ...] = ()
    item: Item = Field(default_factory=dict)
    """The record's side for a grader, where the prompt is a record's; empty for one's own."""

    @property
    def messages(self) -> list[dict[str, Any]]:
        """As they are sent."""
        system = [{"role": "system", "content": self.system}] if self.system.strip() else []
        return [*system, *self.before, {"role": "user", "content": self.user}]


class RecordPrompt(Entity):
    """A record's prompt, to be asked as it is or changed."""

    record_id: RecordId
    prompt: Prompt
    reference: str | None
    is_held_out: bool
    """Whether the newest training did not learn from it."""


class PlaygroundModels(Entity):
    """Who is asked unless somebody else is named."""

    first: str
    second: str


class Sampled(Entity):
    """How to answer."""

    temperature: float = Field(default=0.0, ge=0, le=2)
    max_tokens: int = Field(default=256, ge=1, le=MAX_TOKENS)


NO_REFERENCE = GradingFailure(
    failure_kind=FailureKind.NO_REFERENCE,
    message="The grader compares with a reference, and this prompt has none. Take a record.",
)
"""What is said of an answer that could only be compared with nothing."""


@dataclass(frozen=True)
class Question:
    """One prompt for one model."""

    endpoint: Endpoint
    request: ChatRequest

    @property
    def is_own(self) -> bool:
        """Whether this machine answers; two such answers wait for each other."""
        return self.endpoint.provider.is_demo


def choose_models(session: Session, dataset_id: str, catalogue: Catalogue) -> PlaygroundModels:
    """The model of the dataset's newest training after its base; else the first two there are."""
    names = [catalogue.name_of(choice) for choice in catalogue.iterate()]
    if (pair := find_tuned_pair(session, dataset_id, catalogue)) is not None:
        return PlaygroundModels(first=pair.base, second=pair.tuned)
    return PlaygroundModels(first="".join(names[:1]), second="".join(names[1:2] or names[:1]))


def take_record(session: Session, dataset_id: str, last: RecordId | None = None) -> RecordPrompt:
    """The prompt of a record by chance, held-out ones first; another one than the last.

    Raises:
        ConflictError: The dataset has no valid record.
    """
    seqs, is_held_out = _find_candidates(session, dataset_id)
    random.shuffle(seqs)
    for start in range(0, len(seqs), 20):
        keys = [RolloutKey(seq, None, None) for seq in seqs[start : start + 20]]
        for rollout in load_rollouts(session, dataset_id, keys):
            found = _to_prompt(rollout, is_held_out=is_held_out)
            if found is not None and (found.record_id != last or len(seqs) == 1):
                return found
    raise ConflictError("This dataset has no valid record with a prompt. Import records first.")


def get_prompt(session: Session, dataset_id: str, record: RecordId) -> RecordPrompt:
    """The prompt of a record that is named.

    Raises:
        NotFoundError: The dataset has no such record.
        ConflictError: Its prompt does not end with a question of the user.
    """
    found = get_record(session, dataset_id, record)
    seq = parse_record_id(found.id)
    seqs, is_held_out = _find_candidates(session, dataset_id)
    rollouts = load_rollouts(session, dataset_id, [RolloutKey(seq or 0, None, None)])
    prompts = [_to_prompt(one, is_held_out=is_held_out and seq in seqs) for one in rollouts]
    for prompt in prompts:
        if prompt is not None:
            return prompt
    raise ConflictError(f"The prompt of {record} does not end with a question. Take another one.")


def _find_candidates(session: Session, dataset_id: str) -> tuple[list[int], bool]:
    for run in list_runs(session, dataset_id, limit=1):
        held_out: list[int] = load_members(session, run.snapshot_id).of(Split.TEST).tolist()
        if held_out:
            return held_out, True
    trainable = RecordFilter(is_valid=True, is_duplicate=False)
    return select_seqs(session, dataset_id, trainable).tolist(), False


def _to_prompt(rollout: Rollout, *, is_held_out: bool) -> RecordPrompt | None:
    turns: Sequence[dict[str, Any]] = rollout.item.get("messages", ())
    if not turns or turns[-1].get("role") != "user":
        return None
    has_system = turns[0].get("role") == "system" and isinstance(turns[0].get("content"), str)
    return RecordPrompt(
        record_id=rollout.item["rec_id"],
        prompt=Prompt(
            system=turns[0]["content"] if has_system else "",
            user=rollout.question,
            before=tuple(turns[has_system:-1]),
            tools=tuple(rollout.item.get("tools") or ()),
            item=rollout.item,
        ),
        reference=rollout.item.get("reference"),
        is_held_out=is_held_out,
    )


def make_question(catalogue: Catalogue, model: str, prompt: Prompt, how: Sampled) -> Question:
    """What is sent to a model.

    Raises:
        InvalidInputError: There is nothing to ask, too much of it, or no such model.
        NotAvailableError: There is no model at all.
    """
    if not prompt.user.strip():
        raise InvalidInputError("Write what the user asks, or take a record.", field="user")
    if len(prompt.user) + len(prompt.system) > MAX_TEXT:
        raise InvalidInputError(
            f"A prompt has at most {MAX_TEXT:,} characters here. Shorten it.", field="user"
        )
    choice = catalogue.choose(model)
    request = ChatRequest(
        model=choice.model.name,
        messages=(),
        conversation=tuple(prompt.messages),
        tools=prompt.tools,
        temperature=how.temperature,
        max_tokens=how.max_tokens,
    )
    return Question(choice.endpoint, request)


def tell_sameness(questions: Sequence[Question]) -> str:
    """What to know where both sides are one model; empty where they are not."""
    if len({(one.endpoint.address, one.request.model) for one in questions}) == len(questions):
        return ""
    return f"Both sides asked the same model, {questions[0].request.model}: differences are chance."


def find_grading_obstacle(grader: GraderVersion | None) -> str:
    """Why answers are not graded here; empty where they are."""
    if grader is None:
        return "Answers are not graded: the dataset has no grader."
    if list_asking(grader.spec):
        return "Answers are not graded here: the dataset's grader asks a model."
    return ""


def grade_reply(dataset_id: str, prompt: Prompt, reply: StreamedReply) -> Outcome | None:
    """What the dataset's grader says of an answer; `None` where it is not asked here.

    A prompt of one's own has no reference, so that a grader which compares with one is not asked.
    Opens its own transaction, for a script may take long.

    Raises:
        RftError: The grader cannot run.
    """
    with reading() as session:
        grader = current_grader(session, dataset_id)
    if grader is None or find_grading_obstacle(grader):
        return None
    item = prompt.item or _make_item(prompt)
    if reads_reference(grader.spec) and not item.get("reference"):
        return NO_REFERENCE
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or reply.refusal}
    if reply.tool_calls:
        message["tool_calls"] = list(reply.tool_calls)
    sample = make_sample([message], None)
    sample["output_json"] = parse_output(sample["output_text"])
    rollout = Rollout(RolloutKey(0, None, None), sample, item)
    (outcome,), _ = grade_now(dataset_id, grader.spec, [rollout])
    return outcome


def _make_item(prompt: Prompt) -> Item:
    fields = {
        "id": "playground",
        "messages": prompt.messages,
        "tools": list(prompt.tools),
        "topic": None,
        "reference": None,
    }
    return make_item({}, fields, None)
