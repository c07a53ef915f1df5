from collections import Counter
from pathlib import Path

import orjson

from rft_app.domain.validity import Reason
from rft_app.services.demo import demo_grader_script, load_demo, write_demo_file
from rft_app.services.graders import current_grader
from rft_app.services.imports import latest_import
from rft_app.storage.session import reading, unit_of_work
from tests.processes.importing_helpers import rows, run


def test_the_demo_is_the_same_every_time(tmp_path: Path) -> None:
    write_demo_file(tmp_path / "a")
    write_demo_file(tmp_path / "b")

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_the_demo_shows_every_fault_and_is_mostly_good(database: Path) -> None:
    with unit_of_work() as session:
        job = load_demo(session)
    found = run(job.args["import_id"])

    assert (found.num_lines, found.num_parsed, found.num_invalid) == (400, 398, 16)
    assert found.reasons.keys() == {reason.value for reason in Reason}
    with reading() as session:
        assert current_grader(session, str(job.dataset_id)) is not None
        latest = latest_import(session, str(job.dataset_id))
    assert latest is not None
    assert latest.id == found.id


def test_the_demos_wishes_are_unequal_and_worded_in_many_ways(tmp_path: Path) -> None:
    write_demo_file(tmp_path / "demo")
    good = [orjson.loads(line) for line in read_good_lines(tmp_path / "demo")]

    tools = Counter(row["expected"]["tool"] for row in good)
    assert len(tools) == 6
    assert max(tools.values()) > 4 * min(tools.values())
    questions = {row["messages"][1]["content"] for row in good if len(row["messages"]) > 1}
    assert len(questions) > 370


def test_the_demos_grader_finds_room_to_improve(database: Path) -> None:
    with unit_of_work() as session:
        job = load_demo(session)
    run(job.args["import_id"])
    names: dict[str, object] = {}
    exec(demo_grader_script(), names)
    grade = names["grade"]
    assert callable(grade)

    rewards: list[float] = []
    for (body,) in rows(
        "SELECT b.body FROM trace t JOIN trace_body b ON b.seq = t.seq WHERE t.reason IS NULL"
    ):
        trace = orjson.loads(body)
        *given, answer = trace["messages"]
        item = {**trace["metadata"], "messages": given}
        rewards.append(float(str(grade({"output_text": answer["content"]}, item))))

    assert 0.5 < sum(rewards) / len(rewards) < 0.75
    assert len(set(rewards)) >= 4


def read_good_lines(path: Path) -> list[bytes]:
    return [
        line
        for line in path.read_bytes().split(b"\n")
        if line.endswith(b"}") and b"expected" in line
    ]
