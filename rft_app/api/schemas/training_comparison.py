"""What a training came to on the wire: its comparison, and where its adapter is."""

from rft_app.api.schemas._base import Wire
from rft_app.domain import training_comparison as compared
from rft_app.services.tuned_models import AdapterPlace


class ComparedTopic(Wire):
    """One topic of a comparison."""

    topic: str
    n: int
    base_mean: float
    tuned_mean: float


class ComparedRecord(Wire):
    """One record of a comparison."""

    record_id: str
    topic: str
    base: float
    tuned: float


class TrainingComparison(Wire):
    """Base against tuned model on held-out records, paired."""

    n: int
    num_ungraded: int
    base_mean: float
    tuned_mean: float
    difference: float
    low: float
    """95% interval of `difference`, by bootstrap over conversations."""
    high: float
    num_groups: int | None
    """Conversations that the records were cut of; `null` where nobody counted them."""
    num_better: int
    num_worse: int
    num_same: int
    finding: compared.Finding
    words: str
    is_held_out: bool
    """Whether no record of the comparison chose the checkpoint."""
    base_seconds: float | None
    """Mean time of an answer, several being written at once; `null` where unknown."""
    tuned_seconds: float | None
    base_tokens: float | None
    """Mean length of an answer; `null` where unknown."""
    tuned_tokens: float | None
    topics: list[ComparedTopic]
    records: list[ComparedRecord]
    """Largest fall first."""

    @classmethod
    def of(cls, found: compared.TrainingComparison) -> "TrainingComparison":
        """Convert from the domain."""
        return cls(words=found.words, **found.model_dump())


class Adapter(Wire):
    """What a training has kept, and who serves it."""

    folder: str
    """Holds `adapter_model.safetensors` and `adapter_config.json`."""
    base_model: str
    model: str
    """Its name: of the provider `embedded`, or under which `command` serves it."""
    command: str
    """What serves it with vLLM, for a shell; empty where it is served here."""
    is_finished: bool
    """Whether the training ended as planned; else it is the best checkpoint so far."""

    @classmethod
    def of(cls, place: AdapterPlace) -> "Adapter":
        """Convert from the use case."""
        return cls(folder=str(place.folder), **place.model_dump(exclude={"folder", "run_id"}))
