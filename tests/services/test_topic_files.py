"""Topics as files of a dataset."""

import orjson
import pytest

from rft_app.errors import ConflictError, InvalidInputError, NotFoundError, TooLargeError
from rft_app.services import topic_edits
from rft_app.services.topic_files import (
    MAX_FILE_BYTES,
    TopicMove,
    import_topics,
    preview_import,
    read_topic_file,
    write_topic_file,
)
from rft_app.storage.session import reading, unit_of_work
from tests.services.topic_trees import (
    DATASET,
    add_texts,
    add_tree,
    places,
    read_tree,
    require_fresh_counts,
    sizes,
)

pytestmark = pytest.mark.usefixtures("any_database")


def test_what_is_written_is_read_again_and_changes_nothing() -> None:
    add_tree()
    with unit_of_work() as session:
        topic_edits.set_targets(session, DATASET, {"Bags": 0.37, "Empty": 0.1})
        topic_edits.describe_topic(session, DATASET, "Bags", "Lost „bags“ – überall")
    before = places(), read_tree().nodes
    with reading() as session:
        content = write_topic_file(session, DATASET)
    told = orjson.loads(content)
    assert told["topics"]["Bags"]["numRecords"] == 5
    assert told["topics"]["Changes"]["subtopics"] == ["Changes/Seat", "Changes/Flight"]
    nodes = read_topic_file(content)
    with reading() as session:
        preview = preview_import(session, DATASET, nodes)
    assert (preview.added, preview.removed, preview.moved) == ((), (), ())
    with unit_of_work() as session:
        import_topics(session, DATASET, nodes)
    assert (places(), read_tree().nodes) == before


def test_the_preview_says_what_the_import_does() -> None:
    add_tree()
    nodes = read_topic_file(b'{"Luggage": {"Bags": {}, "Lost": {}}, "Changes": {"Seat": {}}}')
    with reading() as session:
        preview = preview_import(session, DATASET, nodes)
    assert preview.added == ("Luggage", "Luggage/Lost")
    assert preview.removed == ("Changes/Flight", "Empty")
    assert preview.kept == ("Changes", "Changes/Seat")
    assert preview.moved == (TopicMove(before="Bags", after="Luggage/Bags"),)
    assert (preview.num_records_kept, preview.num_records_without) == (8, 6)
    with unit_of_work() as session:
        done = import_topics(session, DATASET, nodes, version=preview.version)
    require_fresh_counts()
    assert done.tree.num_without_topic == 6
    assert sizes()["Luggage/Bags"] == 5
    with pytest.raises(ConflictError, match="Imported 5 topics"), unit_of_work() as session:
        import_topics(session, DATASET, nodes, version=preview.version)


def test_assignments_can_be_let_go() -> None:
    add_tree()
    with unit_of_work() as session:
        import_topics(session, DATASET, read_topic_file(b'["Bags"]'), keeps_records=False)
    assert sizes() == {"Bags": 0, "": 14}
    with unit_of_work() as session:
        topic_edits.undo(session, DATASET)
    assert sizes()["Bags"] == 5


def test_files_that_are_none_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"no JSON: .*line 2, column"):
        read_topic_file(b'{\n"a": }')
    with pytest.raises(InvalidInputError, match="no JSON"):
        read_topic_file(b"\xff\xfe")
    with pytest.raises(TooLargeError, match="5 MB"):
        read_topic_file(b" " * (MAX_FILE_BYTES + 1))
    assert read_topic_file(b'\xef\xbb\xbf["A"]')[0].key == "A"


@pytest.mark.parametrize(
    "content",
    [
        b'{"topics": {"A": {}, "B": {}, "A": {"description": "Again"}}}',
        b'{"A": ["x"], "B": null, "\\u0041": ["y"]}',
        b'{"B": {"A": null, "A" : null}}',
    ],
)
def test_a_name_that_is_there_twice_is_no_silent_loss(content: bytes) -> None:
    with pytest.raises(InvalidInputError, match="'A' is there twice in one object"):
        read_topic_file(content)


def test_the_same_name_in_two_places_is_no_fault() -> None:
    nodes = read_topic_file(b'{"A": {"X": null}, "B": {"X": null}, "C": ["\\"A\\": no name"]}')
    assert [node.key for node in nodes][:4] == ["A", "A/X", "B", "B/X"]


def test_without_topics_there_is_nothing_to_write() -> None:
    add_texts(["Hello"])
    with pytest.raises(NotFoundError, match="no topics yet"), reading() as session:
        write_topic_file(session, DATASET)
