"""The rows that a fine-tuning service is given: those of the export format, by the snapshot."""

from collections.abc import Iterable, Iterator

import numpy as np
import orjson
from sqlmodel import Session

from rft_app.domain.export import ExportOptions
from rft_app.domain.split import Split
from rft_app.domain.training_run import TrainingRun
from rft_app.errors import InvalidInputError
from rft_app.exports import EXPORTERS, FileContext
from rft_app.services.export_lines import Account
from rft_app.services.export_rows import RowSource
from rft_app.services.training_prompts import HeldOut, part_held_out
from rft_app.services.training_services import FORMAT
from rft_app.storage.datasets import get_dataset_row
from rft_app.storage.snapshots import load_members
from rft_app.storage.splits import Ints
from rft_app.trainers.openai_compatible import upload_files
from rft_app.trainers.run_folder import RunFolder

_SIDES = {"train": Split.TRAIN, "validation": Split.TEST}


def write_upload(session: Session, run: TrainingRun, folder: RunFolder) -> None:
    """Write both files, then the mark that all is there.

    Raises:
        InvalidInputError: One side would have no row; the message says what its records lack.
    """
    members = load_members(session, run.snapshot_id)
    context = FileContext(
        options=ExportOptions(snapshot_id=run.snapshot_id),
        dataset_name=get_dataset_row(session, run.dataset_id).name,
    )
    held_out = part_uploaded(run, members.of(Split.TEST))
    seqs = {"train": members.of(Split.TRAIN), "validation": np.sort(held_out.validated)}
    rows = RowSource(session, run.dataset_id, EXPORTERS.get(FORMAT), context)
    for side, path in upload_files(folder.path).items():
        account = Account()
        with path.open("wb") as file:
            found = rows.rows(seqs[side], _SIDES[side], account)
            file.writelines(_keep_questions(found))
        account.require_rows()
        if not path.stat().st_size:
            raise InvalidInputError(
                f"No record of the {side} side ends with a turn of the user, which the service "
                "asks for. Extract the first turns of conversations, too, or train on this machine."
            )
    folder.order({"is_held_out": held_out.is_apart, "compared": held_out.compared}, {})


def part_uploaded(run: TrainingRun, held: Ints) -> HeldOut:
    """Held-out records by whether the service validates with them or both models answer them."""
    num_compared = 0 if run.remote is None else run.remote.settings.num_compared
    drawn: list[int] = np.random.default_rng(run.settings.seed).permutation(held).tolist()
    if not num_compared:
        return HeldOut(drawn, [], is_apart=True)
    return part_held_out(drawn, run.settings.num_validated, num_compared)


def _keep_questions(rows: Iterable[bytes]) -> Iterator[bytes]:
    """Rows whose last turn is the user's; services refuse a whole file for one other."""
    for row in rows:
        if orjson.loads(row)["messages"][-1]["role"] == "user":
            yield row
