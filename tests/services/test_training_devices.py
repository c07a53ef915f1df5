"""What a training would take on a GPU and on a processor, and what is said of it."""

from typing import Any

import pytest

from rft_app.domain.job import JobStatus
from rft_app.domain.training_place import Gpu
from rft_app.domain.training_plan import TrainingCheck
from rft_app.domain.training_run import PRESETS, Preset, TrainingRun
from rft_app.errors import ConflictError
from rft_app.services.doctor import examine
from rft_app.services.training_orders import TrainingProspect, TrainingRequest, look_ahead
from rft_app.services.training_runs import resume_training
from rft_app.settings import get_settings
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import TrainingRunRow
from rft_app.storage.training_runs import put_metric
from rft_app.trainers import trl_local
from rft_app.trainers.run_folder import RunFolder
from rft_app.ui.state.training import Parameter
from rft_app.ui.state.training_run_view import RunView
from tests.pipeline.graded_dataset import DATASET
from tests.services.training_world import (
    INSTALLED,
    attempt_of,
    follow_script,
    look,
    order,
    prepare,
    work,
)

GB = 10**9
H100 = Gpu(
    name="NVIDIA H100 80GB HBM3",
    number=1,
    memory_bytes=85 * GB,
    free_bytes=84 * GB,
    has_bf16=True,
)
T4 = Gpu(name="Tesla T4", number=1, memory_bytes=15_600_000_000, free_bytes=15 * GB, has_bf16=False)
SMALL = Gpu(
    name="NVIDIA GTX 1650", number=1, memory_bytes=4 * GB, free_bytes=4 * GB, has_bf16=False
)


@pytest.fixture(autouse=True)
def world(database: object, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(monkeypatch)


def have(monkeypatch: pytest.MonkeyPatch, gpu: Gpu | None, **found: str) -> None:
    """Let the trainer's environment have it."""
    there = INSTALLED.model_copy(update={"gpu": gpu, **found})
    monkeypatch.setattr(trl_local, "find_environment", lambda: there)
    monkeypatch.setattr("rft_app.services.doctor.find_environment", lambda: there)


def foresee(**asked: Any) -> TrainingProspect:
    with reading() as session:
        return look_ahead(session, DATASET, TrainingRequest(**asked))


def find_check(prospect: TrainingProspect, name: str) -> TrainingCheck | None:
    return next((check for check in prospect.checks if check.name == name), None)


@pytest.mark.parametrize("preset", list(Preset))
def test_without_a_gpu_a_preset_is_what_it_was(preset: Preset) -> None:
    found = foresee(preset=preset)
    named = {"max_completion_tokens": found.settings.max_completion_tokens}
    assert found.settings == PRESETS[preset].model_copy(update=named)
    assert found.device.startswith("the processor, ")
    assert find_check(found, "device") is None


@pytest.mark.parametrize("preset", list(Preset))
def test_a_large_gpu_has_larger_presets(preset: Preset, monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, H100)
    settings, usual = foresee(preset=preset).settings, PRESETS[preset]
    assert settings.prompts_per_step * settings.rollouts_per_prompt > (
        usual.prompts_per_step * usual.rollouts_per_prompt
    )
    assert settings.max_prompt_tokens == 4_096
    assert (settings.learning_rate, settings.num_steps) == (usual.learning_rate, usual.num_steps)
    have(monkeypatch, SMALL)
    assert foresee(preset=preset).settings.prompts_per_step == usual.prompts_per_step


def test_the_form_shows_the_values_that_are_used_and_what_is_typed_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    have(monkeypatch, H100)
    found = foresee(settings={"rollouts_per_prompt": "4"})
    assert (found.settings.prompts_per_step, found.settings.rollouts_per_prompt) == (8, 4)
    shown = {one.name: one.preset for one in Parameter.list_of(found.settings, {})}
    assert (shown["prompts_per_step"], shown["generation"]) == ("8", "auto")


def test_device_numbers_and_generation_are_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    have(monkeypatch, H100, vllm="0.25.0")
    found = foresee()
    assert found.device == "1 × NVIDIA H100, 80 GB, bf16, vLLM generation"
    check = find_check(found, "trainer")
    assert check is not None
    assert check.finding == f"The trainer is ready. It computes on {found.device}."
    told = next(one for one in examine() if one.name == "Local trainer")
    assert told.finding.endswith(found.device)
    have(monkeypatch, T4)
    assert foresee().device == "1 × Tesla T4, 15 GB, float32, plain generation"


def test_vllm_that_cannot_be_had_is_told_before_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(gpu: Gpu | None, vllm: str) -> TrainingCheck | None:
        have(monkeypatch, gpu, vllm=vllm)
        return find_check(foresee(settings={"generation": "vllm"}), "generation")

    no_gpu, missing, old, small = ask(None, "0.25.0"), ask(H100, ""), ask(H100, "0.9"), None
    small = ask(SMALL, "0.25.0")
    assert no_gpu is not None
    assert "needs a GPU" in no_gpu.finding
    assert missing is not None
    assert "vLLM is missing" in missing.finding
    assert 'pip install "trl[vllm]"' in missing.remedy
    assert old is not None
    assert "vLLM 0.9 is older than 0.22" in old.finding
    assert small is not None
    assert "does not hold the model" in small.finding
    assert {one.level for one in (no_gpu, missing, old, small)} == {"stop"}
    assert ask(H100, "0.25.0") is None
    have(monkeypatch, None)
    with pytest.raises(ConflictError, match="needs a GPU"):
        order(settings={"generation": "vllm"})


def test_vllm_whose_share_is_too_small_is_left_out_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    have(monkeypatch, SMALL, vllm="0.25.0")
    found = foresee()
    check = find_check(found, "generation")
    assert check is not None
    assert (check.level, found.device.endswith("plain generation")) == ("note", True)


def test_a_gpu_that_cannot_be_used_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = "There is a GPU (/dev/nvidiactl), and torch is a build for processors. Install it."
    have(monkeypatch, None, gpu_fault=fault)
    check = find_check(foresee(), "device")
    assert check is not None
    assert (check.level, check.remedy) == ("caution", "Install it.")
    told = next(one for one in examine() if one.name == "Local trainer")
    assert (told.status.value, "There is a GPU" in told.finding) == ("warn", True)


def test_memory_is_compared_with_that_of_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, H100)
    assert find_check(foresee(), "memory") is None
    long = {"max_completion_tokens": "8000"}
    have(monkeypatch, SMALL)
    check = find_check(foresee(settings=long), "memory")
    assert check is not None
    assert "the GPU has 4.0 GB" in check.finding
    assert "fewer rollouts" in check.remedy
    have(monkeypatch, H100.model_copy(update={"free_bytes": GB}), vllm="0.25.0")
    check = find_check(found := foresee(), "memory")
    assert check is not None
    assert "of which 1.0 GB are free" in check.finding
    assert "plain generation" in check.remedy
    assert found.estimate is not None
    assert "Memory of the GPU: 135 M parameters × 2 bytes" in found.estimate.formula
    assert "vLLM's share of 30%" in found.estimate.formula


def test_more_of_everything_takes_more_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, H100)

    def take(**settings: str) -> int:
        found = foresee(settings=settings).estimate
        assert found is not None
        return found.memory_bytes

    usual = take()
    assert take(precision="float32") > usual
    assert take(max_completion_tokens="2000") > usual
    assert take(lora_rank="128") > usual
    assert take(prompts_per_step="64") > usual


def train_on(device: dict[str, Any], step_s: float) -> TrainingRun:
    """A training that is done, at a place and speed."""
    run = work(order())
    assert run.status is JobStatus.DONE, run.error
    with unit_of_work() as session:
        row = session.get_one(TrainingRunRow, run.id)
        row.place = device
        session.add(row)
        for step in range(2, 5):
            put_metric(session, run.id, step, {"step_s": step_s})
    return look(run)


def test_times_of_another_device_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = {"device": "cpu", "precision": "float32"}
    on_gpu = {"device": "cuda", "name": H100.name, "memory_bytes": H100.memory_bytes}
    train_on(cpu, 40.0)
    here = foresee().estimate
    assert here is not None
    assert (here.is_measured, "measured here" in here.formula) == (True, True)
    have(monkeypatch, H100)
    guess = foresee().estimate
    assert guess is not None
    assert (guess.is_measured, "a guess for a GPU" in guess.formula) == (False, True)
    assert guess.high_s / guess.low_s == pytest.approx(16)
    train_on({**on_gpu, "precision": "bfloat16", "generation": "plain"}, 0.5)
    measured = foresee().estimate
    assert measured is not None
    assert (measured.is_measured, "measured on NVIDIA H100, 80 GB" in measured.formula) == (
        True,
        True,
    )
    have(monkeypatch, T4)
    other = foresee().estimate
    assert other is not None
    assert not other.is_measured
    have(monkeypatch, H100, vllm="0.25.0")
    faster = foresee().estimate
    assert faster is not None
    assert not faster.is_measured
    have(monkeypatch, None)
    again = foresee().estimate
    assert again is not None
    assert again.flops_per_s == pytest.approx(here.flops_per_s)


def test_an_older_training_that_says_no_device_is_no_measure_of_a_gpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = train_on({}, 40.0)
    assert run.place is not None  # by its outcome, on the processor
    assert run.place.device == "cpu"
    have(monkeypatch, H100)
    found = foresee().estimate
    assert found is not None
    assert not found.is_measured


def test_what_a_training_computes_on_is_told_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    run = work(order())
    assert run.place is not None
    assert run.place.describe() == "the processor, float32"
    follow_script(
        place={
            "device": "cuda",
            "name": H100.name,
            "memory_bytes": H100.memory_bytes,
            "precision": "bfloat16",
            "generation": "vllm",
        }
    )
    view = RunView.of(work(order()))
    words = "NVIDIA H100, 80 GB, bf16, vLLM generation"
    assert words in view.meta
    assert words in [fact.value for fact in view.facts if fact.name == "Computed on"]


def test_a_full_gpu_is_told_as_such_and_the_training_goes_on_from_its_checkpoint() -> None:
    follow_script(gpu_memory=[3])
    run = work(order())
    assert run.status is JobStatus.FAILED
    assert "The GPU's memory ran out. The best checkpoint, of step 2, is kept." in run.error
    assert "generation set to plain" in run.error
    with unit_of_work() as session:
        resume_training(session, run.id)
    assert work(run, attempt_of(run)).status is JobStatus.DONE


def test_the_order_tells_the_trainer_what_it_chooses_by(monkeypatch: pytest.MonkeyPatch) -> None:
    have(monkeypatch, H100, vllm="0.25.0")
    run = work(order(settings={"num_steps": 2, "vllm_share": 0.5}))
    config = RunFolder.of(run.id).path / "config.json"
    text = config.read_text()
    assert '"generation": "auto"' in text
    assert '"vllm_share": 0.5' in text
    assert '"num_parameters": 134515008' in text


def test_what_a_cluster_computes_on_is_not_guessed_from_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    have(monkeypatch, H100, vllm="0.25.0")
    monkeypatch.setenv("RFT_RAY_ADDRESS", "http://127.0.0.1:9")
    get_settings.cache_clear()
    found = foresee(trainer="ray", settings={"generation": "vllm"})
    assert found.device == ""
    assert found.settings.prompts_per_step == PRESETS[Preset.QUICK].prompts_per_step
    check = find_check(found, "device")
    assert check is not None
    assert (check.level, find_check(found, "generation")) == ("note", None)
    assert find_check(found, "memory") is None
