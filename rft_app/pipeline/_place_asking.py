"""Ask a model where records belong that words and text features leave unsure."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

from rft_app.domain.topic import MODEL, SURE
from rft_app.llm.chat import ChatMessage, ChatRequest, PaidCalls
from rft_app.llm.failures import CallFailure, CallFailureKind
from rft_app.llm.structured import Asks, BadReplyError, Question, Reply, ask
from rft_app.pipeline._placing import Leaf, Place

PER_CALL = 20
SHOWN_CHARACTERS = 400
MAX_TOKENS = 2000
MAX_CHOICES = 3
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


@dataclass(frozen=True)
class PlaceAsker:
    """Asks one model about the leaves of one tree."""

    client: Asks
    ledger: PaidCalls
    model: str
    objective: str
    leaves: Sequence[Leaf]
    num_at_once: int

    def improve(
        self, key: str, texts: Sequence[str], places: Sequence[Place]
    ) -> tuple[list[Place], Counter[CallFailureKind]]:
        """The same places, but those below `SURE` as the model sees them.

        A request that no topic fits, or that a failed call was about, keeps its place.

        Args:
            key: Names these texts in the ledger; the same texts must come with it again.
            texts: What was placed.
            places: Where.

        Raises:
            JobCancelledError: The client was stopped.
        """
        unsure = [index for index, place in enumerate(places) if place.confidence < SURE]
        portions = [unsure[start : start + PER_CALL] for start in range(0, len(unsure), PER_CALL)]
        improved, failures = list(places), Counter[CallFailureKind]()

        def answer(number: int) -> dict[int, tuple[int, float]] | CallFailure:
            return self._ask(f"{key}.{number}", [texts[index] for index in portions[number]])

        with ThreadPoolExecutor(self.num_at_once, "places") as pool:
            for portion, found in zip(
                portions, pool.map(answer, range(len(portions))), strict=True
            ):
                if isinstance(found, CallFailure):
                    failures[found.kind] += 1
                    continue
                for place, (topic_id, confidence) in found.items():
                    index = portion[place]
                    improved[index] = _replace(places[index], topic_id, confidence)
        return improved, failures

    def _ask(self, key: str, texts: Sequence[str]) -> dict[int, tuple[int, float]] | CallFailure:
        request = ChatRequest(
            model=self.model,
            messages=(
                ChatMessage(role="system", content=_RULES),
                ChatMessage(role="user", content=self._describe(texts)),
            ),
            temperature=0.0,
            max_tokens=MAX_TOKENS,
        )
        question = Question(key=key, request=request, reply_type=_AllSorted)
        found = ask(self.client, self.ledger, question, lambda reply: self._read(reply, texts))
        return found if isinstance(found, CallFailure) else found.value

    def _describe(self, texts: Sequence[str]) -> str:
        topics = "\n".join(f"{n}. {leaf.portrait}" for n, leaf in enumerate(self.leaves, 1))
        shown = "\n".join(f"{n}. {text[:SHOWN_CHARACTERS]}" for n, text in enumerate(texts, 1))
        return f"The application: {self.objective}\n\nTopics:\n{topics}\n\nRequests:\n{shown}"

    def _read(self, reply: _AllSorted, texts: Sequence[str]) -> dict[int, tuple[int, float]]:
        """Topic and confidence by place in `texts`; requests that no topic fits are left out."""
        found: dict[int, tuple[int, float]] = {}
        for each in reply.places:
            if not 1 <= each.request <= len(texts):
                raise BadReplyError(f"There is no request {each.request}; they go to {len(texts)}.")
            if not 0 <= each.topic <= len(self.leaves):
                raise BadReplyError(
                    f"There is no topic {each.topic}; they go to {len(self.leaves)}."
                )
            if each.topic:
                topic_id = self.leaves[each.topic - 1].topic_id
                found[each.request - 1] = topic_id, CONFIDENCES[each.certainty]
        return found


def _replace(place: Place, topic_id: int, confidence: float) -> Place:
    others = tuple(choice for choice in place.choices if choice[0] != topic_id)
    return Place(
        topic_id=topic_id,
        confidence=confidence,
        method=MODEL,
        choices=((topic_id, confidence), *others)[:MAX_CHOICES],
    )
