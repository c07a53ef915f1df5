"""The seven nodes of the canvas, ready to show."""

from dataclasses import dataclass

from rft_app.domain.coverage import CoverageRating
from rft_app.domain.imports import STEP_OF_IMPORT
from rft_app.domain.pipeline import StepName, StepStatus
from rft_app.domain.topic import FEW_SURE
from rft_app.services.canvas import Canvas, CanvasStep
from rft_app.services.datasets import OPTIONAL
from rft_app.ui.state.dataset_card import current_step
from rft_app.ui.state.progress import JobProgress
from rft_app.ui.steps import WORDS
from rft_app.ui.words import ago, count, duration


@dataclass(frozen=True)
class CanvasNode:
    """One node and the notes beside it."""

    id: str
    number: int
    title: str
    category: str
    summary: str
    lead: str
    """The summary up to `alert`."""
    alert: str
    """The end of the summary where it asks for a look although the step is complete."""
    status: str
    status_label: str
    notes: list[str]
    """At most three short lines: last run and duration, then the reason."""
    is_next: bool
    is_open: bool
    """Whether a click leads anywhere."""


def describe_nodes(canvas: Canvas) -> list[CanvasNode]:
    """All seven, in order."""
    following = current_step(canvas.dataset) if canvas.active_job is None else None
    return [_describe(step, canvas, is_next=step.node.name is following) for step in canvas.steps]


def _describe(step: CanvasStep, canvas: Canvas, *, is_next: bool) -> CanvasNode:
    node, is_importing = step.node, _is_importing(step, canvas)
    summary = node.summary or _without_summary(step, canvas)
    alert = _alert(step, summary)
    return CanvasNode(
        id=node.name.value,
        number=node.name.number,
        title=node.info.title,
        category=node.info.category,
        summary=summary,
        lead=summary.removesuffix(alert),
        alert=alert,
        status=StepStatus.PROCESSING.value if is_importing else node.status.value,
        status_label=_label(step, canvas),
        notes=_notes(step, canvas, is_next=is_next),
        is_next=is_next,
        is_open=node.status is not StepStatus.WAITING or node.name in OPTIONAL,
    )


def _label(step: CanvasStep, canvas: Canvas) -> str:
    """The word beside the glyph; a step that nobody calls for waits for nothing."""
    if _is_importing(step, canvas):
        return "Importing"
    is_uncalled = step.node.name in OPTIONAL and step.node.status is StepStatus.WAITING
    return "" if is_uncalled else step.node.status_label


def _is_importing(step: CanvasStep, canvas: Canvas) -> bool:
    """Whether what the step reads is arriving."""
    job = canvas.active_job
    return job is not None and STEP_OF_IMPORT.get(job.kind) is step.node.name


def _without_summary(step: CanvasStep, canvas: Canvas) -> str:
    words = WORDS[step.node.name]
    if _is_importing(step, canvas):
        return "Waits for the import"
    if step.node.status is StepStatus.WAITING:
        return step.node.info.needs
    return words.promise


def _alert(step: CanvasStep, summary: str) -> str:
    if step.node.name is StepName.TOPICS and _has_few_sure(step):
        return summary.partition(" · ")[2]
    poor = CoverageRating.POOR.value
    is_poor = step.node.name is StepName.COVERAGE and step.facts.get("rating") == poor
    return poor if is_poor and summary.endswith(poor) else ""


def _has_few_sure(step: CanvasStep) -> bool:
    share_sure = step.facts.get("share_sure")
    return share_sure is not None and share_sure < FEW_SURE


def _notes(step: CanvasStep, canvas: Canvas, *, is_next: bool) -> list[str]:
    """What there is to say beside the node; why the next step stopped is in the panel."""
    if step.node.status is StepStatus.PROCESSING or _is_importing(step, canvas):
        job = canvas.active_job
        return [JobProgress.of(job).words] if job is not None else ["starting"]
    notes: list[str] = []
    if step.finished_at is not None and step.has_result:
        notes.append(_last_run(step))
    if step.node.stale_reason:
        notes.append(step.node.stale_reason)
    elif step.error:
        notes += [] if is_next else [step.error]
    elif extra := _extra(step):
        notes.append(extra)
    return notes


def _last_run(step: CanvasStep) -> str:
    if step.finished_at is None:
        return ""
    if step.node.name is StepName.GRADER:
        return f"Saved {ago(step.finished_at)}"
    took = f" · took {duration(step.took_s)}" if step.took_s is not None else ""
    return f"Ran {ago(step.finished_at)}{took}"


def _extra(step: CanvasStep) -> str:
    facts = step.facts
    if step.node.name is StepName.EXTRACT and facts.get("num_duplicates"):
        return f"{count(facts['num_duplicates'], 'exact duplicate')} set aside"
    if step.node.name is StepName.TOPICS and facts.get("num_unsure"):
        unsure = f"{count(facts['num_unsure'], 'record')} with an unsure topic"
        remedy = ": review them, give topics keywords, or let a model place them"
        return unsure + remedy if _has_few_sure(step) else unsure
    return ""
