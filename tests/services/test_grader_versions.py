import pytest

from rft_app.domain.grader import ScriptSpec, StringCheckSpec
from rft_app.domain.grader_difference import SettingDifference
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.services.grader_versions import (
    compare_versions,
    get_grader_version,
    label_versions,
    list_grader_versions,
    restore_version,
)
from rft_app.storage.session import reading
from tests.pipeline.graded_dataset import DATASET, NUMBER_OF_TEXT, add_records, configure

OTHER = "def grade(sample, item):\n    return 0.5\n"

pytestmark = pytest.mark.usefixtures("any_database")


@pytest.fixture(autouse=True)
def three_versions(any_database: str) -> None:
    """A string check and two scripts."""
    add_records(["1"])
    for spec in (StringCheckSpec(), ScriptSpec(source=NUMBER_OF_TEXT), ScriptSpec(source=OTHER)):
        configure(spec)


def test_versions_come_in_pages_newest_first() -> None:
    with reading() as session:
        first = list_grader_versions(session, DATASET, limit=2)
        rest = list_grader_versions(session, DATASET, before=first[-1].version)
    assert [version.version for version in (*first, *rest)] == [3, 2, 1]


def test_labels_are_found_by_id() -> None:
    with reading() as session:
        wanted = get_grader_version(session, DATASET, 2)
        assert label_versions(session, [wanted.id, "gv_none"]) == {wanted.id: "script v2"}


def test_a_difference_names_lines_and_settings() -> None:
    with reading() as session:
        found = compare_versions(session, DATASET, 2, 3)
        other = compare_versions(session, DATASET, 1, 2)
        same = compare_versions(session, DATASET, 2, 2)
    assert (found.num_added, found.num_removed, found.settings) == (1, 1, ())
    assert other.settings[0] == SettingDifference(
        name="kind", first="string_check", second="script"
    )
    assert other.num_added == 2
    assert same.is_equal


def test_restoring_makes_a_new_version_with_the_old_text() -> None:
    restored = restore_version(DATASET, 2)
    assert (restored.version, restored.spec) == (4, ScriptSpec(source=NUMBER_OF_TEXT))
    with reading() as session:
        assert [each.version for each in list_grader_versions(session, DATASET)] == [4, 3, 2, 1]


def test_restoring_the_current_version_adds_none() -> None:
    assert restore_version(DATASET, 3).version == 3


def test_a_version_that_cannot_be_loaded_any_more_is_not_restored() -> None:
    configure("x = 1 / 0\ndef grade(sample, item):\n    return 1\n")
    configure(OTHER)
    with pytest.raises(InvalidInputError, match="division by zero"):
        restore_version(DATASET, 4)
    with reading() as session:
        assert list_grader_versions(session, DATASET)[0].version == 5


@pytest.mark.parametrize("number", [0, 4, 99])
def test_a_version_that_is_not_there_is_named(number: int) -> None:
    with reading() as session, pytest.raises(NotFoundError, match=f"no version {number}"):
        get_grader_version(session, DATASET, number)
