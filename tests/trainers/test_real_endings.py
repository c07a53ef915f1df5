"""What goes wrong in a training, with the real trainer and a base model of random weights.

`RFT_TRAINER_PYTHON` names the trainer's environment; else it is that of `make trainer`.
"""

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.grading import FailureKind
from rft_app.domain.job import JobStatus
from rft_app.domain.training_run import Phase, TrainingRun
from rft_app.errors import ConflictError
from rft_app.services.training_runs import (
    find_adapter,
    finish_training,
    get_comparison,
    list_alerts,
    list_answers,
    list_checkpoints,
    list_metrics,
    resume_training,
)
from rft_app.settings import get_settings
from rft_app.storage.session import reading, unit_of_work
from rft_app.trainers.run_folder import RunFolder
from tests.pipeline.graded_dataset import add_records, configure
from tests.services.training_world import attempt_of, look, order, work
from tests.trainers.real_trainer import make_base, take_trainer

pytestmark = pytest.mark.durability

PATIENCE_S = 120.0
LONG = 2_000
"""More steps than any test waits for."""
SMALL: dict[str, Any] = {
    **{"num_steps": LONG, "prompts_per_step": 2, "rollouts_per_prompt": 4, "lora_rank": 4},
    **{"max_completion_tokens": 12, "validate_every": 2, "num_validated": 4, "num_compared": 6},
    **{"flat_patience": 0, "precision": "float32", "num_threads": 1, "learning_rate": 1e-3},
}
SHARE_OF_CAPITALS = (
    "def grade(sample, item):\n"
    "    text = sample.output_text\n"
    "    return sum(one.isupper() for one in text) / max(len(text), 1)\n"
)
FAILING = (
    "def grade(sample, item):\n"
    "    text = sample.output_text\n"
    "    if sum(map(ord, text)) % 10 < 3:\n"
    "        raise ValueError('cannot tell')\n"
    "    return sum(one.isupper() for one in text) / max(len(text), 1)\n"
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives a base model; made once."""
    folder = tmp_path_factory.mktemp("base") / "tiny"

    def make(python: str) -> Path:
        return folder if folder.exists() else make_base(python, folder)

    return make


@pytest.fixture
def python(database: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The trainer's, with a dataset to train on."""
    found = take_trainer(monkeypatch)
    add_records(["0.5"] * 300)
    configure(SHARE_OF_CAPITALS)
    return found


@pytest.fixture
def base(python: str, tiny: Callable[[str], Path]) -> Path:
    """The folder of the base model."""
    return tiny(python)


def order_small(base: Path, **settings: Any) -> TrainingRun:
    return order(base_model=str(base), settings={**SMALL, **settings}, num_epochs=20)


def wait_for(is_so: Callable[[], bool], worker: threading.Thread) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert worker.is_alive(), "The training ended before."
        assert time.monotonic() < deadline, "It did not come to pass."
        time.sleep(0.02)


def begin(run: TrainingRun, attempt: int = 0) -> threading.Thread:
    worker = threading.Thread(target=work, args=(run, attempt))
    worker.start()
    return worker


def finish(run: TrainingRun, worker: threading.Thread) -> TrainingRun:
    """Let it make no further step, and compare."""
    with unit_of_work() as session:
        finish_training(session, run.id)
    worker.join(PATIENCE_S)
    return look(run)


def resume(run: TrainingRun) -> threading.Thread:
    with unit_of_work() as session:
        resume_training(session, run.id)
    return begin(run, attempt_of(run))


def list_begun(run: TrainingRun) -> list[int]:
    """From which step each attempt went on."""
    events = RunFolder.of(run.id).read_events()
    return [one["resumed_from"] for one in events if one["type"] == "begun"]


def count_checkpoints(run: TrainingRun) -> int:
    with reading() as session:
        return len(list_checkpoints(session, run.id))


def list_whole(run: TrainingRun) -> list[Path]:
    """Checkpoints on disk, the newest last."""
    found = (RunFolder.of(run.id).path / "checkpoints").glob("checkpoint-*/manifest.json")
    return sorted((path.parent for path in found), key=lambda one: int(one.name.split("-")[1]))


def test_finish_now_keeps_the_best_checkpoint_and_compares_it(base: Path) -> None:
    run = order_small(base)
    worker = begin(run)
    wait_for(lambda: count_checkpoints(run) >= 3, worker)
    done = finish(run, worker)
    assert (done.status, done.error) == (JobStatus.DONE, "")
    assert done.outcome is not None
    assert done.outcome.stopped == "somebody ended it early"
    with reading() as session:
        saved = list_checkpoints(session, run.id)
        found = get_comparison(session, run.id)
        answers = list_answers(session, run.id, Phase.TUNED, done.outcome.best_step).rows
        adapter = find_adapter(session, run.id)
    rewards = {one.step: one.validation_reward or 0.0 for one in saved}
    first_best = max(rewards, key=lambda step: (rewards[step], -step))
    assert (done.outcome.best_step, done.best and done.best.step) == (first_best, first_best)
    assert done.outcome.num_steps == max(rewards) < LONG
    assert found.n == len(answers) == SMALL["num_compared"]
    assert orjson.loads((adapter.folder / "facts.json").read_bytes())["step"] == first_best
    assert adapter.is_finished
    assert done.outcome.base_hash != done.outcome.adapter_hash


def test_a_killed_trainer_goes_on_and_a_corrupt_checkpoint_is_passed_over(base: Path) -> None:
    run = order_small(base)
    folder = RunFolder.of(run.id)
    failed = kill_twice(run)
    assert failed.status is JobStatus.FAILED
    assert "was killed (SIGKILL), again" in failed.error
    assert failed.outcome is None
    before, newest = list_whole(run)[-2:]
    (newest / "optimizer.pt").write_bytes(b"cut")
    again = resume(run)
    wait_for(lambda: len(list_begun(run)) == 3, again)
    done = finish(run, again)
    assert list_begun(run)[2] == count_steps(before)
    assert f"The checkpoint of step {count_steps(newest)} is damaged." in folder.read_notes()
    assert (done.status, done.error) == (JobStatus.DONE, "")
    assert done.outcome is not None
    assert done.outcome.comparison is not None


def test_one_that_breaks_off_in_the_comparison_makes_no_further_step(base: Path) -> None:
    run = order_small(base, num_compared=60, max_completion_tokens=64)
    worker = begin(run)
    wait_for(lambda: count_checkpoints(run) >= 1, worker)
    with unit_of_work() as session:
        finish_training(session, run.id)
    wait_for(lambda: is_comparing(run), worker)
    kill(RunFolder.of(run.id))
    worker.join(PATIENCE_S)
    done = look(run)
    assert (done.status, done.error) == (JobStatus.DONE, "")
    assert len(list_begun(run)) == 2
    assert done.outcome is not None
    assert done.outcome.stopped == "somebody ended it early"
    events = RunFolder.of(run.id).read_events()
    last = max(int(one["step"]) for one in events if one["type"] == "metrics")
    assert done.outcome.num_steps == last == count_steps(list_whole(run)[-1]) == list_begun(run)[1]
    with reading() as session:
        assert get_comparison(session, run.id).n == 56, "of 60 held out, four chose the checkpoint"


def is_comparing(run: TrainingRun) -> bool:
    events = RunFolder.of(run.id).read_events()
    words = [one["words"] for one in events if one["type"] == "phase"]
    return words[-1:] == ["comparing with the base model"]


def test_weights_that_are_no_numbers_end_it_and_the_best_checkpoint_stays(base: Path) -> None:
    run = order_small(base)
    best = kill_twice(run).best
    newest = list_whole(run)[-1]
    spoil_weights(newest / "adapter_model.safetensors")
    seal(newest)
    kept = (RunFolder.of(run.id).path / "best" / "facts.json").read_bytes()
    resume(run).join(PATIENCE_S)
    ended = look(run)
    assert list_begun(run)[2] == count_steps(newest)
    assert (ended.status, ended.outcome) == (JobStatus.FAILED, None)
    assert "finite" in ended.error
    assert f"of step {orjson.loads(kept)['step']}, is kept" in ended.error
    assert "learning rate" in ended.error
    assert (RunFolder.of(run.id).path / "best" / "facts.json").read_bytes() == kept
    assert ended.best == best


def test_a_best_checkpoint_that_is_no_numbers_is_not_compared(base: Path) -> None:
    run = order_small(base)
    kill_twice(run)
    best = RunFolder.of(run.id).path / "best"
    facts = orjson.loads((best / "facts.json").read_bytes())
    (best / "facts.json").write_bytes(orjson.dumps(facts | {"reward": 2.0}))
    spoil_weights(best / "adapter_model.safetensors")
    worker = resume(run)
    wait_for(lambda: len(list_begun(run)) == 3, worker)
    ended = finish(run, worker)
    assert (ended.status, ended.outcome) == (JobStatus.FAILED, None)
    assert (
        f"The adapter of step {facts['step']} holds no finite numbers. It cannot be " in ended.error
    )
    assert "is kept" not in ended.error
    with reading() as session:
        assert not list_answers(session, run.id, Phase.TUNED, facts["step"]).rows


def kill_twice(run: TrainingRun) -> TrainingRun:
    """Let it make checkpoints, twice, until it is given up; two whole checkpoints are left."""
    worker = begin(run)
    folder = RunFolder.of(run.id)
    wait_for(lambda: count_checkpoints(run) >= 3, worker)
    kill(folder)
    wait_for(lambda: len(list_begun(run)) == 2 and folder.is_alive(), worker)
    first = list_begun(run)[1]
    assert first >= 4, "of the three it had, the newest or the one before"
    wait_for(lambda: len(list_whole(run)) == 2 and count_steps(list_whole(run)[0]) >= first, worker)
    kill(folder)
    worker.join(PATIENCE_S)
    return look(run)


def seal(checkpoint: Path) -> None:
    """Make what is in it what its manifest says."""
    manifest = checkpoint / "manifest.json"
    parts = orjson.loads(manifest.read_bytes())
    found = {name: sha256((checkpoint / name).read_bytes()).hexdigest() for name in parts}
    manifest.write_bytes(orjson.dumps(found))


def count_steps(checkpoint: Path) -> int:
    return int(checkpoint.name.split("-")[1])


def kill(folder: RunFolder) -> None:
    pid = folder.find_pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[None]:
    """A file system of so many bytes at a path; the test is skipped where none can be mounted."""
    path.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("A small disk can only be mounted by root.")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


def fill(path: Path) -> None:
    """Write until nothing more fits."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            while True:
                try:
                    file.write(bytes(size))
                except OSError as error:
                    assert error.errno == errno.ENOSPC
                    break


def test_a_full_disk_leaves_the_best_adapter_and_says_so(base: Path) -> None:
    training = get_settings().folder("training")
    with small_disk(training, "64m"):
        run = order_small(base)
        worker = begin(run)
        folder = RunFolder.of(run.id)
        wait_for(lambda: count_checkpoints(run) >= 3, worker)
        fill(training / "filler")
        worker.join(PATIENCE_S)
        failed = look(run)
        assert failed.status is JobStatus.FAILED
        assert failed.error.startswith("The disk is full. The best checkpoint, of step ")
        assert failed.error.endswith(" is kept. Free some space, then resume.")
        with reading() as session:
            kept = find_adapter(session, run.id)
            with pytest.raises(ConflictError, match="is failed"):
                get_comparison(session, run.id)
        assert failed.best is not None
        assert orjson.loads((kept.folder / "facts.json").read_bytes())["step"] == failed.best.step
        assert not (folder.path / "best.new").exists()
        assert {*(folder.path / "checkpoints").glob("checkpoint-*")} == {*list_whole(run)}
        newest = count_steps(list_whole(run)[-1])
        (training / "filler").unlink()
        again = resume(run)
        wait_for(lambda: len(list_begun(run)) == 2, again)
        done = finish(run, again)
        assert list_begun(run)[1] == newest
        assert (done.status, done.error) == (JobStatus.DONE, "")


def test_a_grader_that_fails_on_three_of_ten_gives_no_zeros(base: Path) -> None:
    configure(FAILING)
    run = work(order_small(base, num_steps=8, num_compared=12))
    assert (run.status, run.error) == (JobStatus.DONE, "")
    with reading() as session:
        metrics = {one.step: one.values for one in list_metrics(session, run.id)}
        alerts = {one.name: one.finding for one in list_alerts(session, run.id)}
        rows = {step: list_answers(session, run.id, Phase.TRAIN, step).rows for step in range(1, 9)}
        compared = get_comparison(session, run.id)
    failed = [row for some in rows.values() for row in some if row.failure_kind is not None]
    assert {row.failure_kind for row in failed} == {FailureKind.EXCEPTION}
    assert {row.reward for row in failed} == {None}
    for step, some in rows.items():
        known = [row.reward for row in some if row.reward is not None]
        share = sum(row.failure_kind is not None for row in some) / len(some)
        assert metrics[step]["failure_share"] == pytest.approx(share)
        if known:
            assert metrics[step]["reward"] == pytest.approx(sum(known) / len(known))
    assert len(failed) >= 8
    assert "could not judge" in alerts["failures"]
    assert compared.n + compared.num_ungraded == 12


def spoil_weights(path: Path) -> None:
    """All weights of a file are no numbers."""
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    path.write_bytes(raw[:start] + b"\x00\x00\xc0\x7f" * ((len(raw) - start) // 4))


def spoil_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text('{"version": "1.0"}')


def spoil_template(folder: Path) -> None:
    text = "{{ raise_exception('Only one turn is known.') }}"
    (folder / "chat_template.jinja").write_text(text)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda base: spoil_weights(base / "model.safetensors"), "no finite numbers"),
        (spoil_tokenizer, "no tokenizer that can be read"),
        (spoil_template, "Only one turn is known."),
    ],
)
def test_a_base_model_that_is_broken_is_named_and_nothing_is_claimed(
    base: Path, tmp_path: Path, spoil: Callable[[Path], None], told: str
) -> None:
    broken = shutil.copytree(base, tmp_path / "broken")
    spoil(broken)
    run = work(order_small(broken, num_steps=2))
    assert run.status is JobStatus.FAILED
    assert told in run.error
    assert "is kept" not in run.error
    assert (run.outcome, run.best) == (None, None)
    with reading() as session, pytest.raises(ConflictError, match="has kept no adapter"):
        find_adapter(session, run.id)
