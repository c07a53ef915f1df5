"""Attacking the grader of the dialog: what it will cost, how far it is, what the attacks got."""

import asyncio
from typing import Final

import reflex as rx

from rft_app.domain.grader import GraderSpec
from rft_app.errors import JobCancelledError, RftError
from rft_app.services.grader_attacks import (
    AttackReport,
    attack_grader,
    describe_problem,
    estimate_attack,
)
from rft_app.services.grading_watch import Watch
from rft_app.services.judge_costs import JudgeEstimate
from rft_app.storage.ids import new_id
from rft_app.storage.session import reading
from rft_app.ui.state.asking import dataset_id_in
from rft_app.ui.state.attack_view import AttackRow, describe_findings, describe_rule
from rft_app.ui.state.grader import DEFECT, GraderState
from rft_app.ui.state.guard import off_loop
from rft_app.ui.state.judge_view import describe_estimate, describe_spent
from rft_app.ui.words import count

LOOK_S: Final = 0.3
"""How often the progress is shown."""
UNKNOWN: Final = -1
"""Percent of what is not counted yet."""

_WATCHES: Final[dict[str, Watch]] = {}
"""Of the attacks that this process runs, by their id: a state cannot hold what threads share."""


class GraderAttackState(rx.State):
    """The attacks, of which text they are, and what is waited for."""

    rows: list[AttackRow] = []
    summary: str = ""
    rule: str = ""
    notice: str = ""
    """Why the recorded answers flatter the grader; mostly empty."""
    cost: str = ""
    """What the calls of a judge came to; empty for graders that ask no model."""
    problem: str = ""
    """Why the judge was not asked about all answers; empty where it was."""
    attacked: str = ""
    """Mark of the text that was attacked."""
    fault: str = ""
    is_attacking: bool = False
    is_stopping: bool = False
    """Somebody cancelled; what is under way is waited for."""
    progress: str = ""
    percent: int = UNKNOWN
    stopped: str = ""
    """How far the last attack was when it was cancelled, and what it cost."""
    estimate: str = ""
    """What a judge will cost; shown before it is asked."""
    estimated: str = ""
    """Mark of the text that the estimate is of."""

    _attack: str = ""
    """Of the attack that is waited for; empty where none is."""
    _dataset_id: str = ""

    @rx.event
    def enter(self) -> None:
        """The dialog opened: forget what is of another dataset."""
        dataset_id = dataset_id_in(self.router.url.path)
        if dataset_id != self._dataset_id:
            self.reset()
            self._dataset_id = dataset_id

    @rx.event
    def leave(self) -> None:
        """The dialog closed: what is still under way would be shown to nobody, so it stops."""
        _stop(self._attack)
        self._attack, self.is_attacking = "", False
        self.estimate = self.estimated = self.stopped = ""

    @rx.event
    def cancel(self) -> None:
        """Begin no further answer, and ask no model any more."""
        self.is_stopping = self.is_attacking
        _stop(self._attack)

    @rx.event(background=True)
    async def attack_it(self) -> None:
        """Grade the attacks; where a model is paid for that, say first what it will cost."""
        async with self:
            if self.is_attacking:
                return
            grader = await self.get_state(GraderState)
            draft, dataset_id, attack = grader.draft, self._dataset_id, new_id("attack")
            is_told = self.estimated == draft.mark
            self._begin(attack)
        watch = _WATCHES[attack] = Watch()
        found: _Found = RftError(DEFECT)
        try:
            work = asyncio.ensure_future(
                off_loop(
                    lambda: _estimate_or_attack(dataset_id, draft.to_spec(), watch, is_told=is_told)
                )
            )
            while not (await asyncio.wait({work}, timeout=LOOK_S))[0]:
                async with self:
                    if self._attack == attack:
                        self._show(watch)
            found = work.result()
        except RftError as error:
            found = error
        except JobCancelledError:
            found = watch
        finally:  # a defect goes on to the log
            _WATCHES.pop(attack).stop()
            async with self:
                if self._attack == attack:
                    self._end(found, draft.mark)

    def _begin(self, attack: str) -> None:
        self.is_attacking, self.fault, self._attack = True, "", attack
        self.is_stopping, self.stopped = False, ""
        self.progress, self.percent, self.problem = "", UNKNOWN, ""

    def _show(self, watch: Watch) -> None:
        if watch.num_all:
            self.progress = describe_progress(watch)
            self.percent = 100 * watch.num_done // watch.num_all

    def _end(self, found: "_Found", mark: str) -> None:
        self._attack, self.is_attacking, self.is_stopping = "", False, False
        self.estimate = self.estimated = ""
        match found:
            case AttackReport():
                self.rows = [AttackRow.of(finding) for finding in found.findings]
                self.summary, self.rule = describe_findings(found), describe_rule(found)
                self.cost = describe_spent(found.paid) if found.paid else ""
                self.notice = found.notice
                self.attacked, self.problem = mark, describe_problem(found)
            case JudgeEstimate(obstacle=obstacle) if obstacle:
                self.fault = obstacle
            case JudgeEstimate():
                self.estimate, self.estimated = describe_estimate(found), mark
            case Watch():
                self.stopped = describe_stop(found)
            case RftError(message=message):
                self.fault, self.rows, self.summary = message, [], ""


_Found = AttackReport | JudgeEstimate | Watch | RftError
"""What an attempt came to; the watch of one that was cancelled."""


def describe_progress(watch: Watch) -> str:
    """How far an attack is.

    Example:
        >>> watch = Watch()
        >>> watch.begin(55)
        >>> describe_progress(watch)
        '0 of 55 answers graded'
    """
    return f"{watch.num_done:,} of {count(watch.num_all, 'answer')} graded"


def describe_stop(watch: Watch) -> str:
    """How far an attack was when it was cancelled.

    Example:
        >>> describe_stop(Watch())
        'Cancelled before the first answer was graded.'
    """
    paid = f" {describe_spent(watch.paid)}." if watch.paid else ""
    if not watch.num_done:
        return f"Cancelled before the first answer was graded.{paid}"
    told = describe_progress(watch)
    return f"Cancelled with {told}; a part says nothing, so none is shown.{paid}"


def _stop(attack: str) -> None:
    if (watch := _WATCHES.get(attack)) is not None:
        watch.stop()


def _estimate_or_attack(
    dataset_id: str, spec: GraderSpec, watch: Watch, *, is_told: bool
) -> AttackReport | JudgeEstimate:
    """The attacks, unless a model would be asked whose cost was not told yet."""
    if not is_told:
        with reading() as session:
            estimate = estimate_attack(session, dataset_id, spec)
        if estimate is not None:
            return estimate
    return attack_grader(dataset_id, spec, watch=watch)
