"""`rft feedback`: from a file of what people said to the list of it."""

from pathlib import Path

import pytest

from tests.cli.conftest import Rft


@pytest.fixture(scope="module")
def dataset_id(rft: Rft, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("rows") / "rows.jsonl"
    path.write_text(
        "\n".join(
            f'{{"id": "q-{n}", "question": "What is {n}?", "answer": "{n}"}}' for n in range(3)
        )
    )
    made = rft.json("import", path, "--name", "Sums", "--objective", "Add")
    return made["id"]


def test_a_file_is_read_and_listed_with_its_bad_rows(
    rft: Rft, dataset_id: str, tmp_path: Path
) -> None:
    assert "Nobody said anything yet" in rft("feedback", "list", dataset_id).stderr
    path = tmp_path / "said.csv"
    path.write_text("id,rating,note\nq-0,5,clear\nq-1,9,\nq-2,1,wrong number\n")
    done = rft("feedback", "import", dataset_id, path, "--reviewer", "Ann")
    assert done.returncode == 0, done.stderr
    assert "2 valid · 1 invalid" in done.stdout
    assert "line 3: `rating` is '9'. Write a whole number from 1 to 5." in done.stderr
    listed = rft("feedback", "list", dataset_id, "--limit", 1)
    assert listed.stdout.splitlines()[1].split()[1:] == ["Ann", "–", "1", "wrong", "number"]
    assert "1 more" in listed.stderr
    rows = rft.json("feedback", "list", dataset_id, "--reviewer", "Ann")
    assert [(row["rating"], row["label"], row["source"]) for row in rows] == [
        (1, False, "imported"),
        (5, True, "imported"),
    ]
    report = rft.json("feedback", "import", dataset_id, path, "--reviewer", "Bob")
    assert (report["kind"], report["parsed"], report["invalid"]) == ("feedback", 2, 1)


def test_a_file_that_is_no_feedback_ends_with_1(rft: Rft, dataset_id: str, tmp_path: Path) -> None:
    path = tmp_path / "said.csv"
    path.write_text("name,mood\nAnn,fine\n")
    done = rft("feedback", "import", dataset_id, path)
    assert done.returncode == 1
    assert "names no record" in done.stderr
