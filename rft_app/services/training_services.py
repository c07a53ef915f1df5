"""Before a training at a service: which one, what it would be told, what speaks against it."""

from typing import Any

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.grader import JudgeSpec, list_asking
from rft_app.domain.provider import Provider, hide_credentials
from rft_app.domain.training import TrainingDraft
from rft_app.domain.training_plan import TrainingCheck
from rft_app.domain.training_remote import RemoteEstimate, RemoteSettings, RemoteTraining
from rft_app.domain.words import count
from rft_app.errors import InvalidInputError
from rft_app.exports import EXPORTERS
from rft_app.graders.openai_training import to_training_grader
from rft_app.services.export_counts import Qualifying, count_qualifying
from rft_app.services.graders import current_grader
from rft_app.services.settings_reading import validate_settings
from rft_app.services.training_checks import check_trainer
from rft_app.storage.catalogue import read_catalogue
from rft_app.trainers.openai_compatible import NO_SERVICE, list_services

FORMAT = "openai_rft"


class ServiceProspect(Entity):
    """What a service would be told."""

    remote: RemoteTraining
    estimate: RemoteEstimate
    checks: tuple[TrainingCheck, ...]


class ServiceChoice(Entity):
    """One provider that may have a fine-tuning API."""

    name: str
    address: str
    """Without credentials."""
    models: tuple[str, ...]
    """Those it was added with; others may be trained, too."""


def list_service_choices(session: Session) -> list[ServiceChoice]:
    """Providers to choose from; whether one can train, only an order tells."""
    return [
        ServiceChoice(
            name=one.name,
            address=hide_credentials(one.base_url),
            models=tuple(model.name for model in one.models),
        )
        for one in list_services(read_catalogue(session))
    ]


def look_at_service(
    session: Session,
    dataset_id: str,
    draft: TrainingDraft,
    settings: dict[str, Any],
    *,
    prompt_tokens: int,
    asking_share: float,
) -> ServiceProspect:
    """What a service would be told, and what speaks against it.

    Args:
        session: Any.
        dataset_id: Whose records.
        draft: The form.
        settings: Those of `RemoteSettings` that shall not be the service's own.
        prompt_tokens: Mean length of a prompt.
        asking_share: Share of the records whose last turn is the user's.

    Raises:
        InvalidInputError: A setting is unknown or impossible, or there is no such provider.
    """
    provider = _choose(list_services(read_catalogue(session)), draft.provider)
    remote = RemoteTraining(
        provider="" if provider is None else provider.name,
        settings=validate_settings(RemoteSettings, settings),
        effort=draft.effort.value,
    )
    rows = next(one for one in count_qualifying(session, dataset_id) if one.format == FORMAT)
    estimate = _estimate(draft, rows, prompt_tokens, asking_share)
    checks = (
        check_trainer("" if provider else NO_SERVICE),
        _check_model(draft),
        _check_grader(session, dataset_id, provider),
        _check_rows(rows, estimate),
        _check_asking(estimate),
        None if provider is None else _check_leaving(provider, estimate),
        _check_price(),
        None if provider is None else _check_comparing(provider, remote, estimate, draft),
    )
    found = tuple(check for check in checks if check is not None)
    return ServiceProspect(remote=remote, estimate=estimate, checks=found)


def _choose(providers: list[Provider], name: str) -> Provider | None:
    if not name or not providers:
        return providers[0] if providers else None
    for one in providers:
        if one.name == name:
            return one
    known = ", ".join(one.name for one in providers)
    raise InvalidInputError(
        f"There is no provider {name!r} that could train. Choose one of: {known}.", field="provider"
    )


def _estimate(
    draft: TrainingDraft, rows: Qualifying, prompt_tokens: int, asking_share: float
) -> RemoteEstimate:
    share = rows.num_qualifying / rows.num_looked_at if rows.num_looked_at else 0.0
    num_qualifying = round(share * rows.num_records)
    num_usable = round(num_qualifying * asking_share)
    num_train = round(num_usable * draft.train_ratio)
    tokens = num_train * draft.num_epochs * prompt_tokens
    return RemoteEstimate(
        num_records=num_usable,
        num_lacking=rows.num_records - num_qualifying,
        num_unasked=num_qualifying - num_usable,
        is_exact=rows.is_exact and num_usable == num_qualifying,
        num_epochs=draft.num_epochs,
        prompt_tokens=prompt_tokens,
        formula=(
            f"about {num_train:,} records × {count(draft.num_epochs, 'epoch')} × {prompt_tokens:,} "
            f"tokens of a prompt = {tokens:,} tokens read, times the answers that the service "
            "tries for each, and their tokens. How many it tries, how long it takes and what a "
            "token or an hour costs, its API does not tell: time and price are unknown."
        ),
    )


def _check_model(draft: TrainingDraft) -> TrainingCheck:
    if draft.base_model:
        return TrainingCheck(name="model", level="ok", finding=f"It trains {draft.base_model}.")
    return TrainingCheck(
        name="model",
        level="stop",
        finding="No base model is named.",
        remedy="Name one that the provider lists for reinforcement fine-tuning.",
    )


def _check_grader(session: Session, dataset_id: str, provider: Provider | None) -> TrainingCheck:
    grader = current_grader(session, dataset_id)
    if grader is None:
        return TrainingCheck(
            name="grader",
            level="stop",
            finding="There is no grader, so no answer can be rewarded.",
            remedy="Save one in step 4.",
        )
    try:
        to_training_grader(grader.spec)
    except InvalidInputError as error:
        finding, _, remedy = error.message.partition(". ")
        return TrainingCheck(
            name="grader",
            level="stop",
            finding=f"The service cannot run {grader.label}: {finding}.",
            remedy=remedy,
        )
    known = {model.name for model in provider.models} if provider else set[str]()
    for part in list_asking(grader.spec).values():
        if isinstance(part, JudgeSpec) and part.model not in known:
            return TrainingCheck(
                name="grader",
                level="caution",
                finding=f"The judge asks {part.model}, which is none of the provider's models here",
                remedy="The service asks it itself, and refuses a model that it does not have.",
            )
    return TrainingCheck(
        name="grader",
        level="ok",
        finding=f"The service itself runs {grader.label}, translated; its rewards are its own.",
    )


def _check_rows(rows: Qualifying, estimate: RemoteEstimate) -> TrainingCheck | None:
    lacks = f" ({rows.lacks[0]})" if rows.lacks else ""
    label = EXPORTERS.get(FORMAT).label
    about = "" if rows.is_exact else "about "
    if not estimate.num_records:
        return TrainingCheck(
            name="rows",
            level="stop",
            finding=f"No record has what {label} needs{lacks}.",
            remedy="Give records a reference answer: rate or correct them, or import them.",
        )
    if not estimate.num_lacking:
        return None
    return TrainingCheck(
        name="rows",
        level="caution",
        finding=f"{about}{count(estimate.num_lacking, 'record lacks', 'records lack')} something "
        f"and will be left out{lacks}.".capitalize(),
        remedy="Give them a reference answer to train on them, too.",
    )


def _check_asking(estimate: RemoteEstimate) -> TrainingCheck | None:
    if not estimate.num_unasked:
        return None
    words = count(estimate.num_unasked, "record ends", "records end")
    return TrainingCheck(
        name="asking",
        level="caution",
        finding=f"About {words} with another's turn than the user's, such as a tool's answer, and "
        "will be left out: services refuse such rows.",
        remedy="Train on this machine to use them, too.",
    )


def _check_leaving(provider: Provider, estimate: RemoteEstimate) -> TrainingCheck:
    about = "" if estimate.is_exact else "about "
    return TrainingCheck(
        name="leaving",
        level="caution",
        finding=f"Records leave this machine: {about}{count(estimate.num_records, 'record')} and "
        f"the grader go to {provider.name} ({hide_credentials(provider.base_url)}).",
        remedy="Start it only if they may; scrub them first where they hold personal data.",
    )


def _check_comparing(
    provider: Provider, remote: RemoteTraining, estimate: RemoteEstimate, draft: TrainingDraft
) -> TrainingCheck:
    num_held_out = round(estimate.num_records * (1 - draft.train_ratio))
    num_each = min(remote.settings.num_compared, num_held_out)
    if not num_each:
        return TrainingCheck(
            name="comparing",
            level="caution",
            finding="The tuned model will not be compared with its base.",
            remedy="Set the records compared (num_compared) above 0.",
        )
    return TrainingCheck(
        name="comparing",
        level="note",
        finding=f"In the end base and tuned model answer up to {count(num_each, 'held-out record')}"
        f" each, without chance, and the grader judges them: {2 * num_each:,} calls of "
        f"{provider.name}, which are paid.",
        remedy="Set the records compared (num_compared) lower for fewer calls, or to 0 for none.",
    )


def _check_price() -> TrainingCheck:
    return TrainingCheck(
        name="price",
        level="caution",
        finding="The service bills the training; its price is unknown here.",
        remedy="Look it up there, and set a limit there.",
    )
