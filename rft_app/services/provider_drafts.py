"""Settings of a provider as people write them."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import ValidationError

from rft_app.domain.provider import Provider, ProviderKind
from rft_app.errors import InvalidInputError
from rft_app.settings import parse_models


class Preset(NamedTuple):
    """How a well-known provider is reached."""

    name: str
    label: str
    base_url: str
    key_variable: str
    """Where its key usually is; empty where it needs none."""


PRESETS = (
    Preset("openai", "OpenAI", "https://api.openai.com/v1", "OPENAI_API_KEY"),
    Preset("anthropic", "Anthropic", "https://api.anthropic.com/v1", "ANTHROPIC_API_KEY"),
    Preset("azure", "Azure", "https://RESOURCE.openai.azure.com/openai/v1", "AZURE_OPENAI_API_KEY"),
    Preset("vllm", "vLLM", "http://127.0.0.1:8000/v1", ""),
    Preset("ollama", "Ollama", "http://127.0.0.1:11434/v1", ""),
    Preset("litellm", "LiteLLM", "http://127.0.0.1:4000/v1", "LITELLM_MASTER_KEY"),
)


def read_draft(values: Mapping[str, object]) -> Provider:
    """Make a provider of values; `models` may be a text such as `big=1.25/10, local`.

    Raises:
        InvalidInputError: A value is impossible; the message and details name its field.

    Example:
        >>> read_draft({"name": "own", "base_url": "http://x/v1", "models": "m=1/2"}).models[0].name
        'm'
    """
    try:
        models = parse_models(values.get("models") or "")
        return Provider.model_validate({**values, "models": models, "kind": ProviderKind.STORED})
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(map(str, fault["loc"]))
        raise InvalidInputError(f"The setting {field!r}: {fault['msg']}.", field=field) from error
    except ValueError as error:
        raise InvalidInputError(f"The setting 'models': {error}.", field="models") from error
