import pytest

from rft_app.domain.dry_run_rules import DryRunVerdict
from rft_app.domain.facet import Facet
from rft_app.domain.grader import StringCheckSpec
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.domain.record import SourceType
from rft_app.domain.training import TrainingDraft
from rft_app.errors import InvalidInputError
from rft_app.services.graders import save_grader
from rft_app.services.training import (
    get_training_draft,
    plan_training,
    save_training_draft,
)
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.steps import finish_step
from tests.builders import make_dataset_row, make_record_row
from tests.services.topic_trees import DATASET, add_tree


@pytest.fixture
def dataset(any_database: str) -> str:
    """Twenty records, five of them generated."""
    with unit_of_work() as session:
        session.add(make_dataset_row())
        session.flush()
        for seq in range(1, 21):
            source = SourceType.GENERATED if seq > 15 else SourceType.TRACE
            session.add(make_record_row(seq, facet=Facet(source_type=source)))
        session.flush()
        refresh_counts(session, "ds_a")
    return "ds_a"


def test_the_split_follows_the_draft(dataset: str) -> None:
    with unit_of_work() as session:
        save_training_draft(session, dataset, train_ratio=0.5)
        outlook = plan_training(session, dataset)
    assert (outlook.num_train, outlook.num_held_out) == (10, 10)


def test_the_cut_is_within_topics_unless_the_draft_says_otherwise(any_database: str) -> None:
    add_tree(dict.fromkeys("abcdefghij", 1), num_without=0)
    with unit_of_work() as session:
        within = plan_training(session, DATASET)
        save_training_draft(session, DATASET, stratify_by_topic=False, base_model="me/small")
        across = plan_training(session, DATASET)
        draft = get_training_draft(session, DATASET)
    assert (within.num_train, within.num_held_out) == (10, 0)
    assert (across.num_train, across.num_held_out) == (8, 2)
    assert (draft.base_model, draft.stratify_by_topic) == ("me/small", False)


def test_without_grader_and_dry_run_nothing_is_claimed(dataset: str) -> None:
    with reading() as session:
        outlook = plan_training(session, dataset)
    assert (outlook.grader, outlook.verdict, outlook.num_topics) == (None, None, 0)


def test_a_verdict_is_current_until_its_inputs_change(dataset: str) -> None:
    with unit_of_work() as session:
        save_grader(session, dataset, StringCheckSpec())
        result = StepResult(outcome=StepStatus.PASSED, summary="GO", facts={"verdict": "GO"})
        finish_step(
            session, dataset, StepName.DRY_RUN, result, settings={}, input_hash="records=old"
        )
        outlook = plan_training(session, dataset)
    assert outlook.grader == "string check v1"
    assert outlook.verdict is DryRunVerdict.GO
    assert not outlook.is_verdict_current


def test_a_draft_is_kept_and_an_impossible_value_changes_nothing(dataset: str) -> None:
    with unit_of_work() as session:
        save_training_draft(session, dataset, num_epochs=5)
    with unit_of_work() as session, pytest.raises(InvalidInputError, match="num epochs"):
        save_training_draft(session, dataset, num_epochs=0)
    with reading() as session:
        assert get_training_draft(session, dataset) == TrainingDraft(num_epochs=5)
