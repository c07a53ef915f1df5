import os
import time
from pathlib import Path

import pytest

from rft_app.errors import ConflictError
from rft_app.jobs.context import JobContext
from rft_app.jobs.queue import enqueue, get_job
from rft_app.services.dataset_files import remove_abandoned_uploads, remove_expired_exports
from rft_app.services.datasets import delete_dataset
from rft_app.services.search_jobs import IndexSearch
from rft_app.settings import get_settings
from rft_app.storage import imports
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.tables import ExportRow
from tests.builders import SOME_DAY
from tests.processes.importing_helpers import add_dataset, rows


def delete() -> None:
    with unit_of_work() as session:
        delete_dataset(session, "ds_a")


def note_import(path: Path) -> Path:
    path.touch()
    with unit_of_work() as session:
        imports.add_import(
            session, "ds_a", "traces", path=str(path), file_name=path.name, size_bytes=0
        )
    return path


def test_files_of_a_deleted_dataset_go_and_those_of_others_stay(
    database: Path, tmp_path: Path
) -> None:
    add_dataset()
    upload = note_import(get_settings().folder("uploads") / "up_1")
    own = note_import(tmp_path / "mine.jsonl")
    made = get_settings().folder("exports/exp_1") / "a.zip"
    made.touch()
    with unit_of_work() as session:
        session.add(
            ExportRow(
                id="exp_1",
                dataset_id="ds_a",
                selection={},
                format="trl_sft",
                options={},
                file_name="a.zip",
                path="exp_1/a.zip",
                created_at=SOME_DAY,
            )
        )

    delete()

    assert not upload.exists()
    assert not made.parent.exists()
    assert own.exists()
    assert rows("SELECT id FROM dataset UNION SELECT id FROM import_run") == []


def test_a_deletion_that_is_rolled_back_keeps_the_files(database: Path) -> None:
    add_dataset()
    upload = note_import(get_settings().folder("uploads") / "up_1")

    with pytest.raises(ZeroDivisionError), unit_of_work() as session:
        delete_dataset(session, "ds_a")
        _ = 1 / 0

    assert upload.exists()


def test_filling_the_search_index_does_not_keep_a_dataset(database: Path) -> None:
    add_dataset()
    with unit_of_work() as session:
        job = enqueue(session, "search_index", "ds_a", {})

    delete()

    with reading() as session:
        assert get_job(session, job.id).cancel_requested
    context = JobContext(job_id=job.id, dataset_id="ds_a", args={}, worker_id="worker_a")
    assert IndexSearch().run(context) == {"num_indexed": 0}


def test_work_that_somebody_asked_for_keeps_the_dataset(database: Path) -> None:
    add_dataset()
    with unit_of_work() as session:
        enqueue(session, "topics", "ds_a", {})

    with pytest.raises(ConflictError, match="topics"):
        delete()


def test_uploads_of_a_closed_tab_go_after_a_day(database: Path, tmp_path: Path) -> None:
    add_dataset()
    uploads = get_settings().folder("uploads")
    imported = note_import(uploads / "up_imported")
    abandoned, fresh = uploads / "up_abandoned", uploads / "up_fresh"
    now = 1_000_000.0
    for path, age_s in ((imported, 90_000), (abandoned, 90_000), (fresh, 80_000)):
        path.touch()
        os.utime(path, (now - age_s, now - age_s))

    remove_abandoned_uploads(now)

    assert sorted(path.name for path in uploads.iterdir()) == ["up_fresh", "up_imported"]


def test_files_of_exports_go_after_thirty_days(database: Path) -> None:
    folders = [get_settings().folder("exports") / name for name in ("exp_old", "exp_new")]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "rows.jsonl").write_bytes(b"{}\n")
    now = time.time()
    old = now - 31 * 86_400
    os.utime(folders[0], (old, old))
    remove_expired_exports(now)
    assert [folder.exists() for folder in folders] == [False, True]
