"""The files of a training by verl: its rows, and rewards that are those of a dry run."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from rft_app.domain.export import Lack
from rft_app.domain.grader import JudgeSpec, parse_spec
from rft_app.domain.grading import Verdict
from rft_app.domain.rollout import RolloutKey
from rft_app.domain.training_run import TrainingRun
from rft_app.errors import InvalidInputError
from rft_app.graders import open_grader
from rft_app.services.graders import current_grader
from rft_app.services.training_verl import VerlFiles, write_verl_files
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.rollouts import load_rollouts
from rft_app.storage.session import reading, unit_of_work
from rft_app.trainers.grading import make_answer
from tests.builders import make_record_row, make_trace_rows
from tests.pipeline.graded_dataset import DATASET, configure
from tests.services.training_world import order, prepare

ORDER = "order"
SCRIPT = """
def grade(sample, item):
    if sample.output_text == "none":
        return {"abstain": True}
    near = 1 / (1 + abs(float(sample.output_text) - float(item["reference"])))
    return {"reward": near / 2 + (item.task == 3) / 4, "reason": "near"}
"""


@pytest.fixture
def run(database: object, monkeypatch: pytest.MonkeyPatch) -> TrainingRun:
    prepare(monkeypatch, 40)
    configure(SCRIPT)
    return order()


def write(run: TrainingRun, folder: Path) -> VerlFiles:
    folder.mkdir()
    with reading() as session:
        return write_verl_files(session, run, folder)


def read_rows(path: Path) -> list[dict[str, Any]]:
    return pq.read_table(path).to_pylist()


def grade_here(seq: int, text: str) -> float | None:
    with reading() as session:
        [rollout] = load_rollouts(session, DATASET, [RolloutKey(seq, None, None)])
    spec = parse_spec({"kind": "script", "source": SCRIPT})
    with open_grader(spec) as grader:
        [outcome] = grader.grade([(make_answer(text, has_tools=False), rollout.item)])
    return outcome.reward if isinstance(outcome, Verdict) else None


def test_rows_are_those_of_the_snapshot(run: TrainingRun, tmp_path: Path) -> None:
    found = write(run, tmp_path / ORDER)
    train = read_rows(tmp_path / ORDER / "train.parquet")
    validation = read_rows(tmp_path / ORDER / "validation.parquet")
    assert found == (run.num_train, 4, {})
    assert len(train) == run.num_train
    assert len(validation) == 4
    ids = [{row["extra_info"]["record_id"] for row in rows} for rows in (train, validation)]
    assert not ids[0] & ids[1]
    assert {row["extra_info"]["split"] for row in train} == {"train"}
    assert {row["data_source"] for row in train + validation} == {"rft"}


def test_the_grader_gives_verl_the_rewards_of_a_dry_run(run: TrainingRun, tmp_path: Path) -> None:
    write(run, tmp_path / ORDER)
    names: dict[str, Any] = {}
    exec(compile((tmp_path / ORDER / "grader.py").read_text(), "grader.py", "exec"), names)
    for row in read_rows(tmp_path / ORDER / "train.parquet")[:10]:
        seq = int(row["reward_model"]["ground_truth"])
        given = row["data_source"], row["reward_model"]["ground_truth"], row["extra_info"]
        for text in (str(seq), "1", "0.5"):
            found = names["compute_score"](
                data_source=given[0],
                solution_str=text,
                ground_truth=given[1],
                extra_info={**given[2], "num_turns": 2, "rollout_reward_scores": {}},
            )
            assert found == grade_here(seq, text)
        for text in ("none", "a lot"):
            assert grade_here(seq, text) is None
            with pytest.raises(ValueError, match=r"abstains|could not convert"):
                names["compute_score"](given[0], text, given[1], given[2])


def test_fewer_records_than_a_step_takes_are_repeated(run: TrainingRun, tmp_path: Path) -> None:
    large = run.settings.model_copy(update={"prompts_per_step": run.num_train + 1})
    found = write(run.model_copy(update={"settings": large}), tmp_path / ORDER)
    assert found.num_train == run.num_train
    assert len(read_rows(tmp_path / ORDER / "train.parquet")) == 2 * run.num_train


def test_a_grader_that_asks_a_model_is_refused_before_anything_is_written(
    database: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prepare(monkeypatch, 40)
    run = order()
    configure(JudgeSpec(prompt="{{sample.output_text}}"))
    with reading() as session:
        judge = current_grader(session, DATASET)
    assert judge is not None
    with pytest.raises(InvalidInputError, match=r"asks no model.*it is a judge"):
        write(run.model_copy(update={"grader_version_id": judge.id}), tmp_path / ORDER)
    assert list((tmp_path / ORDER).iterdir()) == []


def test_what_rows_cannot_hold_is_left_out_and_counted(
    database: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    prepare(monkeypatch, 40)
    with unit_of_work() as session:
        for seq in range(41, 61):
            messages = [{"role": "user", "content": f"Question {seq}"}]
            session.add_all(make_trace_rows(seq, {"messages": messages}))
            session.add(make_record_row(seq))
        session.flush()
        refresh_counts(session, DATASET)
    run = order()
    found = write(run, tmp_path / ORDER)
    num_lacking = found.left_out[Lack.NO_REFERENCE]
    assert found.left_out == {Lack.NO_REFERENCE: num_lacking}
    assert 0 < num_lacking <= 20
    assert found.num_train < run.num_train
    assert len(read_rows(tmp_path / ORDER / "train.parquet")) == found.num_train
