import os
import shutil
import zipfile
from pathlib import Path

import orjson
import pytest
from sqlalchemy import text

from rft_app.cli.pipeline_run import read_grader
from rft_app.domain.grader import ScriptSpec
from rft_app.domain.job import JobStatus
from rft_app.domain.pipeline import StepName
from rft_app.services.imports import start_import
from rft_app.services.pipeline import get_step
from rft_app.storage import jobs
from rft_app.storage.session import unit_of_work
from rft_app.storage.steps import abandon_step, begin_step, fail_step
from tests.cli.conftest import Rft, make_installation
from tests.services.stored_dataset import order_export


def imported(rft: Rft, rows: Path, name: str) -> str:
    return rft.json("import", rows, "--name", name, "--objective", "Add up")["id"]


def test_from_a_file_to_a_verdict_and_an_export(
    rft: Rft, rows: Path, grader: Path, tmp_path: Path
) -> None:
    dataset = rft.json("import", rows, "--name", "Sums", "--objective", "Add up")
    assert dataset["stats"]["totalRecords"] == 60
    assert dataset["import"]["reasons"] == {"not_json": 1}

    report = rft.json("run", dataset["id"], "--grader", grader, "--num-topics", 2)
    assert report["samplesEvaluated"] == 60
    assert report["statistics"]["mean"] == pytest.approx(40 / 60)
    assert report["diagnosis"]["verdict"] in {"GO", "CAUTION"}

    out = tmp_path / "sums.zip"
    made = rft.json("export", dataset["id"], "--format", "openai_sft", "--out", out)
    assert made["train"] + made["test"] == 60
    with zipfile.ZipFile(out) as archive:
        assert sorted(archive.namelist()) == [
            "metadata.json",
            "provenance.jsonl",
            "test.jsonl",
            "train.jsonl",
        ]
        assert len(archive.read("train.jsonl").splitlines()) == made["train"]

    lines = tmp_path / "sums.jsonl"
    made = rft.json("export", dataset["id"], "--format", "openai_sft", "--out", lines)
    assert (made["train"], made["test"], made["path"]) == (60, 0, str(lines))
    rows_written = [orjson.loads(line) for line in lines.read_bytes().splitlines()]
    assert len(rows_written) == 60
    assert all(row["messages"] for row in rows_written)


def test_an_export_says_what_it_left_out(rft: Rft, tmp_path: Path) -> None:
    turn = b'{"role": "user", "content": "%d"}, {"role": "assistant", "content": "a"}'
    lines = [b'{"messages": [' + turn % number + b"]}" for number in (1, 2, 3, 3, 3)]
    path = tmp_path / "repeated.jsonl"
    path.write_bytes(b"\n".join([*lines, b'{"messages": []}']))
    dataset_id = imported(rft, path, "Repeated")
    out = tmp_path / "few.zip"

    assert "Nothing was exported yet" in rft("exports", dataset_id).stderr
    done = rft("export", dataset_id, "--format", "openai_sft", "--out", out)
    made = rft.json("export", dataset_id, "--format", "openai_sft", "--out", out)

    assert "left out: 2 duplicates, 1 invalid;" in done.stdout
    assert made["skipped"] == {"duplicate": 2, "invalid": 1}
    with zipfile.ZipFile(out) as archive:
        counts = orjson.loads(archive.read("metadata.json"))["counts"]
    assert counts["skipped"] == made["skipped"]


def test_exports_are_listed_with_their_file_or_the_reason(rft: Rft, rows: Path) -> None:
    dataset_id = imported(rft, rows, "Listed")
    made = rft.json("export", dataset_id, "--format", "openai_sft", "--out", rows.parent)
    gone = rft.json("export", dataset_id, "--format", "trl_sft", "--out", rows.parent)
    folder = Path(rft.environment["RFT_DATA_DIR"]) / "exports"
    shutil.rmtree(folder / gone["id"])
    with rft.inside():
        waiting = order_export(dataset_id, "trl_grpo")
        with unit_of_work() as session:
            jobs.begin_job(session, waiting.id, 0, "w")
            jobs.settle_job(session, waiting.id, "w", JobStatus.CANCELLED)

    listed = rft("exports", dataset_id).stdout.splitlines()[1:]
    wire = rft.json("exports", dataset_id)

    assert [line.split()[1] for line in listed] == ["trl_grpo", "trl_sft", "openai_sft"]
    assert listed[0].split()[4:] == ["–", "–", "cancelled", "–", "–"]
    assert listed[1].split()[6:] == ["removed", "–", "–"]
    path = folder / made["id"] / made["fileName"]
    size = f"{made['sizeBytes']:,}"
    assert listed[2].split()[4:] == ["60", size, "done", "30", "d", str(path)]
    assert not (folder / gone["id"]).exists(), "looking made a folder"
    assert [one["status"] for one in wire] == ["cancelled", "done", "done"]
    assert wire[2] == {key: value for key, value in made.items() if key != "path"}
    assert rft("exports", "ds_none").returncode == 1


def test_an_export_says_how_many_answers_earned_nothing(
    rft: Rft, rows: Path, tmp_path: Path
) -> None:
    dataset_id = imported(rft, rows, "Mixed")
    out = tmp_path / "mixed.zip"

    done = rft("export", dataset_id, "--format", "openai_sft", "--out", out)
    prompts = rft.json("export", dataset_id, "--format", "trl_grpo", "--out", tmp_path / "p.jsonl")
    better = rft.json(
        *("export", dataset_id, "--format", "openai_sft", "--min-grade", "0.5"),
        *("--out", tmp_path / "better.zip"),
    )

    assert "20 of these rows have a recorded reward of 0." in done.stdout
    assert "--min-grade" in done.stdout
    assert (better["train"] + better["test"], better["zeroReward"]) == (40, 0)
    with zipfile.ZipFile(out) as archive:
        warnings = orjson.loads(archive.read("metadata.json"))["warnings"]
    assert any(warning.startswith("In 20 rows the answer was") for warning in warnings)
    assert prompts["zeroReward"] == 0


def test_a_second_run_keeps_current_results(rft: Rft, rows: Path, grader: Path) -> None:
    dataset_id = imported(rft, rows, "Twice")
    first = rft.json("run", dataset_id, "--grader", grader)

    again = rft("run", dataset_id, "--grader", grader, "--json")

    assert orjson.loads(again.stdout) == first
    assert again.stderr.count("(current)") == 4
    assert "script v1, unchanged" in again.stderr


def test_a_no_go_is_a_result_and_not_a_failure(rft: Rft, rows: Path, tmp_path: Path) -> None:
    dataset_id = imported(rft, rows, "Hopeless")
    grader = tmp_path / "zero.py"
    grader.write_text("def grade(sample, item):\n    return 0.0\n")

    done = rft("run", dataset_id, "--grader", grader)

    assert done.returncode == 0
    assert done.stdout.startswith("NO_GO: training would not work")
    assert "Mean reward" in done.stdout


def test_options_about_sampled_answers_need_a_model(rft: Rft, rows: Path) -> None:
    refused = rft("run", "ds_any", "--max-tokens", "9")
    assert refused.returncode == 2
    assert "It needs --model" in refused.stderr


def test_a_string_check_is_read_from_json(rft: Rft, rows: Path, tmp_path: Path) -> None:
    dataset_id = imported(rft, rows, "Checked")
    grader = tmp_path / "check.json"
    grader.write_bytes(
        orjson.dumps({"kind": "string_check", "operation": "eq", "reference": "{{item.wanted}}"})
    )

    report = rft.json("run", dataset_id, "--grader", grader, "--sample-size", 30, "--seed", 4)

    assert report["samplesEvaluated"] == 30


def test_a_grader_is_written_for_other_tools_and_read_again(
    rft: Rft, rows: Path, grader: Path, tmp_path: Path
) -> None:
    dataset_id = imported(rft, rows, "Elsewhere")
    assert "no grader yet" in rft("grader", dataset_id).stderr
    rft("run", dataset_id, "--until", "grader", "--grader", grader)
    file = tmp_path / "training.py"
    assert rft("grader", dataset_id, "--out", file).returncode == 0
    assert "def compute_score(" in file.read_text()
    assert orjson.loads(rft("grader", dataset_id, "--as", "openai").stdout)["type"] == "python"
    settings = tmp_path / "settings.json"
    rft("grader", dataset_id, "--out", settings)
    assert read_grader(settings) == ScriptSpec(source=grader.read_text())
    lost = rft("grader", dataset_id, "--out", tmp_path / "no" / "x.py")
    assert lost.returncode == 2
    assert "cannot be written" in lost.stderr


def test_other_column_names_are_mapped(rft: Rft, tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_bytes(b'{"ask": "What is 1 plus 1?", "truth": "2"}\n' * 3)

    dataset = rft.json(
        "import", path, "--name", "O", "--objective", "Add", "--map", "input=ask,reference=truth"
    )

    assert dataset["import"]["valid"] == 3


def test_more_traces_go_into_a_dataset_that_is_there(rft: Rft, rows: Path, tmp_path: Path) -> None:
    dataset_id = imported(rft, rows, "Growing")
    more = tmp_path / "more.jsonl"
    more.write_bytes(b'{"prompt": "Hello?", "completion": "Hi."}\n')

    dataset = rft.json("import", more, "--into", dataset_id)

    assert dataset["id"] == dataset_id
    assert dataset["stats"]["totalRecords"] == 61


def test_an_import_may_replace_what_is_there(rft: Rft, rows: Path, tmp_path: Path) -> None:
    dataset_id = imported(rft, rows, "Replaced")
    few = tmp_path / "few.jsonl"
    few.write_bytes(b"".join(rows.read_bytes().splitlines(keepends=True)[:3]))

    dataset = rft.json("import", few, "--into", dataset_id, "--replace")

    assert (dataset["stats"]["totalRecords"], dataset["import"]["parsed"]) == (3, 3)
    assert rft("import", few, "--name", "N", "--objective", "O", "--replace").returncode == 2


def test_a_run_waits_for_the_traces_that_are_still_read(
    rft: Rft, rows: Path, grader: Path, tmp_path: Path
) -> None:
    dataset_id = imported(rft, rows, "Unfinished")
    more = tmp_path / "more.jsonl"
    row = b'{"messages": [{"role": "user", "content": "%d"}, {"role": "assistant", "content": "a"}]'
    more.write_bytes(b"\n".join(row % number + b', "wanted": "a"}' for number in range(40)))
    with rft.inside(), unit_of_work() as session:
        start_import(session, dataset_id=dataset_id, path=more, file_name="more.jsonl")

    report = rft.json("run", dataset_id, "--grader", grader)

    assert report["records"] == 100


def test_a_cancelled_second_try_of_a_failed_step_leaves_it_failed(
    rft: Rft, rows: Path, grader: Path
) -> None:
    dataset_id = imported(rft, rows, "Failed once")
    rft.json("run", dataset_id, "--until", "coverage")
    with rft.inside(), unit_of_work() as session:
        fail_step(session, dataset_id, StepName.COVERAGE, "It broke.")
        begin_step(session, dataset_id, StepName.COVERAGE, None)
        abandon_step(session, dataset_id, StepName.COVERAGE)
        assert get_step(session, dataset_id, StepName.COVERAGE).error == "It broke."

    done = rft("run", dataset_id, "--until", "coverage")

    assert "Coverage: It broke. (current)" not in done.stderr
    assert done.stderr.count("(current)") == 2


def test_datasets_are_listed_shown_and_deleted(rft: Rft, rows: Path) -> None:
    dataset_id = imported(rft, rows, "Short-lived")

    listed = rft("datasets", "list", "--search", "short").stdout.splitlines()[1]
    assert listed.split() == [dataset_id, "Short-lived", "60", "Ready", "topics"]
    shown = rft("datasets", "show", dataset_id).stdout
    assert "60 records" in shown
    assert "Open it to train here, or export" in shown
    assert "Needs a trained model first" in shown
    assert rft("datasets", "delete", dataset_id, "--yes").returncode == 0
    gone = rft("datasets", "show", dataset_id)
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "There is no dataset" in gone.stderr


def test_the_demo_is_loaded_once(rft: Rft) -> None:
    dataset = rft.json("demo")
    assert dataset["stats"]["totalRecords"] > 300

    again = rft("demo", "--if-empty")

    assert again.returncode == 0
    assert "not loaded again" in again.stderr


def test_without_a_worker_a_verb_runs_its_own(tmp_path: Path, rows: Path) -> None:
    rft = make_installation(tmp_path / "alone")

    assert imported(rft, rows, "Alone").startswith("ds_")
    assert "0 alive" not in rft("doctor").stdout


def test_a_worker_clears_away_what_closed_tabs_left(tmp_path: Path) -> None:
    rft = make_installation(tmp_path)
    left = tmp_path / "uploads" / "up_left"
    left.parent.mkdir()
    left.touch()
    os.utime(left, (0, 0))

    assert rft.run_process("worker", "--until-idle").returncode == 0
    assert not left.exists()


def test_the_doctor_is_content_with_a_data_directory_nobody_used_yet(tmp_path: Path) -> None:
    rft = make_installation(tmp_path / "empty")

    fresh = {check["name"]: check for check in rft.json("doctor")}
    assert fresh["Database"]["status"] == "ok"
    assert "will be created at the first use" in fresh["Database"]["finding"]

    rft("migrate")
    checks = {check["name"]: check["status"] for check in rft.json("doctor")}
    assert checks["Database"] == "ok"
    assert checks["Workers"] == "warn"


def test_the_doctor_says_whether_the_embedded_model_answers(tmp_path: Path) -> None:
    rft = make_installation(tmp_path / "data")
    rft.environment["RFT_EMBEDDED_MODEL"] = "on"
    checks = {check["name"]: check for check in rft.json("doctor")}
    found = checks["Embedded model"]
    assert found["status"] == "ok"
    assert found["finding"].startswith("smollm2-135m, demo quality; answered within")
    shutil.rmtree(tmp_path / "data" / "embedded")  # which ends it


def test_the_doctor_names_what_is_wrong_and_the_remedy(tmp_path: Path) -> None:
    rft = make_installation(tmp_path / "old")
    rft("migrate")
    with rft.inside(), unit_of_work() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = 'older'"))

    sick = rft("doctor")

    assert sick.returncode == 1
    assert "Run `rft migrate`." in sick.stdout


def test_formats_are_those_that_export_knows(rft: Rft) -> None:
    names = [row["name"] for row in rft.json("formats")]

    assert {"openai_sft", "openai_rft", "trl_sft", "trl_grpo"} <= set(names)


def test_a_grader_is_tried_on_drawn_and_on_chosen_records(
    rft: Rft, rows: Path, tmp_path: Path
) -> None:
    dataset_id = imported(rft, rows, "Tried")
    draft = tmp_path / "grader.py"
    draft.write_text("def grade(sample, item):\n    return 0.25\n")
    drawn = rft.json("grader", "try", dataset_id, "--grader", draft, "--sample-size", 2)
    ids = [one["recordId"] for one in drawn["results"]]
    assert len(ids) == 2
    own = rft("grader", "try", dataset_id, "--grader", draft, "--records", ",".join(ids)).stdout
    assert all(one in own for one in ids)
    assert "mean 0.25, 0.25 to 0.25, n = 2" in own
    assert "latency p50" in own
    wrong = rft("grader", "try", dataset_id, "--grader", draft, "--records", "rec_1,?")
    assert (wrong.returncode, "'?' is no record id" in wrong.stderr) == (1, True)


def test_a_grader_is_attacked(rft: Rft, rows: Path, tmp_path: Path) -> None:
    dataset_id = imported(rft, rows, "Attacked")
    assert "no grader yet" in rft("grader", "attack", dataset_id).stderr
    draft = tmp_path / "anything.json"
    anything = {"kind": "string_check", "operation": "regex", "reference": "[^ ]"}
    draft.write_bytes(orjson.dumps(anything))
    found = rft.json("grader", "attack", dataset_id, "--grader", draft, "--sample-size", 2)
    attacks = {one["attack"]: one for one in found["attacks"]}
    assert (attacks["empty"]["suspicious"], attacks["refusal"]["suspicious"]) == (False, True)
    assert attacks["hidden_reference"]["notApplicable"] == 2
    table = rft("grader", "attack", dataset_id, "--grader", draft).stdout
    assert "5 records · recorded answers get 1.00 · suspicious from 0.50" in table
    assert "gets 1.00, no less than the recorded answers with 1.00" in table
    assert "0, 5 not applicable" in table
    assert rft("grader", "attack", dataset_id, "--sample-size", 0).returncode == 2
    assert "attack" in rft("grader", "--help").stdout


def test_a_grader_is_suggested_and_written_for_a_run(rft: Rft, rows: Path, tmp_path: Path) -> None:
    dataset_id = imported(rft, rows, "Suggested")
    path = tmp_path / "suggested.json"
    found = rft.json("grader", "suggest", dataset_id, "--out", path)
    assert found["reason"]
    assert orjson.loads(path.read_bytes())["kind"] == found["config"]["type"].replace("llm-", "")
    shown = rft("grader", "suggest", dataset_id).stdout
    assert found["reason"] in shown
    assert "no grader yet" in rft("grader", "attack", dataset_id).stderr, "nothing was saved"
    nowhere = rft("grader", "suggest", dataset_id, "--out", tmp_path / "none" / "a.json")
    assert nowhere.returncode == 2
    assert "cannot be written" in nowhere.stderr
