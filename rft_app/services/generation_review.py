"""A person decides about generated records; only what is accepted becomes a record."""

from collections.abc import Sequence

from sqlmodel import Session

from rft_app.domain.candidate import (
    Candidate,
    CandidateChecks,
    CandidateReview,
    CandidateState,
    GeneratedDraft,
    ReviewCounts,
    ReviewPage,
    parse_candidate_id,
)
from rft_app.domain.job import Job
from rft_app.domain.record import Record, RecordId, SourceType
from rft_app.domain.record_draft import RecordDraft
from rft_app.domain.topic import GENERATED
from rft_app.errors import ConflictError, InvalidInputError, NotFoundError
from rft_app.jobs.queue import enqueue
from rft_app.services.generation_checks import Checker, describe_draft
from rft_app.services.record_writing import add_records
from rft_app.services.regeneration import require_few
from rft_app.storage import candidates
from rft_app.storage.candidates import CandidateQuery as ReviewQuery
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.records import get_record

__all__ = ["ReviewQuery"]

ACCEPT_GENERATED = "accept_generated"
MAX_PAGE = 100


def list_review(
    session: Session,
    dataset_id: str,
    query: ReviewQuery | None = None,
    *,
    cursor: str | None = None,
    limit: int = 20,
) -> ReviewPage:
    """One page of candidates beside their sources, oldest first; of those that wait unless asked.

    Raises:
        NotFoundError: There is no such dataset.
        InvalidInputError: The cursor is not one that a page gave.
    """
    get_dataset_row(session, dataset_id)
    limit = min(max(limit, 1), MAX_PAGE)
    found, next_cursor = candidates.list_candidates(
        session, dataset_id, query or ReviewQuery(), cursor=cursor, limit=limit
    )
    return ReviewPage(
        rows=tuple(_review(session, dataset_id, candidate) for candidate in found),
        next_cursor=next_cursor,
        counts=candidates.count_review(session, dataset_id),
    )


def count_review(session: Session, dataset_id: str) -> ReviewCounts:
    """How many candidates of a dataset are in which state.

    Raises:
        NotFoundError: There is no such dataset.
    """
    get_dataset_row(session, dataset_id)
    return candidates.count_review(session, dataset_id)


def get_review(session: Session, dataset_id: str, candidate_id: str) -> CandidateReview:
    """One candidate beside its source.

    Raises:
        NotFoundError: The dataset has no such candidate.
    """
    candidate = candidates.get_candidate(session, dataset_id, candidate_id)
    return _review(session, dataset_id, candidate)


def _review(session: Session, dataset_id: str, candidate: Candidate) -> CandidateReview:
    return CandidateReview(
        candidate=candidate,
        source=_find_record(session, dataset_id, candidate.source_id),
        near_text=_find_near_text(session, dataset_id, candidate.checks),
    )


def _find_record(session: Session, dataset_id: str, record_id: RecordId | None) -> Record | None:
    if record_id is None:
        return None
    try:
        return get_record(session, dataset_id, record_id)
    except NotFoundError:
        return None


def _find_near_text(session: Session, dataset_id: str, checks: CandidateChecks) -> str | None:
    if checks.near_record is not None:
        record = _find_record(session, dataset_id, checks.near_record)
        return None if record is None else GeneratedDraft(input=record.input).wish
    if checks.near_candidate is None:
        return None
    try:
        return candidates.get_candidate(session, dataset_id, checks.near_candidate).draft.wish
    except NotFoundError:
        return None


def accept(session: Session, dataset_id: str, candidate_ids: Sequence[str]) -> list[RecordId]:
    """Make records of candidates that wait; none or all.

    Raises:
        NotFoundError: The dataset has no such candidate.
        ConflictError: One was decided about before, or is invalid; the message names it.
        InvalidInputError: There are more than `MAX_AT_ONCE`.
    """
    require_few(candidate_ids)
    found = [
        candidates.get_candidate(session, dataset_id, id_) for id_ in dict.fromkeys(candidate_ids)
    ]
    for candidate in found:
        _require_acceptable(candidate)
    if not found:
        return []
    drafts = [_to_draft(candidate) for candidate in found]
    records = add_records(session, dataset_id, drafts, source_type=SourceType.GENERATED)
    for candidate, record in zip(found, records, strict=True):
        if not candidates.settle_candidate(
            session, candidate.id, CandidateState.ACCEPTED, became=record
        ):
            raise ConflictError(f"{candidate.id} was decided about meanwhile. Load the list again.")
    return records


def check_edited(
    session: Session, dataset_id: str, candidate_id: str, draft: GeneratedDraft
) -> CandidateChecks:
    """What the machine says of a person's edit, by the checks of generation; takes seconds.

    Raises:
        NotFoundError: The dataset has no such candidate.
    """
    candidate = candidates.get_candidate(session, dataset_id, candidate_id)
    checker = Checker(dataset_id, without=parse_candidate_id(candidate.id))
    return checker.check(draft, candidate.topic)


def edit_and_accept(
    session: Session,
    dataset_id: str,
    candidate_id: str,
    draft: GeneratedDraft,
    checks: CandidateChecks,
) -> RecordId:
    """Replace a candidate's body by a person's, then make a record of it.

    `check_edited` gives the checks, which are kept beside it; only an invalid one is refused.

    Raises:
        NotFoundError: The dataset has no such candidate.
        ConflictError: It was decided about before.
        InvalidInputError: The edited conversation is invalid; the message says why.
    """
    candidate = candidates.get_candidate(session, dataset_id, candidate_id)
    if (reason := checks.reason) is not None:
        raise InvalidInputError(reason.message, reason=reason.value)
    _require_pending(candidate)
    checked = (*describe_draft(draft), checks)
    candidates.edit_candidate(session, dataset_id, candidate_id, draft, checked)
    return accept(session, dataset_id, [candidate_id])[0]


def reject(session: Session, dataset_id: str, candidate_ids: Sequence[str]) -> int:
    """Turn candidates down; those decided about before stay so.  Returns how many it were.

    Raises:
        NotFoundError: The dataset has no such candidate.
        InvalidInputError: There are more than `MAX_AT_ONCE`.
    """
    require_few(candidate_ids)
    found = [candidates.get_candidate(session, dataset_id, id_).id for id_ in candidate_ids]
    state = CandidateState.REJECTED
    return sum(candidates.settle_candidate(session, id_, state) for id_ in found)


def reopen(session: Session, dataset_id: str, candidate_ids: Sequence[str]) -> int:
    """Undo a rejection.  Returns how many wait again.

    Raises:
        NotFoundError: The dataset has no such candidate.
        InvalidInputError: There are more than `MAX_AT_ONCE`.
    """
    require_few(candidate_ids)
    found = [candidates.get_candidate(session, dataset_id, id_).id for id_ in candidate_ids]
    return sum(candidates.reopen_candidate(session, id_) for id_ in found)


def list_passing(
    session: Session, dataset_id: str, run_id: str | None, limit: int
) -> tuple[list[str], int]:
    """Ids of waiting candidates that pass every check, oldest first, and how many more."""
    query = ReviewQuery(state=CandidateState.PENDING, passes=True, run_id=run_id)
    found, _ = candidates.list_candidates(session, dataset_id, query, limit=limit)
    total = candidates.count_candidates(session, dataset_id, query)
    return [candidate.id for candidate in found], total - len(found)


def start_accepting(session: Session, dataset_id: str, run_id: str | None = None) -> Job:
    """Accept all that pass every check, as a job.

    Args:
        session: A unit of work.
        dataset_id: Which dataset.
        run_id: Only candidates of this run; `None` takes all.

    Raises:
        NotFoundError: There is no such dataset.
        ConflictError: None passes, or such a job is on its way.
    """
    get_dataset_row(session, dataset_id)
    if not list_passing(session, dataset_id, run_id, 1)[0]:
        raise ConflictError("No generated record that waits passes every check.")
    return enqueue(session, ACCEPT_GENERATED, dataset_id, {"run_id": run_id})


def _to_draft(candidate: Candidate) -> RecordDraft:
    body = candidate.draft
    return RecordDraft(
        messages=body.input,
        output=body.output[0] if body.output else None,
        tools=body.tools,
        tool_choice=body.tool_choice,
        reference=body.reference,
        metadata=body.metadata,
        topic_key=candidate.topic,
        topic_method=GENERATED if candidate.topic else None,
        parent=candidate.source_id,
    )


def _require_acceptable(candidate: Candidate) -> None:
    _require_pending(candidate)
    if (reason := candidate.checks.reason) is not None:
        raise ConflictError(f"{candidate.id} is invalid. {reason.message} Edit it first.")


def _require_pending(candidate: Candidate) -> None:
    if candidate.state is not CandidateState.PENDING:
        raise ConflictError(f"{candidate.id} is {candidate.state} already. Load the list again.")
