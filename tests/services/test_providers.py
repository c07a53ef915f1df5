from pathlib import Path

import pytest
from pydantic import SecretStr

from rft_app.domain.grader import JudgeSpec
from rft_app.domain.provider import KeyPlace, Model, NewKey, Provider, ProviderKind
from rft_app.errors import ConflictError, InvalidInputError, NotAvailableError, NotFoundError
from rft_app.llm.catalogue import Catalogue, Connection
from rft_app.services import providers
from rft_app.settings import get_settings
from rft_app.storage import graders
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import ProviderRow
from tests.builders import make_dataset_row
from tests.llm.provider import FakeProvider, Served, in_turn, refuse, say

SECRET = "sk-very-secret-indeed"
KEY = NewKey(secret=SecretStr(SECRET))
MODELS = (Model(name="big", input_usd_per_million=1, output_usd_per_million=10), Model(name="own"))


@pytest.fixture(autouse=True)
def stored(database: Path) -> Path:
    return database


def make(name: str = "lab", **settings: object) -> Provider:
    values = {"base_url": "https://lab.example/v1", "models": MODELS, **settings}
    return Provider.model_validate({"name": name, "kind": ProviderKind.STORED, **values})


def add(provider: Provider | None = None, key: NewKey = KEY) -> providers.ListedProvider:
    with unit_of_work() as session:
        return providers.add_provider(session, provider or make(), key)


def change(provider: Provider, key: NewKey | None = None) -> providers.ListedProvider:
    with unit_of_work() as session:
        return providers.change_provider(session, provider, key)


def catalogue() -> Catalogue:
    with reading() as session:
        return read_catalogue(session)


def test_a_stored_provider_is_asked_with_its_key_and_prices(stored: Path) -> None:
    shown = add(make(requests_per_minute=60))
    endpoint, model = catalogue().choose("big")
    assert endpoint.connect() == Connection("https://lab.example/v1", SECRET)
    assert (model, endpoint.provider.requests_per_minute) == (MODELS[0], 60)
    assert shown.key.place is KeyPlace.STORED
    assert SECRET not in str(shown)


def test_the_database_holds_no_key_and_the_key_file_is_the_owners(stored: Path) -> None:
    add()
    for path in stored.iterdir():
        assert SECRET.encode() not in path.read_bytes(), path.name
    assert (stored / "secret.key").stat().st_mode & 0o777 == 0o600
    with reading() as session:
        assert SECRET not in str(session.get_one(ProviderRow, "lab").key_locked)


def test_a_key_comes_from_a_variable_at_every_call(monkeypatch: pytest.MonkeyPatch) -> None:
    add(key=NewKey(variable="LAB_API_KEY"))
    connect = catalogue().choose("big").endpoint.connect
    with pytest.raises(NotAvailableError, match="LAB_API_KEY is not set"):
        connect()
    for key in ("sk-first", "sk-second"):
        monkeypatch.setenv("LAB_API_KEY", key)
        assert connect().api_key == key


@pytest.mark.parametrize("loss", ["gone", "other", "setting"])
def test_a_lost_key_file_is_said_with_its_remedy(
    stored: Path, monkeypatch: pytest.MonkeyPatch, loss: str
) -> None:
    add()
    if loss == "setting":
        monkeypatch.setenv("RFT_SECRET_KEY", "x" * 40)
        get_settings.cache_clear()
    elif loss == "gone":
        (stored / "secret.key").unlink()
    else:
        (stored / "secret.key").write_text("another one")
    with reading() as session:
        (shown,) = providers.list_providers(session)
    assert "enter the key again in Settings" in shown.key.fault
    with pytest.raises(NotAvailableError, match="key of the provider 'lab' cannot be read"):
        catalogue().choose(None).endpoint.connect()
    found = providers.try_provider("lab", "big")
    assert found.fault == shown.key.fault
    change(make(), KEY)
    assert catalogue().choose(None).endpoint.connect().api_key == SECRET


def test_a_secret_of_the_settings_needs_no_file(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RFT_SECRET_KEY", "a" * 32)
    get_settings.cache_clear()
    add()
    assert catalogue().choose(None).endpoint.connect().api_key == SECRET
    assert not (stored / "secret.key").exists()
    monkeypatch.setenv("RFT_SECRET_KEY", "short-secret")
    get_settings.cache_clear()
    with pytest.raises(InvalidInputError, match="at least 32 characters") as caught:
        get_settings()
    assert "short-secret" not in str(caught.value)


def test_a_change_keeps_the_key_unless_the_address_is_another() -> None:
    add()
    change(make(base_url="https://LAB.example:443/v2/", timeout_s=5))
    assert catalogue().choose(None).endpoint.connect() == Connection(
        "https://LAB.example:443/v2", SECRET
    )
    for elsewhere in (
        "https://evil.example/v1",
        "http://lab.example/v1",
        "https://lab.example:1/v1",
    ):
        with pytest.raises(InvalidInputError, match="Give the key again"):
            change(make(base_url=elsewhere))
        with pytest.raises(InvalidInputError, match="Give the key again"):
            providers.try_draft(make(base_url=elsewhere), None, None)
    change(make(base_url="https://else.example/v1"), NewKey())
    assert catalogue().choose(None).endpoint.connect() == Connection("https://else.example/v1", "")


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"name": "Lab"}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": "environment"}, "name"),
        ({"base_url": "lab.example/v1"}, "base_url"),
        ({"base_url": "https://me:pw@lab.example/v1"}, "base_url"),
        ({"base_url": "https:///v1"}, "base_url"),
        ({"base_url": "https://lab.example:99999/v1"}, "base_url"),
        ({"base_url": "https://[lab/v1"}, "base_url"),
        ({"base_url": "https://lab.example/v1?key=7"}, "base_url"),
        ({"models": (Model(name="m"), Model(name="m"))}, "models"),
        ({"models": (Model(name=" m"),)}, "models"),
    ],
)
def test_what_cannot_work_is_refused_with_its_field(settings: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        add(make(**settings))
    assert caught.value.details["field"] == field
    assert not catalogue().endpoints


@pytest.mark.parametrize(
    "variable", ["PATH", "AWS_SECRET_ACCESS_KEY", "x_API_KEY", "RFT_DATABASE_URL"]
)
def test_other_secrets_of_the_machine_cannot_be_named_as_a_key(variable: str) -> None:
    with pytest.raises(InvalidInputError, match="ends in _API_KEY"):
        add(key=NewKey(variable=variable))


@pytest.mark.parametrize("secret", ["two words", "schlüssel", "line\nbreak", "x" * 5000])
def test_what_can_be_no_key_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        add(key=NewKey(secret=SecretStr(secret)))
    assert secret not in str(caught.value)


def test_names_are_taken_once_and_those_of_the_app_never(monkeypatch: pytest.MonkeyPatch) -> None:
    add()
    with pytest.raises(ConflictError, match="already"):
        add()
    with pytest.raises(NotFoundError, match="There are: lab"), unit_of_work() as session:
        providers.remove_provider(session, "nobody")
    monkeypatch.setenv("RFT_LLM_BASE_URL", "https://me:hunter2@env.example/v1")
    monkeypatch.setenv("RFT_LLM_MODELS", "big")
    get_settings.cache_clear()
    with pytest.raises(NotFoundError, match="environment"), unit_of_work() as session:
        providers.remove_provider(session, "environment")
    with reading() as session:
        shown = providers.list_providers(session)
    assert [one.provider.name for one in shown] == ["environment", "lab"]
    assert "hunter2" not in str(shown)
    assert [catalogue().name_of(choice) for choice in catalogue().iterate()] == [
        "big",
        "lab/big",
        "own",
    ]


def test_the_graders_that_ask_a_provider_are_named() -> None:
    add()
    add(make("other", models=(Model(name="else"),)), NewKey())
    judge = JudgeSpec(prompt="{{sample.output_text}}")
    models = {"Default": None, "Named": "lab/own", "Else": "else", "Gone": "gone"}
    with unit_of_work() as session:
        for number, (name, model) in enumerate(models.items()):
            session.add(make_dataset_row(f"ds_{number}", name=name))
            session.flush()
            graders.add_version(session, f"ds_{number}", judge)
            graders.add_version(session, f"ds_{number}", judge.model_copy(update={"model": model}))
    with reading() as session:
        used_by = {one.provider.name: one.used_by for one in providers.list_providers(session)}
    assert used_by == {"lab": ("Default", "Named"), "other": ("Else",)}
    with unit_of_work() as session:
        providers.remove_provider(session, "lab")
    with reading() as session:
        assert [one.provider.name for one in providers.list_providers(session)] == ["other"]


LIST = Served(b'{"object": "list", "data": [{"id": "b"}, {"id": "a"}, {"id": "a"}]}')


def test_a_test_says_what_came_back() -> None:
    with FakeProvider(in_turn(say("ready"))).running() as server:
        server.models = LIST
        add(make(base_url=server.url))
        found = providers.try_provider("lab", "big")
        only_list = providers.try_provider("lab", None)
        assert len(server.requests) == 1, "one tiny call"
        assert server.keys == [f"Bearer {SECRET}"]
        assert server.requests[0]["max_tokens"] <= 16
    assert (found.listed, found.reply, found.num_prompt_tokens) == (("a", "b"), "ready", 1000)
    assert found.cost_usd == pytest.approx(0.002)
    assert found.is_ok
    assert only_list.is_ok
    assert only_list.latency_ms is None


def test_a_test_that_fails_tells_the_providers_words_without_the_key() -> None:
    words = f"Key {SECRET} is wrong. Again: {SECRET}"
    with FakeProvider(in_turn(refuse(401, words))).running() as server:
        server.models = refuse(404, f"no list for {SECRET}")
        found = providers.try_draft(make(base_url=server.url), KEY, "big")
        assert len(server.requests) == 1, "nothing is tried twice"
    assert not found.is_ok
    assert "401: Key ••• is wrong. Again: •••" in found.fault
    assert "Check the key of lab in Settings" in found.fault
    assert "no list for •••" in found.list_fault
    assert SECRET not in str(found)


def test_a_page_instead_of_a_list_is_named() -> None:
    with FakeProvider(in_turn(say("ready"))).running() as server:
        server.models = Served(b"<html>Sign in</html>")
        found = providers.try_draft(make(base_url=server.url), NewKey(), "big")
    assert found.is_ok, "the list is not needed"
    assert "no list of models: <html>" in found.list_fault
