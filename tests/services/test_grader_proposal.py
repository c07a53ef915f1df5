"""What is suggested to a person: the data's grader, a judge by the objective, or nothing."""

import pytest

from rft_app.domain.grader import JudgeSpec, ScriptSpec
from rft_app.errors import ConflictError, NotFoundError
from rft_app.graders import check_grader
from rft_app.services.grader_proposal import propose_grader
from rft_app.services.grader_suggestion import GraderSuggestion, suggest_grader
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import DatasetRow
from tests.pipeline.graded_dataset import DATASET, add_records

pytestmark = pytest.mark.usefixtures("database")


def propose() -> GraderSuggestion:
    with reading() as session:
        return propose_grader(session, DATASET)


def set_objective(text: str) -> None:
    with unit_of_work() as session:
        session.get_one(DatasetRow, DATASET).objective = text


def test_what_the_data_allows_comes_before_a_judge() -> None:
    add_records(["1"] * 20)
    assert isinstance(propose().spec, ScriptSpec)


def test_where_the_data_allows_nothing_a_judge_reads_the_objective() -> None:
    add_records([])
    set_objective("Answer {{politely}}, in 2 sentences.")
    found = propose()
    assert isinstance(found.spec, JudgeSpec)
    check_grader(found.spec)
    assert "Answer { {politely}}, in 2 sentences." in found.spec.prompt
    assert (found.spec.min_score, found.spec.max_score) == (1, 5)
    assert found.agreement is None
    assert "Nothing tells yet how well it does" in found.reason
    with reading() as session:
        assert suggest_grader(session, DATASET) is None, "what runs by itself asks no paid model"


def test_without_data_and_objective_it_says_that_it_cannot() -> None:
    add_records([])
    set_objective("  ")
    with pytest.raises(ConflictError, match=r"No grader can be suggested.*no objective"):
        propose()


def test_an_unknown_dataset_is_named() -> None:
    with reading() as session, pytest.raises(NotFoundError):
        propose_grader(session, "ds_none")
