"""What speaks for and against a training, one look each."""

from collections.abc import Sequence

from sqlmodel import Session

from rft_app.domain.base_facts import BaseFacts
from rft_app.domain.dry_run_rules import DryRunVerdict
from rft_app.domain.grader import reads_tool_calls
from rft_app.domain.rollout import Rollout
from rft_app.domain.training import TrainingOutlook
from rft_app.domain.training_plan import (
    TrainingCheck,
    TrainingEstimate,
    room_for_prompt,
)
from rft_app.domain.training_run import TrainingSettings
from rft_app.domain.words import count
from rft_app.services.graders import current_grader
from rft_app.services.judge_costs import JudgeEstimate, estimate_grading
from rft_app.storage import dry_runs

FEW_HELD_OUT = 30


def check_trainer(obstacle: str, device: str = "") -> TrainingCheck:
    """Whether it can train at all, and on what."""
    if not obstacle:
        on = f" It computes on {device}." if device else ""
        return TrainingCheck(name="trainer", level="ok", finding=f"The trainer is ready.{on}")
    finding, _, remedy = obstacle.partition(". ")
    return TrainingCheck(name="trainer", level="stop", finding=f"{finding}.", remedy=remedy)


def check_grader(
    session: Session, dataset_id: str, estimate: TrainingEstimate, looked_at: Sequence[Rollout]
) -> TrainingCheck:
    """Whether answers can be rewarded, and what that costs."""
    grader = current_grader(session, dataset_id)
    if grader is None:
        return TrainingCheck(
            name="grader",
            level="stop",
            finding="There is no grader, so no answer can be rewarded.",
            remedy="Save one in step 4.",
        )
    if asked := estimate_grading(session, grader.spec, looked_at, estimate.num_answers):
        return TrainingCheck(
            name="grader",
            level="stop" if asked.obstacle else "caution",
            finding=f"The grader asks {asked.model or 'a model'}: up to {asked.num_calls:,} calls; "
            f"{_describe_cost(asked)}.",
            remedy=asked.obstacle
            or "Train with a grader of settings or a script, or with fewer steps.",
        )
    return TrainingCheck(name="grader", level="ok", finding=f"Rewards come from {grader.label}.")


def _describe_cost(asked: JudgeEstimate) -> str:
    """What they will cost, or why nobody knows."""
    if asked.is_demo:
        return "they cost nothing, and its grades are of demo quality"
    low, high = asked.cost.low_usd, asked.cost.high_usd
    if low is None or high is None:
        return "what they cost is unknown, because its prices are not set"
    if high == 0:
        return "they cost nothing"
    return f"${low:,.2f} to ${high:,.2f} ({asked.cost.formula})"


def check_verdict(outlook: TrainingOutlook) -> TrainingCheck:
    """What the dry run said."""
    if outlook.verdict is None:
        return TrainingCheck(
            name="verdict",
            level="caution",
            finding="There was no dry run, so nobody knows whether training can work.",
            remedy="Run step 5 first.",
        )
    if not outlook.is_verdict_current:
        return TrainingCheck(
            name="verdict",
            level="caution",
            finding=f"The last dry run said {outlook.verdict}, before something changed.",
            remedy="Run step 5 again.",
        )
    levels = {DryRunVerdict.GO: "ok", DryRunVerdict.CAUTION: "note", DryRunVerdict.NO_GO: "caution"}
    is_bad = outlook.verdict is DryRunVerdict.NO_GO
    return TrainingCheck.model_validate(
        {
            "name": "verdict",
            "level": levels[outlook.verdict],
            "finding": f"The dry run says {outlook.verdict}.",
            "remedy": "A training against it needs a typed reason." if is_bad else "",
        }
    )


def check_spread(session: Session, dataset_id: str) -> TrainingCheck | None:
    """Whether rewards differed; `None` before a dry run."""
    run = dry_runs.find_last_finished(session, dataset_id)
    if run is None or run.report is None or run.report.statistics is None:
        return None
    report, found = run.report, run.report.statistics
    if found.sd == 0 or report.learnable_share == 0:
        what = "all rewards are the same" if found.sd == 0 else "no record's answers differ"
        return TrainingCheck(
            name="spread",
            level="caution",
            finding=f"In the last dry run {what}: there is nothing to learn from.",
            remedy="Change the grader or the prompt until answers of one record differ in reward.",
        )
    words = f"Rewards spread by {found.sd:.2f} in the last dry run."
    return TrainingCheck(name="spread", level="ok", finding=words)


def check_held_out(outlook: TrainingOutlook) -> TrainingCheck:
    """Whether anything can tell that the model got better."""
    if not outlook.num_held_out or not outlook.num_train:
        side = "held out" if outlook.num_train else "left to train on"
        return TrainingCheck(
            name="held_out",
            level="stop",
            finding=f"No record is {side}, so nothing could tell whether the model got better.",
            remedy="Change the share to train on, add records, or let generated ones be held out.",
        )
    words = count(outlook.num_held_out, "record is held out", "records are held out")
    if outlook.num_held_out < FEW_HELD_OUT:
        return TrainingCheck(
            name="held_out",
            level="caution",
            finding=f"Only {words}: they choose the checkpoint and compare the models, too.",
            remedy=f"Hold out {FEW_HELD_OUT} or more.",
        )
    return TrainingCheck(name="held_out", level="ok", finding=f"{words}.")


def check_tools(
    session: Session, dataset_id: str, base: BaseFacts, looked_at: Sequence[Rollout]
) -> TrainingCheck | None:
    """Whether calls can come where they are wanted; `None` where nothing is amiss."""
    has_tools = any(one.item.get("tools") for one in looked_at)
    grader = current_grader(session, dataset_id)
    needs_calls = grader is not None and reads_tool_calls(grader.spec)
    if has_tools and not base.shows_tools:
        finding = f"Records have tools, and the chat template of {base.name} does not show them."
        remedy = "Name the folder of a base model that was taught to call tools."
    elif needs_calls and not has_tools:
        finding = "No record that was looked at has tools that the model could call."
        remedy = "Train with a grader that does not look at calls."
    else:
        return None
    if needs_calls:
        finding += " The grader looks at calls, so that answers would all get the same."
    level = "stop" if needs_calls else "caution"
    return TrainingCheck(name="tools", level=level, finding=finding, remedy=remedy)


def check_lengths(
    prompts: Sequence[int], settings: TrainingSettings, base: BaseFacts
) -> TrainingCheck | None:
    """Whether prompts of these lengths, in tokens, fit; `None` where all do."""
    limit = room_for_prompt(settings, base)
    if not limit:
        return TrainingCheck(
            name="lengths",
            level="stop",
            finding=f"An answer of {settings.max_completion_tokens} tokens leaves no room for a "
            f"prompt in the model's context of {base.context_tokens}.",
            remedy="Allow shorter answers.",
        )
    num_long = sum(length > limit for length in prompts)
    if not num_long:
        return None
    return TrainingCheck(
        name="lengths",
        level="stop" if num_long == len(prompts) else "caution",
        finding=f"{num_long:,} of {count(len(prompts), 'prompt')} that were looked at are longer "
        f"than {limit:,} tokens, by estimate; such records are left out.",
        remedy="Raise max_prompt_tokens, or take a base model with a longer context.",
    )
