from pathlib import Path

import orjson
import pytest

from tests.cli.conftest import Rft, make_installation

NEW = ("--name", "N", "--objective", "O")
TRL = ("--format", "trl_sft", "--out")

README = Path(__file__).parents[2] / "README.md"


def test_wrong_use_exits_with_two(rft: Rft, rows: Path) -> None:
    wrong: tuple[tuple[object, ...], ...] = (
        (),
        ("fly",),
        ("import", rows),
        ("import", rows, "--into", "ds_x", "--name", "N"),
        ("import", rows.with_name("absent.jsonl"), *NEW),
        ("import", rows, *NEW, "--map", "input"),
        ("run", "ds_x", "--until", "moon"),
        ("run", "ds_x", "--sample-size", "0"),
        ("run", "ds_x", "--pass-reward", "0"),
        ("run", "ds_x", "--pass-reward", "1.5"),
        ("run", "ds_x", "--grader", README),
        ("run", "ds_x", "--estimate", "--grader", __file__),
        ("grader", "attack", "ds_x", "--grader", README),
        ("grader", "try", "ds_x", "--grader", README),
        ("grader", "try", "ds_x", "--grader", "absent.py"),
        ("export", "ds_x", "--format", "floppy", "--out", "x.zip"),
        ("export", "ds_x", *TRL, "x.csv"),
        (
            "export",
            "ds_x",
            "--format",
            "openai_sft",
            "--out",
            "x.zip",
            "--no-test",
            "--no-metadata",
        ),
    )
    for args in wrong:
        done = rft(*args)
        assert (done.returncode, done.stdout) == (2, ""), args
        assert done.stderr, args


def test_an_error_is_one_line_that_names_the_remedy(rft: Rft) -> None:
    done = rft("export", "ds_absent", "--format", "openai_sft", "--out", "x.zip")

    assert done.returncode == 1
    assert done.stderr == (
        "rft: There is no dataset 'ds_absent'; it may have been deleted. "
        "`rft datasets list` has all.\n"
    )


def test_verbs_take_the_name_of_a_dataset(rft: Rft, rows: Path, grader: Path) -> None:
    name = ("--name", "Spellings", "--objective", "O")
    first = rft.json("import", rows, *name)["id"]

    assert rft("run", "spellings", "--until", "topics").returncode == 0
    assert rft("run", "Spellings", "--grader", grader).returncode == 0
    assert "grade(" in rft("grader", "spellings", "--as", "python").stdout
    for verb in (("datasets", "show"), ("dry-runs", "list"), ("exports",), ("train", "list")):
        assert rft.json(*verb, "SPELLINGS") == rft.json(*verb, first)
    assert rft("datasets", "delete", "--yes", "Spellings").returncode == 0
    assert rft("datasets", "show", first).returncode == 1


def test_a_name_of_several_or_of_none_is_answered_with_what_there_is(rft: Rft, rows: Path) -> None:
    name = ("--name", "Invoices", "--objective", "O")
    first, second = (rft.json("import", rows, *name)["id"] for _ in range(2))

    for verb in (
        ("datasets", "delete", "--yes"),
        ("export", *TRL, "x.zip"),
        ("run",),
        ("dry-runs", "list"),
        ("grader", "versions"),
        ("deploy", "--tuned", "a/b"),
        ("train", "start", "--check"),
    ):
        done = rft(*verb, "Invoices")
        assert done.returncode == 1, verb
        assert "2 datasets are named 'Invoices'" in done.stderr
        assert f"{second}, {first}." in done.stderr
    close = rft("datasets", "show", "Invoice")
    assert (close.returncode, close.stderr) == (
        1,
        "rft: There is no dataset 'Invoice'; did you mean 'Invoices'?\n",
    )


@pytest.mark.parametrize("folder", ["/absent", "/proc"])
def test_an_export_that_cannot_be_written_is_refused_before_it_starts(
    rft: Rft, folder: str
) -> None:
    done = rft("export", "ds_absent", "--format", "openai_sft", "--out", f"{folder}/x.zip")

    assert done.returncode == 1
    assert folder in done.stderr
    assert "ds_absent" not in done.stderr


def test_with_json_the_error_is_the_envelope_of_rest(rft: Rft) -> None:
    done = rft("datasets", "show", "ds_absent", "--json")

    error = orjson.loads(done.stderr)["error"]
    assert (done.returncode, error["code"]) == (1, "not_found")


@pytest.mark.parametrize(
    ("name", "content"),
    [("empty.jsonl", b""), ("binary.jsonl", bytes(range(256)) * 40), ("cut.jsonl.gz", b"\x1f\x8b")],
)
def test_a_file_that_gives_nothing_leaves_no_dataset(
    rft: Rft, tmp_path: Path, name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    before = rft.json("datasets", "list")

    done = rft("import", path, *NEW)

    assert (done.returncode, done.stdout) == (1, "")
    assert name in done.stderr
    assert rft.json("datasets", "list") == before


def test_a_limit_that_breaks_an_import_half_way_leaves_no_dataset(
    tmp_path: Path, rows: Path
) -> None:
    rft = make_installation(tmp_path / "small")
    rft.environment["RFT_MAX_RECORDS"] = "10"

    done = rft("import", rows, *NEW)

    assert done.returncode == 1
    assert "RFT_MAX_RECORDS" in done.stderr
    assert rft.json("datasets", "list") == []


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("def grade(sample, item):\n    return (1\n", "line 2, column 12"),
        ("def judge(sample, item):\n    return 1\n", "`grade(sample, item)`"),
        ("\ndef grade(sample):\n    return 1\n", "line 2"),
        ("\0", "null bytes"),
        ("import numpy\ndef grade(s, i):\n    return 1\n", "the standard library only"),
    ],
)
def test_a_script_that_cannot_be_a_grader_is_refused_before_any_step_runs(
    rft: Rft, rows: Path, tmp_path: Path, source: str, named: str
) -> None:
    dataset_id = rft.json("import", rows, *NEW)["id"]
    script = tmp_path / "broken.py"
    script.write_text(source)

    done = rft("run", dataset_id, "--grader", script)

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, "a step ran before the script was refused"
    assert str(script) in done.stderr
    assert named in done.stderr


def test_a_run_without_any_grader_says_how_to_give_one(rft: Rft, rows: Path) -> None:
    dataset_id = rft.json("import", rows, *NEW)["id"]

    done = rft("run", dataset_id)

    assert done.returncode == 2
    assert done.stderr.startswith("rft: ")
    assert "--grader FILE" in done.stderr


def test_an_impossible_setting_is_named(rft: Rft, tmp_path: Path) -> None:
    broken = make_installation(tmp_path / "broken")
    broken.environment["RFT_PORT"] = "high"

    done = broken("datasets", "list")

    assert done.returncode == 1
    assert "RFT_PORT" in done.stderr


@pytest.mark.parametrize("verb", [("datasets", "list"), ("import", __file__, *NEW), ("migrate",)])
def test_a_data_directory_that_cannot_be_written_is_named_with_the_remedy(
    tmp_path: Path, verb: tuple[str, ...]
) -> None:
    (tmp_path / "file").touch()
    for folder in ("/proc/rft", str(tmp_path / "file" / "data"), str(tmp_path / "file")):
        done = make_installation(Path(folder))(*verb)

        assert done.returncode == 1
        assert folder in done.stderr
        assert "RFT_DATA_DIR" in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_defect_is_one_line_that_names_the_log(tmp_path: Path) -> None:
    rft = make_installation(tmp_path)
    (tmp_path / "rft.db").write_bytes(b"no database" * 100)

    done = rft("datasets", "list", "--json")

    error = orjson.loads(done.stderr)["error"]
    log = tmp_path / "logs" / "errors.log"
    assert (done.returncode, error["code"]) == (1, "internal")
    assert str(log) in error["message"]
    assert "Traceback" in log.read_text()


def test_a_defect_without_a_place_for_its_log_is_still_one_line(tmp_path: Path) -> None:
    rft = make_installation(tmp_path)
    (tmp_path / "rft.db").write_bytes(b"no database" * 100)
    (tmp_path / "logs").touch()

    done = rft("datasets", "list")

    assert done.returncode == 1
    assert done.stderr.startswith("rft: rft itself broke (DatabaseError)")
    assert "could not be stored" in done.stderr
