"""Deployments: one model name that clients call, and which models answer it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from pydantic import Field, ValidationError

from rft_app.domain.entity import Entity
from rft_app.errors import InvalidInputError

LOCAL_USER = "local user"
"""Who acts where nobody names a key."""
MAX_ALIAS = 100
MAX_REASON = 1_000
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@")


class DeployMode(StrEnum):
    """How a deployment takes traffic."""

    REPLACE = "replace"
    NEW_ENDPOINT = "new_endpoint"
    AB_TEST = "ab_test"
    SHADOW = "shadow"
    """The base answers; the tuned model is asked the same afterwards, and nobody waits for it."""

    @property
    def label(self) -> str:
        """The words of a menu."""
        return _LABELS[self]


_LABELS: Mapping[DeployMode, str] = MappingProxyType(
    {
        DeployMode.REPLACE: "Replace",
        DeployMode.NEW_ENDPOINT: "New endpoint",
        DeployMode.AB_TEST: "A/B test",
        DeployMode.SHADOW: "Shadow",
    }
)


class Variant(StrEnum):
    """One of the two models behind an alias."""

    BASE = "base"
    TUNED = "tuned"

    @property
    def other(self) -> "Variant":
        """The one that answers where this one cannot."""
        return Variant.TUNED if self is Variant.BASE else Variant.BASE


class DeploymentState(StrEnum):
    """Whether the tuned model takes traffic."""

    ACTIVE = "active"
    ROLLED_BACK = "rolled_back"
    """The alias stays, so that clients find it: the base answers all of it."""


_RULES = {
    "ab_test_share": "The share of an A/B test lies between 0 and 100 %, both left out.",
    "graded_share": "The graded share lies between 0 and 100 %.",
    "max_graded_per_day": "The number of graded answers in a day is 0 or more.",
}


class DeploymentDraft(Entity):
    """The choices of the deployment form; kept per dataset until a deployment uses them."""

    mode: DeployMode = DeployMode.AB_TEST
    ab_test_share: float = Field(default=0.1, gt=0.0, lt=1.0)
    """Share of the traffic that the new model gets in an A/B test."""
    alias: str = Field(default="", max_length=MAX_ALIAS)
    """Empty takes the base model's name, which clients call already."""
    base_model: str = Field(default="", max_length=300)
    tuned_model: str = Field(default="", max_length=300)
    """Models as the list of providers names them; empty while nothing is chosen."""
    graded_share: float = Field(default=0.1, ge=0.0, le=1.0)
    """Share of the answers that the dataset's grader looks at."""
    max_graded_per_day: int = Field(default=200, ge=0, le=100_000)
    """Most answers in a day that a grader which asks a model looks at, over both variants."""


class DeploymentAction(StrEnum):
    """What somebody did with a deployment."""

    DEPLOYED = "deployed"
    ADJUSTED = "adjusted"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"


class DeploymentEvent(Entity):
    """Who did what with a deployment, when and why."""

    at: datetime
    actor: str
    """The name of a key, or `local user`."""
    action: DeploymentAction
    reason: str
    """As it was typed; may be empty for the first one."""
    settings: dict[str, Any]
    """What counted from then on: mode, share and the rest."""


class Deployment(Entity):
    """An alias and the models behind it."""

    id: str
    dataset_id: str
    alias: str
    """The model name that clients send."""
    mode: DeployMode
    base_model: str | None
    """As the list of providers names it; `None` for a new endpoint without one."""
    tuned_model: str
    tuned_share: float
    """Share of the traffic that the tuned model answers, in [0, 1]."""
    graded_share: float
    max_graded_per_day: int
    state: DeploymentState
    created_at: datetime
    changed_at: datetime

    @property
    def is_active(self) -> bool:
        """Whether it was not rolled back."""
        return self.state is DeploymentState.ACTIVE

    @property
    def summary(self) -> str:
        """The canvas node's line, e.g. `30% of traffic`."""
        if not self.is_active:
            return "rolled back"
        if self.mode is DeployMode.SHADOW:
            return "shadow of all traffic"
        return f"{100 * self.tuned_share:.3g}% of traffic"

    def model_of(self, variant: Variant) -> str | None:
        """The model that is asked for a variant."""
        return self.base_model if variant is Variant.BASE else self.tuned_model


def explain_fault(error: ValidationError) -> InvalidInputError:
    """What is wrong with the first impossible value of a draft, in the words of its rule."""
    fault = error.errors()[0]
    name = str(fault["loc"][0])
    field = name.replace("_", " ")
    told = _RULES.get(name) or f"The {field}: {fault['msg'].lower()}."
    return InvalidInputError(told, field=field)


class DeploymentChange(Entity):
    """What somebody changes of a running deployment; `None` leaves a value as it is."""

    ab_test_share: float | None = None
    graded_share: float | None = None
    max_graded_per_day: int | None = None

    def list_settings(self) -> dict[str, Any]:
        """The settings that count from now on.

        Raises:
            InvalidInputError: A value is impossible, or there is none.
        """
        known = self.model_dump(exclude_none=True)
        if not known:
            raise InvalidInputError("Say what to change: the share, or how much is graded.")
        if "ab_test_share" in known:
            share = known.pop("ab_test_share")
            if not 0 < share < 1:
                raise InvalidInputError(
                    f"{_RULES['ab_test_share']} To give the tuned model everything, promote it; "
                    "to give it nothing, roll back.",
                    field="ab_test_ratio",
                )
            known |= {"mode": DeployMode.AB_TEST, "tuned_share": share}
        if not 0 <= known.get("graded_share", 0) <= 1:
            raise InvalidInputError(_RULES["graded_share"], field="graded_share")
        if known.get("max_graded_per_day", 0) < 0:
            raise InvalidInputError(_RULES["max_graded_per_day"], field="max_graded_per_day")
        return known


def find_share(mode: DeployMode, ab_test_share: float) -> float:
    """The share of the traffic that the tuned model answers."""
    if mode is DeployMode.AB_TEST:
        return ab_test_share
    return 0.0 if mode is DeployMode.SHADOW else 1.0


def pick_variant(deployment_id: str, key: str, tuned_share: float) -> Variant:
    """Who answers: always the same for one key, the tuned model for its share of all keys.

    A larger share keeps every key that the tuned model answered before.

    Args:
        deployment_id: Another deployment divides the same keys in another way.
        key: Of a session or user; of the request where nobody names one.
        tuned_share: In [0, 1].

    Example:
        >>> {pick_variant("dep_1", str(number), 1.0).value for number in range(50)}
        {'tuned'}
        >>> 2900 < sum(pick_variant("dep_1", str(n), 0.3) == "tuned" for n in range(10_000)) < 3100
        True
    """
    return Variant.TUNED if fraction_of(f"{deployment_id}:{key}") < tuned_share else Variant.BASE


def fraction_of(text: str) -> float:
    """A number in [0, 1) that a text always has, spread evenly over texts."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)


def check_alias(alias: str) -> str:
    """A name that clients can send as `model`.

    Raises:
        InvalidInputError: It cannot be one; the message says why.
    """
    alias = alias.strip()
    if not alias or len(alias) > MAX_ALIAS or not set(alias) <= _PLAIN:
        raise InvalidInputError(
            f"An alias is the model name that clients send: 1 to {MAX_ALIAS} letters, digits and "
            "any of . _ - / : @, as in support-bot.",
            field="alias",
        )
    return alias


def check_reason(reason: str) -> str:
    """Why somebody changes what answers.

    Raises:
        InvalidInputError: It is blank, too long, or holds a NUL.
    """
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON or "\0" in reason:
        raise InvalidInputError(
            f"Give a reason in 1 to {MAX_REASON:,} characters; it is kept in the history.",
            field="reason",
        )
    return reason
