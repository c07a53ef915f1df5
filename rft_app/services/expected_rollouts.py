"""The rollouts that a dry run would take, looked up once for all that is estimated of it."""

from functools import cached_property

from sqlmodel import Session

from rft_app.domain.dry_run import DryRunSettings
from rft_app.domain.record import RecordFilter
from rft_app.domain.rollout import RolloutKey
from rft_app.pipeline._rollout_plan import expect_samples, plan_rollouts
from rft_app.storage.record_seeks import select_seqs


class ExpectedRollouts:
    """Reads records at the first need, and never twice."""

    def __init__(self, session: Session, dataset_id: str, settings: DryRunSettings) -> None:
        self._session, self._dataset_id, self._settings = session, dataset_id, settings

    @cached_property
    def keys(self) -> list[RolloutKey]:
        """As the dry run would choose them.

        Raises:
            ConflictError: No record has an answer, and none is asked for.
        """
        usable = RecordFilter(is_valid=True, is_duplicate=False)
        members: list[int] = select_seqs(self._session, self._dataset_id, usable).tolist()
        expect = plan_rollouts if self._settings.sampling is None else expect_samples
        return expect(self._session, self._dataset_id, set(members), self._settings)
