"""Exports from stored records to the file."""

import shutil
import zipfile
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from rft_app.domain.export import Export, ExportOptions, ToolArguments
from rft_app.domain.facet import Facet
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.record import RecordFilter, Selection, SourceType, record_id
from rft_app.domain.validity import Reason
from rft_app.errors import ConflictError, InvalidInputError, JobCancelledError, NotFoundError
from rft_app.jobs.context import JobContext
from rft_app.processes import exporting
from rft_app.services.export_files import partial_path, whole_file
from rft_app.services.export_jobs import ExportJob
from rft_app.services.export_paths import export_to_path, options_for_path
from rft_app.services.export_preview import ExportPreview, describe_preview
from rft_app.services.exports import (
    get_export,
    list_exports,
    open_export,
)
from rft_app.services.record_changes import archive_records
from rft_app.storage import jobs
from rft_app.storage.exports import locate_export
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.snapshots import get_snapshot
from tests.builders import make_dataset_row, make_record_row, make_trace_rows
from tests.services.stored_dataset import export_here, order_export

DATASET = "ds_a"
ZIP = ExportOptions()
EVERYTHING = Selection()
ALL_TRAIN = ExportOptions(train_ratio=1.0)
ONE_FILE = ExportOptions(include_test=False, include_metadata=False, train_ratio=1.0)
both_paths = pytest.mark.parametrize("few", [0, 10_000], ids=["child process", "worker"])
"""Up to how many records the worker writes an export itself; set it as `FEW_RECORDS`."""


@pytest.fixture
def dataset(database: Path) -> str:
    """Fifty records with answers, every fifth without; tool calls without definitions in one."""
    with unit_of_work() as session:
        session.add(make_dataset_row(DATASET, name="Trips & more"))
        session.flush()
        for seq in range(1, 51):
            messages = [{"role": "user", "content": f"Trip {seq}\u2028?"}]
            if seq % 5:
                messages.append({"role": "assistant", "content": f"Booked {seq}."})
            session.add_all(make_trace_rows(seq, {"messages": messages}))
            session.add(make_record_row(seq))
        session.add(make_record_row(60, facet=Facet(reason=Reason.EMPTY_CONTENT)))
        session.flush()
        refresh_counts(session, DATASET)
    return DATASET


def run_export(
    format: str = "openai_sft",
    options: ExportOptions = ZIP,
    selection: Selection = EVERYTHING,
) -> Export:
    """Of the dataset of these tests."""
    return export_here(DATASET, format, options, selection)


def run_job(job: Job) -> Job:
    """What a worker does."""
    with unit_of_work() as session:
        assert jobs.begin_job(session, job.id, 0, "w")
    context = JobContext(job_id=job.id, dataset_id=DATASET, args=job.args, worker_id="w")
    result = ExportJob().run(context)
    with unit_of_work() as session:
        settled = jobs.settle_job(session, job.id, "w", JobStatus.DONE, result=result)
    assert settled is not None
    return settled


def read_zip(export: Export) -> dict[str, bytes]:
    with zipfile.ZipFile(open_export(export)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")[:-1]


def test_an_archive_holds_both_sides_and_its_description(dataset: str) -> None:
    export = run_export()
    files = read_zip(export)
    assert list(files) == ["train.jsonl", "test.jsonl", "provenance.jsonl", "metadata.json"]
    train, test = lines(files["train.jsonl"]), lines(files["test.jsonl"])
    assert (len(train), len(test)) == (export.num_train, export.num_test)
    assert len(train) + len(test) == 40
    assert not set(train) & set(test)
    description = orjson.loads(files["metadata.json"])
    assert description["counts"] == {
        "selected": 50,
        "written": 40,
        "skipped": {"duplicate": 0, "invalid": 1, "no_output": 10},
        "tools_inferred": 0,
    }
    assert description["files"]["train.jsonl"]["rows"] == len(train)
    assert description["files"]["train.jsonl"]["bytes"] == len(files["train.jsonl"])
    assert description["dataset"] == {"id": DATASET, "name": "Trips & more"}
    assert export.file_name == "trips-more-openai_sft.zip"


def test_the_same_export_twice_is_the_same_file(dataset: str) -> None:
    first, second = run_export(), run_export()
    assert first.id != second.id
    assert first.snapshot_id == second.snapshot_id
    assert open_export(first).read_bytes() == open_export(second).read_bytes()
    assert first.sha256 == second.sha256


def test_another_seed_moves_records_between_the_sides(dataset: str) -> None:
    first = read_zip(run_export())
    second = read_zip(run_export(options=ExportOptions(seed=1)))
    assert first["test.jsonl"] != second["test.jsonl"]
    together = [Counter(lines(f["train.jsonl"]) + lines(f["test.jsonl"])) for f in (first, second)]
    assert together[0] == together[1]


def test_one_file_holds_every_record_and_nothing_else(dataset: str) -> None:
    export = run_export(options=ONE_FILE)
    assert export.file_name == "trips-more-openai_sft.jsonl"
    assert len(lines(open_export(export).read_bytes())) == 40
    assert (export.num_train, export.num_test) == (40, 0)


@pytest.mark.parametrize("format", ["openai_sft", "trl_sft", "trl_grpo"])
@pytest.mark.parametrize("options", [ExportOptions(), ONE_FILE], ids=["zip", "one file"])
def test_the_preview_is_the_beginning_of_the_file(
    dataset: str, format: str, options: ExportOptions
) -> None:
    with reading() as session:
        rows = describe_preview(
            session, dataset_id=dataset, format=format, options=options, limit=5
        ).rows
    export = run_export(format, options)
    whole = (
        read_zip(export)["train.jsonl"] if options.is_archive else open_export(export).read_bytes()
    )
    assert len(rows) == 5
    assert whole.startswith(b"".join(rows))


def test_a_preview_says_what_to_expect(dataset: str) -> None:
    with reading() as session:
        preview = describe_preview(session, dataset_id=dataset, format="openai_sft")
    both = run_export()
    assert (preview.num_train, preview.num_test) == (both.num_train, both.num_test) == (31, 9)
    export = run_export(options=ONE_FILE)
    assert preview.estimated_bytes == pytest.approx(export.size_bytes, rel=0.1)


def test_a_selection_is_what_is_exported(dataset: str) -> None:
    chosen = Selection(only=(record_id(1), record_id(2), record_id(60)))
    export = run_export(options=ONE_FILE, selection=chosen)
    assert export.num_train == 2


def test_nothing_to_export_is_refused_with_the_reason(dataset: str) -> None:
    with pytest.raises(InvalidInputError, match=r"50 of 50 .* ref"):
        order_export(dataset, "openai_rft")
    generated = Selection(filter=RecordFilter(source_types=(SourceType.GENERATED,)))
    with pytest.raises(InvalidInputError, match="among those selected"):
        order_export(dataset, "openai_sft", selection=generated)
    rewarded = Selection().graded_from(0.5, has_grades=False)
    with pytest.raises(InvalidInputError, match=r"recorded reward of at least 0\.5"):
        order_export(dataset, "openai_sft", selection=rewarded)
    with reading() as session:
        assert list_exports(session, dataset) == []


def test_nothing_on_the_training_side_is_refused_where_only_that_is_written(dataset: str) -> None:
    options = ExportOptions(include_test=False)
    with reading() as session, pytest.raises(InvalidInputError, match=r"of 40 records"):
        describe_preview(session, dataset_id=dataset, format="openai_rft", options=options)


def test_the_preview_names_the_files_that_come(dataset: str) -> None:
    with reading() as session:
        preview = describe_preview(
            session, dataset_id=dataset, format="openai_sft", options=ONE_FILE
        )
    assert preview.file_names == (run_export(options=ONE_FILE).file_name,)


def test_a_snapshots_time_is_in_the_preview_as_in_the_file(dataset: str) -> None:
    frozen = run_export().snapshot_id
    options = ONE_FILE.model_copy(
        update={"snapshot_id": frozen, "template": '{"at": "{{created_at}}"}'}
    )
    with reading() as session:
        preview = describe_preview(session, dataset_id=dataset, format="custom", options=options)
    written = open_export(run_export("custom", options)).read_bytes()
    assert written.startswith(preview.rows[0])


def test_a_time_that_is_not_known_yet_is_named_so_and_later_it_is_the_files(dataset: str) -> None:
    options = ONE_FILE.model_copy(update={"template": '{"at": "{{created_at}}"}'})

    def preview() -> ExportPreview:
        with reading() as session:
            return describe_preview(session, dataset_id=dataset, format="custom", options=options)

    assert preview().is_time_open
    written = open_export(run_export("custom", options)).read_bytes()
    assert not preview().is_time_open
    assert written.startswith(preview().rows[0])


def test_a_table_says_where_it_comes_from_and_its_rows_do_not(dataset: str) -> None:
    export = run_export("parquet", ONE_FILE)
    table = pq.read_table(open_export(export))
    about = orjson.loads((table.schema.metadata or {})[b"rft_export"])
    with reading() as session:
        snapshot = get_snapshot(session, export.snapshot_id or "")
    assert about["format"] == "parquet"
    assert about["dataset"] == {"id": DATASET, "name": "Trips & more"}
    assert about["snapshot"] == {"content_hash": snapshot.content_hash}
    assert "rft_export" not in table.column_names


def test_an_unknown_dataset_or_format_is_refused(dataset: str) -> None:
    with pytest.raises(NotFoundError):
        order_export("ds_x", "openai_sft")
    with pytest.raises(InvalidInputError, match="Choose one of"):
        order_export(dataset, "xml")


def test_tools_derived_from_calls_are_counted_and_said(dataset: str) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "book", "arguments": '{"to":"X"}'}}
    messages = [
        {"role": "user", "content": "Book"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
    ]
    with unit_of_work() as session:
        session.add_all(make_trace_rows(70, {"messages": messages}))
        session.add(make_record_row(70))
        session.flush()
        refresh_counts(session, dataset)
    description = orjson.loads(read_zip(run_export())["metadata.json"])
    assert description["counts"]["tools_inferred"] == 1
    assert any("derived from the calls" in warning for warning in description["warnings"])


@both_paths
def test_a_cancelled_export_leaves_no_file(
    dataset: str, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("rft_app.services.export_jobs.FEW_RECORDS", few)
    job = order_export(dataset, "openai_sft")
    with unit_of_work() as session:
        jobs.begin_job(session, job.id, 0, "wk_test")
        jobs.request_cancel(session, job.id)
        path = locate_export(get_export(session, job.args["export_id"]))
    path.parent.mkdir(parents=True)
    partial_path(path).write_bytes(b"half of it")
    context = JobContext(job_id=job.id, dataset_id=dataset, args=job.args, worker_id="wk_test")
    with pytest.raises(JobCancelledError):
        ExportJob().run(context)
    with reading() as session:
        export = list_exports(session, dataset)[0]
    assert list(path.parent.iterdir()) == []
    with pytest.raises(ConflictError, match="not complete"):
        open_export(export)


@pytest.mark.parametrize("options", [ZIP, ALL_TRAIN, ONE_FILE], ids=["zip", "no test", "file"])
def test_the_progress_ends_with_every_record_read(dataset: str, options: ExportOptions) -> None:
    sent: list[dict[str, Any]] = []
    job = order_export(dataset, "openai_sft", options=options)
    exporting.work(job.args, sent.append)
    last = [message for message in sent if message["type"] == "progress"][-1]
    assert (last["done"], last["total"]) == (50, 50)
    assert last["label"] == "50 of 50 records read"


def test_a_full_disk_leaves_no_file_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    partial_path(path).symlink_to("/dev/full")
    with pytest.raises(ConflictError, match="no room left"), whole_file(path) as file:
        file.write(b"x" * 100_000)
    assert list(tmp_path.iterdir()) == []


def test_a_file_deleted_by_hand_is_not_found(dataset: str) -> None:
    export = run_export(options=ONE_FILE)
    shutil.rmtree(locate_export(export).parent)
    with pytest.raises(NotFoundError, match="Export it again"):
        open_export(export)
    assert not locate_export(export).parent.exists()


def test_a_file_is_kept_for_30_days_from_when_it_was_written(dataset: str) -> None:
    job = order_export(dataset, "openai_sft")
    done = run_job(job)
    with reading() as session:
        [export] = list_exports(session, dataset)
    assert done.finished_at is not None
    assert export.expires_at == done.finished_at + timedelta(days=30)
    assert export.days_left(done.finished_at + timedelta(days=29, hours=1)) == 1


def test_the_ending_of_a_path_decides_what_is_written(tmp_path: Path) -> None:
    options = ExportOptions()
    assert options_for_path(tmp_path / "x.zip", options, ".jsonl") == options
    assert not options_for_path(tmp_path / "x.jsonl", options, ".jsonl").is_archive
    assert options_for_path(tmp_path, options, ".jsonl") == options
    with pytest.raises(InvalidInputError, match="ends in"):
        options_for_path(tmp_path / "x.csv", options, ".jsonl")
    with pytest.raises(InvalidInputError, match="no zip"):
        options_for_path(tmp_path / "x.zip", ONE_FILE, ".jsonl")


@pytest.mark.parametrize(("folder", "words"), [("/absent", "no folder"), ("/proc", "written into")])
def test_a_folder_that_takes_no_file_is_refused_before_the_export(
    dataset: str, folder: str, words: str
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        export_to_path(
            dataset_id=dataset,
            format="trl_sft",
            path=Path(folder) / "x.zip",
            options=ZIP,
            follow=run_job,
        )
    with reading() as session:
        assert list_exports(session, dataset) == []


@both_paths
def test_an_export_lands_at_the_path(
    dataset: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("rft_app.services.export_jobs.FEW_RECORDS", few)
    path = tmp_path / "mine.jsonl"
    export = export_to_path(
        dataset_id=dataset, format="trl_sft", path=path, options=ZIP, follow=run_job
    )
    assert path.read_bytes() == open_export(export).read_bytes()
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith("mine")] == [
        "mine.jsonl"
    ]


def test_without_the_test_side_only_the_training_side_is_written(dataset: str) -> None:
    export = run_export(options=ExportOptions(include_test=False, include_metadata=False))
    assert export.num_train == len(lines(read_zip(run_export())["train.jsonl"]))


def test_shuffled_rows_are_the_same_in_another_order(dataset: str) -> None:
    plain = lines(open_export(run_export(options=ONE_FILE)).read_bytes())
    options = ONE_FILE.model_copy(update={"shuffle": True, "seed": 3})
    shuffled = lines(open_export(run_export(options=options)).read_bytes())
    assert shuffled != plain
    assert sorted(shuffled) == sorted(plain)
    with reading() as session:
        preview = describe_preview(
            session, dataset_id=dataset, format="openai_sft", options=options, limit=5
        )
    assert [row + b"\n" for row in shuffled[:5]] == list(preview.rows)


def test_provenance_names_the_record_of_each_row(dataset: str) -> None:
    files = read_zip(run_export())
    noted = [orjson.loads(line) for line in lines(files["provenance.jsonl"])]
    train = lines(files["train.jsonl"])
    assert [(note["file"], note["line"]) for note in noted][: len(train)] == [
        ("train.jsonl", number) for number in range(1, len(train) + 1)
    ]
    first = int(noted[0]["record_id"].removeprefix("rec_"), 16)
    assert f"Booked {first}.".encode() in train[0]
    assert len(noted) == 40


@pytest.mark.parametrize("format", ["openai_sft", "parquet", "csv", "dspy", "sharegpt"])
def test_a_side_without_rows_has_no_file_and_both_preview_and_archive_say_so(
    dataset: str, format: str
) -> None:
    with reading() as session:
        preview = describe_preview(session, dataset_id=dataset, format=format, options=ALL_TRAIN)
    made = run_export(format, ALL_TRAIN)
    files = read_zip(made)
    assert tuple(files) == preview.file_names
    assert not any(name.startswith("test.") for name in files)
    assert (made.num_test, preview.num_test) == (0, 0)
    assert "no test file" in str(orjson.loads(files["metadata.json"])["warnings"])


def test_rows_that_name_their_record_need_no_provenance(dataset: str) -> None:
    assert list(read_zip(run_export("trl_grpo"))) == ["train.jsonl", "test.jsonl", "metadata.json"]


@pytest.mark.parametrize("format", ["csv", "parquet", "dspy", "sharegpt", "custom"])
def test_every_layout_becomes_a_whole_archive(dataset: str, format: str) -> None:
    with reading() as session:
        preview = describe_preview(session, dataset_id=dataset, format=format)
    export = run_export(format)
    files = read_zip(export)
    assert tuple(files) == preview.file_names
    assert preview.estimated_rows == export.num_train + export.num_test


@pytest.mark.parametrize("format", ["openai_sft", "trl_grpo", "csv", "parquet", "sharegpt"])
def test_the_size_is_estimated_within_a_tenth(dataset: str, format: str) -> None:
    for options in (ZIP, ONE_FILE):
        with reading() as session:
            preview = describe_preview(session, dataset_id=dataset, format=format, options=options)
        made = run_export(format, options)
        assert preview.estimated_file_bytes == pytest.approx(made.size_bytes, rel=0.1, abs=200)


def test_a_snapshot_is_exported_as_it_was(dataset: str) -> None:
    before = run_export()
    with unit_of_work() as session:
        archive_records(session, dataset, Selection(only=(record_id(1), record_id(2))))
    now = run_export()
    again = run_export(options=ExportOptions(snapshot_id=before.snapshot_id))
    assert now.num_train + now.num_test == before.num_train + before.num_test - 2
    for name in ("train.jsonl", "test.jsonl", "provenance.jsonl"):
        assert read_zip(again)[name] == read_zip(before)[name]
    third = run_export(options=ExportOptions(snapshot_id=before.snapshot_id))
    assert third.sha256 == again.sha256


def test_a_template_with_a_fault_starts_nothing(dataset: str) -> None:
    options = ExportOptions(template='{"a": {{nothing}}}')
    with pytest.raises(InvalidInputError, match="recognized"):
        order_export(dataset, "custom", options=options)
    with reading() as session:
        assert list_exports(session, dataset) == []


def test_options_that_a_format_does_not_have_are_refused(dataset: str) -> None:
    options = ExportOptions(tool_arguments=ToolArguments.OBJECT)
    with pytest.raises(InvalidInputError, match="one way only"):
        order_export(dataset, "openai_sft", options=options)
