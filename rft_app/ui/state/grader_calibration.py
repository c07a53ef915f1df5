"""Comparing the saved grader with people, and grading what lacks a grade."""

from typing import Any

import reflex as rx

from rft_app.errors import RftError
from rft_app.services.calibration import get_calibration, read_mark
from rft_app.services.calibration_grading import GradedLacking, estimate_lacking, grade_lacking
from rft_app.services.judge_costs import JudgeEstimate
from rft_app.storage.ids import new_id
from rft_app.storage.session import reading
from rft_app.ui.state.asking import ask
from rft_app.ui.state.calibration_view import CalibrationView
from rft_app.ui.state.following import Following
from rft_app.ui.state.grader import DEFECT
from rft_app.ui.state.guard import off_loop
from rft_app.ui.state.judge_view import describe_estimate, describe_spent
from rft_app.ui.words import count

STOPPED = ": asking stopped, because further calls would fail, too."


class GraderCalibrationState(Following, rx.State):
    """The comparison, and what is waited for; `fault` says why it cannot be read."""

    view: CalibrationView = CalibrationView()
    is_grading: bool = False
    grade_fault: str = ""
    estimate: str = ""
    """What a judge will cost; shown before it is asked."""
    done: str = ""
    """What was graded last, and what a judge's calls came to."""

    _mark: str = ""
    _estimated: str = ""
    """Mark of what the estimate is of."""
    _grading: str = ""
    """Of the grading that is waited for; empty where none is."""

    @rx.event
    async def read_again(self) -> None:
        """Try once more after a failure."""
        self.fault = ""
        await self._refresh(is_forced=True)

    @rx.event(background=True)
    async def grade_it(self) -> None:
        """Grade rated answers; where a model is paid for that, say first what it will cost."""
        async with self:
            if self.is_grading:
                return
            dataset_id, grading = self._dataset_id, new_id("calibration")
            is_told = bool(self.estimate) and self._estimated == self._mark
            self.is_grading, self.grade_fault, self._grading = True, "", grading
        found: GradedLacking | JudgeEstimate | RftError = RftError(DEFECT)
        try:
            found = await off_loop(lambda: _estimate_or_grade(dataset_id, is_told=is_told))
        except RftError as error:
            found = error
        finally:  # a defect goes on to the log
            async with self:
                if self._grading == grading:
                    self._end(found)
                    await self._refresh()

    def _left(self) -> None:
        self._grading, self.is_grading = "", False
        self.estimate = self.done = self.grade_fault = ""

    def _end(self, found: GradedLacking | JudgeEstimate | RftError) -> None:
        self._grading, self.is_grading, self.estimate, self.done = "", False, "", ""
        match found:
            case GradedLacking():
                self.done = describe_graded(found)
                if found.num_unanswered:
                    number = count(found.num_unanswered, "answer was", "answers were")
                    self.grade_fault = (
                        f"{number} not judged and can be tried again"
                        f"{STOPPED if found.is_stopped else '.'} {found.problem}"
                    )
            case JudgeEstimate(obstacle=obstacle) if obstacle:
                self.grade_fault = obstacle
            case JudgeEstimate():
                self.estimate, self._estimated = describe_estimate(found), self._mark
            case RftError(message=message):
                self.grade_fault = message

    async def _refresh(self, *, is_forced: bool = False) -> Any:  # noqa: ANN401  # no event
        dataset_id = self._dataset_id
        try:
            mark = await ask(lambda session: read_mark(session, dataset_id))
            if is_forced or mark != self._mark:
                found = await ask(lambda session: get_calibration(session, dataset_id))
                self.view, self._mark, self.fault = CalibrationView.of(found), mark, ""
        except RftError as error:
            self.fault = error.message
        self.is_loading = False


def describe_graded(found: GradedLacking) -> str:
    """What one go did.

    Example:
        >>> describe_graded(GradedLacking(num_graded=1, num_unanswered=0, num_left=2))
        '1 answer graded · 2 left'
    """
    left = f" · {found.num_left:,} left" if found.num_left else ""
    spent = f" · in all for this version: {describe_spent(found.paid)}" if found.paid else ""
    return f"{count(found.num_graded, 'answer')} graded{left}{spent}"


def _estimate_or_grade(dataset_id: str, *, is_told: bool) -> GradedLacking | JudgeEstimate:
    """The grades, unless a model would be asked whose cost was not told yet."""
    if not is_told:
        with reading() as session:
            estimate = estimate_lacking(session, dataset_id)
        if estimate is not None:
            return estimate
    return grade_lacking(dataset_id)
