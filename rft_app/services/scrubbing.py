"""Use cases around what is taken out of traces: choose, use, look back."""

import time
from collections import Counter
from collections.abc import Mapping
from functools import reduce
from typing import Any, Final

from pydantic import ValidationError
from sqlmodel import Session

from rft_app.domain.scrubbing import NOTHING, ScrubPattern, ScrubRules
from rft_app.errors import InvalidInputError
from rft_app.storage import scrubbing as stored
from rft_app.text.scrubbing import Scrubber, compile_pattern, require_region
from rft_app.traces.scrubbed import read_titles, scrub_body, scrub_tags

DAY_MS: Final = 86_400_000
_TYPED: Final = {
    "name": "A name has capital letters, digits and _ and begins with a letter, e.g. CUSTOMER_ID.",
    "pattern": "A pattern has 1 to 1,000 letters.",
}
"""What must be true of the fields of a pattern."""


def get_rules(session: Session) -> ScrubRules:
    """What is replaced in traces that arrive."""
    return stored.read_rules(session)


def set_rules(session: Session, rules: ScrubRules) -> None:
    """Choose what is replaced from now on; what is stored stays as it is.

    Raises:
        InvalidInputError: A pattern or the region cannot be used.
    """
    Scrubber(rules)
    stored.save_rules(session, rules)


def find_scrubber(session: Session) -> Scrubber | None:
    """What traces that arrive go through; `None` where nothing is replaced."""
    return make_scrubber(stored.read_rules(session))


def find_dataset_rules(session: Session, dataset_id: str) -> ScrubRules:
    """What was chosen for a dataset: where it was made, and with each import into it."""
    return reduce(ScrubRules.join, stored.list_dataset_rules(session, dataset_id), NOTHING)


def find_dataset_scrubber(session: Session, dataset_id: str) -> Scrubber | None:
    """What excerpts of a dataset's files go through: its own rules, and those of intake."""
    own = find_dataset_rules(session, dataset_id)
    return make_scrubber(own.join(stored.read_rules(session)))


def make_scrubber(rules: ScrubRules) -> Scrubber | None:
    """Rules, ready to be used; `None` where they replace nothing.

    Raises:
        InvalidInputError: A pattern or the region cannot be used.
    """
    return None if rules.is_empty else Scrubber(rules)


def read_pattern(name: str, pattern: str) -> ScrubPattern:
    """A pattern that a person typed; small letters of its name become capital ones.

    Raises:
        InvalidInputError: One of the two cannot be used.
    """
    try:
        found = ScrubPattern(name=name.strip().upper(), pattern=pattern)
    except ValidationError as error:
        raise InvalidInputError(_TYPED[str(error.errors()[0]["loc"][0])]) from error
    compile_pattern(found.name, found.pattern)
    return found


def read_region(text: str) -> str:
    """The region of phone numbers that a person typed.

    Raises:
        InvalidInputError: There is no such region.
    """
    region = text.strip().upper()
    require_region(region)
    return region


def to_args(rules: ScrubRules) -> dict[str, Any]:
    """Rules as an argument of a job, which `read_scrubber` reads.

    Raises:
        InvalidInputError: A pattern or the region cannot be used.
    """
    make_scrubber(rules)
    return {"scrub": rules.model_dump(mode="json")}


def read_scrubber(args: Mapping[str, Any]) -> Scrubber | None:
    """What the traces of a job go through; `None` where nothing is replaced."""
    return make_scrubber(ScrubRules.model_validate(args.get("scrub") or {}))


def scrub_copies(
    session: Session, import_id: str, after_seq: int, scrubber: Scrubber
) -> Counter[str]:
    """Replace in the traces that an import copied after a key; returns what was, by kind."""
    counts: Counter[str] = Counter()
    changed: list[stored.CopiedTrace] = []
    for trace in stored.list_copies(session, import_id, after_seq):
        body, placeholders = scrub_body(trace.body, scrubber)
        tags = scrub_tags(trace.tags, scrubber, placeholders)
        if placeholders.counts:
            counts += placeholders.counts
            changed.append(stored.CopiedTrace(trace.seq, body, tags, *read_titles(body)))
    stored.replace_copies(session, changed)
    return counts


def count_replaced(session: Session, days: int) -> dict[str, int]:
    """What was replaced in the last days, by kind."""
    return stored.list_counts(session, time.time_ns() // 1_000_000 - days * DAY_MS)
