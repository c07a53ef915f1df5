"""Which models can be asked."""

from datetime import date

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.provider import hide_credentials
from rft_app.llm.catalogue import NO_PROVIDER
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.tuned_models import list_tuned_models


class ModelChoice(Entity):
    """One configured model."""

    name: str
    provider: str
    """Who serves it."""
    is_demo: bool = False
    """Whether it is the embedded one, which shows that a step works, and no more."""
    label: str = ""
    """Where a model that was trained here comes from; empty for others."""
    input_usd_per_million: float | None
    """USD for a million prompt tokens; `None` where it is not known, which is not free."""
    output_usd_per_million: float | None


class ModelChoices(Entity):
    """The provider as this installation is configured."""

    models: tuple[ModelChoice, ...]
    """The preferred one first; empty without a provider."""
    prices_date: date | None
    """Day the prices were looked up; `None` where nobody said."""
    base_url: str
    """Its address, without credentials; empty without a provider."""
    is_configured: bool
    how_to: str
    """How to configure a provider; empty where there is one."""


def list_models(session: Session) -> ModelChoices:
    """The models that can be asked, by the names that settings take."""
    catalogue = read_catalogue(session)
    if not catalogue.has_models:
        return ModelChoices(
            models=(), prices_date=None, base_url="", is_configured=False, how_to=NO_PROVIDER
        )
    labels = {one.name: one.label for one in list_tuned_models(session)}
    first = catalogue.choose(None).endpoint.provider
    return ModelChoices(
        models=tuple(
            ModelChoice(
                name=catalogue.name_of(choice),
                provider=choice.endpoint.provider.name,
                is_demo=choice.endpoint.provider.is_demo,
                label=labels.get(choice.model.name, "") if choice.endpoint.provider.is_demo else "",
                input_usd_per_million=choice.model.input_usd_per_million,
                output_usd_per_million=choice.model.output_usd_per_million,
            )
            for choice in catalogue.iterate()
        ),
        prices_date=first.prices_date,
        base_url=hide_credentials(first.base_url),
        is_configured=True,
        how_to="",
    )
