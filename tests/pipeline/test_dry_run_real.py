"""Dry runs over real answers, imported and extracted like anybody's."""

from pathlib import Path

import pytest

from rft_app.domain.dry_run import DryRunReport
from rft_app.pipeline.extract import ExtractSettings, ExtractStep
from tests.pipeline.graded_dataset import (
    DATASET,
    REWARD_OF_ITEM,
    begin_job,
    configure,
    last_run,
    run_dry,
)
from tests.processes.importing_helpers import ROLLOUTS, import_file, prepare, run

pytestmark = [pytest.mark.shared_data, pytest.mark.usefixtures("database")]

LAST_NUMBER = """
import re

def numbers(text):
    return re.findall(r"-?[0-9]+(?:[.][0-9]+)?", text.replace(",", ""))

def grade(sample, item):
    answer = sample.output_text.rpartition("A:")[2]
    found = numbers(answer)
    return bool(found) and float(found[-1]) == float(numbers(item.reference)[-1])
"""


def import_and_extract(path: Path) -> None:
    import_file(path)
    ExtractStep().run(begin_job("extract"), DATASET, ExtractSettings())


def dry_run(script: str) -> DryRunReport:
    configure(script)
    run_dry(num_records=2000)
    return last_run()[1]


def test_the_recorded_rewards_of_the_airline_agent(shared_data: Path) -> None:
    import_and_extract(shared_data / "derived/tau_airline_traces.jsonl")
    report = dry_run(REWARD_OF_ITEM)
    assert report.statistics is not None
    assert (report.num_graded, report.num_failed, report.max_rollouts_per_record) == (200, 0, 1)
    assert report.statistics.mean == pytest.approx(0.42)
    assert report.learnable_share is None
    assert report.verdict == "GO"


@pytest.mark.parametrize("script", [REWARD_OF_ITEM, LAST_NUMBER], ids=["recorded", "computed"])
def test_four_solutions_of_each_school_problem(shared_data: Path, script: str) -> None:
    import_and_extract(shared_data / "derived/gsm8k_rft_openai.jsonl")
    run(prepare(shared_data / "gsm8k/example_model_solutions.jsonl", kind="rollouts"), ROLLOUTS)
    report = dry_run(script)
    assert report.statistics is not None and report.learnable_share is not None
    assert (report.num_records, report.num_rollouts) == (1319, 5276)
    assert (report.max_rollouts_per_record, report.num_failed) == (4, 0)
    assert report.statistics.mean == pytest.approx(0.379, abs=5e-4)
    assert report.learnable_share == pytest.approx(0.554, abs=5e-4)
    assert report.verdict == "GO"
