"""The values of a training that can be set one by one, as the form of step 6 shows them."""

import re
from dataclasses import dataclass, field

from pydantic.fields import FieldInfo

from rft_app.domain.training_remote import RemoteSettings
from rft_app.domain.training_run import TrainingSettings
from rft_app.ui.state.choice import Choice

_NAMES = {
    "num_validated": "Records validated",
    "num_compared": "Records compared",
    "lora_rank": "LoRA rank",
    "lora_layers": "LoRA layers",
    "vllm_share": "vLLM share",
    "beta": "KL weight (beta)",
}
_OPTIONS = {
    "auto": "Automatic",
    "float32": "float32",
    "bfloat16": "bfloat16",
    "plain": "Plain",
    "vllm": "vLLM",
}


@dataclass(frozen=True)
class Parameter:
    """One value of the settings that can be set by itself."""

    name: str
    label: str
    preset: str
    """What is used while nothing else is typed: the preset's, or what the data asks for."""
    value: str
    hint: str
    options: list[Choice] = field(default_factory=list[Choice])
    """What it can be; empty for numbers."""

    @classmethod
    def list_of(cls, used: TrainingSettings, typed: dict[str, str]) -> list["Parameter"]:
        """All of them, in the order of `TrainingSettings`."""
        return [
            cls(
                name=name,
                label=_say(name),
                preset=_show(getattr(used, name)),
                value=typed.get(name, ""),
                hint=_explain(field),
                options=_list_options(field),
            )
            for name, field in TrainingSettings.model_fields.items()
        ]

    @classmethod
    def list_of_service(cls, typed: dict[str, str]) -> list["Parameter"]:
        """Those of a service, each of which it can choose by itself."""
        return [
            cls(
                name=name,
                label=_say(name),
                preset=str(field.default) if field.default else "the service chooses",
                value=typed.get(name, ""),
                hint=_explain(field),
            )
            for name, field in RemoteSettings.model_fields.items()
        ]


def is_usual(name: str, text: str) -> bool:
    """Whether it is what every preset has: the first of a setting's options."""
    field = TrainingSettings.model_fields.get(name)
    return field is not None and field.default == text


def _say(name: str) -> str:
    """The words of a setting.

    Example:
        >>> _say("num_compared"), _say("num_steps"), _say("lora_rank")
        ('Records compared', 'Number of steps', 'LoRA rank')
    """
    return _NAMES.get(name, name.replace("_", " ").replace("num ", "number of ").capitalize())


def _explain(field: FieldInfo) -> str:
    """A setting's meaning, with other settings by their words."""
    return re.sub(r"`(\w+)`", lambda named: _name(named[1]), field.description or "")


def _name(word: str) -> str:
    return _OPTIONS[word] if word in _OPTIONS else f"“{_say(word)}”"


def _list_options(field: FieldInfo) -> list[Choice]:
    """What a setting can be, from the pattern that checks it."""
    patterns = [one.pattern for one in field.metadata if getattr(one, "pattern", None)]
    if not patterns:
        return []
    return [Choice(value, _OPTIONS[value]) for value in patterns[0].strip("^()$").split("|")]


def _show(value: object) -> str:
    return value if isinstance(value, str) else f"{value:g}"
