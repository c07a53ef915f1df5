"""Which models can be asked."""

from datetime import date

from rft_app.domain.entity import Entity
from rft_app.llm.provider import NO_PROVIDER, hide_credentials
from rft_app.settings import get_settings


class ModelChoice(Entity):
    """One configured model."""

    name: str
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


def list_models() -> ModelChoices:
    """The configured provider and its models; reads settings only."""
    settings = get_settings()
    models = settings.llm_models if settings.has_provider else ()
    return ModelChoices(
        models=tuple(
            ModelChoice(
                name=model.name,
                input_usd_per_million=model.input_usd_per_million,
                output_usd_per_million=model.output_usd_per_million,
            )
            for model in models
        ),
        prices_date=settings.llm_prices_date,
        base_url=hide_credentials(settings.llm_base_url),
        is_configured=settings.has_provider,
        how_to="" if settings.has_provider else NO_PROVIDER,
    )
