"""Which of a training's steps can be chosen to read their answers."""

from collections.abc import Sequence

from rft_app.domain.training_run import Phase
from rft_app.services.training_runs import AnsweredStep
from rft_app.ui.state.choice import Choice

MAX_PLACES = 200
"""Of a menu; the first half is spread over all steps, the second one has the last of them."""
PHASES = {Phase.TRAIN: "training", Phase.VALIDATION: "held-out"}


def key_of(step: AnsweredStep) -> str:
    """What names it in a menu, e.g. `train:7`."""
    return f"{step.phase.value}:{step.step}"


def list_places(steps: Sequence[AnsweredStep], chosen: str, most: int = MAX_PLACES) -> list[Choice]:
    """The lines of the menu: of many steps the last ones, the chosen one and some of the others.

    Args:
        steps: All with answers, in the order of the steps.
        chosen: The key of one that must be there.
        most: So many lines at most, the chosen one apart.
    """
    known = [step for step in steps if step.phase in PHASES]
    if len(known) > most:
        earlier, last = known[: -most // 2], known[-most // 2 :]
        apart = -(-len(earlier) // (most // 2))
        known = [
            *(
                step
                for number, step in enumerate(earlier)
                if number % apart == 0 or key_of(step) == chosen
            ),
            *last,
        ]
    return [Choice(key_of(step), f"Step {step.step:,}, {PHASES[step.phase]}") for step in known]


def find_nearest(steps: Sequence[AnsweredStep], wanted: int) -> str:
    """The key of the training step with answers that is nearest; empty where there is none."""
    trained = [step for step in steps if step.phase is Phase.TRAIN]
    if not trained:
        return ""
    return key_of(min(trained, key=lambda step: abs(step.step - wanted)))
