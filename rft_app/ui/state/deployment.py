"""The dialog of step 7: begin a deployment, look at it, change it."""

from collections.abc import Callable
from typing import Any, ClassVar

import reflex as rx
from sqlmodel import Session

from rft_app.domain.deployment import Deployment, DeploymentChange, DeploymentDraft
from rft_app.domain.pipeline import StepName
from rft_app.errors import RftError
from rft_app.services import deployments as use_cases
from rft_app.services.deployment_drafts import get_deployment_draft, save_deployment_draft
from rft_app.services.deployment_figures import DeploymentReport, report_deployment
from rft_app.services.models import list_models
from rft_app.services.pipeline import StepView
from rft_app.services.traffic_grading import tell_live_grading
from rft_app.storage.deployments import list_deployments
from rft_app.ui.state.asking import ask, tell
from rft_app.ui.state.deployment_view import DeploymentChoice, DeploymentView
from rft_app.ui.state.generation_view import ModelOption
from rft_app.ui.state.playground_view import playground_address
from rft_app.ui.state.step_modal import StepModal, read_whole

NO_REASON = "Give a reason; it is kept in the history."


class DeploymentState(StepModal, rx.State):
    """The form of a deployment, or the deployment there is."""

    step: ClassVar[StepName] = StepName.DEPLOY
    shows_before_result: ClassVar[bool] = True

    mode: str = "ab_test"
    percent: str = "10"
    alias: str = ""
    base_model: str = ""
    tuned_model: str = ""
    graded_percent: str = "10"
    models: list[ModelOption] = []
    how_to: str = ""
    """How to get a model, where there is none."""
    grading_note: str = ""
    """Why live answers would not be graded, else empty."""

    @rx.var
    def playground_href(self) -> str:
        """Where both models are asked the same; empty while one is not chosen."""
        is_active = self.view.is_active
        base = self.view.base if is_active else self.base_model
        tuned = self.view.tuned if is_active else self.tuned_model
        return playground_address(self._dataset_id, base, tuned) if base and tuned else ""

    view: DeploymentView = DeploymentView()
    """The last deployment; without an id there is none."""
    others: list[DeploymentChoice] = []
    """Active deployments of the dataset, where there are several."""
    new_percent: str = ""
    """The share in the form of a running deployment."""
    new_graded_percent: str = ""
    """The same of the share of the answers that are graded."""
    reason: str = ""
    reason_fault: str = ""
    reason_key: str = "reason-0"
    """Makes the field of the reason a new one once it was used."""
    _num_changes: int = 0
    _chosen_id: str = ""
    """Of the deployment to be shown; the newest active one without."""

    @rx.event
    async def set_mode(self, mode: str) -> None:
        """How the new model takes traffic."""
        self.mode = mode
        await self._keep(lambda: {"mode": mode})

    @rx.event
    async def set_percent(self, text: str) -> None:
        """Share of the traffic in an A/B test."""
        self.percent = text
        await self._keep(lambda: {"ab_test_share": read_whole(text, "share") / 100})

    @rx.event
    async def set_graded_percent(self, text: str) -> None:
        """Share of the answers that the grader looks at."""
        self.graded_percent = text
        await self._keep(lambda: {"graded_share": read_whole(text, "graded share") / 100})

    @rx.event
    async def set_alias(self, text: str) -> None:
        """The name that clients send."""
        self.alias = text.strip()
        await self._keep(lambda: {"alias": text.strip()})

    @rx.event
    async def set_base_model(self, name: str) -> None:
        """Who answers now."""
        self.base_model = name
        await self._keep(lambda: {"base_model": name})

    @rx.event
    async def set_tuned_model(self, name: str) -> None:
        """Who shall answer."""
        self.tuned_model = name
        await self._keep(lambda: {"tuned_model": name})

    @rx.event
    def set_reason(self, text: str) -> None:
        """Why; goes into the history with the next change."""
        self.reason, self.reason_fault = text.strip(), ""

    @rx.event
    def set_new_percent(self, text: str) -> None:
        """Another share for the running deployment."""
        self.new_percent = text

    @rx.event
    def set_new_graded_percent(self, text: str) -> None:
        """Another share of graded answers for the running deployment."""
        self.new_graded_percent = text

    @rx.event
    async def choose(self, deployment_id: str) -> None:
        """Look at another deployment of the dataset."""
        self._chosen_id, self.fault = deployment_id, ""
        await self._refresh(is_forced=True)

    @rx.event
    async def deploy(self) -> None:
        """Begin with what is chosen."""
        dataset_id, reason = self._dataset_id, self.reason

        def begin(session: Session) -> Deployment:
            draft = get_deployment_draft(session, dataset_id)
            return use_cases.deploy(session, dataset_id, draft, reason=reason)

        await self._change(begin)

    @rx.event
    async def adjust(self) -> None:
        """Give the tuned model another share, or grade another share of the answers."""
        view, reason = self.view, self.reason
        deployment_id = view.id
        share = _find_change(view.percent, self.new_percent, "share")
        graded = _find_change(view.graded_percent, self.new_graded_percent, "graded share")

        def change(session: Session) -> Deployment:
            wanted = DeploymentChange(ab_test_share=share(), graded_share=graded())
            return use_cases.adjust(session, deployment_id, wanted, reason=reason)

        await self._change_with_reason(change)

    @rx.event
    async def promote(self) -> None:
        """Give the tuned model everything."""
        deployment_id, reason = self.view.id, self.reason
        await self._change_with_reason(
            lambda session: use_cases.promote(session, deployment_id, reason=reason)
        )

    @rx.event
    async def roll_back(self) -> None:
        """Give the base everything again."""
        deployment_id, reason = self.view.id, self.reason
        await self._change_with_reason(
            lambda session: use_cases.roll_back(session, deployment_id, reason=reason)
        )

    @rx.event
    async def read_again(self) -> None:
        """The figures as they are now."""
        self.fault = ""
        await self._refresh(is_forced=True)

    async def _change_with_reason(self, order: Callable[[Session], Deployment]) -> None:
        if not self.reason:
            self.reason_fault = NO_REASON
            return
        await self._change(order)

    async def _change(self, order: Callable[[Session], Deployment]) -> None:
        self.fault = self.reason_fault = ""
        try:
            await tell(order)
        except RftError as error:
            self.fault = error.message
            return
        self.reason, self._num_changes = "", self._num_changes + 1
        self.reason_key = f"reason-{self._num_changes}"
        await self._refresh(is_forced=True)

    async def _keep(self, read: Callable[[], dict[str, object]]) -> None:
        dataset_id = self._dataset_id
        self.fault = ""
        try:
            changes = read()
            await tell(lambda session: save_deployment_draft(session, dataset_id, **changes))
        except RftError as error:
            self.fault = error.message

    async def _read_mark(self) -> str:
        """Traffic goes on while nothing else changes."""
        found = await ask(self._find_deployments)
        self.others = list(map(DeploymentChoice.of, found)) if len(found) > 1 else []
        self._show_report(await ask(self._find_report))
        return ""

    async def _show(self, step: StepView) -> Any:  # noqa: ANN401  # an event
        dataset_id = self._dataset_id
        self._show_draft(await ask(lambda session: get_deployment_draft(session, dataset_id)))
        self.grading_note = await ask(lambda session: tell_live_grading(session, dataset_id))
        found = await ask(list_models)
        self.models, self.how_to = list(map(ModelOption.of, found.models)), found.how_to

    def _find_report(self, session: Session) -> DeploymentReport | None:
        found = list_deployments(session, self._dataset_id)
        chosen = [one for one in found if one.id == self._chosen_id and one.is_active]
        return report_deployment(session, [*chosen, *found][0]) if found else None

    def _find_deployments(self, session: Session) -> list[Deployment]:
        return [one for one in list_deployments(session, self._dataset_id) if one.is_active]

    def _show_report(self, report: DeploymentReport | None) -> None:
        before = self.view
        self.view = DeploymentView() if report is None else DeploymentView.of(report)
        now = self.view
        if (before.id, before.percent) != (now.id, now.percent):
            self.new_percent = now.percent
        if (before.id, before.graded_percent) != (now.id, now.graded_percent):
            self.new_graded_percent = now.graded_percent

    def _show_draft(self, draft: DeploymentDraft) -> None:
        self.mode, self.alias = draft.mode.value, draft.alias
        self.percent = f"{100 * draft.ab_test_share:.0f}"
        self.graded_percent = f"{100 * draft.graded_share:.0f}"
        self.base_model, self.tuned_model = draft.base_model, draft.tuned_model


def _find_change(before: str, now: str, what: str) -> Callable[[], float | None]:
    """Reads what was typed as a share in [0, 1]; `None` where that is as before."""
    return lambda: None if now == before else read_whole(now, what) / 100
