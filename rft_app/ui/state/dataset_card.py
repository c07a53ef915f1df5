"""One dataset of the list, ready to show."""

from dataclasses import dataclass, field

from rft_app.domain.dataset import Dataset, DatasetStats
from rft_app.domain.job import Job
from rft_app.domain.pipeline import Node, StepName, StepStatus
from rft_app.domain.standing import Standing, describe_standing, find_standing, has_died
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.state.training_page import export_address
from rft_app.ui.steps import WORDS, job_name
from rft_app.ui.words import ago, count, share

RESULTS = frozenset({StepStatus.COMPLETE, StepStatus.CONFIGURED, StepStatus.PASSED})


@dataclass(frozen=True)
class Figure:
    """A number and its unit."""

    value: str
    unit: str


@dataclass(frozen=True)
class StepDot:
    """One step of the rail."""

    number: int
    name: str
    status: str
    tip: str
    link: str
    """The line before it: `none`, `plain`, or `done` once the step before has a result."""
    is_current: bool


@dataclass(frozen=True)
class Situation:
    """What goes on with a dataset, in one sentence, and the one thing to do about it."""

    status: str
    lead: str
    words: str
    action: str
    href: str
    progress: JobProgress = field(default_factory=JobProgress)


@dataclass(frozen=True)
class DatasetCard:
    """One card of the list."""

    id: str
    name: str
    objective: str
    badge: str
    tone: str
    figures: list[Figure]
    updated: str
    dots: list[StepDot]
    situation: Situation
    has_records: bool

    @classmethod
    def of(cls, dataset: Dataset, active: Job | None, last: Job | None) -> "DatasetCard":
        """Describe a dataset.

        Args:
            dataset: With its nodes.
            active: The job that works on it now.
            last: Its latest job, to explain a dataset that has no records yet.
        """
        standing = find_standing(dataset, active, last)
        return cls(
            id=dataset.id,
            name=dataset.name,
            objective=dataset.objective,
            badge=describe_standing(standing, dataset),
            tone=_tone(standing, dataset),
            figures=figures(dataset.stats),
            updated=f"Updated {ago(dataset.updated_at)}",
            dots=dots(dataset),
            situation=describe_situation(dataset, active, last),
            has_records=dataset.stats.num_records > 0,
        )


_TONES = {
    Standing.RUNNING: "info",
    Standing.ATTENTION: "warn",
    Standing.TRAINING: "info",
    Standing.DEPLOYED: "ok",
    Standing.JUDGED: "ok",
    Standing.READY: "neutral",
    Standing.EMPTY: "neutral",
}


def _tone(standing: Standing, dataset: Dataset) -> str:
    """The colour of the word; a verdict has its own."""
    is_judged = standing is Standing.JUDGED
    is_go = dataset.nodes[StepName.DRY_RUN.number - 1].status is StepStatus.PASSED
    return "warn" if is_judged and not is_go else _TONES[standing]


def _figure(number: int, noun: str) -> Figure:
    value, _, name = count(number, noun).partition(" ")
    return Figure(value, name)


def figures(stats: DatasetStats) -> list[Figure]:
    """What is known of a dataset in numbers; what is unknown is left out."""
    known = [_figure(stats.num_records, "record")]
    if stats.num_records:
        known.append(Figure(share(stats.invalid_share), "invalid"))
    if stats.num_topics:
        known.append(_figure(stats.num_topics, "topic"))
    if stats.balance is not None:
        known.append(Figure(f"{stats.balance:.2f}", "balance"))
    if stats.dry_run_mean is not None:
        known.append(Figure(f"{stats.dry_run_mean:.2f}", "mean reward"))
    return known


def dots(dataset: Dataset) -> list[StepDot]:
    """The seven steps of the rail."""
    current = current_step(dataset)
    rail: list[StepDot] = []
    before: StepStatus | None = None
    for node in dataset.nodes:
        rail.append(
            StepDot(
                number=node.name.number,
                name=WORDS[node.name].name,
                status=node.status.value,
                tip=f"{WORDS[node.name].name}: {node.status_label.lower()}",
                link="none" if before is None else "done" if before in RESULTS else "plain",
                is_current=node.name is current,
            )
        )
        before = node.status
    return rail


def current_step(dataset: Dataset) -> StepName | None:
    """The running step, else the next one."""
    for node in dataset.nodes:
        if node.status is StepStatus.PROCESSING:
            return node.name
    return dataset.next_step


def describe_situation(dataset: Dataset, active: Job | None, last: Job | None) -> Situation:
    """The sentence and the button of a card."""
    home = f"/optimization/{dataset.id}"
    if active is not None:
        return _running(active, home)
    if has_died(dataset, last) and last is not None:
        reason = last.error.message if last.error else "The reason is unknown."
        lead = f"{job_name(last.kind)} failed."
        return Situation(StepStatus.FAILED.value, lead, reason, "See what happened", home)
    if dataset.next_step is None:
        return _at_rest(dataset, home)
    return _next(dataset.nodes[dataset.next_step.number - 1], home)


def _running(job: Job, home: str) -> Situation:
    progress = JobProgress.of(job)
    return Situation(
        status=StepStatus.PROCESSING.value,
        lead=progress.name,
        words=progress.words,
        action=f"Watch {progress.name.lower()}",
        href=home,
        progress=progress,
    )


def _at_rest(dataset: Dataset, home: str) -> Situation:
    stats, dry_run = dataset.stats, dataset.nodes[StepName.DRY_RUN.number - 1]
    if stats.dry_run_verdict is None:
        return Situation(StepStatus.PROCESSING.value, "Working", "", "Open dataset", home)
    return Situation(
        status=dry_run.status.value,
        lead=f"Dry run: {stats.dry_run_verdict.upper()}",
        words=f"The data is ready to export: {count(stats.num_valid, 'valid record')}.",
        action="Open export",
        href=str(export_address(dataset.id)),
    )


def _next(node: Node, home: str) -> Situation:
    words = WORDS[node.name]
    href = f"{home}?step={node.name.value}"
    if node.stale_reason is not None:
        lead = f"{words.name} is out of date."
        return Situation(node.status.value, lead, node.stale_reason, words.again, href)
    if node.status is StepStatus.FAILED:
        text = node.summary or "It did not finish."
        return Situation(
            node.status.value, f"{words.name}:", text, f"Open {words.name.lower()}", href
        )
    if node.name is StepName.EXTRACT:
        href = home
    return Situation(
        node.status.value, f"Next: {words.name.lower()}", words.promise, words.verb, href
    )
