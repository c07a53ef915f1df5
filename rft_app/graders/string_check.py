"""String checks: compare a text of the answer with a reference.

A spec such as

    {"kind": "string_check", "operation": "eq", "field": "output_text",
     "reference": "{{item.reference}}"}

gives 1 where the comparison holds, else 0; an answer without the field is a 0, too.  Names and
meaning of the first four operations are those of OpenAI's `string_check` grader, where `like` means
"contains"; `regex` is ours.

Regular expressions run in a process of their own, for one of them can take for ever.
"""

import re
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rft_app.domain.grader import StringCheckSpec, StringOperation
from rft_app.domain.grading import Outcome, Verdict
from rft_app.domain.rollout import Item, Sample, make_sample
from rft_app.errors import InvalidInputError
from rft_app.graders._pure import Texts, check_field, check_reference, read_texts
from rft_app.graders.portable.string_check import COMPARE
from rft_app.graders.sandbox import Limits
from rft_app.graders.script import ScriptSession
from rft_app.settings import get_settings

_SEARCH = """
import re

def grade(sample, item):
    return re.search(item["pattern"], item["text"]) is not None
"""


class StringCheckGrader:
    """Kind `string_check`."""

    name = "string_check"
    label = "String check"

    def check(self, spec: StringCheckSpec) -> None:
        """Check the field, the places in the reference and a regular expression without places."""
        check_field(spec.field)
        places = check_reference(spec.reference)
        if spec.operation is StringOperation.REGEX and not places:
            _check_pattern(spec.reference)

    def open(self, spec: StringCheckSpec) -> "StringCheckSession":
        """Make ready; nothing is started unless the operation is `regex`."""
        self.check(spec)
        return StringCheckSession(spec)


class StringCheckSession:
    """A string check that is ready to judge."""

    def __init__(self, spec: StringCheckSpec) -> None:
        self._spec = spec
        self._search: ScriptSession | None = None

    def __enter__(self) -> Self:
        if self._spec.operation is StringOperation.REGEX:
            settings = get_settings()
            limits = Limits(settings.script_timeout_s, settings.script_memory_mb)
            # The script is ours: isolation guards nothing here, the time limit does.
            search = ScriptSession(_SEARCH, limits, allow_unisolated=True)
            self._search = search.__enter__()
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._search is not None:
            self._search.__exit__(exception_type, exception, traceback)

    def grade(self, batch: Sequence[tuple[Sample, Item]]) -> list[Outcome]:
        """Judge a batch."""
        field, reference = self._spec.field, self._spec.reference
        texts = [read_texts(field, reference, sample, item) for sample, item in batch]
        if self._search is not None:
            return _search_all(self._search, texts)
        compare = COMPARE[self._spec.operation]
        return [
            Verdict(reward=float(compare(*found))) if isinstance(found, Texts) else found
            for found in texts
        ]


def _search_all(search: ScriptSession, texts: Sequence[Texts | Outcome]) -> list[Outcome]:
    """Let the process search where there is something to search; other outcomes stay in place."""
    nothing = make_sample((), None)
    pairs = [found for found in texts if isinstance(found, Texts)]
    found_in = iter(
        search.grade([(nothing, {"pattern": p.reference, "text": p.field}) for p in pairs])
    )
    return [next(found_in) if isinstance(found, Texts) else found for found in texts]


def _check_pattern(pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise InvalidInputError(
            f"The regular expression is not valid: {error}.", line=error.lineno, column=error.colno
        ) from error
