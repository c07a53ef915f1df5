"""Make the files that the consumers' tests load, in the app's own environment.

`python -m tests.consumers.make_exports FOLDER` imports each dataset, exports it in every format as
a person would, with test side and metadata, and unzips what came out to `FOLDER/DATASET/FORMAT/`.
What a format refuses is in `FOLDER/refused.json`.
"""

import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import orjson
import pyarrow.parquet as pq

from rft_app.domain.base_facts import BaseFacts
from rft_app.domain.export import ExportOptions
from rft_app.domain.grader import ScriptSpec
from rft_app.domain.grading import Verdict
from rft_app.domain.rollout import make_item
from rft_app.domain.training_run import TrainingSettings
from rft_app.errors import InvalidInputError
from rft_app.exports import EXPORTERS
from rft_app.graders import open_grader
from rft_app.services.datasets import create_dataset
from rft_app.services.exports import get_export, open_export
from rft_app.services.imports import start_import, start_rollouts_import
from rft_app.storage.session import reading, unit_of_work
from rft_app.trainers.grading import make_answer
from rft_app.trainers.verl_order import (
    GRADER,
    TRAIN,
    VALIDATION,
    VerlPlace,
    write_command,
    write_grader,
)
from tests.conftest import SHARED_DATA, create_schema, forget_environment
from tests.consumers.rows import make_rows
from tests.services.stored_dataset import order_export, work

SHARE_OF_WORDS = """
def grade(sample, item):
    wanted = item["reference"].split()
    return sum(word in sample.output_text.split() for word in wanted) / max(1, len(wanted))
"""


class Source(NamedTuple):
    """The files of one dataset."""

    name: str
    traces: Path
    rollouts: Path | None = None


class Variant(NamedTuple):
    """A format with options."""

    name: str
    format: str
    options: ExportOptions = ExportOptions()


VARIANTS = (
    *(Variant(name, name) for name in EXPORTERS.names()),
    Variant("trl_sft_completion", "trl_sft", ExportOptions(as_completion=True)),
    Variant("custom_array", "custom", ExportOptions(is_array=True)),
)


def find_sources(folder: Path) -> Iterator[Source]:
    """Rows of our own, and the real data sets where they are beside the checkout."""
    path = folder / "trips.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, make_rows())))
    yield Source("trips", path)
    if SHARED_DATA.is_dir():
        yield Source("airline", SHARED_DATA / "derived" / "tau_airline_traces.jsonl")
        questions = SHARED_DATA / "derived" / "gsm8k_rft_openai.jsonl"
        solutions = SHARED_DATA / "gsm8k" / "example_model_solutions.jsonl"
        yield Source("school", questions, solutions)


def import_source(source: Source) -> str:
    """A dataset of these files, extracted; returns its id."""
    with unit_of_work() as session:
        dataset_id = create_dataset(session, name=source.name, objective="Load it").id
        name = source.traces.name
        start_import(session, dataset_id=dataset_id, path=source.traces, file_name=name)
    work()
    if source.rollouts is not None:
        path = source.rollouts
        with unit_of_work() as session:
            start_rollouts_import(session, dataset_id=dataset_id, path=path, file_name=path.name)
        work()
    return dataset_id


def make_export(dataset_id: str, variant: Variant, folder: Path) -> None:
    """Export, and unzip into a folder of its own.

    Raises:
        InvalidInputError: No record has what the format needs.
    """
    job = order_export(dataset_id, variant.format, options=variant.options)
    work()
    with reading() as session:
        path = open_export(get_export(session, job.args["export_id"]))
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder / variant.name)


def make_exports(folder: Path) -> None:
    """Every dataset in every format."""
    refused: dict[str, str] = {}
    for source in find_sources(folder):
        dataset_id = import_source(source)
        for variant in VARIANTS:
            try:
                make_export(dataset_id, variant, folder / source.name)
            except InvalidInputError as error:
                refused[f"{source.name}/{variant.name}"] = error.message
    (folder / "refused.json").write_bytes(orjson.dumps(refused, option=orjson.OPT_INDENT_2))


def make_verl_order(folder: Path) -> None:
    """What verl is told of a training on the trips, with rewards as they are here."""
    exported, order = folder / "trips" / "verl", folder / "verl_order"
    order.mkdir()
    shutil.copy(exported / "train.parquet", order / TRAIN)
    shutil.copy(exported / "test.parquet", order / VALIDATION)
    spec = ScriptSpec(source=SHARE_OF_WORDS)
    (order / GRADER).write_text(write_grader(spec), encoding="utf-8")
    rows = pq.read_table(order / TRAIN).to_pylist()[:20]
    graded = [
        (number, text, item)
        for number, row in enumerate(rows)
        for reference in [row["reward_model"]["ground_truth"]]
        for item in [make_item({}, {"id": f"rec_{number}", "reference": reference}, None)]
        for text in (reference, reference[: len(reference) // 2], "?")
    ]
    with open_grader(spec) as grader:
        pairs = [(make_answer(text, has_tools=False), item) for _, text, item in graded]
        rewards = [one.reward for one in grader.grade(pairs) if isinstance(one, Verdict)]
    facts = BaseFacts(
        name="tiny",
        num_parameters=1,
        num_layers=1,
        hidden_size=1,
        vocabulary=1,
        context_tokens=100_000,
    )
    place = VerlPlace(folder=str(order.resolve()), outputs="/out, shared", base_model="org/tiny")
    told = {
        name: write_command(settings, facts, place, 44)
        for name, settings in {
            "quick": TrainingSettings(),
            "all": TrainingSettings(
                beta=0.02, entropy_bonus=0.01, precision="float32", max_completion_tokens=20_000
            ),
        }.items()
    }
    answers = [
        {"row": number, "text": text, "reward": reward}
        for (number, text, _), reward in zip(graded, rewards, strict=True)
    ]
    (order / "told.json").write_bytes(orjson.dumps({"commands": told, "answers": answers}))


def main() -> None:
    """Make them in a data directory that is thrown away."""
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as data:
        os.environ["RFT_DATA_DIR"] = data
        forget_environment()
        create_schema()
        make_exports(folder)
        make_verl_order(folder)
        forget_environment()


if __name__ == "__main__":
    main()
