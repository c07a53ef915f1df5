"""`rft grader calibrate`."""

from pathlib import Path

import orjson

from rft_app.domain.feedback import FeedbackDraft, FeedbackKey, Thumb
from rft_app.domain.record import record_id
from rft_app.services.feedback import put_feedback
from rft_app.storage.rollouts import iterate_answered
from rft_app.storage.session import unit_of_work
from tests.cli.conftest import Rft


def say_of_two(rft: Rft, dataset_id: str) -> None:
    """One thumb up, one down."""
    with rft.inside(), unit_of_work() as session:
        first, second, *_ = iterate_answered(session, dataset_id)
        for record, thumb in ((first, Thumb.UP), (second, Thumb.DOWN)):
            key = FeedbackKey(dataset_id, record_id(record.seq), "Ada")
            put_feedback(session, key, FeedbackDraft(thumb=thumb))


def test_a_grader_is_compared_with_people(rft: Rft, rows: Path, tmp_path: Path) -> None:
    dataset_id = rft.json("import", rows, "--name", "Calibrated", "--objective", "Add up")["id"]
    assert "no grader yet" in rft("grader", "calibrate", dataset_id).stderr
    assert rft("grader", "calibrate", dataset_id, "--grade").returncode == 1
    draft = tmp_path / "anything.json"
    anything = {"kind": "string_check", "operation": "regex", "reference": "[^ ]"}
    draft.write_bytes(orjson.dumps(anything))
    rft.json("run", dataset_id, "--grader", draft, "--num-topics", 2)
    say_of_two(rft, dataset_id)
    found = rft.json("grader", "calibrate", dataset_id)
    assert (found["records"]["rated"], found["records"]["graded"]) == (2, 2)
    assert (found["confusion"]["badPassed"], found["kappa"]["value"]) == (1, None)
    told = rft("grader", "calibrate", dataset_id, "--grade")
    assert "passed from 0.50, the default" in told.stdout
    assert "Unknown below 20 records; there are 2." in told.stdout
    assert "0 answers graded, 0 left" in told.stderr
    assert rft("grader", "calibrate", dataset_id, "--limit", 0).returncode == 2
