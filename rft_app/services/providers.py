"""Providers of models: those there are, and adding, changing, testing and removing one's own."""

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.provider import (
    KeyPlace,
    KeyStatus,
    NewKey,
    Provider,
    ProviderKind,
    hide_credentials,
)
from rft_app.domain.provider_check import check_key, check_provider, origin_of
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.llm.catalogue import Catalogue, Connection, Endpoint
from rft_app.llm.probe import Probe, probe
from rft_app.services.upstreams import find_upstreams
from rft_app.settings import get_settings
from rft_app.storage import providers as stored
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.judges import list_asked_models
from rft_app.storage.session import after_commit, reading


class ListedProvider(Entity):
    """A provider as it is shown: without its key, and without credentials in its address."""

    provider: Provider
    key: KeyStatus
    used_by: tuple[str, ...]
    """Names of datasets whose judge asks it."""


def list_providers(session: Session) -> tuple[ListedProvider, ...]:
    """All that can be asked, in the order in which a plain name of a model is looked for."""
    catalogue = read_catalogue(session)
    keys = {one.provider.name: one.describe_key() for one in stored.list_providers(session)}
    users = _find_users(session, catalogue)
    return tuple(
        ListedProvider(
            provider=_show(endpoint.provider),
            key=keys.get(endpoint.provider.name) or _describe_own_key(endpoint.provider),
            used_by=tuple(users.get(endpoint.provider.name, ())),
        )
        for endpoint in catalogue.endpoints
    )


def get_provider(session: Session, name: str) -> ListedProvider:
    """One of them.

    Raises:
        NotFoundError: There is none of that name; the message lists those there are.
    """
    found = {one.provider.name: one for one in list_providers(session)}
    if name not in found:
        raise NotFoundError(f"There is no provider {name!r}. There are: {', '.join(found) or '–'}.")
    return found[name]


def add_provider(session: Session, provider: Provider, key: NewKey) -> ListedProvider:
    """Store a new one.

    Raises:
        InvalidInputError: A value cannot work; details name the `field`.
        ConflictError: There is one of that name.
    """
    provider = _clean(provider)
    check_provider(provider)
    check_key(key)
    if stored.find_provider(session, provider.name) is not None:
        raise ConflictError(f"There is a provider {provider.name!r} already. Choose another name.")
    stored.save_provider(session, provider, key)
    after_commit(session, find_upstreams().forget)
    return get_provider(session, provider.name)


def change_provider(session: Session, provider: Provider, key: NewKey | None) -> ListedProvider:
    """Put new settings in the place of old ones; `None` keeps the key.

    A stored key stays only with its address: else whoever may change the address could have the
    key sent to them.

    Raises:
        NotFoundError: There is none of that name that was added.
        InvalidInputError: A value cannot work, or the address is another and the key was not
            given again; details name the `field`.
    """
    provider = _clean(provider)
    check_provider(provider)
    before = _require_stored(session, provider.name)
    if key is None:
        _require_same_place(before, provider)
    else:
        check_key(key)
    stored.save_provider(session, provider, key)
    after_commit(session, find_upstreams().forget)
    return get_provider(session, provider.name)


def remove_provider(session: Session, name: str) -> None:
    """Forget one and its key; judges that name its models cannot be asked from then on.

    Raises:
        NotFoundError: There is none of that name that was added.
    """
    _require_stored(session, name)
    stored.delete_provider(session, name)
    after_commit(session, find_upstreams().forget)


def try_provider(name: str, model: str | None) -> Probe:
    """Ask a provider for its models, and one of them for a word; takes seconds.

    Raises:
        NotFoundError: There is none of that name.
    """
    with reading() as session:
        endpoints = {one.provider.name: one for one in read_catalogue(session).endpoints}
        if name not in endpoints:
            get_provider(session, name)
    return probe(endpoints[name], model)


def try_draft(provider: Provider, key: NewKey | None, model: str | None) -> Probe:
    """The same with settings that are not stored; `None` takes the key that is.

    Raises:
        InvalidInputError: As for `change_provider`.
        NotFoundError: The key of one is meant that was never added.
    """
    provider = _clean(provider)
    check_provider(provider)
    if key is not None and check_key(key) is not KeyPlace.VARIABLE:
        connection = Connection(provider.base_url, key.secret.get_secret_value())
        return probe(Endpoint(provider, lambda: connection), model)
    if key is not None:
        read_key = stored.variable_reader(provider.name, key.variable)
    else:
        with reading() as session:
            before = _require_stored(session, provider.name)
        _require_same_place(before, provider)
        read_key = before.read_key
    return probe(Endpoint(provider, lambda: Connection(provider.base_url, read_key())), model)


def _clean(provider: Provider) -> Provider:
    address = provider.base_url.strip().rstrip("/")
    return provider.model_copy(update={"base_url": address, "kind": ProviderKind.STORED})


def _require_stored(session: Session, name: str) -> stored.StoredProvider:
    if (found := stored.find_provider(session, name)) is None:
        get_provider(session, name)
        raise NotFoundError(
            f"The provider {name!r} was not added here; it comes with the installation or its "
            "environment, and is changed there."
        )
    return found


def _require_same_place(before: stored.StoredProvider, after: Provider) -> None:
    is_same = origin_of(before.provider.base_url) == origin_of(after.base_url)
    if before.place is not KeyPlace.NONE and not is_same:
        raise InvalidInputError(
            "The key belongs to the address it was given for. Give the key again for the new one.",
            field="key",
        )


def _show(provider: Provider) -> Provider:
    return provider.model_copy(update={"base_url": hide_credentials(provider.base_url)})


def _describe_own_key(provider: Provider) -> KeyStatus:
    is_given = provider.kind is ProviderKind.ENVIRONMENT and get_settings().llm_api_key
    if not is_given:
        return KeyStatus(place=KeyPlace.NONE)
    return KeyStatus(place=KeyPlace.VARIABLE, variable="RFT_LLM_API_KEY")


def _find_users(session: Session, catalogue: Catalogue) -> dict[str, list[str]]:
    """Datasets by the provider that their judge asks."""
    users: dict[str, list[str]] = {}
    for dataset, models in list_asked_models(session):
        names: set[str] = set()
        for model in models:
            try:
                names.add(catalogue.choose(model).endpoint.provider.name)
            except (InvalidInputError, ConflictError):
                continue  # it names a model that nobody has
        for name in names:
            users.setdefault(name, []).append(dataset)
    return users
