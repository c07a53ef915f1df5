from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.hashing import question_hash
from rft_app.domain.imports import ImportReport
from rft_app.domain.scrubbing import ScrubKind, ScrubRules
from rft_app.jobs.queue import enqueue
from rft_app.services.scrubbing import set_rules, to_args
from rft_app.storage.session import unit_of_work
from tests.builders import make_record_row
from tests.processes.importing_helpers import ROLLOUTS, add_dataset, faults, prepare, rows, run

STORED = "SELECT record_seq, model, reward, body FROM rollout ORDER BY seq"


def add_records(*questions: str) -> None:
    add_dataset()
    with unit_of_work() as session:
        for seq, question in enumerate(questions, 1):
            session.add(
                make_record_row(
                    seq, question_hash=question_hash(question), external_id=f"own-{seq}"
                )
            )


def import_rollouts(tmp_path: Path, *lines: Any) -> ImportReport:
    path = tmp_path / "rollouts.jsonl"
    raw = (line if isinstance(line, bytes) else orjson.dumps(line) for line in lines)
    path.write_bytes(b"\n".join(raw))
    return run(prepare(path, kind="rollouts"), ROLLOUTS)


def stored() -> list[tuple[int, str | None, float | None, str]]:
    return [
        (seq, model, reward, orjson.loads(body)[-1]["content"])
        for seq, model, reward, body in rows(STORED)
    ]


def test_answers_find_their_record(any_database: str, tmp_path: Path) -> None:
    add_records("One?", "Two?", "Three?")
    chat = [{"role": "user", "content": "Two?"}, {"role": "assistant", "content": "d"}]

    found = import_rollouts(
        tmp_path,
        {"record_id": "rec_2", "output": "a", "reward": 0.5, "model": "m"},
        {"id": "own-3", "completion": "b", "is_correct": True},
        {"question": " One? ", "answer": "c", "score": 0},
        {"messages": chat},
        {"prompt": [{"role": "user", "content": "Three?"}], "text": "e"},
    )

    assert stored() == [
        (2, "m", 0.5, "a"),
        (3, None, 1.0, "b"),
        (1, None, 0.0, "c"),
        (2, None, None, "d"),
        (3, None, None, "e"),
    ]
    assert (found.num_parsed, found.num_valid, found.num_invalid) == (5, 5, 0)


def test_a_row_may_hold_several_answers(database: Path, tmp_path: Path) -> None:
    add_records("One?")

    import_rollouts(
        tmp_path,
        {"question": "One?", "model": "m", "rollouts": ["a", {"text": "b", "score": 1}]},
        {
            "question": "One?",
            "ground_truth": "x",
            "small": {"solution": "c", "is_correct": False},
            "large": {"solution": "d", "is_correct": True},
        },
    )

    assert stored() == [
        (1, "m", None, "a"),
        (1, "m", 1.0, "b"),
        (1, "small", 0.0, "c"),
        (1, "large", 1.0, "d"),
    ]


def test_rows_that_cannot_be_used_are_explained(database: Path, tmp_path: Path) -> None:
    add_records("One?")

    found = import_rollouts(
        tmp_path,
        {"question": "Nobody asked", "output": "a"},
        {"question": "One?"},
        b"{",
        {"output": "a"},
        {"question": "One?", "output": "a", "reward": 7},
        b'{"question":"One?","output":"b","reward":1e999}',
        {"question": "One?", "output": {"choices": []}},
    )

    assert found.reasons == {
        "no_record": 2,
        "wrong_shape": 3,
        "not_json": 1,
        "reward_out_of_range": 1,
    }
    assert [fault.line_number for fault in faults(found.id)] == [1, 2, 3, 4, 5, 6, 7]
    assert stored() == [(1, None, None, "a")]


def test_what_is_kept_of_bad_lines_has_no_personal_values(
    any_database: str, tmp_path: Path
) -> None:
    add_records("One?")
    email, key = (ScrubRules(kinds=(kind,)) for kind in (ScrubKind.EMAIL, ScrubKind.KEY))
    with unit_of_work() as session:
        set_rules(session, email)
        enqueue(session, "import_traces", "ds_a", to_args(key))

    found = import_rollouts(
        tmp_path,
        {"question": "I am alice@example.com", "output": "a"},
        b'{"question": "One?", "password": "hunter2-hunter2", ',
        {"question": "One?", "output": "bob@example.com", "reward": 7},
        {"question": "One?", "output": "fine"},
    )

    kept = str(faults(found.id))
    assert len(faults(found.id)) == 3
    assert "<EMAIL_1>" in kept
    assert not [value for value in ("alice", "bob@", "hunter2") if value in kept]


def test_archived_records_and_duplicates_are_passed_over(database: Path, tmp_path: Path) -> None:
    add_dataset()
    same = question_hash("One?")
    with unit_of_work() as session:
        session.add(make_record_row(1, question_hash=same, is_archived=True))
        session.add(make_record_row(2, question_hash=same, duplicate_of=3))
        session.add(make_record_row(3, question_hash=same))

    import_rollouts(tmp_path, {"question": "One?", "output": "a"})

    assert [row[0] for row in stored()] == [3]


def test_an_import_run_again_adds_nothing(database: Path, tmp_path: Path) -> None:
    add_records("One?")
    path = tmp_path / "rollouts.jsonl"
    path.write_bytes(orjson.dumps({"question": "One?", "output": "a"}))
    import_id = prepare(path, kind="rollouts")

    assert run(import_id, ROLLOUTS) == run(import_id, ROLLOUTS)
    assert len(stored()) == 1


def test_answers_of_an_earlier_file_are_passed_over(any_database: str, tmp_path: Path) -> None:
    add_records("One?", "Two?")
    old = [
        {"question": "One?", "output": "a", "model": "m", "reward": 7},
        {"question": "One?", "output": "a", "model": "m"},
        {"question": "Two?", "output": "a", "model": "m"},
    ]
    new = [{"question": "Two?", "answers": ["a"], "model": "n"}, {**old[2], "output": "b"}]

    first = import_rollouts(tmp_path, *old)
    again = import_rollouts(tmp_path, *old)
    more = import_rollouts(tmp_path, *old[1:], *new)

    assert (first.num_parsed, first.num_valid, first.num_invalid) == (3, 2, 1)
    assert (again.num_parsed, again.num_valid) == (0, 0)
    assert again.reasons == {"duplicate_rollout": 3, "reward_out_of_range": 1}
    assert (more.num_parsed, more.reasons) == (2, {"duplicate_rollout": 2})
    assert len(stored()) == 5


@pytest.mark.shared_data
def test_the_four_solutions_of_gsm8k_are_groups(database: Path, shared_data: Path) -> None:
    prompts = (shared_data / "derived/gsm8k_rft_openai.jsonl").read_bytes().split(b"\n")[:-1]
    add_records(*(orjson.loads(line)["messages"][-1]["content"] for line in prompts))

    found = run(prepare(shared_data / "gsm8k/example_model_solutions.jsonl"), ROLLOUTS)

    assert (found.num_parsed, found.num_invalid) == (5276, 0)
    assert rows("SELECT count(DISTINCT record_seq) FROM rollout") == [(1319,)]
    ((mean,),) = rows("SELECT avg(reward) FROM rollout")
    assert round(mean, 3) == 0.379
