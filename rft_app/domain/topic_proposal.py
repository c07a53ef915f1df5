"""Topic trees that were made and wait for a person to take them."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from rft_app.domain.entity import Entity
from rft_app.domain.topic import TopicNode

Source = Literal["auto", "template", "model"]


class TopicProposal(Entity):
    """A tree that changes nothing until it is applied."""

    nodes: tuple[TopicNode, ...]
    """Parents first."""
    source: Source
    method: str
    """What made it: the text features, the template's id or the model's name."""
    examples: Mapping[str, tuple[tuple[int, float], ...]] = Field(
        default_factory=dict[str, tuple[tuple[int, float], ...]]
    )
    """By leaf: keys of records that are surely in it, with their confidence; they are placed when
    the tree is applied, and categorising learns from them."""
    shares: Mapping[str, float] = Field(default_factory=dict[str, float])
    """By leaf: its part of the records that were looked at; empty where none were."""
    seed: int = 0
    instructions: str = ""
    """What the model was told; the other sources do not read it."""
