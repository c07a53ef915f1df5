"""Topics, places, new records and names by the embedded model, which really runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rft_app.domain.generation import GenerationReport, GenerationSettings, StrategyName
from rft_app.domain.job import JobStatus
from rft_app.domain.record import RecordId, Selection
from rft_app.domain.topic import SURE
from rft_app.llm.embedded import EmbeddedModel
from rft_app.services import topic_edits
from rft_app.services.categorising import CategoriseSettings, start_categorise
from rft_app.services.generation import start_generation
from rft_app.services.suggestions import suggest_dataset
from rft_app.services.topic_generation import GenerateSettings, get_proposal, start_generate
from rft_app.settings import get_settings
from rft_app.storage.session import unit_of_work
from tests.services import generation_world as making
from tests.services import topic_trees as sorting
from tests.services.generation_world import World, read_candidates
from tests.services.test_categorising import LEAVES
from tests.services.test_suggestions import PATTERN


@pytest.fixture(autouse=True)
def embedded(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The only model there is."""
    monkeypatch.setenv("RFT_EMBEDDED_MODEL", "on")
    monkeypatch.setenv("RFT_TEXT_FEATURES", "tfidf")
    get_settings.cache_clear()
    yield
    EmbeddedModel(database / "embedded").stop()


def test_topics_are_proposed_and_unsure_records_are_placed_as_unsure() -> None:
    sorting.add_texts(["Refund my ticket", *(f"{word} 改签机票 {word}" for word in ("qqq", "zzz"))])
    with unit_of_work() as session:
        proposing = start_generate(
            session, sorting.DATASET, GenerateSettings(source="model", num_topics=3)
        )
    done = sorting.work(proposing)
    assert done.status is JobStatus.DONE, done.error
    with unit_of_work() as session:
        proposal = get_proposal(session, sorting.DATASET, proposing.id)
        assert proposal.method == "smollm2-135m"
        assert 1 <= len(proposal.nodes) <= 3
        topic_edits.replace_topics(session, sorting.DATASET, LEAVES)
        placing = start_categorise(
            session, sorting.DATASET, CategoriseSettings(model="smollm2-135m")
        )
    placed = sorting.work(placing)
    assert placed.status is JobStatus.DONE, placed.error
    by_model = [sure for _, sure, method in sorting.places().values() if method == "llm"]
    assert all((sure or 0) < SURE for sure in by_model)
    assert (placed.result or {})["cost_usd"] == 0


@pytest.mark.parametrize("strategy", StrategyName)
def test_each_strategy_makes_what_can_be_read(
    strategy: StrategyName, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    making.add_dataset()
    settings = GenerationSettings(
        strategy=strategy, variations_per_record=1, max_synthetic_ratio=1.0, temperature=0.2
    )
    with unit_of_work() as session:
        chosen = Selection(only=(RecordId("rec_1"),))
        job = start_generation(session, making.DATASET, settings, chosen)
    done = World(monkeypatch).work(job)
    assert done.status is JobStatus.DONE, done.error
    report = GenerationReport.model_validate(done.result)
    assert report.num_generated + sum(report.failures.values()) == report.num_planned == 1
    assert report.num_generated > 0
    assert (report.cost_usd, "demo quality" in report.note) == (0, True)
    assert len(read_candidates()) == report.num_generated


def test_a_name_is_suggested() -> None:
    found = suggest_dataset(PATTERN, ["Move me to LX 8."])
    assert found.name
    assert found.objective
