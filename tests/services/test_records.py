"""What lists show beside a page of records: grades of dry runs, tags of a selection."""

import pytest
from sqlmodel import col, select

from rft_app.domain.grader import MadeBy, StringCheckSpec
from rft_app.domain.record import RecordFilter, RecordId, Selection
from rft_app.domain.record_grade import RecordGrade
from rft_app.services.record_changes import add_tag, archive_records, select_only
from rft_app.services.records import (
    count_tags,
    list_graded_runs,
    list_present,
    map_grades,
)
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import GradeRow
from rft_app.ui.state.record_row import GradeCell
from tests.pipeline.graded_dataset import (
    DATASET,
    NUMBER_OF_TEXT,
    add_answers,
    add_records,
    configure,
    run_dry,
)

pytestmark = pytest.mark.usefixtures("any_database")


def ids(*numbers: int) -> list[RecordId]:
    return [RecordId(f"rec_{number:x}") for number in numbers]


def test_a_failure_is_no_zero_and_a_record_that_a_run_did_not_see_has_no_grade() -> None:
    add_records(["0", "words", "1"])
    configure(NUMBER_OF_TEXT)
    run_dry()
    add_answers(3, "0.5", "more words")
    run_dry()
    with reading() as session:
        runs = list_graded_runs(session, DATASET)
        grades = map_grades(session, runs, ids(1, 2, 3, 4))
    newest, oldest = (run.id for run in runs)
    assert [run.number for run in runs] == [2, 1]
    assert grades[ids(1)[0]][oldest] == RecordGrade(mean=0.0, num_graded=1, num_failed=0)
    assert grades[ids(2)[0]][oldest] == RecordGrade(mean=None, num_graded=0, num_failed=1)
    assert grades[ids(3)[0]][newest] == RecordGrade(mean=0.75, num_graded=2, num_failed=1)
    assert ids(4)[0] not in grades


def test_a_column_of_grades_tells_which_grader_made_it_and_whether_it_still_is() -> None:
    add_records(["0.25", "1"])
    configure(NUMBER_OF_TEXT)
    run_dry()
    configure(StringCheckSpec())
    run_dry()

    def makers() -> list[MadeBy]:
        with reading() as session:
            return [run.made_by for run in list_graded_runs(session, DATASET)]

    now = "string_check v2"
    assert makers() == [
        MadeBy(label=now, now=now),
        MadeBy(label="script v1", now=now, is_stale=True),
    ]
    configure(NUMBER_OF_TEXT)  # the same settings as the first: its figures hold again
    assert [(one.now, one.is_stale) for one in makers()] == [
        ("script v3", True),
        ("script v3", False),
    ]


def test_an_answer_that_the_model_did_not_give_is_no_failure_of_the_grader() -> None:
    add_records(["words", "words"])
    add_answers(2, "1", "more words")
    configure(NUMBER_OF_TEXT)
    run_dry()
    with unit_of_work() as session:
        for grade in session.exec(select(GradeRow).where(col(GradeRow.failure_kind).is_not(None))):
            is_own = grade.rollout_seq is None
            grade.failure_kind = "not_sampled" if is_own else grade.failure_kind
    with reading() as session:
        runs = list_graded_runs(session, DATASET)
        graded = map_grades(session, runs, ids(1, 2))
    grades = [graded[one][runs[0].id] for one in ids(1, 2)]
    assert grades == [
        RecordGrade(mean=None, num_graded=0, num_failed=0, num_not_sampled=1),
        RecordGrade(mean=1.0, num_graded=1, num_failed=1, num_not_sampled=1),
    ]
    assert [GradeCell.of(grade).words for grade in grades] == ["not given", "1.00"]
    assert GradeCell.of(grades[1]).hint == (
        "Mean of 1 rollout; the grader failed on 1 more; the model did not give 1 more answer"
    )


def test_tags_are_counted_among_the_selected_records() -> None:
    add_records(["a", "b", "c"])
    with unit_of_work() as session:
        add_tag(session, DATASET, select_only(ids(1, 2)), "check")
        add_tag(session, DATASET, select_only(ids(3)), "done")
        assert count_tags(session, DATASET, select_only(ids(2, 3))) == {"check": 1, "done": 1}
        assert count_tags(session, DATASET, select_only(ids(1))) == {"check": 1, "done": 0}
        wanted = Selection(filter=RecordFilter(tags=("check",)), excluded=tuple(ids(1)))
        assert count_tags(session, DATASET, wanted) == {"check": 1, "done": 0}


def test_deleted_records_are_not_among_the_current_ones() -> None:
    add_records(["a", "b", "c"])
    with unit_of_work() as session:
        archive_records(session, DATASET, select_only(ids(2)))
        named = Selection(only=tuple(ids(3, 2, 1, 8)))
        assert list_present(session, DATASET, named) == ids(3, 1)
