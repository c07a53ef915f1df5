"""Who serves what a training made, ready to show."""

import re
from dataclasses import dataclass, field

from rft_app.domain.training_run import TrainingRun
from rft_app.services.tuned_models import find_place, name_tuned_model


@dataclass(frozen=True)
class ServingView:
    """The tuned model's name, and what serves it where this product does not."""

    model: str = ""
    """Empty where there is nothing to serve yet."""
    folder_parts: list[str] = field(default_factory=list[str])
    """Where the adapter is: its path in pieces, between which a line may end."""
    command: str = ""
    """Empty where it is served here."""
    words: str = ""

    @classmethod
    def of(cls, run: TrainingRun) -> "ServingView":
        """Build the card; looks for the adapter's files."""
        place = find_place(run)
        if place is None or not (place.command or name_tuned_model(run)):
            return cls()
        kept = "" if run.outcome else " It was not compared with its base: this is what it kept."
        return cls(
            model=place.model,
            folder_parts=re.findall(r"[^/]*/|[^/]+", str(place.folder)),
            command=place.command,
            words=(_ELSEWHERE if place.command else _HERE) + kept,
        )


_HERE = "It is served here, beside its base, by this name."
_ELSEWHERE = (
    "This base model is not served here. Serve both with vLLM, then add its address as a provider."
)
