"""Ask a model where records belong that words and text features leave unsure."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from rft_app.domain.hashing import text_hash
from rft_app.domain.topic import MODEL, SURE
from rft_app.errors import JobCancelledError
from rft_app.jobs.calls import Calls
from rft_app.jobs.context import JobContext
from rft_app.llm.chat import ChatMessage, ChatRequest, PaidCalls
from rft_app.llm.failures import CallFailure, CallFailureKind, FailureTally
from rft_app.llm.schemas import fields, one_of
from rft_app.llm.structured import BadReplyError, Question, Reply, ask
from rft_app.pipeline._placing import Leaf, Place
from rft_app.storage.paid_work import paid_work

if TYPE_CHECKING:
    from rft_app.llm.client import ChatClient

PER_CALL = 20
SHOWN_CHARACTERS = 400
MAX_TOKENS = 2000
MAX_CHOICES = 3
SHOWN_SMALL_CHARACTERS = 240
MAX_SMALL_TOKENS = 64
SMALL_CONFIDENCE = 0.4
"""Of a small model's choice, which says little: a person looks at it."""
NONE = "none of these"
CONFIDENCES = {"certain": 0.95, "likely": 0.75, "unclear": 0.4}
_RULES = (
    "You sort the requests that users send to an application into its topics. For every request "
    "give `request`, its number, `topic`, the number of the best topic, or 0 when none fits, and "
    "`certainty`: certain, likely or unclear."
)


class _Sorted(Reply):
    request: int
    topic: int
    certainty: Literal["certain", "likely", "unclear"]


class _AllSorted(Reply):
    places: list[_Sorted]


class _Chosen(Reply):
    topic: str


class Asked(NamedTuple):
    """What became of some places."""

    places: list[Place]
    """In order; the model's where it gave one."""
    unasked: frozenset[int]
    """Those that the model owes an answer because asking ended early, by index."""


_Found = dict[int, tuple[int, float] | None]
"""Topic and confidence by place in a portion; `None` where no topic fits."""


class _Came(NamedTuple):
    """What a call brought."""

    found: _Found
    failure: CallFailure | None = None
    """Why it lacks some or all that were asked about."""


@dataclass(frozen=True)
class PlaceAsker:
    """Asks one model about the leaves of one tree."""

    context: JobContext
    client: "ChatClient"
    ledger: PaidCalls
    model: str
    objective: str
    leaves: Sequence[Leaf]
    num_at_once: int
    failures: FailureTally
    """Counts calls that bring nothing."""
    is_small: bool = False
    """Whether the model is asked about one request at a time, and only for a name."""

    def improve(
        self, texts: Sequence[str], places: Sequence[Place], report: Callable[[int], None]
    ) -> Asked:
        """The same places, but those below `SURE` as the model sees them.

        A request that no topic fits, that a failed call was about or that a reply left out twice
        keeps its place; a call that lacks some counts as failed.  Asking ends early when the job
        was cancelled or further calls would fail, too; when no call at all brought something, that
        counts as not asked.

        Args:
            texts: What was placed.
            places: Where.
            report: Gets how many texts are done with, again and again.
        """
        unsure = [index for index, place in enumerate(places) if place.confidence < SURE]
        size = 1 if self.is_small else PER_CALL
        portions = [unsure[start : start + size] for start in range(0, len(unsure), size)]
        improved, unasked, failed = list(places), set(unsure), set[int]()

        def take(number: int, came: _Came) -> None:
            unasked.difference_update(portions[number])
            if came.failure is not None:
                self.failures.note(came.failure)
            if came.found:
                self.failures.note_success()
            for place, index in enumerate(portions[number]):
                if place not in came.found:
                    failed.add(index)
                elif (choice := came.found[place]) is not None:
                    improved[index] = _replace(places[index], *choice)

        calls = Calls(
            self.context,
            num_at_once=self.num_at_once,
            make=lambda number: self._ask([texts[index] for index in portions[number]]),
            take=take,
            report=lambda: report(len(texts) - len(unasked)),
            stop=self.client.stop,
        )
        most_charged = 0 if self.is_small else self.num_at_once
        with (
            suppress(JobCancelledError),
            paid_work(self.context.job_id, self.context.dataset_id, most_charged),
        ):
            calls.run(len(portions), lambda: self.failures.is_hopeless)
        if self.failures.is_hopeless or not self.failures.has_helped:
            unasked |= failed
        return Asked(improved, frozenset(unasked))

    def _ask(self, texts: Sequence[str]) -> _Came:
        return self._choose(texts[0]) if self.is_small else self._sort(texts)

    def _choose(self, shown: str) -> _Came:
        names = [leaf.node.key for leaf in self.leaves]
        listed = "\n".join(f"- {name}" for name in names)
        asked = (
            f"Topics:\n{listed}\n\nRequest: {shown[:SHOWN_SMALL_CHARACTERS]}\n\n"
            "Which topic does the request belong to?"
        )
        request = ChatRequest(
            model=self.model,
            messages=(ChatMessage(role="user", content=asked),),
            temperature=0.0,
            max_tokens=MAX_SMALL_TOKENS,
        )
        question = Question(
            key=f"{text_hash(asked):x}",
            request=request,
            reply_type=_Chosen,
            narrow_schema=fields(topic=one_of([*names, NONE])),
        )
        found = ask(self.client, self.ledger, question, lambda reply: self._find(reply, names))
        return _Came({}, found) if isinstance(found, CallFailure) else _Came(found.value)

    def _find(self, reply: _Chosen, names: Sequence[str]) -> _Found:
        if reply.topic == NONE:
            return {0: None}
        if reply.topic not in names:
            raise BadReplyError(f"There is no topic {reply.topic!r}.")
        return {0: (self.leaves[names.index(reply.topic)].topic_id, SMALL_CONFIDENCE)}

    def _sort(self, texts: Sequence[str]) -> _Came:
        asked = self._describe(texts)
        request = ChatRequest(
            model=self.model,
            messages=(
                ChatMessage(role="system", content=_RULES),
                ChatMessage(role="user", content=asked),
            ),
            temperature=0.0,
            max_tokens=MAX_TOKENS,
        )
        key = f"{text_hash(asked):x}"  # replies hold numbers, which mean nothing elsewhere
        question = Question(key=key, request=request, reply_type=_AllSorted)
        found: _Found = {}
        complaints: list[str] = []

        def read(reply: _AllSorted) -> None:
            found.update(self._read(reply, len(texts)))
            if missing := [n for n in range(1, len(texts) + 1) if n - 1 not in found]:
                complaints.append(_complain(missing, len(texts)))
                if len(complaints) == 1:
                    raise BadReplyError(complaints[0])

        outcome = ask(self.client, self.ledger, question, read)
        if isinstance(outcome, CallFailure):
            return _Came(found, outcome)
        if len(found) < len(texts):
            said = CallFailure(kind=CallFailureKind.BAD_REPLY, message=complaints[-1])
            return _Came(found, said)
        return _Came(found)

    def _describe(self, texts: Sequence[str]) -> str:
        topics = "\n".join(f"{n}. {leaf.portrait}" for n, leaf in enumerate(self.leaves, 1))
        shown = "\n".join(f"{n}. {text[:SHOWN_CHARACTERS]}" for n, text in enumerate(texts, 1))
        return f"The application: {self.objective}\n\nTopics:\n{topics}\n\nRequests:\n{shown}"

    def _read(self, reply: _AllSorted, count: int) -> _Found:
        """What is said once of a request; twice is nothing, as nobody could tell which holds."""
        found: _Found = {}
        for each in reply.places:
            if not 1 <= each.request <= count:
                raise BadReplyError(f"There is no request {each.request}; they go to {count}.")
            if not 0 <= each.topic <= len(self.leaves):
                raise BadReplyError(
                    f"There is no topic {each.topic}; they go to {len(self.leaves)}."
                )
            topic_id = self.leaves[each.topic - 1].topic_id
            choice = (topic_id, CONFIDENCES[each.certainty]) if each.topic else None
            found[each.request - 1] = choice
        times = Counter(each.request - 1 for each in reply.places)
        return {place: choice for place, choice in found.items() if times[place] == 1}


def _complain(missing: Sequence[int], count: int) -> str:
    """Name the requests without one answer, for the model and for people.

    Example:
        >>> _complain([2, 3], 20)
        'Of 20 requests 2 have no single answer: 2, 3.'
    """
    numbers = ", ".join(map(str, missing))
    return f"Of {count} requests {len(missing)} have no single answer: {numbers}."


def _replace(place: Place, topic_id: int, confidence: float) -> Place:
    others = tuple(choice for choice in place.choices if choice[0] != topic_id)
    return Place(
        topic_id=topic_id,
        confidence=confidence,
        method=MODEL,
        choices=((topic_id, confidence), *others)[:MAX_CHOICES],
    )
