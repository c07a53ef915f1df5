"""Calls that brought nothing usable: data, not exceptions, because hundreds of others go on."""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

from rft_app.domain.entity import Entity

EMBEDDED = "embedded"
"""The provider that this installation serves itself."""
MAX_FAILED_IN_A_ROW = 10


class CallFailureKind(StrEnum):
    """What went wrong."""

    RATE_LIMITED = "rate_limited"
    NO_CREDIT = "no_credit"
    SERVER_ERROR = "server_error"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    AUTH = "auth"
    NOT_FOUND = "not_found"
    TOO_LONG = "too_long"
    BAD_REQUEST = "bad_request"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    BAD_REPLY = "bad_reply"
    NO_COMPLETION = "no_completion"
    """An answer that is none of a chat API, e.g. an empty body."""
    WEB_PAGE = "web_page"
    """A page with a good status where an answer should be: a busy proxy, a page to sign in."""
    NOT_READY = "not_ready"
    """Nothing was sent, e.g. because a key is lost; the message says what to do."""

    @property
    def is_retryable(self) -> bool:
        """Whether the same call may succeed a little later."""
        return self in _RETRYABLE

    @property
    def is_fatal(self) -> bool:
        """Whether every other call with these settings must fail, too."""
        return self in _FATAL

    @property
    def concerns_one_call(self) -> bool:
        """Whether the provider works: it answered, but this question got nothing usable."""
        return self in _OF_ONE_CALL

    @property
    def words(self) -> str:
        """For people, e.g. `rate limited`."""
        return self.replace("_", " ")

    @property
    def remedy(self) -> str:
        """What a person can do about it."""
        return _REMEDIES[self]


_RETRYABLE = {
    CallFailureKind.RATE_LIMITED,
    CallFailureKind.SERVER_ERROR,
    CallFailureKind.TIMEOUT,
    CallFailureKind.UNREACHABLE,
    CallFailureKind.WEB_PAGE,
}
_FATAL = {
    CallFailureKind.AUTH,
    CallFailureKind.NOT_FOUND,
    CallFailureKind.NO_CREDIT,
    CallFailureKind.NOT_READY,
}
_OF_ONE_CALL = {
    CallFailureKind.TOO_LONG,
    CallFailureKind.REFUSED,
    CallFailureKind.TRUNCATED,
    CallFailureKind.EMPTY,
    CallFailureKind.BAD_REPLY,
}
_REMEDIES = {
    CallFailureKind.RATE_LIMITED: "Wait, or lower RFT_LLM_CONCURRENCY.",
    CallFailureKind.NO_CREDIT: "Top up the provider's account.",
    CallFailureKind.SERVER_ERROR: "Try again later.",
    CallFailureKind.TIMEOUT: "Try again, or raise RFT_LLM_TIMEOUT_S; it may have been charged.",
    CallFailureKind.UNREACHABLE: "Check RFT_LLM_BASE_URL and the network.",
    CallFailureKind.AUTH: "Check RFT_LLM_API_KEY and what it may use.",
    CallFailureKind.NOT_FOUND: "Check RFT_LLM_BASE_URL and the model's name in RFT_LLM_MODELS.",
    CallFailureKind.TOO_LONG: "Choose a model with a longer context, or shorter records.",
    CallFailureKind.BAD_REQUEST: "The provider does not take this request; see its message.",
    CallFailureKind.REFUSED: "The model declined; choose other records or another model.",
    CallFailureKind.TRUNCATED: "Ask for fewer records at once, or choose another model.",
    CallFailureKind.EMPTY: "Try again, or choose another model.",
    CallFailureKind.BAD_REPLY: "Choose a model that keeps to a JSON schema.",
    CallFailureKind.NO_COMPLETION: (
        "Check RFT_LLM_BASE_URL: no chat API answers there; most addresses end in /v1."
    ),
    CallFailureKind.WEB_PAGE: (
        "Try again later. If it stays, check RFT_LLM_BASE_URL: no chat API answers there; most "
        "addresses end in /v1."
    ),
    CallFailureKind.NOT_READY: "",
}
_EMBEDDED_REMEDIES: Mapping[CallFailureKind, str] = dict[CallFailureKind, str].fromkeys(
    (
        CallFailureKind.RATE_LIMITED,
        CallFailureKind.TIMEOUT,
        CallFailureKind.UNREACHABLE,
        CallFailureKind.NO_COMPLETION,
        CallFailureKind.WEB_PAGE,
    ),
    "Try again: the embedded model starts anew. `rft doctor` says what it lacks.",
)
_REMEDIES_IN_SETTINGS = {
    CallFailureKind.RATE_LIMITED: "Wait, or lower the limits of {} in Settings.",
    CallFailureKind.TIMEOUT: (
        "Try again, or raise the longest wait of {} in Settings; it may have been charged."
    ),
    CallFailureKind.UNREACHABLE: "Check the base URL of {} in Settings, and the network.",
    CallFailureKind.AUTH: "Check the key of {} in Settings, and what it may use.",
    CallFailureKind.NOT_FOUND: "Check the base URL and the model's name of {} in Settings.",
    CallFailureKind.NO_COMPLETION: (
        "Check the base URL of {} in Settings: no chat API answers there; most addresses end in "
        "/v1."
    ),
    CallFailureKind.WEB_PAGE: (
        "Try again later. If it stays, check the base URL of {} in Settings: no chat API answers "
        "there; most addresses end in /v1."
    ),
}


class CallFailure(Entity):
    """A call without a usable reply."""

    kind: CallFailureKind
    message: str
    """What the provider said, in at most 300 characters; never a key."""
    provider: str = ""
    """Its name, unless it is the one of `RFT_LLM_…`."""
    may_be_charged: bool = False
    """Whether the provider may have done its work, though the reply never came whole."""

    @property
    def remedy(self) -> str:
        """What a person can do about it."""
        if self.provider == EMBEDDED:
            return _EMBEDDED_REMEDIES.get(self.kind, self.kind.remedy)
        in_settings = _REMEDIES_IN_SETTINGS.get(self.kind) if self.provider else None
        return in_settings.format(self.provider) if in_settings else self.kind.remedy

    @property
    def explanation(self) -> str:
        """What was said and what to do about it, as sentences."""
        end = "" if self.message.endswith((".", "!", "?", "…")) else "."
        return f"{self.message}{end} {self.remedy}".rstrip()


class FailureTally:
    """Failures of one piece of work, and whether its further calls would only fail, too."""

    def __init__(
        self, counts: Mapping[str, int] | None = None, messages: Mapping[str, str] | None = None
    ) -> None:
        """Begin, or go on with what an earlier run of the same work counted."""
        self.counts: Counter[str] = Counter(counts)
        """By kind."""
        self.messages = dict(messages or {})
        """The first of each kind, with its remedy."""
        self.is_hopeless = False
        self.has_helped = False
        """Whether any call brought something."""
        self._num_in_a_row = 0

    @property
    def total(self) -> int:
        """Calls that failed."""
        return self.counts.total()

    def concerns_one_call(self, kind: CallFailureKind) -> bool:
        """Whether it says nothing of other calls: a bad request is one where others were taken."""
        return kind.concerns_one_call or (self.has_helped and kind is CallFailureKind.BAD_REQUEST)

    def note(self, failure: CallFailure) -> None:
        """Count a failure; only those where the provider gave nothing may become hopeless."""
        self.counts[failure.kind.value] += 1
        self.messages.setdefault(failure.kind.value, failure.explanation)
        is_of_one_call = self.concerns_one_call(failure.kind)
        self._num_in_a_row = 0 if is_of_one_call else self._num_in_a_row + 1
        if failure.kind.is_fatal or self._num_in_a_row >= MAX_FAILED_IN_A_ROW:
            self.is_hopeless = True

    def note_success(self) -> None:
        """A call brought something."""
        self._num_in_a_row, self.has_helped = 0, True

    def describe(self) -> str:
        """Each kind with its first message.

        Example:
            >>> tally = FailureTally()
            >>> tally.note(CallFailure(kind=CallFailureKind.EMPTY, message="Nothing."))
            >>> tally.describe()
            'Empty: Nothing. Try again, or choose another model.'
        """
        return " ".join(
            f"{CallFailureKind(kind).words.capitalize()}: {said}"
            for kind, said in self.messages.items()
        )
