"""Fine-tuning jobs of an OpenAI-compatible service: files, jobs, events, checkpoints.

Every method is one call without a second try: whoever asks knows what may be repeated.  Replies
are read from their bytes, for services add fields and statuses of their own.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import openai

from rft_app.domain.entity import Entity
from rft_app.errors import ProviderError
from rft_app.llm.catalogue import Endpoint
from rft_app.llm.failures import CallFailure
from rft_app.llm.lines import Lines, Send

PER_PAGE = 100
MAX_PAGES = 200
ENDED = frozenset({"succeeded", "failed", "cancelled"})
T = TypeVar("T")


class FineTuningOrder(Entity):
    """A job to begin."""

    model: str
    training_file: str
    validation_file: str
    grader: dict[str, Any]
    hyperparameters: dict[str, Any]
    seed: int | None = None
    suffix: str = ""
    mark: str
    """What it is found by again."""


class _Fault(msgspec.Struct):
    message: str | None = None
    code: str | None = None


class FineTuningJob(msgspec.Struct):
    """A job as the service tells it."""

    id: str
    status: str
    fine_tuned_model: str | None = None
    error: _Fault | None = None
    trained_tokens: int | None = None
    metadata: dict[str, Any] | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.status in ENDED

    @property
    def fault(self) -> str:
        """Why it failed, in the service's words; empty where it says nothing."""
        return (self.error and (self.error.message or self.error.code)) or ""


class FineTuningEvent(msgspec.Struct):
    """One line of a job's log."""

    id: str
    created_at: float
    message: str = ""
    level: str = "info"
    type: str | None = None
    data: dict[str, Any] | list[Any] | str | float | bool | None = None


class FineTuningCheckpoint(msgspec.Struct):
    """A model that was saved on the way."""

    id: str
    created_at: float
    step_number: int
    fine_tuned_model_checkpoint: str = ""
    metrics: dict[str, Any] | None = None


class _File(msgspec.Struct):
    id: str


class _Jobs(msgspec.Struct):
    data: list[FineTuningJob]
    has_more: bool = False


class _Events(msgspec.Struct):
    data: list[FineTuningEvent]
    has_more: bool = False


class _Checkpoints(msgspec.Struct):
    data: list[FineTuningCheckpoint]
    has_more: bool = False


MARK = "rft_training"


class FineTuningClient:
    """Talks to one provider.

    Each method raises `ProviderError` with the provider's words and what to do; its `kind` is that
    of `CallFailure`.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._lines = Lines(endpoint)

    def close(self) -> None:
        """Give the connections back."""
        self._lines.close()

    def upload(self, path: Path) -> str:
        """Upload a file of rows; returns the service's name for it."""

        def send(client: openai.OpenAI) -> Any:  # noqa: ANN401  # the library's raw response
            with path.open("rb") as file:
                return client.files.with_raw_response.create(file=file, purpose="fine-tune")

        return self._ask(send, _File, "file").id

    def create(self, order: FineTuningOrder) -> FineTuningJob:
        """Begin a job, which costs money."""
        method: Any = {
            "type": "reinforcement",
            "reinforcement": {"grader": order.grader, "hyperparameters": order.hyperparameters},
        }
        more: Any = {name: getattr(order, name) for name in ("seed", "suffix")}
        given = {name: value for name, value in more.items() if value not in (None, "")}
        return self._ask(
            lambda client: client.fine_tuning.jobs.with_raw_response.create(
                model=order.model,
                training_file=order.training_file,
                validation_file=order.validation_file,
                method=method,
                metadata={MARK: order.mark},
                extra_headers={"Idempotency-Key": order.mark},
                **given,
            ),
            FineTuningJob,
            "fine-tuning job",
        )

    def find(self, mark: str) -> FineTuningJob | None:
        """The job that was begun with a mark; looks through all of them."""
        after: str | None = None
        for _ in range(MAX_PAGES):
            page = self._ask(_list_jobs(mark, after), _Jobs, "list of fine-tuning jobs")
            for job in page.data:
                if (job.metadata or {}).get(MARK) == mark:
                    return job
            if not page.has_more or not page.data:
                return None
            after = page.data[-1].id
        return None

    def get(self, job_id: str) -> FineTuningJob:
        """How a job stands."""
        return self._ask(
            lambda client: client.fine_tuning.jobs.with_raw_response.retrieve(job_id),
            FineTuningJob,
            "fine-tuning job",
        )

    def cancel(self, job_id: str) -> FineTuningJob:
        """Stop a job."""
        return self._ask(
            lambda client: client.fine_tuning.jobs.with_raw_response.cancel(job_id),
            FineTuningJob,
            "fine-tuning job",
        )

    def list_events(self, job_id: str, known: str | None) -> list[FineTuningEvent]:
        """Events that came after the known one, oldest first; the service tells the newest first.

        Args:
            job_id: Of which job.
            known: Id of the newest that was seen; `None` before any.
        """
        found: list[FineTuningEvent] = []
        for page in self._page_events(job_id):
            for event in page.data:
                if event.id == known:
                    return found[::-1]
                found.append(event)
        return found[::-1]

    def _page_events(self, job_id: str) -> Iterator[_Events]:
        after: str | None = None
        for _ in range(MAX_PAGES):
            page = self._ask(_list_events(job_id, after), _Events, "list of events")
            yield page
            if not page.has_more or not page.data:
                return
            after = page.data[-1].id

    def list_checkpoints(self, job_id: str) -> list[FineTuningCheckpoint]:
        """Models saved so far, by their steps; none where the service has no such list."""
        found: list[FineTuningCheckpoint] = []
        after: str | None = None
        for _ in range(MAX_PAGES):
            page = self._ask(_list_checkpoints(job_id, after), _Checkpoints, "list of checkpoints")
            found += page.data
            if not page.has_more or not page.data:
                break
            after = page.data[-1].id
        return sorted(found, key=lambda one: one.step_number)

    def _ask(self, send: Send, kind: type[T], wanted: str) -> T:
        found = self._lines.send(send)
        if not isinstance(found, bytes):
            raise to_error(found.failure)
        try:
            return msgspec.json.decode(found, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            failure = self._lines.explain_body(found, wanted)
            raise ProviderError(failure.message, kind=failure.kind.value) from error


def _list_jobs(mark: str, after: str | None) -> Send:
    more: Mapping[str, Any] = {"after": after} if after else {}
    return lambda client: client.fine_tuning.jobs.with_raw_response.list(
        limit=PER_PAGE, metadata={MARK: mark}, **more
    )


def _list_events(job_id: str, after: str | None) -> Send:
    more: Mapping[str, Any] = {"after": after} if after else {}
    return lambda client: client.fine_tuning.jobs.with_raw_response.list_events(
        job_id, limit=PER_PAGE, **more
    )


def _list_checkpoints(job_id: str, after: str | None) -> Send:
    more: Mapping[str, Any] = {"after": after} if after else {}
    return lambda client: client.fine_tuning.jobs.checkpoints.with_raw_response.list(
        job_id, limit=PER_PAGE, **more
    )


def to_error(failure: CallFailure) -> ProviderError:
    """The failure as an error that says what to do."""
    return ProviderError(
        failure.explanation, retryable=failure.kind.is_retryable, kind=failure.kind.value
    )
