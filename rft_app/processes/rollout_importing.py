"""Child process: read a file of answers and add them to the records of a dataset."""

from sqlmodel import Session

from rft_app.children import Message, Send
from rft_app.domain import words
from rft_app.domain.imports import ImportPlan, ImportTally
from rft_app.domain.trace import RewardFault
from rft_app.processes._batches import DUPLICATE_ROLLOUT, BatchedImport, run_import
from rft_app.services.scrubbing import find_dataset_scrubber
from rft_app.settings import Settings
from rft_app.storage.record_index import RecordIndex
from rft_app.storage.rollouts import NewRollout, add_rollouts, find_earlier, has_earlier
from rft_app.storage.session import reading
from rft_app.traces.line import LineFault
from rft_app.traces.reading import fault_of, find_row_fault, scrub_fault
from rft_app.traces.rollout import AnsweredRow, parse_rollouts
from rft_app.traces.rows import SourceRow

NO_RECORD = "no_record"


Answers = list[tuple[NewRollout, bool]]
"""Rollouts, each with whether its reward is good."""


class RolloutImport(BatchedImport[Answers]):
    """Rows become rollouts of the records they name."""

    def __init__(self, plan: ImportPlan, settings: Settings, send: Send) -> None:
        super().__init__(plan, settings, send)
        with reading() as session:
            self._index = RecordIndex(session, plan.dataset_id)
            self._has_earlier = has_earlier(session, plan.dataset_id, plan.import_id)
            self._scrubber = find_dataset_scrubber(session, plan.dataset_id)
        self._rollouts: Answers = []

    def take(self, row: SourceRow) -> None:
        """Parse one row and find its record."""
        fault = find_row_fault(row)
        if fault is not None:
            self.add_fault(scrub_fault(fault, row, self._scrubber))
            return
        found = parse_rollouts(row.data)
        if isinstance(found, LineFault):
            self._refuse(row, found.reason, found.message)
            return
        record_seq = self._index.find(found.ids, found.question)
        if record_seq is None:
            self._refuse(row, NO_RECORD, _describe_search(found))
            return
        self._add(row, found, record_seq)

    def _add(self, row: SourceRow, found: AnsweredRow, record_seq: int) -> None:
        self._rollouts += [
            (
                NewRollout(record_seq, answer.messages, answer.model, answer.reward),
                not answer.has_bad_reward,
            )
            for answer in found.answers
        ]
        if num_bad := sum(answer.has_bad_reward for answer in found.answers):
            message = f"{words.count(num_bad, 'reward')} not from 0 to 1; kept without a reward."
            self._refuse(row, RewardFault.OUT_OF_RANGE, message)

    def _refuse(self, row: SourceRow, code: str, message: str) -> None:
        self.add_fault(scrub_fault(fault_of(row, code, message), row, self._scrubber))

    def give(self) -> Answers:
        """The batch's rollouts."""
        rollouts, self._rollouts = self._rollouts, []
        return rollouts

    def store(self, session: Session, rows: Answers, tally: ImportTally) -> None:
        """Add the rollouts, without those that an earlier import brought."""
        plan = self.plan
        found = self._drop_known(session, rows)
        if num_known := len(rows) - len(found):
            tally.count_fault(DUPLICATE_ROLLOUT, num_known)
        if found:
            new = [rollout for rollout, _ in found]
            add_rollouts(session, plan.dataset_id, new, import_id=plan.import_id)
        tally.num_parsed += len(found)
        tally.num_valid += sum(is_valid for _, is_valid in found)

    def _drop_known(self, session: Session, rollouts: Answers) -> Answers:
        """Equal answers within one file stay: a model sampled often may repeat itself."""
        if not self._has_earlier:
            return rollouts
        plan = self.plan
        seqs = (rollout.record_seq for rollout, _ in rollouts)
        known = find_earlier(session, plan.dataset_id, plan.import_id, seqs)
        return [
            (rollout, is_valid)
            for rollout, is_valid in rollouts
            if (rollout.record_seq, rollout.model, rollout.messages) not in known
        ]


def _describe_search(found: AnsweredRow) -> str:
    if found.ids:
        return f"No record has the id {found.ids[0][:80]!r} or this question."
    if found.question is None:
        return "The row names no record: an id, a question, a prompt or messages are needed."
    return f"No record asks {found.question[:80]!r}."


def work(args: Message, send: Send) -> None:
    """Import the file of `args["import_id"]`.

    Raises:
        InvalidInputError: The file cannot be read, or none of its rows can be used.
    """

    def make(plan: ImportPlan, settings: Settings) -> RolloutImport:
        return RolloutImport(plan, settings, send)

    run_import(str(args["import_id"]), make)
