"""Attacking the grader of the dialog: what it will cost, and what the attacks got."""

import reflex as rx

from rft_app.domain.grader import GraderSpec
from rft_app.errors import RftError
from rft_app.services.grader_attacks import AttackReport, attack_grader, estimate_attack
from rft_app.services.judge_costs import JudgeEstimate
from rft_app.storage.ids import new_id
from rft_app.storage.session import reading
from rft_app.ui.state.asking import dataset_id_in
from rft_app.ui.state.attack_view import AttackRow, describe_findings, describe_rule
from rft_app.ui.state.grader import DEFECT, GraderState
from rft_app.ui.state.guard import off_loop
from rft_app.ui.state.judge_view import describe_estimate, describe_spent


class GraderAttackState(rx.State):
    """The attacks, of which text they are, and what is waited for."""

    rows: list[AttackRow] = []
    summary: str = ""
    rule: str = ""
    cost: str = ""
    """What the calls of a judge came to; empty for graders that ask no model."""
    attacked: str = ""
    """Mark of the text that was attacked."""
    fault: str = ""
    is_attacking: bool = False
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
        """The dialog closed: what is still under way is not shown in the next one."""
        self._attack, self.is_attacking = "", False
        self.estimate = self.estimated = ""

    @rx.event(background=True)
    async def attack_it(self) -> None:
        """Grade the attacks; where a model is paid for that, say first what it will cost."""
        async with self:
            if self.is_attacking:
                return
            grader = await self.get_state(GraderState)
            draft, dataset_id, attack = grader.draft, self._dataset_id, new_id("attack")
            is_told = self.estimated == draft.mark
            self.is_attacking, self.fault, self._attack = True, "", attack
        found: AttackReport | JudgeEstimate | RftError = RftError(DEFECT)
        try:
            found = await off_loop(
                lambda: _estimate_or_attack(dataset_id, draft.to_spec(), is_told=is_told)
            )
        except RftError as error:
            found = error
        finally:  # a defect goes on to the log
            async with self:
                if self._attack == attack:
                    self._end(found, draft.mark)

    def _end(self, found: AttackReport | JudgeEstimate | RftError, mark: str) -> None:
        self._attack, self.is_attacking = "", False
        self.estimate = self.estimated = ""
        match found:
            case AttackReport():
                self.rows = [AttackRow.of(finding) for finding in found.findings]
                self.summary, self.rule = describe_findings(found), describe_rule(found)
                self.cost = describe_spent(found.paid) if found.paid else ""
                self.attacked = mark
            case JudgeEstimate(obstacle=obstacle) if obstacle:
                self.fault = obstacle
            case JudgeEstimate():
                self.estimate, self.estimated = describe_estimate(found), mark
            case RftError(message=message):
                self.fault, self.rows, self.summary = message, [], ""


def _estimate_or_attack(
    dataset_id: str, spec: GraderSpec, *, is_told: bool
) -> AttackReport | JudgeEstimate:
    """The attacks, unless a model would be asked whose cost was not told yet."""
    if not is_told:
        with reading() as session:
            estimate = estimate_attack(session, dataset_id, spec)
        if estimate is not None:
            return estimate
    return attack_grader(dataset_id, spec)
