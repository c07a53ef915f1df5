"""How many tokens calls of a model will use, by what an earlier dry run used."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from sqlmodel import Session

from rft_app.domain.dry_run import DryRun
from rft_app.domain.generation import CostRange, TokenEstimate
from rft_app.domain.sampling import Sampling
from rft_app.domain.words import count
from rft_app.llm.chat import CUT_OFF
from rft_app.pipeline._scopes import sampling_scope
from rft_app.storage import dry_runs
from rft_app.storage.paid_calls import count_replies


class UsedTokens(NamedTuple):
    """What the calls of one dry run used, on average."""

    number: int
    """Of that run."""
    num_calls: int
    """That the means are of."""
    prompt: float
    reply: float

    @property
    def sentence(self) -> str:
        """Where an estimate comes from.

        Example:
            >>> print(UsedTokens(3, 8, 900.0, 99.6).sentence)
            Tokens: as run 3 used, 900 of the prompt and 100 of the reply a call, mean of 8 calls.
        """
        return (
            f"Tokens: as run {self.number} used, {self.prompt:,.0f} of the prompt and "
            f"{self.reply:,.0f} of the reply a call, mean of {count(self.num_calls, 'call')}."
        )

    def estimate(self, num_calls: int) -> TokenEstimate:
        """For so many calls."""
        return TokenEstimate(
            num_prompt_tokens=round(self.prompt * num_calls),
            num_reply_tokens=round(self.reply * num_calls),
        )


def find_used(
    session: Session,
    dataset_id: str,
    role: Literal["sampler", "judge"],
    model: str,
    is_comparable: Callable[[DryRun], bool],
) -> UsedTokens | None:
    """By the newest finished dry run that asked the model likewise; `None` where there is none.

    Of no use is a run whose replies all had been paid before, or whose provider counts no tokens.
    """
    for run in dry_runs.list_dry_runs(session, dataset_id):
        use = getattr(run.report, role) if run.report else None
        if use is None or use.model != model or not use.paid.num_calls:
            continue
        given, taken = use.paid.num_prompt_tokens, use.paid.num_completion_tokens
        if given is not None and taken is not None and is_comparable(run):
            each = use.paid.num_calls
            return UsedTokens(run.number, each, given / each, taken / each)
    return None


def find_answer_tokens(
    session: Session, dataset_id: str, model: str, sampling: Sampling
) -> UsedTokens | None:
    """What answers of this length used; those of a run that cut some off shorter say too little."""

    def is_comparable(run: DryRun) -> bool:
        if run.settings.sampling is None or run.job_id is None:
            return False
        if run.settings.sampling.max_tokens >= sampling.max_tokens:
            return True
        return not count_replies(session, sampling_scope(run.job_id), CUT_OFF)

    found = find_used(session, dataset_id, "sampler", model, is_comparable)
    return found and found._replace(reply=min(found.reply, sampling.max_tokens))


def tell_tokens(cost: CostRange, sentence: str) -> CostRange:
    """The same cost, its formula saying where its tokens come from."""
    return cost.model_copy(update={"formula": f"{cost.formula} {sentence}"})
