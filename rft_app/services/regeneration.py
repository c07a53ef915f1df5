"""Make generated records again that a person does not like."""

from collections.abc import Sequence

from sqlmodel import Session

from rft_app.domain.candidate import Candidate, CandidateState, parse_candidate_id
from rft_app.domain.generation import GenerationSettings, Unit
from rft_app.domain.job import Job
from rft_app.domain.record import parse_record_id
from rft_app.errors import ConflictError, InvalidInputError
from rft_app.jobs.queue import enqueue
from rft_app.services.generation_units import TopicOrder, make_units
from rft_app.storage import candidates
from rft_app.storage.catalogue import read_catalogue
from rft_app.storage.generation_runs import get_run_settings
from rft_app.storage.generation_sources import select_sources
from rft_app.strategies import STRATEGIES

REGENERATE = "regenerate"
MAX_AT_ONCE = 500
"""Most candidates one decision is about; more are a job."""


def start_regeneration(session: Session, dataset_id: str, candidate_ids: Sequence[str]) -> Job:
    """Make candidates again, as a job; each new one takes the place of the old one.

    Raises:
        NotAvailableError: No provider is configured; the message says how to.
        NotFoundError: The dataset has no such candidate.
        ConflictError: One was accepted or replaced, or such a job is on its way.
        InvalidInputError: They come from several runs, or there are none or too many.
    """
    require_few(candidate_ids)
    settings, _ = prepare_regeneration(session, dataset_id, candidate_ids)
    read_catalogue(session).choose(settings.model)
    return enqueue(session, REGENERATE, dataset_id, {"candidate_ids": list(candidate_ids)})


def prepare_regeneration(
    session: Session, dataset_id: str, candidate_ids: Sequence[str]
) -> tuple[GenerationSettings, list[Unit]]:
    """The settings and calls that make candidates again.

    Raises:
        NotFoundError: The dataset has no such candidate.
        ConflictError: One was accepted or replaced.
        InvalidInputError: They come from several runs, or there are none.
    """
    found = [candidates.get_candidate(session, dataset_id, id_) for id_ in candidate_ids]
    if len({candidate.run_id for candidate in found}) != 1:
        raise InvalidInputError("Choose candidates of one run to generate again.")
    for candidate in found:
        if candidate.state not in {CandidateState.PENDING, CandidateState.REJECTED}:
            raise ConflictError(f"{candidate.id} is {candidate.state}; it cannot be made again.")
    settings = get_run_settings(session, found[0].run_id)
    units = [_make_again(session, dataset_id, settings, candidate) for candidate in found]
    return settings, units


def _make_again(
    session: Session, dataset_id: str, settings: GenerationSettings, candidate: Candidate
) -> Unit:
    """One call for one record, told to differ from what was asked before."""
    seq = parse_candidate_id(candidate.id)
    topic_id, key = candidates.get_unit_place(session, dataset_id, candidate.id)
    source = None if candidate.source_id is None else parse_record_id(candidate.source_id)
    examples: tuple[int, ...] = ()
    if source is None:
        strategy = STRATEGIES.get(settings.strategy)
        sources = select_sources(session, dataset_id, candidate.topic or "", needs_tools=False)
        chosen = settings.model_copy(update={"seed": seq or 0})
        order = TopicOrder(topic_id, key, 1, sources)
        examples = make_units(strategy, chosen, [order])[0].example_seqs
    return Unit(
        topic_id=topic_id,
        topic_key=candidate.topic or key,
        source_seq=source,
        example_seqs=examples,
        count=1,
        part=1 + (seq or 0) % 4,
        replaces=seq,
    )


def require_few(candidate_ids: Sequence[str]) -> None:
    """Refuse more than one request should decide about.

    Raises:
        InvalidInputError: There are more than `MAX_AT_ONCE`.
    """
    if len(candidate_ids) > MAX_AT_ONCE:
        raise InvalidInputError(
            f"{len(candidate_ids):,} at once are too many; at most {MAX_AT_ONCE} are decided "
            "about together."
        )
