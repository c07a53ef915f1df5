"""`rft jobs`: durable jobs of every kind."""

from pathlib import Path

import orjson

from rft_app.jobs.queue import enqueue
from rft_app.storage.migrations import migrate
from rft_app.storage.session import unit_of_work
from tests.builders import make_dataset_row
from tests.cli.conftest import Rft, make_installation


def imported(rft: Rft, rows: Path, name: str) -> str:
    return rft.json("import", rows, "--name", name, "--objective", "Add up")["id"]


def test_jobs_are_listed_and_shown(rft: Rft, rows: Path) -> None:
    dataset_id = imported(rft, rows, "Listed")
    found = rft.json("jobs", "list", "--dataset", "Listed")
    assert found[0]["datasetId"] == dataset_id
    done = next(one for one in found if one["status"] == "done")
    job_id = done["id"]
    shown = rft("jobs", "show", job_id).stdout
    assert shown.startswith(f"{job_id}  ")
    assert "done  took " in shown
    assert "finished: " in shown
    assert rft.json("jobs", "show", job_id)["kind"] == done["kind"]
    page = rft("jobs", "list", "--limit", 1)
    newest = page.stdout.splitlines()[1].split()[0]
    assert f"There are more: --before {newest}" in page.stderr
    rest = rft.json("jobs", "list", "--before", newest)
    assert newest not in {one["id"] for one in rest}
    assert rft("jobs", "cancel", job_id).returncode == 1


def test_a_job_that_waits_can_be_cancelled_and_followed(tmp_path: Path) -> None:
    alone = make_installation(tmp_path)  # no worker, which would take the job at once
    with alone.inside():
        migrate()
        with unit_of_work() as session:
            session.add(make_dataset_row("ds_a"))
            session.flush()
            job = enqueue(session, "near_duplicates", "ds_a", {"threshold": 0.8})
    assert "was asked to stop" in alone("jobs", "cancel", job.id).stdout
    followed = alone("jobs", "follow", job.id)
    assert followed.returncode == 1
    assert "cancelled" in followed.stderr
    assert alone.json("jobs", "show", job.id)["status"] == "cancelled"


def test_a_done_job_is_followed_to_its_end(rft: Rft, rows: Path) -> None:
    imported(rft, rows, "Waiting")
    again = next(one for one in rft.json("jobs", "list") if one["status"] == "done")
    done = rft("jobs", "follow", again["id"], "--json")
    assert orjson.loads(done.stdout)["id"] == again["id"]


def test_what_is_no_job_is_said(rft: Rft, rows: Path) -> None:
    imported(rft, rows, "Named")
    for words in (("show", "job_x"), ("cancel", "job_x"), ("follow", "job_x")):
        done = rft("jobs", *words)
        assert (done.returncode, "There is no job job_x." in done.stderr) == (1, True)
    assert rft("jobs", "list", "--dataset", "ds_none").returncode == 1
