"""What a template is made of."""

from rft_app.domain.entity import Entity
from rft_app.domain.topic import SEPARATOR, TopicNode


class Leaf(Entity):
    """A topic that holds records."""

    name: str
    description: str
    keywords: tuple[str, ...]


class Branch(Entity):
    """A topic that holds leaves."""

    name: str
    description: str
    leaves: tuple[Leaf, ...]


class TopicTemplate(Entity):
    """A tree for a common kind of product."""

    id: str
    name: str
    description: str
    branches: tuple[Branch, ...]

    @property
    def num_leaves(self) -> int:
        """Topics that hold records."""
        return sum(len(branch.leaves) for branch in self.branches)

    def to_nodes(self, max_depth: int = 2) -> tuple[TopicNode, ...]:
        """The tree, parents first; with a depth of 1 the leaves alone."""
        nodes: list[TopicNode] = []
        for branch in self.branches:
            above = ""
            if max_depth > 1:
                nodes.append(TopicNode(key=branch.name, description=branch.description))
                above = f"{branch.name}{SEPARATOR}"
            nodes += (
                TopicNode(
                    key=f"{above}{leaf.name}", description=leaf.description, keywords=leaf.keywords
                )
                for leaf in branch.leaves
            )
        return tuple(nodes)


def branch(name: str, description: str, *leaves: tuple[str, str, str]) -> Branch:
    """A branch of leaves given as name, description and keywords between commas."""
    return Branch(
        name=name,
        description=description,
        leaves=tuple(
            Leaf(
                name=leaf_name,
                description=text,
                keywords=tuple(word.strip() for word in words.split(",")),
            )
            for leaf_name, text, words in leaves
        ),
    )
