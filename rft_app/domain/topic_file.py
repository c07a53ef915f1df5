"""Topic trees as files: three shapes in, one out.

The shape that is written is the spec's:

    {"version": "1", "topics": {"Changes": {"description": "…", "subtopics": ["Changes/Seat"]}, …}}

Keys are slash paths, or bare names whose place is told by `parentTopic` or by the `subtopics` of
another topic.  Also read are nested objects and lists of slash paths:

    {"Changes": {"Seat": {}, "Flight": {}}, "Bags": null}
    ["Changes/Seat", "Changes/Flight", "Bags"]
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from rft_app.domain.coverage import resolve_targets
from rft_app.domain.topic import MAX_DEPTH, MAX_TOPICS, SEPARATOR, TopicNode, TopicTree
from rft_app.domain.topic_draft import require_description, require_keywords
from rft_app.errors import InvalidInputError

VERSION = "1"
_SHAPES = (
    "A topic file is an object with `topics`, an object of nested names, or a list of slash paths."
)


class FileTopic(BaseModel):
    """One topic as a file says it; other fields are passed over."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", strict=True, frozen=True)

    description: str | None = None
    subtopics: list[str] | None = None
    keywords: list[str] | None = None
    parent_topic: str | None = None
    target_percentage: float | None = Field(default=None, ge=0, le=100)


_TOPICS = TypeAdapter(dict[str, FileTopic])
_PATHS = TypeAdapter(list[str], config=ConfigDict(strict=True))
_OBJECT = TypeAdapter(dict[str, Any])


def parse_topics(value: object) -> tuple[TopicNode, ...]:
    """The tree of a decoded file, parents first.

    Raises:
        InvalidInputError: It is no such file; the message names the place and the fault.
    """
    if _is(value, list):
        return _check(_from_paths(_validate(_PATHS, value)))
    if not _is(value, dict):
        raise InvalidInputError(_SHAPES)
    known = _validate(_OBJECT, value)
    if "topics" in known and set(known) <= {"version", "topics", "revision", "name"}:
        if _is(known["topics"], list):
            return _check(_from_paths(_validate(_PATHS, known["topics"], "topics")))
        return _check(_from_hierarchy(_validate(_TOPICS, known["topics"], "topics")))
    return _check(_from_nested(known, "", 1))


def _is(value: object, kind: type) -> bool:
    """`isinstance` that leaves the type of JSON as unknown as it is."""
    return isinstance(value, kind)


def _validate(adapter: TypeAdapter[Any], value: object, place: str = "") -> Any:  # noqa: ANN401
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        parts = [f"entry {part + 1}" if isinstance(part, int) else part for part in fault["loc"]]
        where = " → ".join(filter(None, (place, *parts))) or "the file"
        raise InvalidInputError(f"At {where}: {fault['msg']}.", place=where) from error


def _from_paths(paths: Sequence[str]) -> Iterator[TopicNode]:
    seen: dict[str, str] = {}
    listed: set[str] = set()
    for place, path in enumerate(paths, 1):
        parts = [part.strip() for part in path.split(SEPARATOR)]
        if not all(parts):
            raise InvalidInputError(f"At line {place}: {path!r} has an empty part.", place=place)
        key = SEPARATOR.join(parts)
        if key in listed:
            raise InvalidInputError(f"At line {place}: {key!r} is there twice.", place=place)
        listed.add(key)
        for depth in range(1, len(parts) + 1):
            seen.setdefault(SEPARATOR.join(parts[:depth]), path)
    yield from _in_order([TopicNode(key=key) for key in seen])


def _from_nested(value: Mapping[str, Any], above: str, depth: int) -> Iterator[TopicNode]:
    if depth > MAX_DEPTH:
        raise InvalidInputError(
            f"At {above.removesuffix(SEPARATOR)}: a tree may have {MAX_DEPTH} levels."
        )
    for name, below in value.items():
        key = f"{above}{name.strip()}"
        if SEPARATOR in name or not name.strip():
            raise InvalidInputError(f"At {key}: a name needs letters and no slash.", place=key)
        yield TopicNode(key=key)
        if _is(below, dict):
            yield from _from_nested(_validate(_OBJECT, below, key), f"{key}{SEPARATOR}", depth + 1)
        elif _is(below, list):
            names = dict.fromkeys(_validate(_PATHS, below, key))
            yield from _from_nested(names, f"{key}{SEPARATOR}", depth + 1)
        elif below is not None:
            raise InvalidInputError(
                f"At {key}: nested topics are an object, a list of names or null, "
                f"not {type(below).__name__}.",
                place=key,
            )


def _from_hierarchy(topics: Mapping[str, FileTopic]) -> Iterator[TopicNode]:
    every = dict(topics)
    parents = _find_parents(every)
    paths = {key: _find_path(key, parents) for key in every}
    twice: dict[str, str] = {}
    for key, path in paths.items():
        if path in twice:
            raise InvalidInputError(f"{twice[path]!r} and {key!r} are the same topic {path!r}.")
        twice[path] = key
    nodes: list[TopicNode] = []
    for key, topic in every.items():
        try:
            nodes.append(_to_node(paths[key], topic))
        except InvalidInputError as error:
            raise InvalidInputError(f"At topics → {key}: {error.message}", place=key) from error
    yield from _in_order(nodes)


def _find_parents(topics: dict[str, FileTopic]) -> dict[str, str | None]:
    """The parent of each topic by key; children that have no entry of their own get one."""
    parents: dict[str, str | None] = {}
    for key, topic in topics.items():
        above = topic.parent_topic
        if above is not None and above not in topics:
            raise InvalidInputError(
                f"At topics → {key} → parentTopic: there is no topic {above!r} in this file.",
                place=key,
            )
        if above is not None:
            parents[key] = above
    for key, topic in list(topics.items()):
        for child in topic.subtopics or ():
            topics.setdefault(child, FileTopic())
            if parents.setdefault(child, key) != key:
                raise InvalidInputError(
                    f"At topics → {key} → subtopics: {child!r} belongs to {parents[child]!r}, too.",
                    place=key,
                )
    for key in topics:
        prefix = key.rpartition(SEPARATOR)[0]
        parents.setdefault(key, prefix if prefix in topics else None)
    return parents


def _find_path(key: str, parents: Mapping[str, str | None]) -> str:
    """The slash path of a topic."""
    chain = [key]
    while (above := parents[chain[-1]]) is not None:
        if above in chain:
            circle = " → ".join(repr(name) for name in (*chain, above))
            raise InvalidInputError(f"These topics are below each other: {circle}.", place=above)
        chain.append(above)
    path = ""
    for name in reversed(chain):
        own = name.removeprefix(f"{path}{SEPARATOR}") if path else name
        if SEPARATOR in own:
            missing = name.rpartition(SEPARATOR)[0]
            raise InvalidInputError(
                f"At topics → {name}: there is no topic {missing!r} in this file.", place=name
            )
        path = f"{path}{SEPARATOR}{own.strip()}" if path else own.strip()
    return path


def _to_node(path: str, topic: FileTopic) -> TopicNode:
    percentage = topic.target_percentage
    return TopicNode(
        key=path,
        description=require_description(topic.description or ""),
        keywords=require_keywords(topic.keywords or ()),
        target_share=None if percentage is None else percentage / 100,
    )


def _in_order(nodes: Sequence[TopicNode]) -> Iterator[TopicNode]:
    """Parents before their children, else as in the file."""
    below: dict[str | None, list[TopicNode]] = {}
    for node in nodes:
        below.setdefault(node.parent_key, []).append(node)

    def walk(parent: str | None) -> Iterator[TopicNode]:
        for node in below.get(parent, ()):
            yield node
            yield from walk(node.key)

    yield from walk(None)


def _check(found: Iterator[TopicNode]) -> tuple[TopicNode, ...]:
    nodes: list[TopicNode] = []
    for node in found:
        nodes.append(node)
        if len(nodes) > MAX_TOPICS:
            raise InvalidInputError(f"A tree may have {MAX_TOPICS:,} topics; the file has more.")
    if not nodes:
        raise InvalidInputError(f"The file has no topics. {_SHAPES}")
    _require_different(nodes)
    tree = TopicTree.of(nodes)
    leaves = {leaf.key for leaf in tree.leaves}
    for node in nodes:
        if node.target_share is not None and node.key not in leaves:
            raise InvalidInputError(
                f"At topics → {node.key} → targetPercentage: only topics without topics below "
                "them have a target.",
                place=node.key,
            )
    resolve_targets(tuple(tree.targets), tree.targets)
    return tree.nodes


def _require_different(nodes: Sequence[TopicNode]) -> None:
    seen: dict[str, str] = {}
    for node in nodes:
        if (other := seen.setdefault(node.key.casefold(), node.key)) != node.key:
            raise InvalidInputError(
                f"{other!r} and {node.key!r} differ only in capitals.", place=node.key
            )
