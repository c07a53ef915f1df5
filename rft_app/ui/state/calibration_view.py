"""A grader beside people, ready to show."""

from dataclasses import dataclass, field

from rft_app.domain.calibration import Coefficient, Said
from rft_app.domain.feedback import Thumb
from rft_app.services.calibration import Calibration, Disagreement
from rft_app.ui.state.rollout_view import RolloutView, shorten
from rft_app.ui.words import count, share

GOOD_KAPPA, FAIR_KAPPA = 0.6, 0.4
"""From the first on agreement is called substantial, below the second weak (Landis and Koch)."""


@dataclass(frozen=True)
class CoefficientView:
    """One figure of agreement."""

    value: str = "–"
    tone: str = "neutral"
    interval: str = ""
    """Of what, and how sure; empty while it is unknown."""
    note: str = ""

    @classmethod
    def of(cls, found: Coefficient) -> "CoefficientView":
        """Build the figure."""
        if found.value is None:
            return cls(note=found.note)
        value, n = found.value, f"n = {found.n:,}"
        known = found.low is not None and found.high is not None
        between = f"{found.low:.2f} to {found.high:.2f} · {n}" if known else n
        tone = "ok" if value >= GOOD_KAPPA else "warn" if value >= FAIR_KAPPA else "bad"
        return cls(f"{value:.2f}", tone, between, found.note)


@dataclass(frozen=True)
class DisagreementView:
    """One answer that people and grader see differently."""

    answer: RolloutView
    people: str
    tone: str
    opinions: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, found: Disagreement) -> "DisagreementView":
        """Build the card."""
        words = {True: "People: good", False: "People: bad", None: "People: of two minds"}
        tones = {True: "ok", False: "bad", None: "neutral"}
        return cls(
            answer=RolloutView.of(found.grade),
            people=words[found.label],
            tone=tones[found.label],
            opinions=list(map(describe_said, found.opinions)),
        )


@dataclass(frozen=True)
class CalibrationView:
    """The card."""

    grader: str = ""
    """The compared version; empty where there is no grader."""
    stale: str = ""
    """Which version is newer; empty where none is."""
    is_judged: bool = False
    """Whether people said anything of recorded answers."""
    counted: str = ""
    rest: str = ""
    """What is in no figure; mostly empty."""
    rule: str = ""
    good_passed: str = "0"
    good_refused: str = "0"
    bad_passed: str = "0"
    bad_refused: str = "0"
    agreed: str = ""
    """Empty while nothing can be compared."""
    kappa: CoefficientView = CoefficientView()
    spearman: CoefficientView = CoefficientView()
    more: str = ""
    """How many labels are missing; empty where none is, or nobody knows."""
    warnings: list[str] = field(default_factory=list)
    """What keeps the figures from saying anything, or flatters the grader; mostly empty."""
    grade: str = ""
    """The button's words; empty where every answer has a grade."""
    disagreements: list[DisagreementView] = field(default_factory=list)
    disagreed: str = ""
    """How many disagreements there are, and how many of them are shown."""

    @classmethod
    def of(cls, found: Calibration) -> "CalibrationView":
        """Build the card."""
        table = found.confusion
        return cls(
            grader=_name(found.grader),
            stale=_name(found.current) if found.is_stale else "",
            is_judged=found.num_judged > 0,
            counted=f"{found.num_graded:,} of {count(found.num_judged, 'rated answer')} graded",
            rest=describe_rest(found),
            rule=describe_rule(found),
            good_passed=f"{table.good_passed:,}",
            good_refused=f"{table.good_refused:,}",
            bad_passed=f"{table.bad_passed:,}",
            bad_refused=f"{table.bad_refused:,}",
            agreed=describe_agreed(found),
            kappa=CoefficientView.of(found.kappa),
            spearman=CoefficientView.of(found.spearman),
            more=found.more,
            warnings=[*found.warnings, *([found.notice] if found.notice else [])],
            grade=describe_next(found),
            disagreements=list(map(DisagreementView.of, found.disagreements)),
            disagreed=describe_disagreed(found),
        )


def describe_said(said: Said) -> str:
    """What one person said.

    Example:
        >>> describe_said(Said("Ada", Thumb.DOWN, rating=2, note="wrong city"))
        'Ada: thumb down, rated 2 of 5: wrong city'
        >>> describe_said(Said("Bo", is_corrected=True))
        'Bo: corrected it'
    """
    parts = [f"thumb {said.thumb.value}"] if isinstance(said.thumb, Thumb) else []
    parts += [f"rated {said.rating} of 5"] if said.rating is not None else []
    parts += ["corrected it"] if said.is_corrected else []
    note = f": {shorten(said.note)}" if said.note.strip() else ""
    return f"{said.reviewer}: {', '.join(parts)}{note}"


def describe_rest(found: Calibration) -> str:
    """What is in no figure, in words."""
    parts = {
        "abstained": found.num_abstained,
        "failed": found.num_failed,
        "without a grade": found.num_ungraded,
        "neither good nor bad": found.num_undecided,
        "bad by a correction alone": found.num_only_corrected,
    }
    return " · ".join(f"{number:,} {name}" for name, number in parts.items() if number)


def describe_rule(found: Calibration) -> str:
    """From which reward on an answer has passed."""
    own = "the grader's threshold" if found.is_own_threshold else "as the grader has no threshold"
    return f"Passed means {found.threshold:.2f} or more, {own}."


def describe_agreed(found: Calibration) -> str:
    """On how many they agree; empty without any."""
    table = found.confusion
    if not table.n:
        return ""
    part = share(table.num_agreed / table.n)
    return f"Agree on {table.num_agreed:,} of {table.n:,}, {part}"


def describe_next(found: Calibration) -> str:
    """What one go would grade; empty where there is nothing to do, or no grader."""
    if not found.num_to_grade or found.current is None:
        return ""
    part = f"{found.num_next:,} of " if found.num_next < found.num_to_grade else ""
    return f"Grade {part}{count(found.num_to_grade, 'answer')}"


def describe_disagreed(found: Calibration) -> str:
    """How many of the disagreements are shown."""
    number, shown = found.num_disagreements, len(found.disagreements)
    if number <= shown:
        return count(number, "disagreement")
    return f"the worst {shown} of {count(number, 'disagreement')}"


def _name(label: str | None) -> str:
    return (label or "").replace("_", " ")
