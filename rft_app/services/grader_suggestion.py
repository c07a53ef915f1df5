"""A grader that the data plainly allows: references of one form, or a recorded reward.

One that compares with references is tried first on answers whose reward is recorded.  Where it
says otherwise than these too often, it is not suggested.
"""

import re
from collections.abc import Sequence
from typing import Final

from sqlmodel import Session

from rft_app.domain.entity import Entity
from rft_app.domain.export import ExportOptions
from rft_app.domain.grader import GraderSpec, ScriptSpec, StringCheckSpec, StringOperation
from rft_app.domain.grading import Verdict
from rft_app.domain.record import Selection
from rft_app.domain.rollout import RolloutKey
from rft_app.domain.statistics import has_passed
from rft_app.errors import InvalidInputError, NotAvailableError
from rft_app.graders import open_grader
from rft_app.pipeline.dry_run import grade_rollouts
from rft_app.services.export_plans import get_plan
from rft_app.services.export_preview import spread
from rft_app.storage.judged_answers import OWN, Judged, read_judged_all
from rft_app.storage.rollouts import load_rollouts

MOST: Final = 0.9
"""Share of the records, or of the answers, that must allow it."""
MAX_LABELS: Final = 50
MAX_LABEL_LENGTH: Final = 60
RECORDS_PER_LABEL: Final = 4
MIN_AGREEMENT: Final = 0.95
"""Share of recorded rewards that a suggested grader must agree with."""
MIN_CHECKED, MAX_CHECKED = 10, 500
"""Answers with a recorded reward: fewer say nothing, and more are not needed."""
GOOD_REWARD: Final = 0.5
_NUMBER: Final = re.compile(
    r"(?:.*(?:####|\b(?:a|answer|result|solution|answer is)\s*[:=]|\banswer is)\s*)?"
    r"[-+]?\$?\d[\d,]*(\.\d+)?%?\.?\Z",
    re.DOTALL | re.IGNORECASE,
)
"""A number alone, or a text that ends in one that it calls its answer (`#### 18`, `A: 18`)."""

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


class Agreement(Entity):
    """How often a grader and recorded rewards call the same answers good."""

    num_same: int
    num_checked: int
    """Answers with a recorded reward; what the grader did not grade is not the same."""

    @property
    def share(self) -> float:
        """In [0, 1]."""
        return self.num_same / self.num_checked


class GraderSuggestion(Entity):
    """A grader with the reason for it."""

    spec: GraderSpec
    reason: str
    agreement: Agreement | None = None
    """With recorded rewards; `None` where too few are there, or the grader only repeats them."""


def suggest_grader(session: Session, dataset_id: str) -> GraderSuggestion | None:
    """Look at some records, evenly spread; `None` where the data allows no grader plainly.

    It is also `None` where the grader that references allow contradicts recorded rewards.
    References come before recorded rewards: they grade new answers, too.
    """
    try:
        plan = get_plan(session, dataset_id, Selection(), ExportOptions(train_ratio=1.0))
    except InvalidInputError:
        return None
    records = read_judged_all(session, dataset_id, spread(plan.members.seqs).tolist())
    references = [one.record.reference for one in records if one.record.reference is not None]
    if len(references) >= MOST * len(records) and (found := _by_reference(references)):
        agreement = measure_agreement(session, dataset_id, found.spec, records)
        if agreement is None or agreement.share >= MIN_AGREEMENT:
            reason = f"{found.reason} {_describe(agreement)}"
            return found.model_copy(update={"reason": reason, "agreement": agreement})
    return _by_reward(records)


def measure_agreement(
    session: Session, dataset_id: str, spec: GraderSpec, records: Sequence[Judged]
) -> Agreement | None:
    """Grade answers whose reward is recorded, evenly spread, and compare; takes a moment.

    `None` where there are too few of them, or this system cannot run the grader.
    """
    keys = [
        RolloutKey(one.record.seq, None if number == OWN else number, None)
        for one in records
        for number, answer in one.answers.items()
        if answer.reward is not None
    ]
    if len(keys) < MIN_CHECKED:
        return None
    rollouts = load_rollouts(session, dataset_id, keys[:: -(-len(keys) // MAX_CHECKED)])
    try:
        with open_grader(spec) as grading:
            outcomes = grade_rollouts(grading, rollouts)
    except NotAvailableError:
        return None
    num_same = sum(
        isinstance(outcome, Verdict)
        and has_passed(outcome.reward, GOOD_REWARD)
        == has_passed(rollout.item["reward"], GOOD_REWARD)
        for rollout, outcome in zip(rollouts, outcomes, strict=True)
    )
    return Agreement(num_same=num_same, num_checked=len(rollouts))


def _describe(agreement: Agreement | None) -> str:
    if agreement is None:
        return "It was not checked: too few answers have a recorded reward, or none can be graded."
    return (
        f"It agrees with {agreement.num_same:,} of {agreement.num_checked:,} recorded rewards that "
        "it was checked by."
    )


def _by_reference(references: Sequence[str]) -> GraderSuggestion | None:
    num_numbers = sum(bool(_NUMBER.match(reference.strip())) for reference in references)
    if num_numbers == len(references):
        return GraderSuggestion(
            spec=ScriptSpec(source=NUMBER_SCRIPT),
            reason="Every reference looked at is a number or ends in one: the answer's last number "
            "must be it.",
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
