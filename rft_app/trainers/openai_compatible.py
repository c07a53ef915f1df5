"""Reinforcement fine-tuning at a service with OpenAI's API (decision 18).

A training is one job there.  Its id is stored before anything else is done with it, and a job is
only ever begun after a look whether an earlier attempt began it: a worker may be killed at any
moment, and two jobs would be paid twice.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from rft_app.domain.provider import Provider
from rft_app.domain.training_remote import NOTICE, OPENAI_COMPATIBLE, RemoteTraining
from rft_app.domain.training_run import TrainingRun
from rft_app.errors import NotAvailableError, ProviderError
from rft_app.graders.openai_training import to_training_grader
from rft_app.llm.catalogue import Catalogue, Endpoint
from rft_app.llm.failures import CallFailureKind
from rft_app.llm.fine_tuning import FineTuningClient, FineTuningJob, FineTuningOrder
from rft_app.storage import graders, training_runs
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.session import reading, unit_of_work
from rft_app.trainers.run_folder import Event, RunFolder
from rft_app.trainers.service_reports import read_checkpoints, read_metrics, write_line

TRAIN_FILE: Final = "upload-train.jsonl"
VALIDATION_FILE: Final = "upload-validation.jsonl"
POLL_S = 10.0
"""Between two looks at a job."""
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 60.0
"""Before a call is tried again."""
MOST_FAILURES: Final = 6
"""Tries of an upload and of the order."""
MOST_LOOKS: Final = 90
"""Looks at a running job that may fail one after the other: more than an hour."""
_NOT_BEGUN: Final = frozenset(
    {
        *(CallFailureKind.AUTH, CallFailureKind.BAD_REQUEST, CallFailureKind.NOT_FOUND),
        *(CallFailureKind.NO_CREDIT, CallFailureKind.RATE_LIMITED, CallFailureKind.TOO_LONG),
        *(CallFailureKind.NOT_READY, CallFailureKind.REFUSED),
    }
)
"""Answers after which there is surely no job."""
NOT_OF_THE_METHOD: Final = {"seed", "suffix", "num_compared", "max_completion_tokens"}
"""Settings that are no hyperparameters of the service's method."""
_ENDS: Final = {"failed": "failed", "cancelled": "was cancelled there"}
NO_SERVICE: Final = (
    "No provider is configured that could train. Add one in Settings, or set RFT_LLM_BASE_URL and "
    "RFT_LLM_API_KEY."
)


class OpenAICompatible:
    """Uploads records and grader, and follows the job."""

    name = OPENAI_COMPATIBLE
    label = "A provider's fine-tuning API (OpenAI-compatible)"
    notice = NOTICE

    def find_obstacle(self) -> str:
        """Whether there is a provider at all."""
        with reading() as session:
            return "" if list_services(read_catalogue(session)) else NO_SERVICE

    def open(self, run: TrainingRun) -> "ServiceTraining":
        """One training."""
        return ServiceTraining(run)


def list_services(catalogue: Catalogue) -> list[Provider]:
    """Providers that may have such an API; the embedded one has none."""
    return [one.provider for one in catalogue.endpoints if not one.provider.is_demo]


class ServiceTraining:
    """One job at a service; each call of `read_events` goes one step on."""

    def __init__(self, run: TrainingRun, clock: Callable[[], float] = time.monotonic) -> None:
        self._run = run
        self._remote = run.remote or RemoteTraining(provider="")
        self._folder = RunFolder.of(run.id)
        self._clock = clock
        self._client: FineTuningClient | None = None
        self._next_at = 0.0
        self._num_failures = 0
        self._last_event: str | None = None
        self._last_step = 0
        self._told: list[Event] = []
        """Checkpoints that were reported."""
        self._has_ended = self._is_stopping = False

    def start(self) -> None:
        """Make ready to go on; nothing is sent yet.

        Raises:
            NotAvailableError: The provider is gone.
        """
        if self._client is None:
            self._client = FineTuningClient(find_endpoint(self._remote.provider))

    def read_events(self) -> list[Event]:
        """Go one step on where it is time, and tell what that brought."""
        if self._client is None or self._has_ended or self._clock() < self._next_at:
            return []
        try:
            events = self._advance(self._client)
        except ProviderError as error:
            return [self._note_failure(error)]
        self._num_failures = 0
        if self._has_ended:
            self._client.close()
        return events

    def is_alive(self) -> bool:
        """Whether there is more to come."""
        return not self._has_ended

    def cancel(self) -> None:
        """Ask the service to stop.

        Raises:
            ProviderError: It could not be asked; the job may go on and cost money.
        """
        client = self._client
        if client is None or self._has_ended:
            return
        self._is_stopping = True
        try:
            if not self._remote.job_id and self._remote.is_asked:
                self._note_job(client.find(self._run.id))
            if self._remote.job_id:
                self._stop(client)
        except ProviderError as error:
            named = self._remote.job_id or "the job that it may have begun"
            raise ProviderError(
                f"The service could not be asked to stop {named}: {error.message} It may go on and "
                "cost money: stop it there, or go on with this training and stop it again."
            ) from error
        self._has_ended = not self._remote.job_id
        self._next_at = 0.0

    def kill(self) -> None:
        """Give the connections back; what goes on at the service goes on there."""
        if self._client is not None:
            self._client.close()

    def describe_end(self) -> str:
        """It never ends without a word."""
        return "is gone"

    def _stop(self, client: FineTuningClient) -> None:
        try:
            self._note_job(client.cancel(self._remote.job_id))
        except ProviderError:
            if not client.get(self._remote.job_id).has_ended:
                raise

    def _advance(self, client: FineTuningClient) -> list[Event]:
        if not self._remote.job_id:
            if not self._remote.training_file:
                self._put(training_file=client.upload(self._folder.path / TRAIN_FILE))
                return [_say("uploading the held-out records")]
            if not self._remote.validation_file:
                self._put(validation_file=client.upload(self._folder.path / VALIDATION_FILE))
                return [_say("ordering the job")]
            return self._begin(client)
        return self._look(client)

    def _begin(self, client: FineTuningClient) -> list[Event]:
        found = self._find_begun(client) if self._remote.is_asked else None
        if found is None:
            order = self._make_order()
            self._put(is_asked=True)
            try:
                found = client.create(order)
            except ProviderError as error:
                if error.details.get("kind") in _NOT_BEGUN:
                    self._put(is_asked=False)
                raise
        self._note_job(found)
        return [_say(f"the service has the job {found.id}")]

    def _find_begun(self, client: FineTuningClient) -> FineTuningJob | None:
        try:
            return client.find(self._run.id)
        except ProviderError as error:
            if error.retryable:
                raise
            raise ProviderError(
                "Whether the service began a job is not known, and it does not tell its jobs: "
                f"{error.message} None is begun, so that none is paid twice. Look there; where "
                "there is none, start a new training."
            ) from error

    def _make_order(self) -> FineTuningOrder:
        with reading() as session:
            spec = graders.get_version(session, self._run.grader_version_id).spec
        settings = self._remote.settings
        numbers = settings.model_dump(exclude=NOT_OF_THE_METHOD, exclude_none=True)
        return FineTuningOrder(
            model=self._run.base_model,
            training_file=self._remote.training_file,
            validation_file=self._remote.validation_file,
            grader=to_training_grader(spec),
            hyperparameters={
                "n_epochs": self._run.num_epochs,
                "reasoning_effort": self._remote.effort or "default",
                **numbers,
            },
            seed=settings.seed,
            suffix=settings.suffix,
            mark=self._run.id,
        )

    def _look(self, client: FineTuningClient) -> list[Event]:
        job = client.get(self._remote.job_id)
        found = client.list_events(job.id, self._last_event)
        self._write_log([write_line(one) for one in found])
        events = [event for one in found for event in read_metrics(one)]
        events += self._find_checkpoints(client)
        steps = [event["step"] for event in events if "step" in event]
        self._last_step = max(self._last_step, *steps, 0)
        if found:
            self._last_event = found[-1].id
        self._note_job(job)
        self._next_at = self._clock() + POLL_S
        if job.has_ended:
            self._has_ended = True
            return [*events, self._conclude(job)]
        return [*events, _say("training" if job.status == "running" else _describe(job))]

    def _find_checkpoints(self, client: FineTuningClient) -> list[Event]:
        """All of them where one is new, for which one is the best may have changed."""
        try:
            found = read_checkpoints(client.list_checkpoints(self._remote.job_id))
        except ProviderError as error:
            if error.details.get("kind") == CallFailureKind.NOT_FOUND:
                return []  # some services have no such list
            raise
        is_new = found != self._told
        self._told = found
        return found if is_new else []

    def _conclude(self, job: FineTuningJob) -> Event:
        if job.status == "cancelled" and self._is_stopping:
            return {"type": "cancelled", "step": None}
        if job.status != "succeeded" or not job.fine_tuned_model:
            said = job.fault or "it says no more"
            how = _ENDS.get(job.status, "ended without a model")
            words = f"The service's job {job.id} {how}: {said}"
            return {"type": "failed", "code": "service", "message": _end_sentence(words)}
        named = [one["step"] for one in self._told if one["model"] == job.fine_tuned_model]
        return {
            "type": "done",
            "best_step": named[-1] if named else self._last_step,
            "num_steps": self._last_step,
            "model": job.fine_tuned_model,
        }

    def _note_job(self, job: FineTuningJob | None) -> None:
        """Store what is new of it."""
        if job is None:
            return
        known = {
            "job_id": job.id,
            "status": job.status,
            "model": job.fine_tuned_model or "",
            "trained_tokens": job.trained_tokens,
        }
        if known != self._remote.model_dump(include=set(known)):
            self._put(**known)

    def _note_failure(self, error: ProviderError) -> Event:
        self._num_failures += 1
        most = MOST_LOOKS if self._remote.job_id else MOST_FAILURES
        if error.retryable and self._num_failures < most:
            wait_s = min(FIRST_WAIT_S * 2 ** (self._num_failures - 1), LONGEST_WAIT_S)
            self._next_at = self._clock() + wait_s
            return _say(f"asking again, for the service did not help: {error.message}"[:200])
        self._has_ended = True
        more = ""
        if self._remote.job_id:
            more = f" The job {self._remote.job_id} may go on there; going on here follows it again"
        return {
            "type": "failed",
            "code": "service",
            "message": _end_sentence(f"{error.message}{more}"),
        }

    def _put(self, **changes: Any) -> None:  # noqa: ANN401  # of any field
        self._remote = self._remote.model_copy(update=changes)
        with unit_of_work() as session:
            training_runs.put_remote(session, self._run.id, self._remote)

    def _write_log(self, lines: list[str]) -> None:
        """The service tells everything again after a new start: then the log begins anew."""
        if lines:
            with self._folder.log.open("w" if self._last_event is None else "a") as log:
                log.writelines(lines)


def find_endpoint(name: str) -> Endpoint:
    """The provider of that name, among those of now.

    Raises:
        NotAvailableError: It is gone.
    """
    with reading() as session:
        endpoints = read_catalogue(session).endpoints
    for one in endpoints:
        if one.provider.name == name:
            return one
    raise NotAvailableError(
        f"The provider {name!r} is gone. Add it again in Settings under the same name; then this "
        "training goes on."
    )


def _say(words: str) -> Event:
    return {"type": "phase", "words": words}


def _describe(job: FineTuningJob) -> str:
    return f"the service says: {job.status.replace('_', ' ')}"


def _end_sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def upload_files(folder: Path) -> dict[str, Path]:
    """Where the rows of both sides are, by the side's name."""
    return {"train": folder / TRAIN_FILE, "validation": folder / VALIDATION_FILE}
