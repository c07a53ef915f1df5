"""Plug-ins of one kind, by name and in the order a person sees them.

Each plug-in package lists its members in one literal tuple in its `__init__`.  Reading that file
shows everything there is; importing a module never registers anything.
"""

from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar

from rft_app.errors import InvalidInputError


class Named(Protocol):
    """What every plug-in has."""

    @property
    def name(self) -> str:
        """Machine name in `snake_case`: database, URL and command line."""
        ...

    @property
    def label(self) -> str:
        """The words in a menu."""
        ...


NamedT = TypeVar("NamedT", bound=Named)


class Registry(Generic[NamedT]):
    """A fixed, ordered set of plug-ins."""

    def __init__(self, kind: str, items: Iterable[NamedT]) -> None:
        self.kind = kind
        """What a member is called in messages, e.g. `"export format"`."""
        members = tuple(items)
        self._by_name = {item.name: item for item in members}
        if len(self._by_name) != len(members):
            raise ValueError(f"Two members of the {kind} registry share a name.")

    def __iter__(self) -> Iterator[NamedT]:
        return iter(self._by_name.values())

    def names(self) -> tuple[str, ...]:
        """All names, in display order."""
        return tuple(self._by_name)

    def get(self, name: str) -> NamedT:
        """Look a member up.

        Raises:
            InvalidInputError: There is none; the message lists those there are.
        """
        if (item := self._by_name.get(name)) is None:
            raise InvalidInputError(
                f"There is no {self.kind} {name!r}. Choose one of: {', '.join(self._by_name)}.",
                known=list(self._by_name),
            )
        return item
