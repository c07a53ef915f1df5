"""What is looked at before a training starts, and what the trainer is then told."""

import orjson
import pytest

from rft_app.domain.grader import JudgeSpec
from rft_app.domain.training_plan import TrainingCheck
from rft_app.services.training_orders import look_ahead
from rft_app.settings import get_settings
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import RecordRow
from rft_app.trainers.environment import NEEDED, TrainerEnvironment
from rft_app.trainers.run_folder import RunFolder
from rft_app.trainers.trl_local import EMBEDDED_FACTS, TrlLocal
from tests.pipeline.graded_dataset import DATASET, configure
from tests.services.training_world import look, order, prepare, work

JUDGE = JudgeSpec(prompt="Rate it.\n{{sample.output_text}}")


@pytest.fixture(autouse=True)
def world(database: object, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(monkeypatch)


def find_check(name: str) -> TrainingCheck | None:
    with reading() as session:
        checks = look_ahead(session, DATASET).checks
    return next((check for check in checks if check.name == name), None)


def shrink_context(monkeypatch: pytest.MonkeyPatch, context_tokens: int) -> None:
    facts = EMBEDDED_FACTS.model_copy(update={"context_tokens": context_tokens})
    monkeypatch.setattr(TrlLocal, "describe_base", lambda *_: facts)


def test_long_recorded_answers_are_no_long_prompts() -> None:
    with unit_of_work() as session:
        for seq in range(1, 61):
            row = session.get_one(RecordRow, seq)
            row.num_tokens = 5_000
    assert find_check("lengths") is None


def test_prompts_beyond_the_models_context_are_told_and_left_out_by_the_trainer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shrink_context(monkeypatch, 100)
    assert find_check("lengths") is None
    run = work(order())
    config = orjson.loads((RunFolder.of(run.id).path / "config.json").read_bytes())
    assert run.settings.max_prompt_tokens == 1_024
    room = 100 - run.settings.max_completion_tokens
    assert config["settings"]["max_prompt_tokens"] == room
    shrink_context(monkeypatch, run.settings.max_completion_tokens + 3)
    check = find_check("lengths")
    assert check is not None
    assert (check.level, "60 of 60 prompts" in check.finding) == ("stop", True)


def test_a_judge_in_training_has_its_calls_and_price_told(monkeypatch: pytest.MonkeyPatch) -> None:
    configure(JUDGE)
    check = find_check("grader")
    assert check is not None
    assert check.level == "stop"
    monkeypatch.setenv("RFT_LLM_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("RFT_LLM_MODELS", "good=1/10")
    get_settings.cache_clear()
    check = find_check("grader")
    assert check is not None
    assert (check.level, "calls; $" in check.finding) == ("caution", True)
    monkeypatch.setenv("RFT_LLM_MODELS", "good")
    get_settings.cache_clear()
    check = find_check("grader")
    assert check is not None
    assert "what they cost is unknown" in check.finding


def test_how_often_each_record_was_seen_counts_the_records() -> None:
    run = work(order())
    assert run.num_passes == pytest.approx(4 * 2 / run.num_train)


def test_to_finish_is_not_forgotten_by_the_worker_that_takes_over() -> None:
    run = order()
    folder = RunFolder.of(run.id)
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.ask_to_finish()
    folder.forget_cancel()
    assert (folder.path / "finish").exists()
    assert look(run).outcome is None


def test_a_trl_that_counts_ungraded_answers_as_zero_is_refused() -> None:
    versions: dict[str, str] = dict.fromkeys(map(str, NEEDED), "99.0")
    assert TrainerEnvironment(python="python3", versions=versions).obstacle == ""
    old = TrainerEnvironment(python="python3", versions={**versions, "trl": "1.9.2"})
    assert "TRL 1.9.2 in python3 is older than 1.16" in old.obstacle
