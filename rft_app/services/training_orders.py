"""Before a training: what is asked for, what it would use and take, what speaks against it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import Field, ValidationError
from sqlmodel import Session

from rft_app.domain.dry_run_rules import DryRunVerdict
from rft_app.domain.entity import Entity
from rft_app.domain.grader import count_calls, reads_tool_calls
from rft_app.domain.message import text_of
from rft_app.domain.record import Selection
from rft_app.domain.rollout import Rollout, RolloutKey
from rft_app.domain.split import SplitRule
from rft_app.domain.statistics import percentile
from rft_app.domain.training import TrainingDraft, TrainingOutlook
from rft_app.domain.training_plan import (
    KNOWN_SHARE,
    BaseFacts,
    TrainingCheck,
    TrainingEstimate,
    estimate_training,
    plan_answer_tokens,
    plan_steps,
)
from rft_app.domain.training_run import PRESETS, Preset, TrainingSettings
from rft_app.domain.words import count
from rft_app.errors import InvalidInputError
from rft_app.services.graders import current_grader
from rft_app.services.training import get_training_draft, plan_training
from rft_app.storage import dry_runs, training_runs
from rft_app.storage.records import map_num_tokens
from rft_app.storage.rollouts import load_rollouts
from rft_app.storage.snapshot_source import read_columns
from rft_app.storage.snapshots import SnapshotPlan, plan_columns
from rft_app.strategies._base import count_text_tokens
from rft_app.trainers import TRAINERS

NUM_LOOKED_AT = 200
"""Records whose lengths are measured."""
FEW_HELD_OUT = 30
MESSAGE_TOKENS = 6
"""What a template adds to each message."""


class TrainingRequest(Entity):
    """What somebody asks for; what is `None` is as it was left in the form."""

    trainer: str = "trl_local"
    preset: Preset = Preset.QUICK
    settings: dict[str, Any] = Field(default_factory=dict[str, Any])
    """Values of the preset that shall be others."""
    base_model: str | None = None
    train_ratio: float | None = None
    stratify_by_topic: bool | None = None
    test_generated: bool | None = None
    num_epochs: int | None = None
    effort: str | None = None
    reason: str = Field(default="", max_length=2_000)
    """Why it starts against a NO_GO."""


class TrainingProspect(Entity):
    """What a training would use and take, and what speaks against it."""

    draft: TrainingDraft
    settings: TrainingSettings
    outlook: TrainingOutlook
    base: BaseFacts
    num_steps: int
    estimate: TrainingEstimate
    checks: tuple[TrainingCheck, ...]

    @property
    def obstacles(self) -> tuple[TrainingCheck, ...]:
        """What keeps it from starting."""
        return tuple(check for check in self.checks if check.level == "stop")

    @property
    def needs_reason(self) -> bool:
        """Whether a reason must be typed."""
        return self.outlook.verdict is DryRunVerdict.NO_GO


def look_ahead(
    session: Session, dataset_id: str, request: TrainingRequest | None = None
) -> TrainingProspect:
    """What a training would use and take; changes nothing.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: A value is impossible, or the base model cannot be trained.
    """
    asked = request or TrainingRequest()
    trainer = TRAINERS.get(asked.trainer)
    draft = merge_draft(get_training_draft(session, dataset_id), asked)
    outlook = plan_training(session, dataset_id, draft)
    base = trainer.describe_base(draft.base_model)
    seqs = read_columns(session, dataset_id, Selection()).seqs
    sampled = _load_some(session, dataset_id, seqs[:: max(1, len(seqs) // NUM_LOOKED_AT)].tolist())
    settings = make_settings(asked, draft, sampled)
    num_steps = plan_steps(settings, outlook.num_train, draft.num_epochs)
    measured = training_runs.find_speed(session, asked.trainer, draft.base_model)
    estimate = estimate_training(
        base,
        settings,
        num_steps=num_steps,
        prompt_tokens=_mean_prompt(sampled),
        flops_per_s=measured or trainer.guess_speed(),
        is_measured=measured is not None,
    )
    tokens = map_num_tokens(session, seqs[:: max(1, len(seqs) // 10_000)].tolist())
    checks = (
        _check_trainer(trainer.find_obstacle()),
        _check_grader(session, dataset_id, estimate),
        _check_verdict(outlook),
        _check_spread(session, dataset_id),
        _check_held_out(outlook),
        _check_tools(session, dataset_id, base, sampled),
        _check_lengths(tokens, settings, base),
        _check_memory(estimate),
    )
    return TrainingProspect(
        draft=draft,
        settings=settings,
        outlook=outlook,
        base=base,
        num_steps=num_steps,
        estimate=estimate,
        checks=tuple(check for check in checks if check is not None),
    )


def merge_draft(draft: TrainingDraft, request: TrainingRequest) -> TrainingDraft:
    """The form with what was asked for.

    Raises:
        InvalidInputError: A value is impossible; the message names the field.
    """
    asked = {name: getattr(request, name) for name in TrainingDraft.model_fields}
    given = {name: value for name, value in asked.items() if value is not None}
    return _validate(TrainingDraft, {**draft.model_dump(), **given})


def make_settings(
    request: TrainingRequest, draft: TrainingDraft, known: Sequence[Rollout]
) -> TrainingSettings:
    """The preset with what was asked for; the length of answers by those that are known.

    Raises:
        InvalidInputError: A name is unknown or a value impossible; the message names it.
    """
    values: dict[str, Any] = PRESETS[request.preset].model_dump()
    values["max_completion_tokens"] = plan_answer_tokens(_find_length(known), draft.effort)
    return _validate(TrainingSettings, {**values, **request.settings})


def plan_split(session: Session, dataset_id: str, draft: TrainingDraft) -> SnapshotPlan:
    """The records and their sides by the form."""
    columns = read_columns(session, dataset_id, Selection())
    if not draft.stratify_by_topic:
        flat = replace(columns.split, topics=np.zeros_like(columns.split.topics))
        columns = replace(columns, split=flat)
    rule = SplitRule(train_ratio=draft.train_ratio, test_generated=draft.test_generated)
    return plan_columns(columns, selection=Selection(), rule=rule)


def _check_trainer(obstacle: str) -> TrainingCheck:
    if not obstacle:
        return TrainingCheck(name="trainer", level="ok", finding="The trainer is installed.")
    finding, _, remedy = obstacle.partition(". ")
    return TrainingCheck(name="trainer", level="stop", finding=f"{finding}.", remedy=remedy)


def _check_grader(session: Session, dataset_id: str, estimate: TrainingEstimate) -> TrainingCheck:
    grader = current_grader(session, dataset_id)
    if grader is None:
        return TrainingCheck(
            name="grader",
            level="stop",
            finding="There is no grader, so no answer can be rewarded.",
            remedy="Save one in step 4.",
        )
    if num_calls := count_calls(grader.spec) * estimate.num_answers:
        return TrainingCheck(
            name="grader",
            level="caution",
            finding=f"The grader asks a model: up to {num_calls:,} calls, each of which is paid.",
            remedy="Train with a grader of settings or a script, or with fewer steps.",
        )
    return TrainingCheck(name="grader", level="ok", finding=f"Rewards come from {grader.label}.")


def _check_verdict(outlook: TrainingOutlook) -> TrainingCheck:
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


def _check_spread(session: Session, dataset_id: str) -> TrainingCheck | None:
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


def _check_held_out(outlook: TrainingOutlook) -> TrainingCheck:
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


def _check_tools(
    session: Session, dataset_id: str, base: BaseFacts, looked_at: Sequence[Rollout]
) -> TrainingCheck | None:
    has_tools = any(one.item.get("tools") for one in looked_at)
    grader = current_grader(session, dataset_id)
    needs_calls = grader is not None and reads_tool_calls(grader.spec)
    if has_tools and not base.shows_tools:
        finding = f"Records have tools, and the chat template of {base.name} does not show them."
        remedy = "Take a base model that was taught to call tools (--base-model FOLDER)."
    elif needs_calls and not has_tools:
        finding = "No record that was looked at has tools that the model could call."
        remedy = "Train with a grader that does not look at calls."
    else:
        return None
    if needs_calls:
        finding += " The grader looks at calls, so that answers would all get the same."
    level = "stop" if needs_calls else "caution"
    return TrainingCheck(name="tools", level=level, finding=finding, remedy=remedy)


def _check_lengths(
    tokens: Mapping[int, int], settings: TrainingSettings, base: BaseFacts
) -> TrainingCheck | None:
    room = base.context_tokens - settings.max_completion_tokens
    limit = min(settings.max_prompt_tokens, room)
    if limit <= 0:
        return TrainingCheck(
            name="lengths",
            level="stop",
            finding=f"An answer of {settings.max_completion_tokens} tokens leaves no room for a "
            f"prompt in the model's context of {base.context_tokens}.",
            remedy="Allow shorter answers.",
        )
    num_long = sum(length > limit for length in tokens.values())
    if not num_long:
        return None
    return TrainingCheck(
        name="lengths",
        level="stop" if num_long == len(tokens) else "caution",
        finding=f"{num_long:,} of {count(len(tokens), 'record')} that were looked at are longer "
        f"than {limit:,} tokens, by estimate; those whose prompt is are left out.",
        remedy="Raise max_prompt_tokens, or take a base model with a longer context.",
    )


def _check_memory(estimate: TrainingEstimate) -> TrainingCheck | None:
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if estimate.memory_bytes <= total * 0.8:
        return None
    return TrainingCheck(
        name="memory",
        level="caution",
        finding=f"It may take {estimate.memory_bytes / 1e9:.0f} GB; this machine has "
        f"{total / 1e9:.0f} GB.",
        remedy="Set fewer rollouts or prompts per step, or shorter answers.",
    )


def _load_some(session: Session, dataset_id: str, seqs: Sequence[int]) -> list[Rollout]:
    return load_rollouts(session, dataset_id, [RolloutKey(seq, None, None) for seq in seqs])


def _find_length(known: Sequence[Rollout]) -> int | None:
    """What nearly all known answers take; JSON has more tokens than prose of its length."""
    texts = [one.sample["output_text"] or one.item.get("reference") or "" for one in known]
    lengths = sorted(float(count_text_tokens(text)) for text in texts if text)
    return round(1.3 * percentile(lengths, KNOWN_SHARE)) + 2 if lengths else None


def _mean_prompt(known: Sequence[Rollout]) -> int:
    lengths = [
        sum(
            count_text_tokens(text_of(message.get("content"))) + MESSAGE_TOKENS
            for message in one.item.get("messages", ())
        )
        for one in known
    ]
    return round(sum(lengths) / len(lengths)) if lengths else 0


def _validate(kind: type[Any], values: dict[str, Any]) -> Any:  # noqa: ANN401  # of that kind
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(str(part) for part in fault["loc"])
        raise InvalidInputError(f"The setting {field!r}: {fault['msg']}.", field=field) from error
