"""Step 1: records from traces.

Traces are read in batches; each batch is written in one transaction.  A record is a cut of its
trace, so a cut that is there already stays, with its id: run again after a crash, the step writes
what is missing and nothing twice.  Records of cuts that are not asked for any more are archived;
those that a person removed are not made again.  With the settings of the last result only traces
that arrived since are read.
"""

import time
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from rft_app.domain.imports import source_type_of
from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.domain.words import count
from rft_app.errors import ConflictError
from rft_app.jobs.context import JobContext
from rft_app.pipeline._base import fingerprint
from rft_app.pipeline._cutting import Cutter, ExtractMode
from rft_app.settings import get_settings
from rft_app.storage import extraction
from rft_app.storage.extraction import StoredCut, StoredTrace
from rft_app.storage.record_counts import count_facets, refresh_counts
from rft_app.storage.records import NewRecord, insert_records
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.step_inputs import StepInputs, get_inputs
from rft_app.storage.steps import get_step_row
from rft_app.storage.traces import count_conversations, count_traces

TRACES_PER_BATCH = 2000
BYTES_PER_BATCH = 4 * 1024**2
_FINGERPRINTS = 2
"""Raised when records are compared differently; extraction renews what it stored before."""


class ExtractSettings(BaseModel):
    """What can be chosen."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    mode: ExtractMode = ExtractMode.LAST
    """`last` gives one record per trace, `every` one per assistant turn, with a growing prefix;
    calls of one conversation are one trace in that."""
    max_tokens: int = Field(default_factory=lambda: get_settings().max_record_tokens, gt=0)
    """A record estimated above this is invalid with `too_long`."""


class ExtractStep:
    """Makes records of the dataset's traces and finds duplicates."""

    name = StepName.EXTRACT
    settings_type = ExtractSettings

    def input_hash(self, inputs: StepInputs, settings: BaseModel) -> str:
        """The newest trace and the settings; traces are only ever added."""
        chosen = ExtractSettings.model_validate(settings.model_dump())
        return fingerprint(
            traces=inputs.newest_trace,
            mode=chosen.mode,
            max_tokens=chosen.max_tokens,
            fingerprints=_FINGERPRINTS,
        )

    def run(self, context: JobContext, dataset_id: str, settings: BaseModel) -> StepResult:
        """Extract, then mark duplicates and count.

        Raises:
            ConflictError: The dataset has neither traces nor records.
        """
        chosen = ExtractSettings.model_validate(settings.model_dump())
        _make_records(context, dataset_id, chosen)
        context.progress(0, label="Looking for duplicates")
        _mark_duplicates(dataset_id)
        with unit_of_work() as session:
            refresh_counts(session, dataset_id)
        with reading() as session:
            return describe_records(session, dataset_id, chosen.mode)


def _make_records(context: JobContext, dataset_id: str, settings: ExtractSettings) -> None:
    with unit_of_work() as session:
        last_seq = _find_start(session, dataset_id, settings)
    with reading() as session:
        num_traces = count_traces(session, dataset_id, last_seq)
        imports = extraction.read_imports(session, dataset_id)
        if not num_traces and not last_seq and not count_facets(session, dataset_id):
            raise ConflictError("There are no traces to extract from. Import a file first.")
    cutter = Cutter(
        dataset_id=dataset_id,
        mode=settings.mode,
        max_tokens=settings.max_tokens,
        source_types={id_: source_type_of(*shape) for id_, shape in imports.items()},
        now_ms=time.time_ns() // 1_000_000,
    )
    num_done = 0
    while traces := _read_batch(cutter, last_seq):
        _store_batch(cutter, traces)
        last_seq = traces[-1].seq
        num_done += len(traces)
        context.progress(num_done, num_traces, f"{num_done:,} of {num_traces:,} traces")


def _find_start(session: Session, dataset_id: str, settings: ExtractSettings) -> int:
    """Key of the last trace whose records are as the settings ask for.

    A pass over all traces forgets what the last result read: were it broken off, the next would
    have to look at every trace again.
    """
    row = get_step_row(session, dataset_id, StepName.EXTRACT)
    number, others = _split_hash(row.input_hash or "")
    now = ExtractStep().input_hash(get_inputs(session, dataset_id), settings)
    if row.outcome != StepStatus.FAILED and others == _split_hash(now)[1]:
        return number
    row.input_hash = None
    session.add(row)
    return 0


def _split_hash(input_hash: str) -> tuple[int, str]:
    """The newest trace in an input hash, and the rest.

    Example:
        >>> _split_hash("traces=7 mode=last max_tokens=100")
        (7, 'mode=last max_tokens=100')
    """
    traces, _, others = input_hash.partition(" ")
    return int(traces.removeprefix("traces=") or 0), others


def _read_batch(cutter: Cutter, after_seq: int) -> list[StoredTrace]:
    shrink = 1 if cutter.mode is ExtractMode.LAST else 4
    with reading() as session:
        return extraction.read_traces(
            session,
            cutter.dataset_id,
            after_seq,
            max_traces=TRACES_PER_BATCH // shrink,
            max_bytes=BYTES_PER_BATCH // shrink,
        )


def _store_batch(cutter: Cutter, traces: Sequence[StoredTrace]) -> None:
    """Store the records of some traces; cutting holds no write lock."""
    read = {trace.seq for trace in traces}
    with reading() as session:
        cuts = extraction.read_cuts(session, traces[0].seq, traces[-1].seq)
    there = [cut for cut in cuts if cut.trace_seq in read]
    cuts = [cut for trace in traces for cut in cutter.cut(trace)]
    missing, obsolete, renewed = _compare(cuts, there)
    if not (missing or obsolete or renewed):
        return
    with unit_of_work() as session:
        extraction.supersede_records(session, obsolete, cutter.now_ms)
        extraction.renew_hashes(session, renewed)
        insert_records(session, missing)


def _compare(
    cuts: Sequence[NewRecord], there: Iterable[StoredCut]
) -> tuple[Sequence[NewRecord], list[int], dict[int, int]]:
    """What to add, the keys of what to archive, and fingerprints that an older version made."""
    known = {(cut.trace_seq, cut.turn): cut for cut in there}
    if not known:
        return cuts, [], {}
    missing: list[NewRecord] = []
    renewed: dict[int, int] = {}
    for record in cuts:
        cut = known.get((record.trace_seq or 0, record.turn))
        if cut is None or (_is_ours(cut) and cut.reason != record.reason):
            missing.append(record)
        else:
            del known[cut.trace_seq, cut.turn]
            if cut.content_hash != record.content_hash:
                renewed[cut.seq] = record.content_hash
    return missing, [cut.seq for cut in known.values() if _is_ours(cut)], renewed


def _is_ours(cut: StoredCut) -> bool:
    return cut.is_extracted and not cut.is_removed


def _mark_duplicates(dataset_id: str) -> None:
    with reading() as session:
        num_records = extraction.count_records(session, dataset_id)
    for low, high in extraction.plan_duplicate_passes(num_records):
        with unit_of_work() as session:
            extraction.mark_duplicates(session, dataset_id, low, high)


def describe_records(session: Session, dataset_id: str, mode: ExtractMode) -> StepResult:
    """The step's result from what is current now; belongs after `refresh_counts`."""
    facets = [(facet, number) for _, facet, number in count_facets(session, dataset_id)]
    reasons: dict[str, int] = {}
    for facet, number in facets:
        if facet.reason is not None:
            reasons[facet.reason.value] = reasons.get(facet.reason.value, 0) + number
    num_records, num_invalid = sum(number for _, number in facets), sum(reasons.values())
    num_valid = num_records - num_invalid
    return StepResult(
        outcome=StepStatus.COMPLETE if num_valid else StepStatus.ATTENTION,
        summary=f"{count(num_records, 'record')} · {_percent(num_invalid, num_records)} invalid",
        facts={
            "num_records": num_records,
            "num_valid": num_valid,
            "num_invalid": num_invalid,
            "num_duplicates": sum(number for facet, number in facets if facet.is_duplicate),
            "reasons": reasons,
            "mode": mode.value,
            "num_traces": count_traces(session, dataset_id),
            "num_conversations": count_conversations(session, dataset_id),
        },
    )


def _percent(part: int, whole: int) -> str:
    """A share in words: a few are never "0%", almost all never "100%".

    Example:
        >>> _percent(0, 900), _percent(1, 900), _percent(30, 900), _percent(899, 900)
        ('0%', '<1%', '3%', '>99%')
    """
    if 0 < part < 0.005 * whole:
        return "<1%"
    if 0.995 * whole <= part < whole:
        return ">99%"
    return f"{part / whole:.0%}" if whole else "0%"
