"""A grader that the data plainly allows: references of one form, or a recorded reward."""

import re
from collections.abc import Sequence
from typing import Final

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.export import ExportOptions
from rft_app.domain.grader import GraderSpec, ScriptSpec, StringCheckSpec, StringOperation
from rft_app.domain.record import Selection
from rft_app.errors import InvalidInputError
from rft_app.services.export_plans import get_plan
from rft_app.services.export_preview import spread
from rft_app.storage.judged_answers import Judged, read_judged_all

MOST: Final = 0.9
"""Share of the records, or of the answers, that must allow it."""
MAX_LABELS: Final = 50
MAX_LABEL_LENGTH: Final = 60
RECORDS_PER_LABEL: Final = 4
_NUMBER: Final = re.compile(r"[-+]?\$?\d[\d,]*(\.\d+)?%?\Z")

NUMBER_SCRIPT: Final = '''import re

NUMBER = re.compile(r"[-+]?\\d[\\d,]*(?:\\.\\d+)?")


def last_number(text):
    found = NUMBER.findall(text.replace("$", ""))
    return float(found[-1].replace(",", "")) if found else None


def grade(sample, item):
    """1 where the last number of the answer is that of the reference."""
    said, wanted = last_number(sample["output_text"]), last_number(item["reference"])
    return 1.0 if said is not None and said == wanted else 0.0
'''
REWARD_SCRIPT: Final = '''def grade(sample, item):
    """The reward that was recorded with this answer."""
    return item["reward"]
'''


class GraderSuggestion(Entity):
    """A grader with the reason for it."""

    spec: GraderSpec
    reason: str


def suggest_grader(session: Session, dataset_id: str) -> GraderSuggestion | None:
    """Look at some records, evenly spread; `None` where the data allows no grader plainly.

    References come before recorded rewards: they grade new answers, too.
    """
    try:
        plan = get_plan(session, dataset_id, Selection(), ExportOptions(train_ratio=1.0))
    except InvalidInputError:
        return None
    records = read_judged_all(session, dataset_id, spread(plan.members.seqs).tolist())
    references = [one.record.reference for one in records if one.record.reference is not None]
    if len(references) >= MOST * len(records) and (found := _by_reference(references)):
        return found
    return _by_reward(records)


def _by_reference(references: Sequence[str]) -> GraderSuggestion | None:
    num_numbers = sum(bool(_NUMBER.match(reference.strip())) for reference in references)
    if num_numbers == len(references):
        return GraderSuggestion(
            spec=ScriptSpec(source=NUMBER_SCRIPT),
            reason="Every reference looked at is a number: the answer's last number must be it.",
        )
    labels = {reference.strip() for reference in references}
    is_short = all(len(label) <= MAX_LABEL_LENGTH and "\n" not in label for label in labels)
    if is_short and len(labels) <= min(MAX_LABELS, len(references) // RECORDS_PER_LABEL):
        return GraderSuggestion(
            spec=StringCheckSpec(operation=StringOperation.EQ),
            reason=f"The references are {len(labels)} short labels: the answer must be the label.",
        )
    return None


def _by_reward(records: Sequence[Judged]) -> GraderSuggestion | None:
    answers = [answer for one in records for answer in one.answers.values()]
    num_rewarded = sum(answer.reward is not None for answer in answers)
    if not answers or num_rewarded < MOST * len(answers):
        return None
    return GraderSuggestion(
        spec=ScriptSpec(source=REWARD_SCRIPT),
        reason=f"{num_rewarded:,} of {len(answers):,} answers looked at have a recorded reward. It "
        "grades these answers, not new ones.",
    )
