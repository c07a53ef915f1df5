"""What every kind of grader offers."""

from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from rft_app.domain.grading import Outcome
from rft_app.domain.rollout import Item, Sample

SpecT = TypeVar("SpecT", contravariant=True)


class Grades(Protocol):
    """What is ready to judge."""

    def grade(self, batch: Sequence[tuple[Sample, Item]]) -> list[Outcome]:
        """Judge a batch; one outcome for each pair, in order, never a missing one."""
        ...


class GraderSession(Grades, Protocol):
    """A grader that is ready to judge; a context manager, for it may own a process."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...


class GraderKind(Protocol[SpecT]):
    """One kind of grader."""

    @property
    def name(self) -> str:
        """`kind` of its specs."""
        ...

    @property
    def label(self) -> str:
        """The words in a menu."""
        ...

    def check(self, spec: SpecT) -> None:
        """Find faults that need no answer to be seen, without running anything.

        Raises:
            InvalidInputError: The spec cannot work; details have `line` and `column` if known.
        """
        ...

    def open(self, spec: SpecT) -> GraderSession:
        """Make ready to judge.

        Raises:
            InvalidInputError: The spec cannot work.
            NotAvailableError: This system cannot run such a grader safely.
        """
        ...


AnyGraderKind = GraderKind[Any]
