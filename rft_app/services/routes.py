"""Deployments as the gateway needs them, in memory: which alias goes where."""

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

from sqlmodel import Session

from rft_app.domain.deployment import DeployMode, Variant, pick_variant
from rft_app.domain.provider import ProviderKind
from rft_app.errors import RftError
from rft_app.llm.catalogue import Catalogue, Connection
from rft_app.llm.embedded import keep_awake
from rft_app.services.refreshed import Refreshed
from rft_app.settings import get_settings
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.deployments import list_routed


class Target(NamedTuple):
    """A model behind an alias, and how it is reached."""

    provider: str
    model: str
    """As its provider names it."""
    connection: Connection | None = None
    """`None` where it cannot be told, or must be asked for before each call."""
    connect: Callable[[], Connection] | None = None
    """Of a server of our own, which may have to start."""
    fault: str = ""
    """Why it cannot be reached; mostly empty."""


class Route(NamedTuple):
    """An alias."""

    deployment_id: str
    alias: str
    mode: DeployMode
    is_active: bool
    tuned_share: float
    graded_share: float
    base: Target | None
    tuned: Target

    def pick(self, key: str) -> Variant:
        """Who answers the requests of a session, user or, without both, one request."""
        if not self.is_active:
            return Variant.BASE
        return pick_variant(self.deployment_id, key, self.tuned_share)

    def target_of(self, variant: Variant) -> Target | None:
        """Where calls for a variant go."""
        return self.base if variant is Variant.BASE else self.tuned

    @property
    def is_shadowed(self) -> bool:
        """Whether the tuned model is asked behind the answer."""
        return self.is_active and self.mode is DeployMode.SHADOW

    def may_fall_back(self, variant: Variant) -> bool:
        """Whether the other variant answers where this one cannot."""
        is_shared = self.is_active and self.mode is not DeployMode.SHADOW
        return is_shared and self.target_of(variant.other) is not None


Routes = dict[str, Route]
"""By alias."""


def find_routes() -> Refreshed[Routes]:
    """Those of this process's database."""
    return _find(get_settings().resolved_database_url)


@cache
def _find(_url: str) -> Refreshed[Routes]:
    return Refreshed("deployments", read_routes, {})


def read_routes(session: Session) -> Routes:
    """Every alias there is; rolled back ones go to their base."""
    found = list_routed(session)
    if not found:
        _keep_embedded_awake({})
        return {}
    catalogue = read_catalogue(session)
    routes = {
        one.alias: Route(
            deployment_id=one.id,
            alias=one.alias,
            mode=one.mode,
            is_active=one.is_active,
            tuned_share=one.tuned_share,
            graded_share=one.graded_share,
            base=None if one.base_model is None else _find_target(catalogue, one.base_model),
            tuned=_find_target(catalogue, one.tuned_model),
        )
        for one in found
    }
    _keep_embedded_awake(routes)
    return routes


def _keep_embedded_awake(routes: Routes) -> None:
    """While a deployment is active, its first call after a pause does not wait for a start."""
    active = [one for one in routes.values() if one.is_active]
    targets = [target for one in active for target in (one.base, one.tuned)]
    keep_awake(is_needed=any(one is not None and one.connect is not None for one in targets))


def find_own_models() -> Refreshed[dict[str, Target]]:
    """Models that the product serves itself, by what callers may name them."""
    return _find_own(get_settings().resolved_database_url)


@cache
def _find_own(_url: str) -> Refreshed[dict[str, Target]]:
    return Refreshed("own models", read_own_models, {})


def read_own_models(session: Session) -> dict[str, Target]:
    """The embedded model and what was trained here, with the provider's name and without it."""
    found: dict[str, Target] = {}
    for choice in read_catalogue(session).iterate():
        provider, model = choice.endpoint.provider, choice.model.name
        if provider.kind is ProviderKind.EMBEDDED:
            connect = partial(choice.endpoint.connect_to, model)
            target = Target(provider.name, model, connect=connect)
            found |= {f"{provider.name}/{model}": target, model: target}
    return found


def _find_target(catalogue: Catalogue, name: str) -> Target:
    provider, _, model = name.partition("/")
    for choice in catalogue.iterate():
        known = choice.endpoint.provider
        if (known.name, choice.model.name) != (provider, model):
            continue
        if known.kind is ProviderKind.EMBEDDED:
            connect = partial(choice.endpoint.connect_to, model)
            return Target(provider, model, connect=connect)
        try:
            return Target(provider, model, choice.endpoint.connect())
        except RftError as error:
            return Target(provider, model, fault=error.message)
    return Target(
        provider, model, fault=f"The model {name} is not in the list of providers any more."
    )
