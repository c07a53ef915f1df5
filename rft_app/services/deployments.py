"""Deployments: begin one, change its share, promote the tuned model, roll back."""

import re
from datetime import UTC, datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from rft_app.domain.deployment import (
    LOCAL_USER,
    Deployment,
    DeploymentAction,
    DeploymentChange,
    DeploymentDraft,
    DeploymentState,
    DeployMode,
    check_alias,
    check_reason,
    find_share,
)
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.llm.catalogue import Catalogue, Choice
from rft_app.services.routes import find_routes
from rft_app.storage import deployments as stored
from rft_app.storage import intake_keys
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.ids import new_id
from rft_app.storage.session import after_commit
from rft_app.storage.steps import finish_step, forget_result, get_step_row

_SHOWN = ("mode", "tuned_share", "graded_share", "max_graded_per_day", "state")


def deploy(
    session: Session,
    dataset_id: str,
    draft: DeploymentDraft,
    *,
    reason: str = "",
    actor: str = LOCAL_USER,
) -> Deployment:
    """Let an alias go to a tuned model; gateways know within a second.

    Without an alias, the base model's name becomes one, so that clients need no change.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: A model is not in the list of providers or not named; or the alias is no
            name of a model.
        ConflictError: The alias is that of another model, or of another active deployment.
    """
    dataset_id = get_dataset_row(session, dataset_id).id
    catalogue = read_catalogue(session)
    tuned = _choose(catalogue, draft.tuned_model, "tuned model", "tuned_model")
    base = None
    if draft.base_model or draft.mode is not DeployMode.NEW_ENDPOINT:
        base = _choose(catalogue, draft.base_model, "base model", "base_model")
    if base is not None:
        _require_two(base, tuned)
    alias = _find_alias(session, dataset_id, draft, base)
    _require_free(
        session, catalogue, alias, None if draft.mode is DeployMode.NEW_ENDPOINT else base
    )
    now = datetime.now(UTC)
    made = Deployment(
        id=new_id("dep"),
        dataset_id=dataset_id,
        alias=alias,
        mode=draft.mode,
        base_model=None if base is None else _full_name(base),
        tuned_model=_full_name(tuned),
        tuned_share=find_share(draft.mode, draft.ab_test_share),
        graded_share=draft.graded_share,
        max_graded_per_day=draft.max_graded_per_day,
        state=DeploymentState.ACTIVE,
        created_at=now,
        changed_at=now,
    )
    try:
        stored.add_deployment(session, made)
    except IntegrityError as error:
        raise ConflictError(_taken(alias)) from error
    why = check_reason(reason) if reason.strip() else ""
    _note(session, made, DeploymentAction.DEPLOYED, why, actor)
    return made


def get_deployment(session: Session, name: str) -> Deployment:
    """One of them, by its id or its alias.

    Raises:
        NotFoundError: There is none.
    """
    found = stored.find_deployment(session, name) or stored.find_by_alias(session, name)
    if found is None:
        known = ", ".join(one.alias for one in stored.list_routed(session))
        others = f"There are: {known}." if known else "Nothing is deployed yet."
        raise NotFoundError(f"There is no deployment {name!r}. {others}")
    return found


def adjust(
    session: Session,
    name: str,
    change: DeploymentChange,
    *,
    reason: str,
    actor: str = LOCAL_USER,
) -> Deployment:
    """Change the share of the tuned model, or how much is graded.

    A share makes an A/B test of a deployment that was none.

    Raises:
        NotFoundError: There is none.
        ConflictError: It was rolled back, or has no base to share with.
        InvalidInputError: A value is impossible, nothing is changed, or there is no reason.
    """
    before = _require_active(session, name)
    changes = change.list_settings()
    if change.ab_test_share is not None and before.base_model is None:
        raise ConflictError("There is no base model to share the traffic with.")
    reason = check_reason(reason)
    return _change(session, before, changes, DeploymentAction.ADJUSTED, reason, actor)


def promote(session: Session, name: str, *, reason: str, actor: str = LOCAL_USER) -> Deployment:
    """Let the tuned model answer all of the alias; its base answers where it cannot.

    Raises:
        NotFoundError: There is none.
        ConflictError: It was rolled back, or has everything already.
        InvalidInputError: There is no reason.
    """
    before = _require_active(session, name)
    if before.tuned_share == 1:
        raise ConflictError(f"The tuned model answers all of {before.alias} already.")
    changes: dict[str, object] = {"mode": DeployMode.REPLACE, "tuned_share": 1.0}
    return _change(session, before, changes, DeploymentAction.PROMOTED, check_reason(reason), actor)


def roll_back(session: Session, name: str, *, reason: str, actor: str = LOCAL_USER) -> Deployment:
    """Let the base answer all of the alias again; gateways know within a second.

    Raises:
        NotFoundError: There is none.
        ConflictError: It was rolled back before.
        InvalidInputError: There is no reason.
    """
    before = _require_active(session, name)
    changes: dict[str, object] = {"state": DeploymentState.ROLLED_BACK}
    reason = check_reason(reason)
    return _change(session, before, changes, DeploymentAction.ROLLED_BACK, reason, actor)


def require_undeployed(session: Session, dataset_id: str) -> None:
    """Check that no active deployment belongs to a dataset.

    Raises:
        ConflictError: One does; the message names it and what to do.
    """
    active = [one.alias for one in stored.list_deployments(session, dataset_id) if one.is_active]
    if active:
        raise ConflictError(
            f"The dataset's model is deployed as {', '.join(active)}. Roll that back first.",
            aliases=active,
        )


def name_actor(session: Session, key_id: str | None) -> str:
    """Who acts with a key; the local user without one."""
    if not key_id:
        return LOCAL_USER
    return next((key.name for key in intake_keys.list_keys(session) if key.id == key_id), key_id)


def show_on_canvas(session: Session, dataset_id: str) -> None:
    """Make the step of a dataset say how its deployment is, where it has one."""
    found = stored.list_deployments(session, dataset_id)
    if not found:
        return
    if not found[0].is_active:
        forget_result(session, dataset_id, StepName.DEPLOY, found[0].summary)
        return
    facts = {"deployment_id": found[0].id, "alias": found[0].alias}
    result = StepResult(outcome=StepStatus.ACTIVE, summary=found[0].summary, facts=facts)
    settings = get_step_row(session, dataset_id, StepName.DEPLOY).settings
    finish_step(
        session, dataset_id, StepName.DEPLOY, result, settings=settings or {}, input_hash=""
    )


def _change(
    session: Session,
    before: Deployment,
    changes: dict[str, object],
    action: DeploymentAction,
    reason: str,
    actor: str,
) -> Deployment:
    after = before.model_copy(update={**changes, "changed_at": datetime.now(UTC)})
    stored.change_deployment(session, after)
    _note(session, after, action, reason, actor)
    return after


def _note(
    session: Session, made: Deployment, action: DeploymentAction, reason: str, actor: str
) -> None:
    settings = made.model_dump(mode="json", include=set(_SHOWN))
    stored.add_event(session, made.id, action, actor=actor, reason=reason, settings=settings)
    show_on_canvas(session, made.dataset_id)
    after_commit(session, find_routes().forget)


def _require_active(session: Session, name: str) -> Deployment:
    found = get_deployment(session, name)
    if not found.is_active:
        raise ConflictError(
            f"The deployment of {found.alias} was rolled back; its base answers. Deploy again."
        )
    return found


def _choose(catalogue: Catalogue, name: str, noun: str, field: str) -> Choice:
    if not name.strip():
        raise InvalidInputError(
            f"Name the {noun} as the providers in Settings have it, e.g. my-vllm/support-tuned.",
            field=field,
        )
    try:
        return catalogue.choose(name.strip())
    except InvalidInputError as error:
        raise InvalidInputError(
            f"The {noun}: {error.message}", **{**error.details, "field": field}
        ) from error


def _require_two(base: Choice, tuned: Choice) -> None:
    """Check that two models differ, whatever they are called.

    Raises:
        InvalidInputError: They are one.
    """
    names = list(dict.fromkeys([_full_name(base), _full_name(tuned)]))
    if len(names) == 1 or base.identity == tuned.identity:
        raise InvalidInputError(
            f"Base and tuned model are the same, {' and '.join(names)}. Choose two models.",
            field="tuned_model",
        )


def _full_name(choice: Choice) -> str:
    return f"{choice.endpoint.provider.name}/{choice.model.name}"


def _find_alias(
    session: Session, dataset_id: str, draft: DeploymentDraft, base: Choice | None
) -> str:
    if draft.alias.strip():
        return check_alias(draft.alias)
    if base is not None and draft.mode is not DeployMode.NEW_ENDPOINT:
        return check_alias(base.model.name)
    name = get_dataset_row(session, dataset_id).name.lower()
    return check_alias(re.sub(r"[^a-z0-9]+", "-", name).strip("-")[:80] or "tuned")


def _require_free(session: Session, catalogue: Catalogue, alias: str, base: Choice | None) -> None:
    """Check that an alias takes no other model's calls.

    Raises:
        ConflictError: It does.
    """
    found = stored.find_by_alias(session, alias)
    if found is not None and found.is_active:
        raise ConflictError(_taken(alias))
    for choice in catalogue.iterate():
        is_name = alias in {choice.model.name, _full_name(choice)}
        if is_name and (base is None or choice.model.name != base.model.name):
            hint = (
                "A new endpoint needs a name that no model has."
                if base is None
                else f"Only the base's own name, {base.model.name}, can be taken over."
            )
            raise ConflictError(
                f"{alias!r} is the name of a model of {choice.endpoint.provider.name}, whose "
                f"callers would get other answers. {hint}",
                field="alias",
            )


def _taken(alias: str) -> str:
    return (
        f"The alias {alias!r} has an active deployment. Adjust it or roll it back, or choose "
        "another alias."
    )
