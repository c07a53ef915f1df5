"""Categorise with a model: it decides what words and meaning leave unsure."""

import re

import pytest

from rft_app.domain.job import JobStatus
from rft_app.domain.topic import SURE
from rft_app.errors import NotAvailableError
from rft_app.jobs.queue import get_job
from rft_app.jobs.running import JobRunner
from rft_app.services import topic_edits
from rft_app.services.categorising import CategoriseSettings, start_categorise
from rft_app.services.job_kinds import all_job_kinds
from rft_app.settings import get_settings
from rft_app.storage.session import reading, unit_of_work
from tests.llm.provider import FakeProvider, Json, Served, in_turn, refuse, say_json
from tests.services.test_categorising import LEAVES
from tests.services.topic_trees import DATASET, add_texts, places

TEXTS = ["Quite odd matter here", "Another strange affair", "The thing we spoke of"]


def sort_into_last(request: Json, _number: int) -> Served:
    """Every request belongs to the last topic, certainly."""
    count = len(
        re.findall(r"^\d+\. ", request["messages"][1]["content"].split("Requests:")[1], re.M)
    )
    answers = [{"request": n + 1, "topic": 4, "certainty": "certain"} for n in range(count)]
    return say_json({"places": answers})


@pytest.fixture(autouse=True)
def dataset(any_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RFT_TEXT_FEATURES", "tfidf")
    get_settings.cache_clear()
    add_texts(TEXTS)
    with unit_of_work() as session:
        topic_edits.replace_topics(session, DATASET, LEAVES)


def categorise(provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> JobStatus:
    monkeypatch.setenv("RFT_LLM_BASE_URL", provider.url)
    monkeypatch.setenv("RFT_LLM_MODELS", "good")
    get_settings.cache_clear()
    with unit_of_work() as session:
        job = start_categorise(session, DATASET, CategoriseSettings(model="good"))
    JobRunner(all_job_kinds(), "wk_test").run(job.id, 0)
    with reading() as session:
        return get_job(session, job.id).status


def test_unsure_records_go_where_the_model_says(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeProvider(sort_into_last).running() as provider:
        assert categorise(provider, monkeypatch) is JobStatus.DONE
    found = set(places().values())
    assert ("Meals", 0.95, "llm") in found
    assert all((confidence or 0) >= SURE for _, confidence, _ in found), "None is left unsure."


def test_a_wrong_key_fails_and_places_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeProvider(in_turn(refuse(401))).running() as provider:
        assert categorise(provider, monkeypatch) is JobStatus.FAILED
    assert set(places().values()) == {(None, None, None)}


def test_without_a_provider_it_does_not_start() -> None:
    with unit_of_work() as session, pytest.raises(NotAvailableError, match="RFT_LLM_BASE_URL"):
        start_categorise(session, DATASET, CategoriseSettings(model="good"))
