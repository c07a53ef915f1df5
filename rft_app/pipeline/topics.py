"""Step 2: put every valid record into a topic, offline.

Everything is computed before anything is written, so a run that is cancelled changes nothing.
Writing is done in chunks; a run that dies there is run again and ends in the same topics.

The libraries that compute take 100 MB and seconds to import.  Whoever only lists steps or starts
one imports this module, so they are imported when the step runs.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from rft_app.domain.pipeline import StepName, StepResult
from rft_app.domain.topic_edit import replace
from rft_app.domain.words import count
from rft_app.errors import ConflictError
from rft_app.jobs.context import JobContext
from rft_app.pipeline._base import fingerprint
from rft_app.pipeline._topics_result import describe_topics
from rft_app.settings import get_settings
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.step_inputs import StepInputs
from rft_app.storage.steps import get_step_row
from rft_app.storage.tables import TopicChangeRow
from rft_app.storage.topic_assignments import Placement, place_records
from rft_app.storage.topic_changes import (
    begin_change,
    clear_misplaced,
    find_change_of_job,
    finish_change,
    lock_tree,
)
from rft_app.storage.topics import RecordKeys, apply_edit, get_tree, read_record_keys

if TYPE_CHECKING:
    from rft_app.pipeline._grouping import Grouping

WRITTEN_AT_ONCE = 20_000
MAX_TOPICS = 500


class TopicsSettings(BaseModel):
    """What can be chosen."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    num_topics: int | None = Field(default=None, ge=1, le=MAX_TOPICS)
    """How many leaf topics; `None` finds a number up to 20."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """The same records, settings and seed give the same topics."""
    features: Literal["auto", "minilm", "tfidf"] = "auto"
    """What texts are compared by; `auto` follows `RFT_TEXT_FEATURES`."""
    max_depth: int = Field(default=1, ge=1, le=3)
    """Most levels of the tree; few topics get fewer."""
    edited_tree: Literal["keep", "replace"] = "keep"
    """What becomes of a tree that a person edited: `keep` it and place only the records that have
    no topic, or `replace` it, which can be undone."""


class TopicsStep:
    """Finds topics in what users want, names them, and puts each record into one."""

    name = StepName.TOPICS
    settings_type = TopicsSettings

    def input_hash(self, inputs: StepInputs, settings: BaseModel) -> str:
        """The records and the settings."""
        chosen = TopicsSettings.model_validate(settings.model_dump())
        deeper = {"max_depth": chosen.max_depth} if chosen.max_depth > 1 else {}
        return fingerprint(
            records=inputs.records,
            num_topics=chosen.num_topics,
            seed=chosen.seed,
            features=chosen.features,
            **deeper,
        )

    def run(self, context: JobContext, dataset_id: str, settings: BaseModel) -> StepResult:
        """Group the records and replace the dataset's topics, or fill a tree that was edited.

        Raises:
            ConflictError: The dataset has no valid record.
            InvalidInputError: The features asked for are not installed.
            JobCancelledError: Somebody cancelled; the topics from before are still there.
        """
        chosen = TopicsSettings.model_validate(settings.model_dump())
        with reading() as session:
            keys = read_record_keys(session, dataset_id)
            tree = get_tree(session, dataset_id)
        if not len(keys.seqs):
            raise ConflictError("There are no valid records to group. See the issues of Extract.")
        if tree.is_edited and tree.nodes and chosen.edited_tree == "keep":
            origin = _fill(context, dataset_id, chosen)
        else:
            origin = _find(context, dataset_id, keys, chosen)
        with reading() as session:
            return describe_topics(session, dataset_id, origin)


def choose_kind(features: str) -> str:
    """The features to use, `auto` resolved as far as the environment says."""
    return get_settings().text_features if features == "auto" else features


def _fill(context: JobContext, dataset_id: str, chosen: TopicsSettings) -> Mapping[str, Any]:
    """Keep the tree; place the records that have no topic."""
    from rft_app.pipeline._categorising import CategoriseRun, Wish

    run = CategoriseRun(
        context, dataset_id, Wish(features=choose_kind(chosen.features), seed=chosen.seed)
    )
    run.run()
    with reading() as session:
        facts = get_step_row(session, dataset_id, StepName.TOPICS).facts
    return {"method": run.method, "seed": chosen.seed, **facts}


def _find(
    context: JobContext, dataset_id: str, keys: RecordKeys, chosen: TopicsSettings
) -> Mapping[str, Any]:
    """Replace the tree by one that is found in the records."""
    from rft_app.pipeline._grouping import Grouper
    from rft_app.text.features import choose_features

    features = choose_features(choose_kind(chosen.features), chosen.seed)
    grouper = Grouper(context, dataset_id, keys, features)
    grouping = grouper.run(
        num_groups=chosen.num_topics, seed=chosen.seed, max_depth=chosen.max_depth
    )
    _store(context, dataset_id, keys, grouping, features.name)
    return {"method": features.name, "seed": chosen.seed}


def _store(
    context: JobContext, dataset_id: str, keys: RecordKeys, grouping: "Grouping", method: str
) -> None:
    """Replace tree and assignments; up to `WRITTEN_AT_ONCE` records, in one transaction."""
    starts = range(0, len(keys.seqs), WRITTEN_AT_ONCE)
    ids: list[int] = []
    change_id = 0
    for start in starts:
        with unit_of_work() as session:
            if start == 0:
                change_id, ids = _replace_tree(session, context.job_id, dataset_id, grouping)
            change = session.get_one(TopicChangeRow, change_id)
            chunk = slice(start, start + WRITTEN_AT_ONCE)
            place_records(session, change, list(_placements(keys, grouping, chunk, ids, method)))
            if start == starts[-1]:
                clear_misplaced(session, change)
                finish_change(session, change)
                refresh_counts(session, dataset_id)


def _replace_tree(
    session: Session, job_id: str, dataset_id: str, grouping: "Grouping"
) -> tuple[int, list[int]]:
    """Write the tree; returns the change and the ids of the leaves.

    A topic that keeps its path keeps its id and the target somebody set.  Records still point to
    topics that are no more until they are placed or `clear_misplaced` ran.
    """
    change = find_change_of_job(session, job_id)
    tree = lock_tree(session, dataset_id)
    if change is None:
        label = f"Found {count(len(grouping.leaves), 'topic')}"
        change = begin_change(session, tree, label, job_id)
    tree.is_edited = False
    edit = replace(
        get_tree(session, dataset_id), grouping.nodes, label=change.label, keeps_targets=True
    )
    ids = apply_edit(session, change, edit, clears=False)
    return change.id, [ids[key] for key in grouping.leaves]


def _placements(
    keys: RecordKeys, grouping: "Grouping", chunk: slice, ids: Sequence[int], method: str
) -> Iterator[Placement]:
    seqs: list[int] = keys.seqs[chunk].tolist()
    labels: list[list[int]] = grouping.choices[chunk].tolist()
    chances: list[list[float]] = grouping.chances[chunk].astype(float).round(4).tolist()
    for seq, ranked, sure in zip(seqs, labels, chances, strict=True):
        choices = tuple((ids[label], chance) for label, chance in zip(ranked, sure, strict=True))
        yield Placement(seq, choices[0][0], choices[0][1], method, choices)
