"""Feedback from files: what people wrote down elsewhere, through the real child process."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from rft_app.domain.feedback import Feedback, FeedbackSource, Thumb
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.scrubbing import ScrubKind, ScrubRules
from rft_app.errors import ConflictError, InvalidInputError
from rft_app.jobs.queue import get_job
from rft_app.services.feedback import list_feedback
from rft_app.services.feedback_import import start_feedback_import
from rft_app.services.imports import latest_import, list_import_errors
from rft_app.services.records import get_record
from rft_app.services.scrubbing import set_rules
from rft_app.storage.session import reading, unit_of_work
from rft_app.traces.feedback_row import MAX_NOTE_LENGTH
from tests.services.feedback_dataset import ANN, BOB, ids, make_feedback_dataset
from tests.services.stored_dataset import chat, make_dataset, work


@pytest.fixture
def dataset_id(any_database: str, tmp_path: Path) -> str:
    return make_feedback_dataset(tmp_path)


def import_file(dataset_id: str, path: Path, reviewer: str = "") -> Job:
    with unit_of_work() as session:
        job = start_feedback_import(
            session, dataset_id=dataset_id, path=path, file_name=path.name, reviewer=reviewer
        )
    work()
    with reading() as session:
        return get_job(session, job.id)


def import_rows(dataset_id: str, folder: Path, *rows: Any, reviewer: str = "") -> Job:
    path = folder / "said.jsonl"
    path.write_bytes(b"\n".join(r if isinstance(r, bytes) else orjson.dumps(r) for r in rows))
    return import_file(dataset_id, path, reviewer)


def stored(dataset_id: str) -> list[Feedback]:
    with reading() as session:
        return list(reversed(list_feedback(session, dataset_id, limit=100).rows))


def faults(dataset_id: str) -> list[tuple[int, str, str]]:
    with reading() as session:
        report = latest_import(session, dataset_id, "feedback")
        assert report is not None
        found = list_import_errors(session, report.id)
    return [(one.line_number, one.code, one.message) for one in found]


def test_rows_find_their_record_by_its_id_or_by_the_traces_own(
    dataset_id: str, tmp_path: Path
) -> None:
    records = ids(dataset_id)
    job = import_rows(
        dataset_id,
        tmp_path,
        {"record_id": records[0], "reviewer": ANN, "thumb": "up", "note": " polite "},
        {"trace_id": "t-1", "reviewer": BOB, "rating": 2},
        {"id": "t-2", "thumb": -1, "rating": "4.0"},
        reviewer="Cy",
    )
    assert job.status is JobStatus.DONE
    assert job.result is not None
    assert (job.result["num_valid"], job.result["num_invalid"]) == (3, 0)
    assert [
        (one.record_id, one.reviewer, one.thumb, one.rating, one.note, one.source)
        for one in stored(dataset_id)
    ] == [
        (records[0], ANN, Thumb.UP, None, "polite", FeedbackSource.IMPORTED),
        (records[1], BOB, None, 2, "", FeedbackSource.IMPORTED),
        (records[2], "Cy", Thumb.DOWN, 4, "", FeedbackSource.IMPORTED),
    ]


def test_a_corrected_answer_comes_as_text_or_as_a_message_and_twice_is_once(
    dataset_id: str, tmp_path: Path
) -> None:
    records = ids(dataset_id)
    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    rows = (
        {"record_id": records[0], "reviewer": ANN, "output": "Better"},
        {"record_id": records[1], "reviewer": ANN, "output": [message]},
    )
    for _ in range(2):
        assert import_rows(dataset_id, tmp_path, *rows).status is JobStatus.DONE
        assert faults(dataset_id) == []
    assert len(ids(dataset_id)) == len(records)
    with reading() as session:
        outputs = [
            get_record(session, dataset_id, one.correction or "").output[0]
            for one in stored(dataset_id)
        ]
    assert outputs[0].content == "Better"
    assert [made.function.name for made in outputs[1].tool_calls or ()] == ["look"]


def test_bad_rows_say_where_why_and_what_to_do_and_the_good_ones_are_stored(
    dataset_id: str, tmp_path: Path
) -> None:
    [record, *_] = ids(dataset_id)
    good = {"record_id": record, "reviewer": ANN, "rating": 5}
    bad: list[tuple[Any, str, str]] = [
        (b"{broken", "not_json", "not valid JSON"),
        (["a"], "wrong_shape", "not an object"),
        ({"reviewer": ANN, "rating": 1}, "wrong_shape", "Fill in `record_id` or `trace_id`"),
        ({**good, "rating": 7}, "wrong_shape", "Write a whole number from 1 to 5"),
        ({**good, "rating": "nan"}, "wrong_shape", "Write a whole number"),
        ({**good, "rating": 2.5}, "wrong_shape", "Write a whole number"),
        ({**good, "thumb": "sideways"}, "wrong_shape", "Write up or down"),
        ({"record_id": record, "reviewer": ANN}, "wrong_shape", "Fill in at least one of"),
        ({**good, "note": "x" * (MAX_NOTE_LENGTH + 1)}, "wrong_shape", "Shorten it"),
        ({**good, "output": {"text": "a"}}, "wrong_shape", "Write the answer as text"),
        ({**good, "output": [1, 2]}, "wrong_shape", "Give exactly one"),
        ({**good, "output": {"role": "user", "content": "a"}}, "refused", "must be 'assistant'"),
        ({**good, "output": "About question 0"}, "refused", "Nothing is different"),
        ({**good, "chosen": "recorded"}, "refused", "also needs the rejected"),
        ({**good, "chosen": "recorded", "rejected": "roll_9"}, "refused", "has no answer"),
        ({**good, "record_id": "rec_fffff"}, "refused", "no record"),
        ({**good, "record_id": "t-99"}, "no_record", "Use an id that the dataset lists"),
        ({"record_id": record, "rating": 5}, "no_reviewer", "Fill in `reviewer`"),
        ({**good, "reviewer": "x" * 100}, "refused", "at most 80"),
    ]
    job = import_rows(dataset_id, tmp_path, *(row for row, _, _ in bad), good)
    assert job.status is JobStatus.DONE
    assert [one.rating for one in stored(dataset_id)] == [5]
    assert record in ids(dataset_id)
    found = faults(dataset_id)
    assert [(line, code) for line, code, _ in found] == [
        (line, code) for line, (_, code, _) in enumerate(bad, 1)
    ]
    for (_, _, message), (_, _, words) in zip(found, bad, strict=True):
        assert words in message


def test_of_several_rows_for_one_person_and_record_the_last_counts(
    dataset_id: str, tmp_path: Path
) -> None:
    row = {"record_id": ids(dataset_id)[0], "reviewer": ANN}
    import_rows(dataset_id, tmp_path, {**row, "rating": 1}, {**row, "rating": 4})
    assert [one.rating for one in stored(dataset_id)] == [4]


def test_a_trace_of_several_records_is_too_little_to_go_by(
    any_database: str, tmp_path: Path
) -> None:
    rows = [chat(f"question {n}") | {"trace_id": "same"} for n in range(2)]
    dataset_id = make_dataset(tmp_path, *rows)
    record = ids(dataset_id)[0]
    import_rows(
        dataset_id,
        tmp_path,
        {"trace_id": "same", "reviewer": ANN, "rating": 1},
        {"record_id": record, "trace_id": "same", "reviewer": ANN, "rating": 2},
    )
    assert [(one.record_id, one.rating) for one in stored(dataset_id)] == [(record, 2)]
    [(line, code, message)] = faults(dataset_id)
    assert (line, code) == (1, "no_record")
    assert "Name one by its `record_id`" in message


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_keeps_its_line_numbers(dataset_id: str, tmp_path: Path, delimiter: str) -> None:
    records = ids(dataset_id)
    rows = [
        ("record_id", "reviewer", "rating", "note", "mood"),
        (records[0], ANN, "5", '"two\nlines, and ""quotes"""', "sunny"),
        ("",),
        (records[1], ANN, "9", "", ""),
        (records[2], ANN, "1"),
        (records[3], ANN, "1", "", "", "too many"),
        (records[4], "Zoë", "3", "", ""),
    ]
    path = tmp_path / "said.csv"
    path.write_text("\ufeff" + "\r\n".join(map(delimiter.join, rows)), encoding="utf-8")
    assert import_file(dataset_id, path).status is JobStatus.DONE
    assert [(one.record_id, one.reviewer, one.rating, one.note) for one in stored(dataset_id)] == [
        (records[0], ANN, 5, 'two\nlines, and "quotes"'),
        (records[2], ANN, 1, ""),
        (records[4], "Zoë", 3, ""),
    ]
    found = faults(dataset_id)
    assert [line for line, _, _ in found] == [5, 7]
    assert "`rating` is '9'" in found[0][2]
    assert "6 cells, the header 5 columns" in found[1][2]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"name,rating\nAnn,3\n", "names no record"),
        (b"record_id,reviewer\nrec_1,Ann\n", "says nothing of records"),
        (b"PK\x03\x04", "zip archive"),
        (b"record_id,rating\0", "not text"),
    ],
)
def test_a_file_that_cannot_be_feedback_is_refused_at_once(
    database: Path, tmp_path: Path, content: bytes, words: str
) -> None:
    dataset_id = make_feedback_dataset(tmp_path, 1)
    path = tmp_path / "said.csv"
    path.write_bytes(content)
    with unit_of_work() as session, pytest.raises(InvalidInputError, match=words):
        start_feedback_import(session, dataset_id=dataset_id, path=path, file_name="said.csv")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"record_id,rating\nrec_1,\xff\n", "UTF-8"),
        (b'record_id,rating\nrec_1,"5\n', "cannot be read as CSV"),
        (b"record_id,rating,reviewer\nrec_1,9,Ann\n", "Line 2: `rating` is '9'"),
        (b"record_id,rating,reviewer\n", "holds no rows"),
    ],
)
def test_a_file_of_which_nothing_can_be_used_fails_with_the_reason(
    database: Path, tmp_path: Path, content: bytes, words: str
) -> None:
    dataset_id = make_feedback_dataset(tmp_path, 1)
    path = tmp_path / "said.csv"
    path.write_bytes(content)
    job = import_file(dataset_id, path)
    assert job.status is JobStatus.FAILED
    assert job.error is not None
    assert words in job.error.message
    assert stored(dataset_id) == []


def test_feedback_needs_records_and_a_real_name(database: Path, tmp_path: Path) -> None:
    from rft_app.services.datasets import create_dataset

    path = tmp_path / "said.csv"
    path.write_text("record_id,rating\nrec_1,5\n")
    with unit_of_work() as session:
        empty = create_dataset(session, name="Empty", objective="None").id
        with pytest.raises(ConflictError, match="no records yet"):
            start_feedback_import(session, dataset_id=empty, path=path, file_name="a")
    filled = make_feedback_dataset(tmp_path, 1)
    with unit_of_work() as session, pytest.raises(InvalidInputError, match="at most 80"):
        start_feedback_import(
            session, dataset_id=filled, path=path, file_name="a", reviewer="x" * 90
        )


def test_what_is_kept_of_bad_lines_has_no_personal_values(dataset_id: str, tmp_path: Path) -> None:
    with unit_of_work() as session:
        set_rules(session, ScrubRules(kinds=(ScrubKind.EMAIL,)))
    record = ids(dataset_id)[0]
    said = {"record_id": record, "reviewer": ANN, "note": "ask zoe@example.com"}
    rows = (
        {"record_id": "zoe@example.com", "rating": 5, "reviewer": ANN},
        b'{"note": "zoe@example.com"',
        {**said, "chosen": "recorded", "rejected": "roll_9"},
        {"record_id": record, "rating": 4, "reviewer": ANN},
    )

    import_rows(dataset_id, tmp_path, *rows)

    with reading() as session:
        report = latest_import(session, dataset_id, "feedback")
        assert report is not None
        kept = list_import_errors(session, report.id)
    assert [each.line_number for each in kept] == [1, 2, 3]
    assert "zoe" not in str(kept)
    assert "<EMAIL_1>" in kept[2].excerpt
