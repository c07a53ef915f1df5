"""The side panel of the canvas: the next step and the facts that decide, ready to show."""

from dataclasses import dataclass, field
from typing import Any

from rft_app.domain.coverage import CoverageReport, CoverageStatus, TopicCoverage, name_few
from rft_app.domain.imports import STEP_OF_IMPORT
from rft_app.domain.job import Job, JobStatus
from rft_app.domain.pipeline import Node, StepName, StepStatus
from rft_app.services.canvas import Canvas, CanvasStep
from rft_app.ui.steps import ASKS_FIRST, WORDS, job_name
from rft_app.ui.words import ago, count

NUM_BARS = 5
START, OPEN, RETRY, UPLOAD = "start", "open", "retry", "upload"
NOTHING = ""


@dataclass(frozen=True)
class Fact:
    """A name and its value."""

    name: str
    value: str


@dataclass(frozen=True)
class NextStep:
    """The head of the panel: what to do, what it takes, one filled button."""

    badge: str = ""
    tone: str = "accent"
    position: str = ""
    title: str = ""
    purpose: str = ""
    facts: list[Fact] = field(default_factory=list)
    action: str = ""
    kind: str = NOTHING
    """What the button does: `start` the step, `open` its dialog, `retry` a job, or `upload` another
    file."""
    target: str = ""
    """Step or job that the button is about."""
    has_options: bool = False
    can_export: bool = False
    """Whether the records can be exported instead."""
    error: str = ""


@dataclass(frozen=True)
class StaleStep:
    """Results that are out of date though they are not the next thing to do."""

    title: str
    reason: str
    action: str = ""
    kind: str = NOTHING
    target: str = ""


@dataclass(frozen=True)
class Bar:
    """One topic's share against its target."""

    name: str
    value: str
    percent: float
    target: float
    is_low: bool
    tip: str


@dataclass(frozen=True)
class CoverageBars:
    """The thickest topics, the one that sets the balance, and the balance itself."""

    bars: list[Bar] = field(default_factory=list)
    witness: str = ""
    balance: str = ""
    more: str = ""


@dataclass(frozen=True)
class RecentJob:
    """One line of the history."""

    id: str
    name: str
    words: str
    when: str
    status: str
    error: str
    can_retry: bool


def describe_next(canvas: Canvas) -> NextStep:
    """The head of the panel."""
    if (job := canvas.active_job) is not None:
        return _running(job)
    if failed := _failed_import(canvas):
        return failed
    name = canvas.dataset.next_step
    return _export(canvas) if name is None else _ready(canvas, name)


def _running(job: Job) -> NextStep:
    facts = [Fact("Started", ago(job.started_at))] if job.started_at else []
    title = job_name(job.kind)
    return NextStep(
        badge="Running" if job.status is JobStatus.RUNNING else "Waiting",
        tone="info",
        title=title if job.status is JobStatus.RUNNING else f"{title} waits",
        purpose="It goes on when you close this page, and after a restart.",
        facts=facts,
    )


def _failed_import(canvas: Canvas) -> NextStep | None:
    job = canvas.jobs[0] if canvas.jobs else None
    is_over = job is not None and job.status in {JobStatus.FAILED, JobStatus.CANCELLED}
    if job is None or not is_over or STEP_OF_IMPORT.get(job.kind) is not StepName.EXTRACT:
        return None
    is_failed, num_kept = job.status is JobStatus.FAILED, canvas.dataset.stats.num_traces
    is_hopeless = is_failed and not num_kept
    kept = f"{count(num_kept, 'trace')} stored so far stay." if num_kept else "Nothing was stored."
    verb = "Try the import again" if is_failed else "Continue the import"
    return NextStep(
        badge="Failed" if is_failed else "Cancelled",
        tone="bad" if is_failed else "warn",
        title="The import failed" if is_failed else "The import was cancelled",
        purpose=f"{kept} {'Mend the file' if is_hopeless else 'It can go on where it stopped'}.",
        action="Upload another file" if is_hopeless else verb,
        kind=UPLOAD if is_hopeless else RETRY,
        target=job.id,
        error=job.error.message if job.error else "",
    )


def _export(canvas: Canvas) -> NextStep:
    stats = canvas.dataset.stats
    if stats.dry_run_verdict is None:
        return NextStep(badge="Working", tone="info", title="A step is running")
    facts = [
        Fact("Valid records", f"{stats.num_valid:,}"),
        Fact("Verdict", _verdict(stats.dry_run_verdict, stats.dry_run_mean)),
    ]
    if not canvas.step(StepName.TRAIN).has_result:
        return _offer_training(facts)
    trained = Fact("Training", canvas.step(StepName.TRAIN).node.summary or "done")
    if not canvas.step(StepName.DEPLOY).has_result:
        return _offer_deploying([*facts, trained])
    return NextStep(
        badge="All steps done",
        position="7 of 7",
        title="Look at the traffic",
        purpose="The deployment tells how both models do. What it captures is the next dataset.",
        facts=[trained, Fact("Deployment", canvas.step(StepName.DEPLOY).node.summary)],
        action="Open the deployment",
        kind=OPEN,
        target=StepName.DEPLOY.value,
        can_export=True,
    )


def _offer_training(facts: list[Fact]) -> NextStep:
    return NextStep(
        badge="Steps 1 to 5 done",
        position="5 of 7",
        title="Train or export",
        purpose="Every step up to the dry run has a result. Train on this machine, or write the"
        " records in the format that another trainer reads.",
        facts=facts,
        action="Set up training",
        kind=OPEN,
        target=StepName.TRAIN.value,
        can_export=True,
    )


def _offer_deploying(facts: list[Fact]) -> NextStep:
    return NextStep(
        badge="Steps 1 to 6 done",
        position="6 of 7",
        title="Deploy the model",
        purpose="Let the gateway give a share of the traffic to what was trained, and see on real"
        " requests whether it is better.",
        facts=facts,
        action="Set up deployment",
        kind=OPEN,
        target=StepName.DEPLOY.value,
        can_export=True,
    )


def _verdict(verdict: str, mean: float | None) -> str:
    return verdict.upper() if mean is None else f"{verdict.upper()} · mean {mean:.2f}"


def _ready(canvas: Canvas, name: StepName) -> NextStep:
    step, words = canvas.step(name), WORDS[name]
    again = step.has_result
    asks = name in ASKS_FIRST
    stale = step.node.stale_reason
    title = f"{words.name} is out of date" if stale else words.verb
    is_failed = step.node.status is StepStatus.FAILED
    if is_failed:
        if name is StepName.DRY_RUN and not step.error:
            return _no_go(canvas, step)
        title = f"{words.name} failed"
    return NextStep(
        badge="Failed" if is_failed else "Out of date" if stale else "Next step",
        tone="bad" if is_failed else "warn" if stale else "accent",
        position=f"{name.number} of 7",
        title=title,
        purpose=f"{stale} {words.purpose}" if stale else words.purpose,
        facts=_facts(canvas, name),
        action=words.again if again else words.verb,
        kind=OPEN if asks else START,
        target=name.value,
        has_options=not asks,
        error=step.error or "",
    )


def _no_go(canvas: Canvas, step: CanvasStep) -> NextStep:
    """Running again would say the same: lead to what the rules blame."""
    is_providers = step.facts.get("is_provider_to_blame") is True
    is_grader = step.facts.get("grader_quality") == "problem" and not is_providers
    verdict = str(step.facts.get("verdict", "NO_GO"))
    cause = "the grader" if is_grader else "the data"
    blamed = (
        "Most failures lie with a provider, not in the grader"
        if is_providers
        else f"The rules blame {cause}"
    )
    return NextStep(
        badge="NO_GO",
        tone="bad",
        position=f"{StepName.DRY_RUN.number} of 7",
        title=f"The dry run says {verdict}",
        purpose=f"Training could learn little from these rewards. {blamed}; the"
        " verdict names the figures and what to do.",
        facts=[Fact("Verdict", step.node.summary), *_facts(canvas, StepName.DRY_RUN)],
        action=WORDS[StepName.GRADER].again if is_grader else "Open the verdict",
        kind=OPEN,
        target=(StepName.GRADER if is_grader else StepName.DRY_RUN).value,
    )


def _facts(canvas: Canvas, name: StepName) -> list[Fact]:
    stats = canvas.dataset.stats
    trainable = stats.num_valid - stats.num_duplicates
    grader = canvas.step(StepName.GRADER)
    known: dict[StepName, list[Fact]] = {
        StepName.EXTRACT: [Fact("Traces", f"{stats.num_traces:,}")],
        StepName.TOPICS: [
            Fact("Records", f"{stats.num_valid:,} valid"),
            Fact("Where", "on this machine"),
        ],
        StepName.COVERAGE: [
            Fact("Records", f"{trainable:,} valid, without duplicates"),
            Fact("Topics", f"{stats.num_topics:,}"),
        ],
        StepName.GRADER: [Fact("Kinds", "script, checks, similarity, judge")],
        StepName.DRY_RUN: [
            Fact("Grader", grader.node.summary or "unknown"),
            Fact("Records", f"{trainable:,} valid, without duplicates"),
        ],
    }
    return known.get(name, [])


def describe_unreadable(canvas: Canvas) -> str:
    """What the latest import could not read at all; empty when it could read everything."""
    number = canvas.num_unreadable
    if not number or canvas.report is None:
        return ""
    verb = "is" if number == 1 else "are"
    rest = count(canvas.report.num_parsed, "row is", "rows are")
    return (
        f"{count(number, 'row')} of {canvas.report.file_name} {verb} not JSON or of unknown shape,"
        f" so no record was made. The other {rest} here."
    )


def describe_stale(canvas: Canvas) -> list[StaleStep]:
    """Out-of-date results other than the one the panel's head is about; several become one."""
    late = [
        step.node
        for step in canvas.steps
        if step.node.stale_reason and step.node.name is not canvas.dataset.next_step
    ]
    if len(late) > 1:
        names = ", ".join(WORDS[node.name].name for node in late)
        title = f"{len(late)} more results are out of date."
        return [StaleStep(title, f"{names}. They stay usable; run them again in this order.")]
    return [_stale(node) for node in late]


def _stale(node: Node) -> StaleStep:
    words = WORDS[node.name]
    return StaleStep(
        title=f"{words.name} is out of date.",
        reason=node.stale_reason or "",
        action=words.again,
        kind=OPEN if node.name in ASKS_FIRST else START,
        target=node.name.value,
    )


def describe_coverage(facts: dict[str, Any]) -> CoverageBars:
    """The panel's bars: the thickest topics and the one that sets the balance."""
    if not facts:
        return CoverageBars()
    report = CoverageReport.model_validate(facts)
    topics = sorted(report.topics, key=lambda topic: -topic.share)
    topics.sort(key=lambda topic: topic.key == report.set_by)
    shown = topics if len(topics) <= NUM_BARS else [*topics[: NUM_BARS - 1], topics[-1]]
    scale = max(max(topic.share, topic.target_share) for topic in topics) * 1.25
    targets = {report.show(topic.target_share) for topic in topics}
    witness = "share of records · line = target"
    if len(targets) == 1:
        witness += f" {targets.pop()}"
    return CoverageBars(
        bars=[_bar(topic, report, scale) for topic in shown],
        witness=witness,
        balance=_balance(report),
        more=f"Show all {len(topics)} topics" if len(topics) > len(shown) else "Open coverage",
    )


def _bar(topic: TopicCoverage, report: CoverageReport, scale: float) -> Bar:
    value, target = report.show(topic.share), report.show(topic.target_share)
    return Bar(
        name=topic.key.rsplit("/", 1)[-1],
        value=value,
        percent=round(100 * topic.share / scale, 2),
        target=round(100 * topic.target_share / scale, 2),
        is_low=topic.status is CoverageStatus.UNDER,
        tip=f"{topic.key}: {count(topic.count, 'record')}, {value} of all, target {target}",
    )


def _balance(report: CoverageReport) -> str:
    names = [key.rsplit("/", 1)[-1] for key in (report.set_by, *report.tied_with)]
    return f"Balance {report.balance:.2f} = {report.division}, set by {name_few(names)}."


_GLYPHS = {
    JobStatus.QUEUED: StepStatus.WAITING,
    JobStatus.RUNNING: StepStatus.PROCESSING,
    JobStatus.DONE: StepStatus.COMPLETE,
    JobStatus.FAILED: StepStatus.FAILED,
    JobStatus.CANCELLED: StepStatus.ATTENTION,
}


def describe_recent(jobs: tuple[Job, ...], told: str) -> list[RecentJob]:
    """The latest jobs, newest first; the error that the panel's head tells is not told again."""
    return [_recent(job, told, is_latest=_is_latest(job, jobs)) for job in jobs]


def _is_latest(job: Job, jobs: tuple[Job, ...]) -> bool:
    return next(other for other in jobs if other.kind == job.kind).id == job.id


def _recent(job: Job, told: str, *, is_latest: bool) -> RecentJob:
    is_over = job.status in {JobStatus.FAILED, JobStatus.CANCELLED}
    words = {JobStatus.QUEUED: "waits", JobStatus.RUNNING: "running"}.get(job.status, job.status)
    error = job.error.message if job.error else ""
    return RecentJob(
        id=job.id,
        name=job_name(job.kind),
        words=str(words),
        when=ago(job.finished_at or job.created_at),
        status=_GLYPHS[job.status].value,
        error="" if error == told else error,
        can_retry=is_over and is_latest,
    )
