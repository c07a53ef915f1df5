"""What was trained here is a model of the catalogue, as long as its training is stored."""

from contextlib import closing
from typing import Any

import pytest

from rft_app.domain.deployment import DeploymentDraft, DeployMode
from rft_app.domain.job import JobStatus
from rft_app.domain.provider import Model, NewKey, Provider, ProviderKind
from rft_app.domain.training_remote import RemoteTraining
from rft_app.domain.training_run import TrainingRun
from rft_app.errors import ConflictError, InvalidInputError, NotAvailableError
from rft_app.llm.chat import ChatMessage, ChatReply, ChatRequest
from rft_app.llm.client import ChatClient
from rft_app.llm.embedded import MODEL, EmbeddedModel
from rft_app.llm.failures import CallFailure
from rft_app.services import doctor
from rft_app.services.datasets import delete_dataset, update_dataset
from rft_app.services.deployment_drafts import get_deployment_draft
from rft_app.services.deployments import deploy
from rft_app.services.doctor import CheckStatus, examine
from rft_app.services.models import ModelChoice, list_models
from rft_app.services.playground import choose_models
from rft_app.services.providers import add_provider, list_providers
from rft_app.services.routes import read_routes
from rft_app.services.training_runs import find_adapter, resume_training
from rft_app.services.tuned_models import (
    TunedPair,
    find_tuned_pair,
    name_tuned_model,
)
from rft_app.settings import get_settings
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import TrainingRunRow
from rft_app.storage.tuned_models import list_tuned_models, name_model
from tests.llm.adapters import make_weights, write_adapter
from tests.pipeline.graded_dataset import DATASET
from tests.services.training_world import follow_script, order, prepare, work


@pytest.fixture
def run(any_database: str, monkeypatch: pytest.MonkeyPatch) -> TrainingRun:
    """A finished training; its adapter is what its trainer left, which is none."""
    monkeypatch.setenv("RFT_EMBEDDED_MODEL", "on")
    get_settings.cache_clear()
    prepare(monkeypatch)
    found = work(order())
    assert found.status is JobStatus.DONE
    return found


def alias_of(run: TrainingRun) -> str:
    return name_model(run.id, run.number)


def offered() -> dict[str, ModelChoice]:
    with reading() as session:
        return {one.name: one for one in list_models(session).models}


def find_pair(*, is_better: bool = False) -> TunedPair | None:
    with reading() as session:
        return find_tuned_pair(session, DATASET, read_catalogue(session), is_better=is_better)


def ask(model: str) -> ChatReply | CallFailure:
    with reading() as session:
        endpoint = read_catalogue(session).choose(model).endpoint
    message = ChatMessage(role="user", content="Name three colours.")
    request = ChatRequest(model=model, messages=(message,), max_tokens=24, temperature=0.0)
    with closing(ChatClient(endpoint)) as client:
        return client.chat(request)


def test_it_is_offered_after_its_base_and_keeps_its_name(run: TrainingRun) -> None:
    with unit_of_work() as session:
        update_dataset(session, DATASET, name="Another name")
    models = offered()
    assert list(models) == [MODEL, alias_of(run)]
    found = models[alias_of(run)]
    assert found.label == "trained here, run 1 of Another name"
    assert (found.provider, found.is_demo, models[MODEL].label) == ("embedded", True, "")
    with reading() as session:
        providers = list_providers(session)
        choice = read_catalogue(session).choose(f"embedded/{alias_of(run)}")
    assert [one.provider.name for one in providers] == ["embedded"]
    assert choice.model.input_usd_per_million == 0


def test_what_is_not_finished_is_not_offered(run: TrainingRun) -> None:
    order()
    with reading() as session:
        assert [one.name for one in list_tuned_models(session)] == [alias_of(run)]


def test_it_goes_with_its_dataset(run: TrainingRun) -> None:
    with unit_of_work() as session:
        delete_dataset(session, DATASET)
    assert list(offered()) == [MODEL]
    with reading() as session, pytest.raises(InvalidInputError, match=f"no model '{MODEL}:run-1"):
        read_catalogue(session).choose(alias_of(run))


def test_base_tuned_and_an_alias_reach_what_they_name(run: TrainingRun, any_database: str) -> None:
    with reading() as session:
        folder = find_adapter(session, run.id).folder
    write_adapter(folder, make_weights())
    alias = alias_of(run)
    draft: dict[str, Any] = {"mode": DeployMode.REPLACE, "base_model": MODEL, "tuned_model": alias}
    with unit_of_work() as session:
        deploy(session, DATASET, DeploymentDraft(**draft, alias="support"))
    try:
        tuned, base = ask(alias), ask(MODEL)
        with reading() as session:
            route = read_routes(session)["support"]
        assert route.base is not None
        assert route.base.connect is not None
        assert route.tuned.connect is not None
        bodies = route.base.connect().more, route.tuned.connect().more
    finally:
        EmbeddedModel(get_settings().resolved_data_dir / "embedded").stop()
    assert isinstance(tuned, ChatReply), tuned
    assert isinstance(base, ChatReply), base
    assert tuned.text != base.text
    assert bodies == ({"lora": [{"id": 0, "scale": 0.0}]}, {"lora": [{"id": 0, "scale": 1.0}]})


def test_what_a_failed_training_kept_is_offered_and_called_uncompared(
    run: TrainingRun,
) -> None:
    follow_script(nan=[3])
    failed = work(order())
    assert (failed.status, failed.outcome) == (JobStatus.FAILED, None)
    assert name_tuned_model(failed) == alias_of(failed)
    found = offered()[alias_of(failed)]
    assert found.label is not None
    assert found.label.endswith("run 2 of Bookings, not compared")
    with unit_of_work() as session:
        draft = DeploymentDraft(
            mode=DeployMode.REPLACE, base_model=MODEL, tuned_model=alias_of(failed), alias="kept"
        )
        deploy(session, DATASET, draft, reason="It was good enough")
    with unit_of_work() as session, pytest.raises(ConflictError, match="deployed as kept"):
        resume_training(session, failed.id)
    assert find_pair() == TunedPair(MODEL, alias_of(run)), "that one was compared"


def test_a_better_model_that_is_not_served_here_hides_no_other(run: TrainingRun) -> None:
    newer = work(order())
    with unit_of_work() as session:
        row = session.get_one(TrainingRunRow, newer.id)
        row.base_model = "/models/elsewhere"
        session.add(row)
    assert find_pair(is_better=True) == TunedPair(MODEL, alias_of(run))


def test_a_services_tuned_model_is_suggested_once_the_provider_lists_it(run: TrainingRun) -> None:
    newer = work(order())
    with unit_of_work() as session:
        row = session.get_one(TrainingRunRow, newer.id)
        there = RemoteTraining(provider="there", model="ft:gpt-a:x")
        row.base_model, row.remote = "gpt-a", there.model_dump(mode="json")
        session.add(row)
    assert find_pair() == TunedPair(MODEL, alias_of(run)), "nobody serves that one yet"
    with unit_of_work() as session:
        provider = Provider(
            name="there",
            kind=ProviderKind.STORED,
            base_url="http://127.0.0.1:9/v1",
            models=(Model(name="gpt-a"), Model(name="ft:gpt-a:x")),
        )
        add_provider(session, provider, NewKey())
    pair = TunedPair("gpt-a", "ft:gpt-a:x")
    assert find_pair() == pair
    with reading() as session:
        found = choose_models(session, DATASET, read_catalogue(session))
        draft = get_deployment_draft(session, DATASET)
    assert (found.first, found.second) == pair
    assert (draft.base_model, draft.tuned_model) == pair


def test_a_damaged_adapter_fails_by_name_and_a_lost_one_is_diagnosed(
    run: TrainingRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure = ask(alias_of(run))
    assert isinstance(failure, CallFailure)
    assert "The adapter cannot be read" in failure.message
    with reading() as session:
        folder = find_adapter(session, run.id).folder
    (folder / "adapter_model.safetensors").unlink()
    with reading() as session:
        endpoint = read_catalogue(session).choose(alias_of(run)).endpoint
    with pytest.raises(NotAvailableError, match="files are gone"):
        endpoint.connect_to(alias_of(run))
    monkeypatch.setenv("RFT_EMBEDDED_MODEL", "off")  # it need not start
    get_settings.cache_clear()
    monkeypatch.setattr(doctor, "is_current", lambda: True)
    check = next(one for one in examine() if one.name == "Models trained here")
    assert check.status is CheckStatus.WARN
    assert alias_of(run) in check.finding
