"""Step 2: put every valid record into a topic, offline.

Everything is computed before anything is written, so a run that is cancelled changes nothing.
Writing is done in chunks; a run that dies there is run again and ends in the same topics.

The libraries that compute take 100 MB and seconds to import.  Whoever only lists steps or starts
one imports this module, so they are imported when the step runs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from rft_app.domain.pipeline import StepName, StepResult, StepStatus
from rft_app.domain.topic import SURE, TopicNode
from rft_app.errors import ConflictError
from rft_app.jobs.context import JobContext
from rft_app.pipeline._base import fingerprint
from rft_app.settings import get_settings
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.record_counts import refresh_counts
from rft_app.storage.records import TopicAssignment, set_topics
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.topics import RecordKeys, forget_old_topics, read_record_keys, replace_tree

if TYPE_CHECKING:
    from rft_app.pipeline._grouping import Grouping

WRITTEN_AT_ONCE = 20_000
MAX_TOPICS = 500


class TopicsSettings(BaseModel):
    """What can be chosen."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    num_topics: int | None = Field(default=None, ge=1, le=MAX_TOPICS)
    """How many topics; `None` finds a number up to 20."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """The same records, settings and seed give the same topics."""
    features: Literal["auto", "minilm", "tfidf"] = "auto"
    """What texts are compared by; `auto` follows `RFT_TEXT_FEATURES`."""
    max_depth: Literal[1] = 1
    """Levels of the tree."""


class TopicsStep:
    """Finds topics in what users want, names them, and puts each record into one."""

    name = StepName.TOPICS
    settings_type = TopicsSettings

    def input_hash(self, session: Session, dataset_id: str, settings: BaseModel) -> str:
        """The records and the settings."""
        chosen = TopicsSettings.model_validate(settings.model_dump())
        return fingerprint(
            records=get_dataset_row(session, dataset_id).records_hash,
            num_topics=chosen.num_topics,
            seed=chosen.seed,
            features=chosen.features,
        )

    def run(self, context: JobContext, dataset_id: str, settings: BaseModel) -> StepResult:
        """Group the records and replace the dataset's topics.

        Raises:
            ConflictError: The dataset has no valid record.
            InvalidInputError: The features asked for are not installed.
            JobCancelledError: Somebody cancelled; the topics from before are still there.
        """
        from rft_app.pipeline._grouping import Grouper
        from rft_app.text.features import choose_features

        chosen = TopicsSettings.model_validate(settings.model_dump())
        with reading() as session:
            keys = read_record_keys(session, dataset_id)
        if not len(keys.seqs):
            raise ConflictError("There are no valid records to group. See the issues of Extract.")
        wanted = get_settings().text_features if chosen.features == "auto" else chosen.features
        features = choose_features(wanted, chosen.seed)
        grouper = Grouper(context, dataset_id, keys, features)
        grouping = grouper.run(num_groups=chosen.num_topics, seed=chosen.seed)
        _store(dataset_id, keys, grouping, features.name)
        return _describe(grouping, features.name, chosen.seed)


def _store(dataset_id: str, keys: RecordKeys, grouping: "Grouping", method: str) -> None:
    """Replace tree and assignments; up to `WRITTEN_AT_ONCE` records, in one transaction."""
    nodes = [TopicNode(key=topic.name, keywords=topic.keywords) for topic in grouping.names]
    starts = range(0, len(keys.seqs), WRITTEN_AT_ONCE)
    ids: list[int] = []
    for start in starts:
        with unit_of_work() as session:
            if start == 0:
                ids = replace_tree(session, dataset_id, nodes)
            chunk = slice(start, start + WRITTEN_AT_ONCE)
            assigned = _assignments(keys, grouping, chunk, ids, method)
            set_topics(session, dataset_id, assigned, is_last=False)
            if start == starts[-1]:
                forget_old_topics(session, dataset_id)
                refresh_counts(session, dataset_id)


def _assignments(
    keys: RecordKeys, grouping: "Grouping", chunk: slice, ids: Sequence[int], method: str
) -> Iterator[TopicAssignment]:
    seqs: list[int] = keys.seqs[chunk].tolist()
    labels: list[int] = grouping.labels[chunk].tolist()
    confidences: list[float] = grouping.confidences[chunk].astype(float).round(4).tolist()
    for seq, label, confidence in zip(seqs, labels, confidences, strict=True):
        yield TopicAssignment(seq, ids[label], confidence, method)


def _describe(grouping: "Grouping", method: str, seed: int) -> StepResult:
    num_topics, num_records = len(grouping.names), len(grouping.labels)
    is_sure = grouping.confidences >= SURE
    members = Counter[int](grouping.labels.tolist())
    sure = Counter[int](grouping.labels[is_sure].tolist())
    share_sure = float(is_sure.mean())
    noun = "topic" if num_topics == 1 else "topics"
    return StepResult(
        outcome=StepStatus.COMPLETE,
        summary=f"{num_topics} {noun} · {_floor_percent(share_sure)} sure",
        facts={
            "num_topics": num_topics,
            "num_clusters": num_topics,
            "mean_confidence": float(grouping.confidences.mean()),
            "share_sure": share_sure,
            "num_unsure": num_records - int(is_sure.sum()),
            "method": method,
            "seed": seed,
            "topics": [
                {"key": topic.name, "num_records": members[index], "num_sure": sure[index]}
                for index, topic in enumerate(grouping.names)
            ],
        },
    )


def _floor_percent(share: float) -> str:
    """A share that never says 100% while one is missing.

    Example:
        >>> _floor_percent(0.999), _floor_percent(1.0), _floor_percent(0.29)
        ('99%', '100%', '29%')
    """
    return f"{int(share * 100 + 1e-9)}%"
