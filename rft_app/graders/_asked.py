"""What came of asking a model about one answer, and whether it is worth asking about another."""

import threading
from collections.abc import Callable
from typing import NamedTuple

from rft_app.domain.grading import FailureKind, GradingFailure, Outcome
from rft_app.llm.failures import CallFailure, CallFailureKind, FailureTally

NOT_ASKED = "Not asked, because that call would fail, too."
_KINDS = {
    CallFailureKind.TIMEOUT: FailureKind.TOO_LATE,
    CallFailureKind.UNREACHABLE: FailureKind.NOT_REACHED,
    CallFailureKind.EMPTY: FailureKind.NO_REPLY,
    CallFailureKind.NO_COMPLETION: FailureKind.NO_COMPLETION,
    CallFailureKind.WEB_PAGE: FailureKind.NO_COMPLETION,
    CallFailureKind.TRUNCATED: FailureKind.BAD_REPLY,
    CallFailureKind.BAD_REPLY: FailureKind.BAD_REPLY,
    CallFailureKind.REFUSED: FailureKind.DECLINED,
}
"""All others are the provider's refusal."""


class Asked(NamedTuple):
    """What came of one answer, and of each call about it."""

    outcome: Outcome
    calls: tuple[CallFailure | None, ...] = ()
    """In the order they were made; `None` for one that brought a reply of use."""


class Hope:
    """Stops asking where every further call would only fail, too, e.g. because a key is dead.

    Of one piece of grading; may be used from several threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tally = FailureTally()
        self._last: CallFailure | None = None

    @property
    def problem(self) -> str:
        """Why nothing more is asked, with the remedy; empty while there is hope."""
        lost = self._find_lost()
        return "" if lost is None else to_failure(lost).message

    def ask(self, call: Callable[[], Asked]) -> Outcome:
        """Judge one answer, unless there is no hope: it has a failure then that says so.

        Raises:
            JobCancelledError: As `call` does.
        """
        if (lost := self._find_lost()) is not None:
            found = to_failure(lost)
            return found.model_copy(update={"message": f"{NOT_ASKED} {found.message}"})
        asked = call()
        with self._lock:
            for failure in asked.calls:
                self._note(failure)
        return asked.outcome

    def _find_lost(self) -> CallFailure | None:
        with self._lock:
            return self._last if self._tally.is_hopeless else None

    def _note(self, failure: CallFailure | None) -> None:
        if failure is None:
            self._tally.note_success()
        elif not self._tally.is_hopeless:
            self._tally.note(failure)
            self._last = failure


def to_failure(failure: CallFailure) -> GradingFailure:
    """A call that brought nothing, as the grading failure that it is."""
    kind = _KINDS.get(failure.kind, FailureKind.PROVIDER_REFUSED)
    message = f"{failure.kind.words.capitalize()}: {failure.explanation}".replace("\x00", "")
    return GradingFailure(failure_kind=kind, message=message)


def find_unasked(outcome: Outcome) -> str:
    """Why a model was not asked about an answer; empty where it was."""
    message = outcome.message if isinstance(outcome, GradingFailure) else ""
    return message.removeprefix(NOT_ASKED).strip() if message.startswith(NOT_ASKED) else ""
