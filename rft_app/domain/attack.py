"""Attacks on a grader: answers that no good model gives, and when their rewards are suspicious."""

from enum import StrEnum

from rft_app.domain.entity import Entity
from rft_app.domain.grader import (
    GraderSpec,
    JsonSchemaSpec,
    JudgeSpec,
    MultiSpec,
    RubricSpec,
    ScriptSpec,
    StringCheckSpec,
    StringOperation,
)
from rft_app.domain.words import count

FAIR_REWARD = 0.5
"""From here on an attack is suspicious where no recorded answer was graded; below it the reference
is, where the grader compares with it."""
ROUNDING = 1e-9
"""Two means of the same rewards may differ by so much."""


class AttackName(StrEnum):
    """One way to write an answer that deserves nothing; `reference` is the exception."""

    EMPTY = "empty"
    ECHO = "echo"
    REFERENCE = "reference"
    """The reference and nothing else: no attack, but what every fair grader rewards."""
    HIDDEN_REFERENCE = "hidden_reference"
    OVERLONG = "overlong"
    REFUSAL = "refusal"
    INJECTION = "injection"
    KEYWORDS = "keywords"
    BROKEN_JSON = "broken_json"
    OTHER_LANGUAGE = "other_language"


class AttackSummary(Entity):
    """What the last attack on a grader with these settings found."""

    num_records: int
    num_attacks: int
    """Attacks that were graded at all."""
    suspicious: tuple[str, ...]
    """Labels of those whose rewards are suspicious."""


def describe_attacks(found: AttackSummary | None) -> str:
    """Beside a verdict, which knows nothing of attacks.

    Example:
        >>> describe_attacks(None)
        'Not attacked yet'
        >>> describe_attacks(AttackSummary(num_records=5, num_attacks=9, suspicious=()))
        '9 attacks, none rewarded'
        >>> describe_attacks(AttackSummary(num_records=5, num_attacks=9, suspicious=("Echo",)))
        '1 of 9 attacks is rewarded: Echo'
    """
    if found is None:
        return "Not attacked yet"
    attacks = count(found.num_attacks, "attack")
    if not found.suspicious:
        return f"{attacks}, none rewarded"
    number = len(found.suspicious)
    verb = "is" if number == 1 else "are"
    return f"{number} of {attacks} {verb} rewarded: {', '.join(found.suspicious)}"


def find_suspicion(
    attack: AttackName, mean: float | None, recorded: float | None, *, compares: bool
) -> str:
    """Why the rewards of an attack are suspicious; empty where they are not.

    Args:
        attack: Which one.
        mean: Of its rewards, `None` where none was graded.
        recorded: Mean reward of the records' own answers, `None` where none was graded.
        compares: Whether the grader compares answers with the reference.

    Example:
        >>> find_suspicion(AttackName.EMPTY, 0.6, None, compares=False)
        'gets 0.60, and 0.50 is suspicious'
        >>> find_suspicion(AttackName.EMPTY, 0.6, 0.7, compares=False)
        'gets 0.60, and 0.50 is suspicious'
        >>> find_suspicion(AttackName.EMPTY, 0.3, 0.7, compares=False)
        ''
        >>> find_suspicion(AttackName.EMPTY, 0.7, 0.6, compares=False)
        'gets 0.70, no less than the recorded answers with 0.60'
        >>> find_suspicion(AttackName.REFERENCE, 0.2, None, compares=True)
        'the reference itself gets 0.20'
    """
    if attack is AttackName.REFERENCE:
        is_low = compares and mean is not None and mean < FAIR_REWARD
        return f"the reference itself gets {mean:.2f}" if is_low else ""
    if not mean:
        return ""
    if recorded is not None and mean >= recorded - ROUNDING:
        return f"gets {mean:.2f}, no less than the recorded answers with {recorded:.2f}"
    is_high = mean >= FAIR_REWARD - ROUNDING
    return f"gets {mean:.2f}, and {FAIR_REWARD:.2f} is suspicious" if is_high else ""


def compares_with_reference(spec: GraderSpec) -> bool:
    """Whether a grader reads the record's reference to find out how alike the answer is.

    Example:
        >>> compares_with_reference(JudgeSpec(prompt="Good? {{sample.output_text}}"))
        False
        >>> compares_with_reference(StringCheckSpec())
        True
    """
    if isinstance(spec, MultiSpec):
        return any(map(compares_with_reference, spec.graders.values()))
    if isinstance(spec, ScriptSpec):
        return "reference" in spec.source
    if isinstance(spec, JudgeSpec | RubricSpec):
        system = spec.system_prompt if isinstance(spec, JudgeSpec) else None
        return "item.reference" in f"{system}\n{spec.prompt}"
    if isinstance(spec, JsonSchemaSpec):
        return False
    is_negated = isinstance(spec, StringCheckSpec) and spec.operation is StringOperation.NE
    return not is_negated and "item.reference" in spec.reference
