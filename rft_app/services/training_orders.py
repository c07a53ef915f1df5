"""Before a training: what is asked for, what it would use and take, what speaks against it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from pydantic import Field
from sqlmodel import Session

from rft_app.domain.base_facts import BaseFacts
from rft_app.domain.dry_run_rules import DryRunVerdict
from rft_app.domain.entity import Entity
from rft_app.domain.message import text_of
from rft_app.domain.record import Selection
from rft_app.domain.rollout import Rollout, RolloutKey
from rft_app.domain.split import SplitRule
from rft_app.domain.statistics import percentile
from rft_app.domain.training import TrainingDraft, TrainingOutlook
from rft_app.domain.training_place import TrainingMachine, TrainingPlace, plan_place
from rft_app.domain.training_plan import (
    KNOWN_SHARE,
    Speed,
    TrainingCheck,
    TrainingEstimate,
    estimate_training,
    guess_gpu_speed,
    plan_answer_tokens,
    plan_steps,
)
from rft_app.domain.training_remote import RemoteEstimate, RemoteTraining
from rft_app.domain.training_run import Preset, TrainingSettings, list_values
from rft_app.services.settings_reading import validate_settings
from rft_app.services.training import get_training_draft, plan_training
from rft_app.services.training_checks import (
    check_grader,
    check_held_out,
    check_lengths,
    check_spread,
    check_tools,
    check_trainer,
    check_verdict,
)
from rft_app.services.training_device_checks import (
    check_device,
    check_generation,
    check_memory,
)
from rft_app.services.training_services import look_at_service
from rft_app.services.training_verl import VERL
from rft_app.services.training_verl_checks import check_verl
from rft_app.storage import training_speed
from rft_app.storage.rollouts import load_rollouts
from rft_app.storage.snapshot_source import read_columns
from rft_app.storage.snapshots import SnapshotPlan, plan_columns
from rft_app.strategies._base import count_text_tokens
from rft_app.trainers import TRAINERS, RunsScript
from rft_app.trainers.environment import find_python

NUM_LOOKED_AT = 200
"""Records whose lengths are measured."""
MESSAGE_TOKENS = 6
"""What a template adds to each message."""


class TrainingRequest(Entity):
    """What somebody asks for; what is `None` is as it was left in the form."""

    trainer: str = "trl_local"
    provider: str | None = None
    """Which one trains, where a provider does."""
    preset: Preset = Preset.QUICK
    settings: dict[str, Any] = Field(default_factory=dict[str, Any])
    """Values of the preset, or of a service's settings, that shall be others."""
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
    """Of our own script."""
    outlook: TrainingOutlook
    base: BaseFacts | None
    """`None` where a service trains, which tells nothing of its models."""
    num_steps: int | None
    estimate: TrainingEstimate | None
    """Both `None` where a service trains: time and price are its own."""
    device: str = ""
    """What it would compute on, in words; empty where nobody knows here."""
    remote: RemoteTraining | None = None
    """What a service would be told; `None` where our own script trains."""
    remote_estimate: RemoteEstimate | None = None
    notice: str
    """What everybody must know who chooses this trainer."""
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
    seqs = read_columns(session, dataset_id, Selection()).seqs
    sampled = _load_some(session, dataset_id, seqs[:: max(1, len(seqs) // NUM_LOOKED_AT)].tolist())
    if not isinstance(trainer, RunsScript):
        return _look_at_service(session, dataset_id, asked, draft, outlook, sampled)
    base, prompts = trainer.describe_base(draft.base_model), measure_prompts(sampled)
    machine = trainer.look_at_machine()
    settings = make_settings(asked, draft, sampled, machine)
    place = plan_place(
        machine, settings.precision, settings.generation, settings.vllm_share, base.num_parameters
    )
    num_steps = plan_steps(settings, outlook.num_train, draft.num_epochs)
    prompt_tokens = find_mean(prompts)
    measured = training_speed.find_speed(session, asked.trainer, draft.base_model, place)
    estimate = estimate_training(
        base,
        settings,
        num_steps=num_steps,
        prompt_tokens=prompt_tokens,
        speed=_tell_measured(measured)
        or (
            guess_gpu_speed(base, settings, prompt_tokens, place)
            if place.is_gpu
            else Speed(trainer.guess_speed(), "a guess by the processor")
        ),
        place=place,
    )
    device = machine.describe(place) if machine.is_known else ""
    checks = (
        check_trainer(trainer.find_obstacle(), device),
        check_device(machine) if trainer.name != VERL else None,
        check_generation(machine, settings, base, find_python()),
        check_grader(session, dataset_id, estimate, sampled),
        check_verdict(outlook),
        check_spread(session, dataset_id),
        check_held_out(outlook),
        check_tools(session, dataset_id, base, sampled),
        check_lengths(prompts, settings, base),
        check_memory(estimate, machine),
        *(check_verl(session, dataset_id, draft, settings) if trainer.name == VERL else ()),
    )
    return TrainingProspect(
        draft=draft,
        settings=settings,
        outlook=outlook,
        base=base,
        num_steps=num_steps,
        estimate=estimate,
        device=device,
        notice=trainer.notice,
        checks=tuple(check for check in checks if check is not None),
    )


def _look_at_service(  # what `look_ahead` read
    session: Session,
    dataset_id: str,
    asked: TrainingRequest,
    draft: TrainingDraft,
    outlook: TrainingOutlook,
    sampled: Sequence[Rollout],
) -> TrainingProspect:
    found = look_at_service(
        session,
        dataset_id,
        draft,
        asked.settings,
        prompt_tokens=find_mean(measure_prompts(sampled)),
        asking_share=share_asking(sampled),
    )
    checks = (
        *found.checks,
        check_verdict(outlook),
        check_spread(session, dataset_id),
        check_held_out(outlook),
    )
    return TrainingProspect(
        draft=draft,
        settings=TrainingSettings(),
        outlook=outlook,
        base=None,
        num_steps=None,
        estimate=None,
        remote=found.remote,
        remote_estimate=found.estimate,
        notice=TRAINERS.get(asked.trainer).notice,
        checks=tuple(check for check in checks if check is not None),
    )


def merge_draft(draft: TrainingDraft, request: TrainingRequest) -> TrainingDraft:
    """The form with what was asked for.

    Raises:
        InvalidInputError: A value is impossible; the message names the field.
    """
    asked = {name: getattr(request, name) for name in TrainingDraft.model_fields}
    given = {name: value for name, value in asked.items() if value is not None}
    kept = draft.model_dump()
    if request.trainer != draft.trainer:
        kept |= {"base_model": "", "provider": ""}  # another place has other models
    return validate_settings(TrainingDraft, {**kept, **given})


def _tell_measured(found: tuple[float, TrainingPlace] | None) -> Speed | None:
    """The speed of an earlier training; `None` where there was none."""
    if found is None:
        return None
    flops_per_s, place = found
    where = f"on {place.describe()}" if place.is_gpu else "here"
    return Speed(flops_per_s, f"measured {where}", is_measured=True)


def make_settings(
    request: TrainingRequest,
    draft: TrainingDraft,
    known: Sequence[Rollout],
    machine: TrainingMachine,
) -> TrainingSettings:
    """The preset with what was asked for; the length of answers by those that are known.

    On a large GPU the presets have larger values.

    Raises:
        InvalidInputError: A name is unknown or a value impossible; the message names it.
    """
    is_large = machine.has_large_gpu
    values = list_values(request.preset, has_large_gpu=is_large)
    values["max_completion_tokens"] = plan_answer_tokens(
        _find_length(known), draft.effort, has_large_gpu=is_large
    )
    return validate_settings(TrainingSettings, {**values, **request.settings})


def plan_split(session: Session, dataset_id: str, draft: TrainingDraft) -> SnapshotPlan:
    """The records and their sides by the form."""
    columns = read_columns(session, dataset_id, Selection())
    if not draft.stratify_by_topic:
        flat = replace(columns.split, topics=np.zeros_like(columns.split.topics))
        columns = replace(columns, split=flat)
    rule = SplitRule(train_ratio=draft.train_ratio, test_generated=draft.test_generated)
    return plan_columns(columns, selection=Selection(), rule=rule)


def _load_some(session: Session, dataset_id: str, seqs: Sequence[int]) -> list[Rollout]:
    return load_rollouts(session, dataset_id, [RolloutKey(seq, None, None) for seq in seqs])


def _find_length(known: Sequence[Rollout]) -> int | None:
    """What nearly all known answers take; JSON has more tokens than prose of its length."""
    texts = [one.sample["output_text"] or one.item.get("reference") or "" for one in known]
    lengths = sorted(float(count_text_tokens(text)) for text in texts if text)
    return round(1.3 * percentile(lengths, KNOWN_SHARE)) + 2 if lengths else None


def share_asking(known: Sequence[Rollout]) -> float:
    """Share of records that end with the user's turn; 0 without any."""
    lasts = [one.item["messages"][-1]["role"] for one in known if one.item.get("messages")]
    return lasts.count("user") / len(lasts) if lasts else 0.0


def measure_prompts(known: Sequence[Rollout]) -> list[int]:
    """Tokens of each prompt, by estimate."""
    return [
        sum(
            count_text_tokens(text_of(message.get("content"))) + MESSAGE_TOKENS
            for message in one.item.get("messages", ())
        )
        for one in known
    ]


def find_mean(lengths: Sequence[int]) -> int:
    """The mean, rounded; 0 without any."""
    return round(sum(lengths) / len(lengths)) if lengths else 0
