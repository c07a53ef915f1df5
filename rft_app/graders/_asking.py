"""What graders share that ask a model: one call with its key, and what came of several."""

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from types import TracebackType
from typing import Self

from pydantic import JsonValue

from rft_app.domain.grader import JudgeSpec, RubricSpec
from rft_app.domain.grading import Outcome
from rft_app.domain.rollout import Item, Sample
from rft_app.graders._asked import Asked, Hope, to_failure
from rft_app.llm.catalogue import Catalogue
from rft_app.llm.chat import ChatMessage, ChatRequest, PaidCalls
from rft_app.llm.failures import CallFailure
from rft_app.llm.schemas import bound_texts
from rft_app.llm.structured import ask_once

SMALL_REASON = 200
"""Characters of the embedded model's reasons, of which none is worth more."""


class NoLedger:
    """Keeps nothing: for a judge that is opened and asked nothing."""

    def find(self, key: str) -> None:  # a protocol's
        """Nothing is known."""

    def keep(self, key: str, reply: object) -> None:
        """Nothing is kept."""

    def lose(self, model: str, message: str) -> None:
        """Nothing is noted."""


NO_LEDGER, NO_MODELS = NoLedger(), Catalogue()


class Asker:
    """One model with its connections; may be asked from several threads."""

    def __init__(
        self,
        spec: JudgeSpec | RubricSpec,
        schema: dict[str, JsonValue],
        ledger: PaidCalls,
        catalogue: Catalogue,
    ) -> None:
        from rft_app.llm.client import ChatClient  # openai takes a second to import

        choice = catalogue.choose(spec.model)
        self.model = catalogue.name_of(choice)
        self.num_at_once = choice.endpoint.provider.concurrency
        self.is_demo = choice.endpoint.provider.is_demo
        self.provider = choice.endpoint.provider.name
        self._name = choice.model.name
        self._spec = spec
        self._schema = schema
        self._ledger = ledger
        self._pool = ThreadPoolExecutor(self.num_at_once, "asked-together")
        self.client: ChatClient = ChatClient(choice.endpoint, ledger.lose)

    def close(self) -> None:
        """Give the connections back."""
        self._pool.shutdown()
        self.client.close()

    def ask(
        self,
        key: str,
        prompt: str,
        read: Callable[[str], Outcome],
        schema: dict[str, JsonValue] | None = None,
        variant: int = 0,
        system: str = "",
    ) -> Asked:
        """Ask once; what the ledger has under `key` is read and not paid again.

        Args:
            key: Names the call in the ledger.
            prompt: What is asked.
            read: Makes an outcome of the reply's text; raises `BadReplyError`.
            schema: Of the reply, where it is another than usual.
            variant: Tells votes on the same prompt apart, each of which is paid.
            system: What is said before in the role of the system; empty for nothing.

        Raises:
            JobCancelledError: The client was stopped before an attempt.
        """
        before = (ChatMessage(role="system", content=system),) if system else ()
        request = ChatRequest(
            model=self._name,
            messages=(*before, ChatMessage(role="user", content=prompt)),
            temperature=self._spec.temperature,
            max_tokens=self._spec.max_tokens,
            reply_schema=self._bound(schema or self._schema),
            variant=variant,
        )
        found = ask_once(self.client, self._ledger, key, request, read)
        if isinstance(found, CallFailure):
            return Asked(to_failure(found), (found,))
        return Asked(found.value, (None,))

    def ask_together(self, calls: Sequence[Callable[[], Asked]]) -> list[Asked]:
        """Make several calls of `ask` at the same time, as many as the provider allows.

        Raises:
            JobCancelledError: The client was stopped before one of them; those under way were
                waited for, so that no reply is lost.
        """
        if len(calls) == 1:
            return [calls[0]()]
        asked = [self._pool.submit(call) for call in calls]
        wait(asked)
        return [one.result() for one in asked]

    def _bound(self, schema: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """The embedded model's reasons would go on until they are cut off."""
        return bound_texts(schema, SMALL_REASON) if self.is_demo else schema


class AskingSession:
    """A grader that asks models; a context manager that gives its connections back."""

    def __init__(self, askers: Sequence[Asker]) -> None:
        self.askers = askers

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for asker in self.askers:
            asker.close()

    @property
    def model(self) -> str:
        """Whom it asks; several in the order of the graders."""
        return ", ".join(dict.fromkeys(asker.model for asker in self.askers))

    @property
    def num_at_once(self) -> int:
        """Calls that may be under way: as many as the least of its providers allows."""
        return min(asker.num_at_once for asker in self.askers)

    @property
    def most_charged(self) -> int:
        """Requests under way that may cost, of all its providers at a time."""
        each = {one.provider: one.num_at_once for one in self.askers if not one.is_demo}
        return sum(each.values())

    @property
    def is_demo(self) -> bool:
        """Whether a model is of demo quality only."""
        return any(asker.is_demo for asker in self.askers)

    @property
    def uses_own_temperature(self) -> bool:
        """Whether a model refused to be given one."""
        return any("temperature" in asker.client.left_out for asker in self.askers)

    def stop(self) -> None:
        """Begin no further call; those that wait raise `JobCancelledError`."""
        for asker in self.askers:
            asker.client.stop()

    def ask(self, key: str, sample: Sample, item: Item) -> Asked:
        """Judge one answer; the ledger knows its calls by `key` and what is appended to it."""
        raise NotImplementedError

    def grade(
        self,
        batch: Sequence[tuple[Sample, Item]],
        on_graded: Callable[[int, float], None] = lambda _place, _latency_s: None,
    ) -> list[Outcome]:
        """Judge a batch, several at a time; the ledger knows each by its place in the batch.

        Once further calls would only fail, too, none is made: those answers have a failure that
        says so.

        Args:
            batch: What to judge.
            on_graded: Called after each, in any thread, with its place and how long it took.

        Raises:
            JobCancelledError: `stop` was called before an attempt.
        """
        hope = Hope()

        def ask(number: int, sample: Sample, item: Item) -> Outcome:
            started_at = time.perf_counter()
            outcome = hope.ask(lambda: self.ask(str(number), sample, item))
            on_graded(number, time.perf_counter() - started_at)
            return outcome

        with ThreadPoolExecutor(self.num_at_once, "judge") as pool:
            asked = [pool.submit(ask, number, *pair) for number, pair in enumerate(batch)]
            try:
                return [future.result() for future in asked]
            except BaseException:  # leaving the block waits for all: let none begin
                self.stop()
                raise


def join_asked(parts: Iterable[Asked], decide: Callable[[list[Outcome]], Outcome]) -> Asked:
    """One outcome of several, with the calls of all."""
    found = list(parts)
    calls = tuple(call for one in found for call in one.calls)
    return Asked(decide([one.outcome for one in found]), calls)
