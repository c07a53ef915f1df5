"""The grader that is suggested to a person: what the data allows, else a judge by the objective."""

from typing import Final

from sqlmodel import Session

from rft_app.domain.grader import JudgeSpec
from rft_app.errors import ConflictError
from rft_app.services.datasets import get_dataset
from rft_app.services.grader_suggestion import GraderSuggestion, suggest_grader

_PROMPT: Final = """An assistant has this job:
{objective}

The conversation so far, as JSON:
{{{{item.messages}}}}

Its answer:
{{{{sample.output_text}}}}

Rate how well the answer does the job: 1 is useless or wrong, 3 does part of it, 5 leaves nothing to
wish for. Long answers and answers that praise themselves deserve no more."""
_REASON: Final = (
    "The data has neither references of one form nor recorded rewards that agree with such a "
    "grader, so a model has to judge, by the dataset's objective. Nothing tells yet how well it "
    "does: attack it, and compare it with people before you trust it."
)


def propose_grader(session: Session, dataset_id: str) -> GraderSuggestion:
    """Look at some records; takes seconds where a script is tried on them. Nothing is saved.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: Neither data nor objective say what a good answer is.
    """
    objective = get_dataset(session, dataset_id).objective.strip()
    if (found := suggest_grader(session, dataset_id)) is not None:
        return found
    if not objective:
        raise ConflictError(
            "No grader can be suggested: the records have neither references of one form nor "
            "recorded rewards, and the dataset has no objective to judge by."
        )
    plain = objective.replace("{{", "{ {")
    prompt = _PROMPT.format(objective=plain)
    return GraderSuggestion(spec=JudgeSpec(prompt=prompt, min_score=1, max_score=5), reason=_REASON)
