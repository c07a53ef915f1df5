"""Attacks on a grader as rows of a table."""

from dataclasses import dataclass, field

from rft_app.services.grader_attacks import AttackFinding, AttackReport
from rft_app.ui.state.rollout_view import RolloutView
from rft_app.ui.words import count, reward


@dataclass(frozen=True)
class AttackRow:
    """Ready to show."""

    label: str
    meaning: str
    reward: str
    """Mean; a dash where nothing was graded."""
    note: str
    """What was not graded; mostly empty."""
    suspicion: str
    is_applicable: bool
    answers: list[RolloutView] = field(default_factory=list)

    @classmethod
    def of(cls, finding: AttackFinding) -> "AttackRow":
        """Build the row."""
        return cls(
            label=finding.label,
            meaning=finding.meaning,
            reward=reward(finding.spread.mean),
            note=describe_rest(finding),
            suspicion=f"{finding.suspicion[:1].upper()}{finding.suspicion[1:]}",
            is_applicable=bool(finding.grades),
            answers=[RolloutView.of(grade) for grade in finding.grades],
        )


def describe_rest(finding: AttackFinding) -> str:
    """What is in no reward, in words."""
    parts = {
        "not graded": finding.spread.num_failed,
        "abstained": finding.spread.num_abstained,
        "not applicable": finding.num_not_applicable,
    }
    return " · ".join(f"{number} {name}" for name, number in parts.items() if number)


def describe_rule(report: AttackReport) -> str:
    """What the rewards are compared with."""
    if report.recorded.mean is None:
        return f"No recorded answer was graded. Suspicious from {reward(report.limit)} on."
    own = reward(report.recorded.mean)
    at = (
        "what gets more than 0.00"
        if not report.limit
        else f"what gets {reward(report.limit)} or more"
    )
    return f"Recorded answers of these records get {own}. Suspicious is {at}."


def describe_findings(report: AttackReport) -> str:
    """How many are suspicious, of how many records."""
    number = report.num_suspicious
    found = f"{number} suspicious" if number else "none suspicious"
    if all(finding.spread.mean is None for finding in report.findings):
        found = "none graded"
    return f"{count(report.num_records, 'record')} · {found}"
