"""The configured provider: its models, and what to say where there is none."""

import re

from rft_app.errors import InvalidInputError, NotAvailableError
from rft_app.settings import LlmModel, Settings

NO_PROVIDER = (
    "No model provider is configured. Set RFT_LLM_BASE_URL, RFT_LLM_API_KEY and RFT_LLM_MODELS "
    "(see docs/running.md) and start the server again."
)
_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]*@")


def hide_credentials(text: str) -> str:
    """An address, or a message that names one, without the user and password before its host.

    Example:
        >>> hide_credentials("https://me:secret@llm.example.com/v1")
        'https://llm.example.com/v1'
    """
    return _CREDENTIALS.sub("", text)


def choose_model(settings: Settings, name: str | None) -> LlmModel:
    """The model of that name; the first one for `None`.

    Raises:
        NotAvailableError: There is no provider; the message says how to configure one.
        InvalidInputError: It has no such model; the message lists those it has.
    """
    if not settings.has_provider:
        raise NotAvailableError(NO_PROVIDER)
    found = {model.name: model for model in settings.llm_models}
    if name is None:
        return settings.llm_models[0]
    if name not in found:
        raise InvalidInputError(
            f"There is no model {name!r}. Choose one of: {', '.join(found)}.", known=list(found)
        )
    return found[name]
