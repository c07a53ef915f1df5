"""The seven steps in the words and signs of the interface."""

from dataclasses import dataclass

from rft_app.domain.pipeline import StepName


@dataclass(frozen=True)
class StepWords:
    """What the interface says of one step."""

    name: str
    """Short, for rails and sentences."""
    icon: str
    promise: str
    """What it gives, in three words."""
    purpose: str
    """What it does and why, one or two sentences."""
    verb: str
    """The button that starts it, or opens what it needs first."""
    again: str
    """The button that does it again."""
    start: str = ""
    """The dialog's button that starts it, where `verb` only opens the dialog."""


WORDS: dict[StepName, StepWords] = {
    StepName.EXTRACT: StepWords(
        name="Extract",
        icon="scan-text",
        promise="Records from traces",
        purpose="Turn each trace into records that can be graded, and name what is wrong with"
        " the rest.",
        verb="Extract records",
        again="Extract again",
    ),
    StepName.TOPICS: StepWords(
        name="Topics",
        icon="folder-tree",
        promise="What users ask",
        purpose="Group the records by what users ask for. It runs on this machine and gives the"
        " same topics for the same seed.",
        verb="Find topics",
        again="Find topics again",
    ),
    StepName.COVERAGE: StepWords(
        name="Coverage",
        icon="chart-column",
        promise="Where data is thin",
        purpose="Compare each topic's share of the records with its target, so that no topic"
        " that matters is thin.",
        verb="Analyze coverage",
        again="Run coverage again",
    ),
    StepName.GRADER: StepWords(
        name="Grader",
        icon="scale",
        promise="What good means",
        purpose="Say what a good answer is: by a script, a comparison or a model. Every edit makes"
        " a new version; try it on a few records before you save.",
        verb="Configure grader",
        again="Edit grader",
    ),
    StepName.DRY_RUN: StepWords(
        name="Dry run",
        icon="flask-conical",
        promise="Can it learn?",
        purpose="Grade answers, recorded or sampled, with this grader. The verdict says whether"
        " training could learn anything from its rewards.",
        verb="Set up dry run",
        again="Run again",
        start="Start dry run",
    ),
    StepName.TRAIN: StepWords(
        name="Train",
        icon="trending-up",
        promise="Local or remote",
        purpose="Train the model on its rewards.",
        verb="Train",
        again="Train again",
    ),
    StepName.DEPLOY: StepWords(
        name="Deploy",
        icon="rocket",
        promise="Back to the gateway",
        purpose="Send traffic to the trained model.",
        verb="Deploy",
        again="Deploy again",
    ),
}

ASKS_FIRST = frozenset({StepName.GRADER, StepName.DRY_RUN})
"""Steps that need a decision before they can start: their button opens the step's dialog."""

LAST_ANSWER = (
    "One record per trace, its last answer. An agent's is often a goodbye: for agents, take every"
    " answer."
)
"""What Extract's mode `last` means, and whom it does not suit."""
EVERY_ANSWER = (
    "One record per answer, each with the conversation up to it. A reward of the whole trace counts"
    " for each of them. They share a group, so a trace never straddles train and test."
)
"""What Extract's mode `every` means."""

JOB_NAMES = {
    "import_traces": "Import",
    "import_rollouts": "Rollout import",
    "import_feedback": "Feedback import",
    "extract": "Extract",
    "topics": "Topics",
    "generate_topics": "The search for topics",
    "categorize": "Categorising",
    "split_topic": "The split",
    "coverage": "Coverage",
    "dry_run": "Dry run",
    "compare": "Comparison",
    "check_grader": "The trial of the grader",
    "export": "Export",
    "duplicate": "Duplicate",
    "restore": "Restore",
    "copy_traces": "Copy of traces",
    "near_duplicates": "The search for near-duplicates",
}


def job_name(kind: str) -> str:
    """What a kind of job is called."""
    return JOB_NAMES.get(kind, kind.replace("_", " ").capitalize())
