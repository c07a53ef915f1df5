import pytest

from rft_app.domain.provider import Model
from rft_app.errors import InvalidInputError, NotAvailableError
from rft_app.llm.catalogue import Catalogue, Connection, Endpoint, environment_endpoint
from rft_app.settings import Settings, read_settings
from tests.llm.conftest import make_endpoint


def serve(name: str, *models: str) -> Endpoint:
    found = tuple(Model(name=model) for model in models)
    return make_endpoint("http://127.0.0.1:9/v1", name=name, models=found)


CATALOGUE = Catalogue(
    [serve("empty"), serve("own", "small", "lab/big"), serve("lab", "big", "small", "huge")]
)


def names_of(name: str | None) -> tuple[str, str]:
    endpoint, model = CATALOGUE.choose(name)
    return endpoint.provider.name, model.name


@pytest.mark.parametrize(
    ("name", "provider", "model"),
    [
        (None, "own", "small"),
        ("small", "own", "small"),
        ("lab/small", "lab", "small"),
        ("own/small", "own", "small"),
        ("big", "lab", "big"),
        ("huge", "lab", "huge"),
        ("lab/big", "own", "lab/big"),
        ("own/lab/big", "own", "lab/big"),
    ],
)
def test_a_plain_name_means_the_first_provider_that_has_it(
    name: str | None, provider: str, model: str
) -> None:
    assert names_of(name) == (provider, model)


def test_every_model_is_found_by_the_name_that_is_shown() -> None:
    shown = [CATALOGUE.name_of(choice) for choice in CATALOGUE.iterate()]
    assert shown == ["small", "lab/big", "big", "lab/small", "huge"]
    assert [CATALOGUE.choose(name) for name in shown] == list(CATALOGUE.iterate())


def test_an_unknown_model_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidInputError, match="Choose one of: small, lab/big, big") as caught:
        CATALOGUE.choose("best")
    assert caught.value.details["known"] == ["small", "lab/big", "big", "lab/small", "huge"]


def test_without_a_model_it_says_how_to_get_one() -> None:
    nobody = Catalogue([serve("empty")])
    assert nobody.find("best") is None
    with pytest.raises(NotAvailableError, match="RFT_LLM_BASE_URL"):
        nobody.choose(None)


def test_attempts_are_limited_and_never_raised() -> None:
    hasty = Catalogue([make_endpoint("", max_attempts=n) for n in (1, 9)]).limit_attempts(2)
    assert [each.provider.max_attempts for each in hasty.endpoints] == [1, 2]


def test_the_environment_is_a_provider_without_its_key_in_sight() -> None:
    assert environment_endpoint(Settings()) is None
    values = {"BASE_URL": "https://llm.example.com/v1", "API_KEY": "sk-1", "MODELS": "m=1/2, n"}
    values |= {"CONCURRENCY": "3", "TIMEOUT_S": "7", "PRICES_DATE": "2026-05-01"}
    settings = read_settings({f"RFT_LLM_{name}": value for name, value in values.items()})
    endpoint = environment_endpoint(settings)
    assert endpoint is not None
    provider = endpoint.provider
    assert (provider.name, provider.concurrency, provider.timeout_s) == ("environment", 3, 7)
    assert [model.input_usd_per_million for model in provider.models] == [1, None]
    assert str(provider.prices_date) == "2026-05-01"
    assert endpoint.connect() == Connection("https://llm.example.com/v1", "sk-1")
    assert "sk-1" not in repr(endpoint)
