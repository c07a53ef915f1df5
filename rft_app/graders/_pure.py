"""What kinds of graders share that compute a reward from answer and record and nothing else."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import NamedTuple, Self

from rft_app.domain.grading import NO_ANSWER, FailureKind, GradingFailure, Outcome, Verdict
from rft_app.domain.rollout import Item, Sample
from rft_app.errors import InvalidInputError
from rft_app.graders._places import PATH
from rft_app.graders.portable.lookup import describe_missing, fill, find_places, look_up

Grade = Callable[[Sample, Item], Verdict | GradingFailure]


class PureSession:
    """A grader that is a function; it owns nothing."""

    def __init__(self, grade: Grade) -> None:
        self._grade = grade

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing is held."""

    def grade(self, batch: Sequence[tuple[Sample, Item]]) -> list[Outcome]:
        """Judge a batch."""
        return [self._judge(sample, item) for sample, item in batch]

    def _judge(self, sample: Sample, item: Item) -> Verdict | GradingFailure:
        try:
            return self._grade(sample, item)
        except RecursionError:
            message = "The answer or the reference is nested too deeply to be compared."
            return GradingFailure(failure_kind=FailureKind.EXCEPTION, message=message)


class Texts(NamedTuple):
    """The two texts of one comparison."""

    field: str
    reference: str


def check_field(field: str) -> None:
    """Check the path of what is compared.

    Raises:
        InvalidInputError: It is no path into an answer.
    """
    if not PATH.fullmatch(f"sample.{field}"):
        raise InvalidInputError(
            f"The field {field!r} is not a path such as `output_text` or `output_json.answer`.",
            field="field",
        )


def check_reference(reference: str) -> list[str]:
    """The places that a reference names.

    Raises:
        InvalidInputError: One of them is no path into a record or an answer.
    """
    places = find_places(reference)
    for place in places:
        if not PATH.fullmatch(place):
            raise InvalidInputError(
                f"The reference has an unknown place {{{{{place}}}}}. Write "
                "{{item.reference}}, {{item.…}} or {{sample.…}}.",
                field="reference",
            )
    return places


def read_texts(
    field: str, reference: str, sample: Sample, item: Item
) -> Texts | Verdict | GradingFailure:
    """Both texts of a comparison.

    Where the record lacks the reference there is a failure; where the answer lacks the field it is
    wrong, for the model had to write one.
    """
    wanted = read_reference(reference, sample, item)
    if isinstance(wanted, GradingFailure):
        return wanted
    found = look_up(dict(sample), field)
    if found is not None:
        return Texts(found, wanted)
    return miss(field, sample) if sample["messages"] else NO_ANSWER


def miss(field: str, sample: Sample) -> Verdict:
    """The verdict on an answer that has nothing at the path that is judged."""
    return Verdict(reward=0.0, reason=describe_missing(field, sample))


def read_reference(reference: str, sample: Sample, item: Item) -> str | GradingFailure:
    """The reference with its places filled in, or which of them this record cannot fill."""
    values = {"sample": dict(sample), "item": item}
    for place in find_places(reference):
        if look_up(values, place) is None:
            message = f"The record has no `{place}` to compare with."
            return GradingFailure(failure_kind=FailureKind.NO_REFERENCE, message=message)
    return fill(reference, values)
