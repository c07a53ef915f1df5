"""The job that splits a topic."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rft_app.domain import topic_edit
from rft_app.domain.topic import SEPARATOR
from rft_app.jobs.context import JobContext
from rft_app.pipeline.topics import choose_kind
from rft_app.services.topic_edits import SplitPlan
from rft_app.services.topic_locks import SPLIT
from rft_app.services.topic_results import refresh_result
from rft_app.storage.datasets import touch
from rft_app.storage.session import reading, unit_of_work
from rft_app.storage.topic_assignments import Placement, place_records, read_waiting, waiting
from rft_app.storage.topic_changes import begin_change, finish_change, lock_tree
from rft_app.storage.topics import apply_edit, get_tree, list_rows, move_topic_records

if TYPE_CHECKING:
    from rft_app.pipeline._splitting import Division

NO_LIMIT = 2**31 - 1


class SplitTopic:
    """Divides the records of a leaf among new topics below it; nothing changes before the end."""

    name = SPLIT
    label = "Split of a topic"

    def run(self, context: JobContext) -> dict[str, Any]:
        """Find where each record goes, then change tree and records in one transaction.

        Raises:
            ConflictError: The tree changed meanwhile.
            InvalidInputError: The records are too alike.
            JobCancelledError: Somebody asked to stop; the topic is as it was.
        """
        from rft_app.pipeline._splitting import divide_by_names, divide_by_wishes
        from rft_app.text.features import choose_features

        dataset_id = context.required_dataset_id
        args = dict(context.args)
        version = int(args.pop("version"))
        plan = SplitPlan.model_validate(args)
        with reading() as session:
            topic_id = next(row.id for row in list_rows(session, dataset_id) if row.key == plan.key)
            where = waiting(is_everything=True, takes_manual=True, topic_id=topic_id)
            seqs = read_waiting(session, dataset_id, condition=where, after=0, limit=NO_LIMIT)
        features = choose_features(choose_kind("auto"), plan.seed)
        if plan.children:
            division = divide_by_names(context, dataset_id, seqs, plan.children, features)
        else:
            division = divide_by_wishes(
                context,
                dataset_id,
                seqs,
                features,
                num_children=plan.num_children,
                seed=plan.seed,
            )
        _store(dataset_id, plan.key, version, seqs, division)
        return {"num_topics": len(division.children), "num_records": len(seqs)}


def _store(
    dataset_id: str, key: str, version: int, seqs: Sequence[int], division: "Division"
) -> None:
    with unit_of_work() as session:
        tree_row = lock_tree(session, dataset_id, version)
        tree = get_tree(session, dataset_id)
        edit = topic_edit.split(tree, key, division.children)
        change = begin_change(session, tree_row, edit.label)
        tree_row.is_edited = True
        ids = apply_edit(session, change, edit)
        children = [ids[f"{key}{SEPARATOR}{child.key}"] for child in division.children]
        placements = [
            Placement(
                seq,
                children[place.topic_id],
                place.confidence,
                place.method,
                tuple((children[part], chance) for part, chance in place.choices),
            )
            for seq, place in zip(seqs, division.places, strict=True)
        ]
        place_records(session, change, placements, keeps_manual=False)
        move_topic_records(session, change, ids[key], children[0])
        finish_change(session, change)
        refresh_result(session, dataset_id)
        touch(session, dataset_id)
