"""The real topics step on the demo, against what its travellers were made to want."""

from pathlib import Path

import orjson
import pytest
from sklearn.metrics import normalized_mutual_info_score

from rft_app.services.demo import write_demo_file
from rft_app.text import minilm
from tests.pipeline.topic_dataset import add_conversations, read_records, run_topics
from tests.services.test_demo import read_good_lines


def add_demo(folder: Path) -> list[str]:
    """Store the demo's whole traces; returns the tool that each traveller's wish needs."""
    write_demo_file(folder / "demo")
    rows = [orjson.loads(line) for line in read_good_lines(folder / "demo")]
    whole = [row for row in rows if is_whole(row["messages"])]
    add_conversations([row["messages"] for row in whole])
    return [row["expected"]["tool"] for row in whole]


def is_whole(messages: list[dict[str, object]]) -> bool:
    return {"user", "assistant"} <= {str(message["role"]) for message in messages}


@pytest.mark.parametrize(("kind", "lowest", "most"), [("minilm", 0.85, 8), ("tfidf", 0.6, 10)])
def test_the_demos_wishes_are_found_as_topics(
    database: Path, tmp_path: Path, kind: str, lowest: float, most: int
) -> None:
    if kind == "minilm" and not minilm.is_installed():
        pytest.skip("The MiniLM packages are not installed.")
    wanted = add_demo(tmp_path)

    result = run_topics(features=kind)

    found = [row.topic_id for row in read_records()]
    assert normalized_mutual_info_score(wanted, [str(topic) for topic in found]) >= lowest
    assert 6 <= result.facts["num_topics"] <= most
    assert 0.6 < result.facts["share_sure"] < 1
    names = " ".join(topic["key"].lower() for topic in result.facts["topics"])
    assert all(word in names for word in ("book", "change", "cancel", "flight", "hotel"))
    assert "bag" in names
