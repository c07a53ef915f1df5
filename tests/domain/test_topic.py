"""Topic trees."""

import pytest
from pydantic import ValidationError

from rft_app.domain.topic import TopicNode, TopicTree, is_within
from rft_app.errors import InvalidInputError


def make_tree() -> TopicTree:
    return TopicTree.of(
        [
            TopicNode(key="Changes"),
            TopicNode(key="Changes/Seat", num_records=3, target_share=0.2),
            TopicNode(key="Changes/Flight", num_records=4),
            TopicNode(key="Bags", num_records=5),
        ]
    )


def test_only_leaves_hold_records_and_branches_count_them() -> None:
    tree = make_tree()
    assert [leaf.key for leaf in tree.leaves] == ["Changes/Seat", "Changes/Flight", "Bags"]
    assert tree.counts == {"Changes": 7, "Changes/Seat": 3, "Changes/Flight": 4, "Bags": 5}
    assert tree.num_records == 12
    assert tree.targets == {"Changes/Seat": 0.2, "Changes/Flight": None, "Bags": None}


def test_a_node_knows_its_name_and_parent() -> None:
    node = make_tree().find("Changes/Seat")
    assert node is not None
    assert (node.name, node.parent_key) == ("Seat", "Changes")
    assert make_tree().find("Nowhere") is None


def test_a_common_beginning_is_no_branch() -> None:
    assert not is_within("Changes of name/Seat", "Changes")


@pytest.mark.parametrize("key", ["", "a//b", " a", "a/", "x" * 81])
def test_unusable_paths_are_refused_by_name(key: str) -> None:
    with pytest.raises(InvalidInputError, match="cannot be used"):
        TopicTree.of([TopicNode(key="a"), TopicNode(key=key)])


def test_a_path_twice_and_an_orphan_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="twice"):
        TopicTree.of([TopicNode(key="a"), TopicNode(key="a")])
    with pytest.raises(InvalidInputError, match="parent 'a'"):
        TopicTree.of([TopicNode(key="a/b")])


def test_a_stored_tree_is_checked_when_it_is_read() -> None:
    with pytest.raises(ValidationError, match="twice"):
        TopicTree.model_validate({"nodes": [{"key": "a"}, {"key": "a"}]})
