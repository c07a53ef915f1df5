"""Use cases around stored traces of all datasets: look, count, make a dataset of some."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from rft_app.domain.dataset import Dataset
from rft_app.domain.imports import COPIES
from rft_app.domain.job import Job
from rft_app.domain.pipeline import StepName
from rft_app.domain.scrubbing import NOTHING, ScrubRules
from rft_app.domain.trace import TraceId
from rft_app.domain.trace_detail import TraceSender
from rft_app.domain.trace_page import TraceCount, TraceFilter, TracePage, TraceSelection
from rft_app.domain.words import count
from rft_app.errors import InvalidInputError, NotFoundError
from rft_app.jobs.queue import enqueue
from rft_app.services.datasets import create_dataset, get_dataset
from rft_app.services.pipeline import find_step, read_step_settings
from rft_app.services.scrubbing import to_args
from rft_app.storage import imports, trace_pages, trace_search, trace_senders
from rft_app.storage.steps import get_step_row

MAX_PAGE = 200
MAX_TAGS = 100
COPY_TRACES = "copy_traces"


def list_traces(
    session: Session, trace_filter: TraceFilter, *, cursor: str | None = None, limit: int = 50
) -> TracePage:
    """One page of the stored traces that match, newest first.

    Raises:
        InvalidInputError: The cursor is not one that a page gave.
    """
    page = trace_pages.list_page(session, trace_filter, cursor, min(max(limit, 1), MAX_PAGE))
    if not trace_filter.search.strip():
        return page
    return page.model_copy(update={"num_unsearched": trace_search.count_behind(session)})


def is_search_behind(session: Session) -> bool:
    """Whether search cannot find some stored traces yet."""
    return trace_search.count_behind(session) > 0


def bound_search(session: Session, trace_filter: TraceFilter) -> TraceFilter:
    """The filter so that it finds the same later, when search knows more traces."""
    if not trace_filter.search.strip():
        return trace_filter
    last = trace_search.find_last_indexed(session)
    last = last if trace_filter.last_key is None else min(last, trace_filter.last_key)
    return trace_filter.model_copy(update={"last_key": last})


def count_traces(session: Session, trace_filter: TraceFilter) -> int:
    """How many stored traces match, exactly."""
    return trace_pages.count_where(session, trace_pages.Where(session, trace_filter))


def count_selection(session: Session, selection: TraceSelection) -> TraceCount:
    """How many stored traces an action on `selection` is about, and their answers.

    Raises:
        InvalidInputError: It names something that is no trace.
    """
    return trace_pages.count_answers(session, trace_pages.select_where(session, selection))


def find_among(
    session: Session, trace_filter: TraceFilter, ids: Sequence[TraceId]
) -> list[TraceId]:
    """Those of `ids` that match.

    Raises:
        InvalidInputError: One of them is no id of a trace, or they are too many.
    """
    return trace_pages.find_among(session, trace_filter, ids)


def find_last_key(session: Session) -> int:
    """Names what is stored now, for a filter that later arrivals shall not change."""
    return trace_pages.find_last_key(session)


def list_models(session: Session) -> list[tuple[str, int]]:
    """Every model that answered a stored trace, the most used first."""
    return trace_pages.list_models(session)


def list_sources(session: Session) -> list[tuple[str, int]]:
    """Every source of stored traces, the commonest first."""
    return trace_pages.list_sources(session)


def list_tags(session: Session) -> list[str]:
    """Tags of stored traces, the commonest first; at most `MAX_TAGS`."""
    return trace_pages.list_tags(session, MAX_TAGS)


def list_senders(session: Session) -> list[TraceSender]:
    """Every key that some stored trace came with."""
    return trace_senders.list_senders(session)


def create_from_traces(
    session: Session,
    *,
    name: str,
    objective: str,
    selection: TraceSelection,
    extract: Mapping[str, Any],
    scrub: ScrubRules = NOTHING,
) -> tuple[Dataset, Job]:
    """Create a dataset and start to copy the selected traces into it; extraction follows.

    Traces that arrive after this moment are not in the selection, even where they match.  Of those
    that were named or drawn, some may have been deleted meanwhile: it goes on with the others, and
    the import says so.  A sample must have been drawn.

    Raises:
        InvalidInputError: Name, objective or a setting cannot work, or nothing is selected.
        NotFoundError: None of the traces named is there.
    """
    settings = read_step_settings(find_step(StepName.EXTRACT), extract)
    last_key = trace_pages.find_last_key(session)
    bounded = bound_search(session, selection.filter)
    if bounded.last_key is None:
        bounded = bounded.model_copy(update={"last_key": last_key})
    selection = selection.model_copy(update={"filter": bounded})
    number = count_selection(session, selection).num_traces
    num_gone = _count_gone(selection, number)
    dataset = create_dataset(session, name=name, objective=objective, source="gateway")
    row = get_step_row(session, dataset.id, StepName.EXTRACT)
    row.settings = settings
    session.add(row)
    stored = count(number, "stored trace")
    if selection.sample is not None:
        stored = f"{stored}, {selection.sample.words}"
    if num_gone:
        stored = f"{stored}; {num_gone:,} more were chosen and are gone"
    import_id = imports.add_import(
        session, dataset.id, "traces", path="", file_name=stored, size_bytes=0
    )
    args = {
        "import_id": import_id,
        "selection": selection.model_dump(mode="json"),
        "last_key": last_key,
        "num_selected": number,
        **to_args(scrub),
    }
    job = enqueue(session, COPY_TRACES, dataset.id, args)
    imports.change_import(session, import_id, shape=COPIES, job_id=job.id)
    return get_dataset(session, dataset.id), job


def _count_gone(selection: TraceSelection, number: int) -> int:
    """How many of the traces named are not there."""
    num_named = len(set(selection.only or ()))
    if number:
        return max(num_named - number, 0)
    if num_named:
        raise NotFoundError(
            f"{count(num_named, 'trace')} named cannot be found: they may have been deleted. "
            "Load the list again."
        )
    raise InvalidInputError("No trace is selected. Select some first.")
