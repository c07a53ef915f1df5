"""Topics as a file: download, check what an upload would change, take it."""

import re
from collections import Counter
from collections.abc import Sequence

import orjson
from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.topic import TopicNode, TopicTree
from rft_app.domain.topic_edit import match_topics
from rft_app.domain.topic_file import VERSION, parse_topics
from rft_app.domain.words import count
from rft_app.errors import InvalidInputError, NotFoundError, TooLargeError
from rft_app.services.topic_edits import TopicEdit, replace_topics
from rft_app.services.topics import get_topics

MAX_FILE_BYTES = 5_000_000
_STRING = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?')
"""A JSON string, and the colon behind it where it is a name."""


class TopicMove(Entity):
    """A topic that is under another one in the file."""

    before: str
    after: str


class TopicImportPreview(Entity):
    """What taking a file would change."""

    version: int
    """The tree it was compared with; name it when importing."""
    num_topics: int
    """Topics in the file."""
    added: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    moved: tuple[TopicMove, ...]
    num_records_kept: int
    """Records that keep a topic when assignments are kept."""
    num_records_without: int
    """Records that then have no topic, those included that have none now."""


def read_topic_file(content: bytes) -> tuple[TopicNode, ...]:
    """The tree of a file, parents first.

    Raises:
        TooLargeError: It is larger than 5 MB.
        InvalidInputError: It is no JSON or no tree; the message names the place and the fault.
    """
    if len(content) > MAX_FILE_BYTES:
        raise TooLargeError("A topic file may have 5 MB. Is this the right file?")
    try:
        value = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise InvalidInputError(
            f"The file is no JSON: {error.msg}, line {error.lineno}, column {error.colno}.",
            line=error.lineno,
        ) from error
    _require_single_names(content.decode("utf-8"), value)
    return parse_topics(value)


def _require_single_names(text: str, value: object) -> None:
    """A parser of JSON keeps the last of equal names and drops the others unsaid.

    Raises:
        InvalidInputError: A name is twice in one object.
    """
    lost = _count_names(text) - _count_names(orjson.dumps(value).decode())
    if lost:
        name = next(iter(lost))
        raise InvalidInputError(f"{name!r} is there twice in one object. Rename or delete one.")


def _count_names(text: str) -> Counter[str]:
    return Counter(orjson.loads(found[1]) for found in _STRING.finditer(text) if found[2])


def write_topic_file(session: Session, dataset_id: str) -> bytes:
    """The tree as the spec's TopicHierarchy with counts and targets; `read_topic_file` reads it.

    Raises:
        NotFoundError: There is no such dataset, or it has no topics.
    """
    tree = get_topics(session, dataset_id)
    if not tree.nodes:
        raise NotFoundError("There are no topics yet. Run Topics first.")
    children: dict[str | None, list[str]] = {}
    for node in tree.nodes:
        children.setdefault(node.parent_key, []).append(node.key)
    topics = {node.key: _to_json(node, children.get(node.key)) for node in tree.nodes}
    return orjson.dumps({"version": VERSION, "topics": topics}, option=orjson.OPT_INDENT_2)


def preview_import(
    session: Session, dataset_id: str, nodes: Sequence[TopicNode]
) -> TopicImportPreview:
    """Compare a file's tree with the dataset's.

    Raises:
        NotFoundError: There is no such dataset.
    """
    tree, new = get_topics(session, dataset_id), TopicTree.of(nodes)
    before, after = [node.key for node in tree.nodes], [node.key for node in new.nodes]
    homes = match_topics(tree, new)
    moved = {old: home for old, home in homes.items() if home not in before and old not in after}
    kept = sum(leaf.num_records for leaf in tree.leaves if leaf.key in homes)
    return TopicImportPreview(
        version=tree.version,
        num_topics=len(after),
        added=tuple(key for key in after if key not in before and key not in moved.values()),
        removed=tuple(key for key in before if key not in after and key not in moved),
        kept=tuple(key for key in before if key in after),
        moved=tuple(TopicMove(before=old, after=home) for old, home in moved.items()),
        num_records_kept=kept,
        num_records_without=tree.num_records + tree.num_without_topic - kept,
    )


def import_topics(
    session: Session,
    dataset_id: str,
    nodes: Sequence[TopicNode],
    *,
    keeps_records: bool = True,
    version: int | None = None,
) -> TopicEdit:
    """Put a file's tree in the place of the dataset's; it can be undone.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: The tree changed meanwhile, or a job works on topics.
    """
    return replace_topics(
        session,
        dataset_id,
        nodes,
        version=version,
        keeps_records=keeps_records,
        label=f"Imported {count(len(nodes), 'topic')}",
    )


def _to_json(node: TopicNode, children: list[str] | None) -> dict[str, object]:
    share = node.target_share
    return {
        "description": node.description,
        "subtopics": children,
        "keywords": list(node.keywords) or None,
        "parentTopic": node.parent_key,
        "targetPercentage": None if share is None else round(share * 100, 10),
        "numRecords": node.num_records,
    }
