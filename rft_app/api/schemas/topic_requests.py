"""What clients ask of topics."""

from typing import Annotated, Literal

from pydantic import Field

from rft_app.api.schemas._base import Wire, WireRequest
from rft_app.domain import topic as domain
from rft_app.domain.topic_file import VERSION, parse_topics
from rft_app.pipeline.topics import MAX_TOPICS
from rft_app.services.topic_edits import SplitPlan
from rft_app.services.topic_generation import MAX_INSTRUCTIONS


class TopicNodeUpdate(WireRequest):
    """One topic of a tree that is sent."""

    description: str = ""
    subtopics: list[str] | None = None
    keywords: list[str] | None = None
    parent_topic: str | None = None
    """Key of the topic above; by default the one whose key is this key's beginning."""
    target_percentage: float | None = Field(default=None, ge=0, le=100)
    num_records: int = 0
    """Not read."""


class TopicHierarchyUpdate(WireRequest):
    """A whole tree to put in the place of the dataset's."""

    version: str = VERSION
    topics: dict[str, TopicNodeUpdate]
    revision: int | None = None
    """The tree that was seen; `null` does not ask."""
    keep_assignments: bool = Field(default=True, strict=True)
    """Whether records stay where their topic is found again."""

    def to_nodes(self) -> tuple[domain.TopicNode, ...]:
        """Convert to the domain, parents first; an empty tree is one.

        Raises:
            InvalidInputError: The topics form no tree; the message names the place.
        """
        topics = {
            key: node.model_dump(by_alias=True, exclude={"num_records"})
            for key, node in self.topics.items()
        }
        return parse_topics({"topics": topics}) if topics else ()


class GenerateRequest(WireRequest):
    """How a tree is made."""

    method: Literal["auto", "template", "model"] = "auto"
    """Found in the records, a tree written for a kind of product, or made by a model."""
    template_id: str | None = None
    max_depth: int | None = Field(default=None, ge=1, le=3)
    """Most levels; `null` is 1 for `auto` and 2 for the others."""
    instructions: str | None = Field(default=None, max_length=MAX_INSTRUCTIONS)
    """What the model should mind; refused with the other methods, which cannot read it."""
    num_topics: int | None = Field(default=None, ge=1, le=MAX_TOPICS)
    """Topics without topics below them; `null` finds a number."""
    model: str | None = None
    """A configured model; `null` is the first."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    apply: bool = Field(default=True, strict=True)
    """Whether it replaces the tree and records are placed; else the result is a proposal for
    `topics/apply`."""
    replace_edited: bool = Field(default=False, strict=True)
    """Whether it may replace a tree that a person edited."""

    @property
    def depth(self) -> int:
        """Most levels of the tree."""
        return self.max_depth or (1 if self.method == "auto" else 2)


class ApplyRequest(WireRequest):
    """Take a proposal."""

    job_id: str
    """The job that made it."""
    revision: int | None = None
    keep_assignments: bool = Field(default=True, strict=True)


class CategorizeRequest(WireRequest):
    """Which records are placed."""

    mode: Literal["unlabeled_only", "recategorize_all"] = "unlabeled_only"
    include_manual: bool = Field(default=False, strict=True)
    """Also those that a person placed; only with `recategorize_all` and `confirm`."""
    confirm: bool = Field(default=False, strict=True)
    model: str | None = None
    """A configured model that is asked about records that words and meaning leave unsure; `null`
    asks none."""
    seed: int = Field(default=0, ge=0, lt=2**32)


class TargetsRequest(WireRequest):
    """Shares that leaves should hold."""

    targets: dict[str, Annotated[float, Field(ge=0, le=100)] | None]
    """Percentage by topic; `null` means an equal part of the rest. Others keep theirs."""
    revision: int | None = None


class Revised(Wire):
    """Which tree was seen; `null` does not ask.

    A union by `action` takes no validator for every field, so numbers are strict one by one.
    """

    revision: int | None = Field(default=None, strict=True)


class AddTopic(Revised):
    """Add a leaf; records of a leaf above it go to `Other` beside it."""

    action: Literal["add"]
    key: str
    """Slash path, the last part is the name."""
    description: str = ""
    keywords: list[str] = []


class RenameTopic(Revised):
    """Give a topic another name."""

    action: Literal["rename"]
    key: str
    name: str


class DescribeTopic(Revised):
    """Say what belongs into a topic."""

    action: Literal["describe"]
    key: str
    description: str


class SetKeywords(Revised):
    """Set the words by which records are told."""

    action: Literal["keywords"]
    key: str
    keywords: list[str]


class MoveTopic(Revised):
    """Put a topic under another one."""

    action: Literal["move"]
    key: str
    parent: str | None = None
    """`null` is the top level."""
    position: int | None = Field(default=None, ge=0, le=10_000, strict=True)
    """Place among its siblings; `null` is the end."""


class MergeTopics(Revised):
    """Put several topics into one."""

    action: Literal["merge"]
    keys: list[str]
    into: str


class DeleteTopics(Revised):
    """Delete topics with all below them."""

    action: Literal["delete"]
    keys: list[str]
    move_to: str | None = None
    """The leaf that takes the records; `null` leaves them without a topic."""


EditRequest = Annotated[
    AddTopic | RenameTopic | DescribeTopic | SetKeywords | MoveTopic | MergeTopics | DeleteTopics,
    Field(discriminator="action"),
]


class SplitChild(WireRequest):
    """One part of a topic."""

    name: str
    description: str = ""
    keywords: list[str] = []


class SplitRequest(Revised):
    """Split a leaf into named parts, or into those found in its records."""

    key: str
    children: list[SplitChild] = []
    num_children: int | None = Field(default=None, ge=2, le=50, strict=True)
    seed: int = Field(default=0, ge=0, lt=2**32, strict=True)

    def to_plan(self) -> SplitPlan:
        """Convert to what the service takes."""
        return SplitPlan(
            key=self.key,
            children=tuple(
                domain.TopicNode(
                    key=child.name, description=child.description, keywords=tuple(child.keywords)
                )
                for child in self.children
            ),
            num_children=self.num_children,
            seed=self.seed,
        )


class AssignRequest(WireRequest):
    """Where a record belongs."""

    topic: str
