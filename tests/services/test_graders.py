from datetime import UTC, datetime

import pytest
from sqlmodel import select

from rft_app.domain.grader import ScriptSpec, StringCheckSpec
from rft_app.domain.pipeline import StepName
from rft_app.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
)
from rft_app.pipeline.grader import GraderSettings, GraderStep
from rft_app.services.grader_versions import list_grader_versions
from rft_app.services.graders import (
    check_isolation,
    configure_grader,
    current_grader,
    save_grader,
)
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.step_inputs import get_inputs
from rft_app.storage.steps import get_step_row
from rft_app.storage.tables import GraderVersionRow
from tests.pipeline.graded_dataset import (
    DATASET,
    NUMBER_OF_TEXT,
    add_records,
    begin_job,
    configure,
)

SAVED_AT = datetime(2026, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.usefixtures("any_database")


def versions() -> list[int]:
    with reading() as session:
        return [version.version for version in list_grader_versions(session, DATASET)]


def test_saving_makes_a_version_and_an_unchanged_spec_does_not() -> None:
    add_records(["1"])
    for spec in (StringCheckSpec(), StringCheckSpec(), ScriptSpec(source=NUMBER_OF_TEXT)):
        configure(spec)
    assert versions() == [2, 1]
    with reading() as session:
        current = current_grader(session, DATASET)
    assert current is not None
    assert current.spec == ScriptSpec(source=NUMBER_OF_TEXT)


def test_going_back_to_an_older_spec_makes_a_new_version() -> None:
    add_records(["1"])
    for spec in (StringCheckSpec(), ScriptSpec(source=NUMBER_OF_TEXT), StringCheckSpec()):
        configure(spec)
    assert versions() == [3, 2, 1]


def test_saving_configures_the_step() -> None:
    add_records(["1"])
    configure(NUMBER_OF_TEXT)
    with reading() as session:
        row = get_step_row(session, DATASET, StepName.GRADER)
        unchanged = GraderStep().input_hash(get_inputs(session, DATASET), GraderSettings())
    assert (row.outcome, row.summary) == ("configured", "script v1")
    assert set(row.facts) == {"version", "kind", "spec_hash"}
    assert row.input_hash == unchanged


def test_a_grader_that_is_confirmed_keeps_the_time_it_was_saved_at() -> None:
    add_records(["1"])
    configure(NUMBER_OF_TEXT)
    with unit_of_work() as session:
        version = session.exec(select(GraderVersionRow)).one()
        version.created_at = SAVED_AT
    configure(NUMBER_OF_TEXT)
    with reading() as session:
        finished_at = get_step_row(session, DATASET, StepName.GRADER).finished_at
    assert finished_at is not None
    assert finished_at.replace(tzinfo=UTC) == SAVED_AT


def test_the_step_stores_a_spec_and_its_result_stays_current() -> None:
    add_records(["1"])
    settings = GraderSettings(spec=ScriptSpec(source=NUMBER_OF_TEXT))
    with reading() as session:
        before = GraderStep().input_hash(get_inputs(session, DATASET), settings)
    result = GraderStep().run(begin_job("grader"), DATASET, settings)
    assert result.summary == "script v1"
    with reading() as session:
        assert GraderStep().input_hash(get_inputs(session, DATASET), settings) == before


def test_the_step_without_a_spec_needs_a_version() -> None:
    add_records(["1"])
    context = begin_job("grader")
    with pytest.raises(ConflictError, match="step 4"):
        GraderStep().run(context, DATASET, GraderSettings())
    configure(NUMBER_OF_TEXT)
    assert GraderStep().run(context, DATASET, GraderSettings()).summary == "script v1"


def test_a_spec_that_cannot_work_is_not_saved() -> None:
    add_records(["1"])
    with pytest.raises(InvalidInputError) as caught, unit_of_work() as session:
        save_grader(session, DATASET, ScriptSpec(source="x = 1\ndef grade(a): return 1"))
    assert caught.value.details["line"] == 2
    assert versions() == []


@pytest.mark.parametrize("top", ["while True: pass", "import numpy"])
def test_a_script_that_cannot_be_loaded_is_neither_saved_nor_configured(top: str) -> None:
    add_records(["1"])
    spec = ScriptSpec(source=f"{top}\n{NUMBER_OF_TEXT}", timeout_s=0.5)
    with pytest.raises(InvalidInputError, match="fails while it is loaded"):
        configure_grader(DATASET, spec)
    context = begin_job("grader")
    with pytest.raises(InvalidInputError, match="fails while it is loaded"):
        GraderStep().run(context, DATASET, GraderSettings(spec=spec))
    assert versions() == []


def test_a_grader_needs_its_dataset() -> None:
    with pytest.raises(NotFoundError), unit_of_work() as session:
        save_grader(session, "ds_none", StringCheckSpec())


def test_isolation_can_be_asked_for() -> None:
    assert "limits" in check_isolation().layers
